# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a client meets: the request that proves the position of a switch, the same for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._core.argspec import TLS, ArgSpec
from .._core.errors import InputError, Unreachable
from .._core.http import HttpClient, Request, Response, Tls
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


def seen_from_outside(options: Options) -> str:
    """Ask as a client would, without any token of ours. See Switch.seen_from_outside.

    :raises Unreachable: nobody answers, and that does not mean closed.
    """
    outside = options["outside"]
    try:
        answer = send(options, outside["url"], outside["method"], outside["headers"], outside["body"])
    except Unreachable:
        if outside["closed_unreachable"]:
            return CLOSED
        raise
    if answer.status in outside["closed_status"]:
        return CLOSED
    return OPEN if answer.status in outside["open_status"] else f"status {answer.status}"


def send(options: Options, url: str, method: str, headers: Mapping[str, str], body: Any) -> Response:
    """Send a request with the TLS options and the ``timeout`` of a switch; what is no text is sent as JSON."""
    given = {str(name): str(value) for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else None
    if body is not None and data is None:
        try:
            data = json.dumps(body).encode()
        except TypeError as error:
            raise InputError("the body is not JSON", on=url) from error
        given.setdefault("Content-Type", "application/json")
    with HttpClient(Tls.from_options(options)) as client:
        return client.send(Request(url, method, given, data, options["timeout"]))
