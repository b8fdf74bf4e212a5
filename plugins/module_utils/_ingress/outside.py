# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a client meets: the request that proves the position of a switch, the same for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.argspec import TLS, ArgSpec
from .._core.errors import InputError, OpsError, Unreachable
from .._core.http import HttpClient, Request, Response, Tls, without_user
from .base import CLOSED, OPEN, Options

SPEC = (
    ArgSpec(
        options={
            "outside": {
                "type": "dict",
                "required": True,
                "options": {
                    "url": {"type": "str", "required": True},
                    "method": {"type": "str", "default": "GET"},
                    "headers": {"type": "dict", "default": {}},
                    "body": {"type": "raw"},
                    "open_status": {"type": "list", "elements": "int", "required": True},
                    "closed_status": {"type": "list", "elements": "int", "default": [503]},
                    "closed_unreachable": {"type": "bool", "default": False},
                    "within": {"type": "float"},
                },
            },
            "timeout": {"type": "float", "default": 10.0},
        }
    )
    + TLS
)


# Whoever answers one of these is ill; any other status that nobody named is one that nobody thought of.
_ILL = range(500, 600)
_REDIRECTS = range(300, 400)


class Unforeseen(OpsError):
    """Clients get an answer that is none of an open ingress, of a closed one, or of a service that is ill."""


def seen_from_outside(options: Options) -> str:
    """Ask as a client would, without any token of ours. See Switch.seen_from_outside.

    :raises Unreachable: nobody answers, and that does not mean closed. :raises Unforeseen: the description is wrong.
    """
    outside = options["outside"]
    try:
        status = _status(options, outside)
    except Unreachable:
        if outside["closed_unreachable"]:
            return CLOSED
        raise
    if status in outside["closed_status"]:
        return CLOSED
    if status in outside["open_status"]:
        return OPEN
    if status in _ILL:
        return f"status {status}"
    advice = "name it in open_status or closed_status if that is what clients are to meet"
    raise Unforeseen(f"status {status}", on=without_user(outside["url"]), advice=advice)


def _status(options: Options, outside: Mapping[str, Any]) -> int:
    """Return the status that clients get in the end.

    A redirect is the end where one is named, and where it leads to another host or in circles.
    """
    named = [*outside["open_status"], *outside["closed_status"]]
    request = _request(options, outside["url"], outside["method"], outside["headers"], outside["body"])
    with HttpClient(Tls.from_options(options)) as client:
        if not any(status in _REDIRECTS for status in named):
            try:
                return _begun(client, request)
            except Unreachable:
                raise
            except OpsError:
                pass  # if it was no redirect, it is met again
        return _begun(client, replace(request, follow_redirects="none"))


def _begun(client: HttpClient, request: Request) -> int:
    """Return the status of an answer; how long it goes on does not matter."""
    with client.open(request) as answer:
        return answer.status


def send(options: Options, url: str, method: str, headers: Mapping[str, str], body: Any) -> Response:
    """Send a request with the TLS options and the ``timeout`` of a switch; what is no text is sent as JSON."""
    with HttpClient(Tls.from_options(options)) as client:
        return client.send(_request(options, url, method, headers, body))


def _request(options: Options, url: str, method: str, headers: Mapping[str, str], body: Any) -> Request:
    given = {str(name): str(value) for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else None
    if body is not None and data is None:
        try:
            data = json.dumps(body).encode()
        except TypeError as error:
            raise InputError("the body is not JSON", on=url) from error
        given.setdefault("Content-Type", "application/json")
    return Request(url, method, given, data, options["timeout"])
