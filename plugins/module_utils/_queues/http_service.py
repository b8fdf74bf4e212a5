# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking a service about its queue: requests as the user describes them, over connections that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

from .._core.argspec import ArgSpec
from .._core.http import HttpClient, Request, check_url, without_user
from .._core.http_options import SPEC as HTTP
from .._core.http_options import authorization, given_headers, make_client
from .http_answers import read_json, refusal, refuse_path

COUNT, IDS = "{count}", "{ids}"
_STATUSES_DONE = [200, 201, 202, 204]

SPEC = HTTP + ArgSpec(
    options={
        "timeout": {"type": "float", "default": 10.0},
        "max_bytes": {"type": "int", "default": 32 << 20},
    }
)

Described = Mapping[str, Any]


def request_option(method: str = "GET") -> dict[str, Any]:
    """Return an option that describes a request, with that method by default."""
    expected = [200] if method == "GET" else _STATUSES_DONE
    return {
        "type": "dict",
        "options": {
            "url": {"type": "str", "required": True},
            "method": {"type": "str", "default": method},
            "body": {"type": "raw"},
            "path": {"type": "list", "elements": "str", "default": []},
            "expect_status": {"type": "list", "elements": "int", "default": expected},
        },
    }


def refuse_request(described: Described, where: str) -> None:
    """Refuse a request that cannot be sent, before anything is.

    :param where: names the option. :raises InputError: its URL, or a path.
    """
    check_url(described["url"])
    for path in described["path"]:
        refuse_path(path, where)


def asks_for(described: Described, placeholder: str) -> bool:
    """Tell whether a request has a placeholder, in its URL or its body."""
    return placeholder in described["url"] or placeholder in json.dumps(described.get("body"), default=str)


class Service:
    """A service, as one queue's options say how to ask it. Connections stay open between requests."""

    def __init__(self, options: Mapping[str, Any], client: HttpClient | None = None) -> None:
        """Take options of :data:`SPEC`. Nothing is sent.

        :param client: whose connections to use; its own without. :raises MissingLibrary: requests.
        :raises InputError: a secret that cannot be read.
        """
        self._options = options
        self._headers = {**given_headers(options), **authorization(options)}
        self._stack = ExitStack()
        self._client = client or self._stack.enter_context(make_client(options))

    def close(self) -> None:
        """Give connections back that are its own."""
        self._stack.close()

    def request(self, described: Described, count: int | None = None, ids: Sequence[str] = ()) -> Request:
        """Return the request, placeholders filled in."""
        body, is_json = _filled_body(described.get("body"), count, ids)
        given = {name.lower() for name in self._headers}
        more = {"Content-Type": "application/json"} if is_json and "content-type" not in given else {}
        return Request(
            url=_filled_text(described["url"], count, ids),
            method=described["method"].upper(),
            headers={**self._headers, **more},
            body=body,
            timeout=self._options["timeout"],
            max_bytes=self._options["max_bytes"],
        )

    def ask(self, described: Described, count: int | None = None, ids: Sequence[str] = ()) -> Any:
        """Send the request; return the JSON value of the answer, None when it is empty.

        :raises OpsError: or one of its kinds: no answer in time, another status than expected, no JSON.
        """
        return self.send(self.request(described, count, ids), described["expect_status"])

    def send(self, request: Request, expect_status: Sequence[int]) -> Any:
        """Send a request of :meth:`request`. Returns and raises as :meth:`ask`."""
        answer = self._client.send(request)
        on = f"{request.method} {without_user(request.url)}"
        if answer.status not in expect_status:
            raise refusal(answer, request.method, on)
        return read_json(answer, on)


def on(described: Described) -> str:
    """Return method and address of a request, for messages."""
    return f"{described['method'].upper()} {without_user(described['url'])}"


def _filled_text(text: str, count: int | None, ids: Sequence[str]) -> str:
    return text.replace(COUNT, str(count)).replace(IDS, quote(",".join(ids), safe=""))


def _filled_body(body: Any, count: int | None, ids: Sequence[str]) -> tuple[bytes | None, bool]:
    """Return the body, and whether it is JSON: what is given as an object or an array is."""
    if body is None or isinstance(body, str):
        return (None if body is None else _filled_text(body, count, ids).encode()), False
    return json.dumps(_filled_value(body, count, ids)).encode(), True


def _filled_value(value: Any, count: int | None, ids: Sequence[str]) -> Any:
    """Fill in JSON: a text that is a placeholder and nothing else becomes the number, or the array."""
    if isinstance(value, Mapping):
        return {name: _filled_value(inner, count, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled_value(inner, count, ids) for inner in value]
    if value == COUNT:
        return count
    if value == IDS:
        return list(ids)
    return value.replace(COUNT, str(count)).replace(IDS, ",".join(ids)) if isinstance(value, str) else value
