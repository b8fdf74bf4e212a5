# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Requests in access logs: the common and combined formats of web servers, that of uvicorn, and JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import one_line
from .base import Entry
from .messages import shape_of

_STATUS = ("status", "status_code", "http_status", "response_code", "http.response.status_code")
_PATH = ("path", "uri", "request_uri", "url", "endpoint", "url.path")
_CLIENT = ("remote_addr", "client_ip", "remote_ip", "client", "ip", "client.ip")

_LINE = re.compile(r'"(?:[A-Z]{3,10}) (?P<path>\S{1,2000})(?: HTTP/[\d.]+)?" (?P<status>[1-5]\d\d)\b')
_BEFORE = re.compile(r"(\[[\w.:]{2,60}\](?::\d{1,5})?|[\w.:-]{2,80}) - ")
_PORT = re.compile(r"(?<=[\d\]]):\d{1,5}\Z")


@dataclass(frozen=True)
class Request:
    """What an access log says of one request. ``path`` is a shape: no query, placeholders for ids."""

    status: int
    client: str
    path: str


def request_of(entry: Entry) -> Request | None:
    """Return the request that a line is about; None when it is about something else."""
    return _of_fields(entry.fields) if entry.fields else _of_text(entry.text)


def _of_text(text: str) -> Request | None:
    found = _LINE.search(text)
    if found is None:
        return None
    before = _BEFORE.findall(text, 0, found.start() + 1)
    return Request(int(found["status"]), _client(before[-1] if before else ""), _path(found["path"]))


def _of_fields(fields: Mapping[str, Any]) -> Request | None:
    status = _first(fields, _STATUS)
    path = _first(fields, _PATH)
    if not path or not status.isdigit() or not 100 <= int(status) < 600:
        return None
    return Request(int(status), _client(_first(fields, _CLIENT)), _path(path))


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (fields.get(name) for name in names)
    return next((str(value) for value in found if isinstance(value, (str, int)) and value != ""), "")


def _client(written: str) -> str:
    """Return the client's address without its port. An address of IPv6 without brackets has none."""
    bare = written if written.count(":") > 1 and "]" not in written else _PORT.sub("", written)
    return one_line(bare.strip("[]"), 60) or "unknown"


def _path(written: str) -> str:
    return shape_of(written.partition("?")[0])
