# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is turned by a request to the service or to its proxy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._core.argspec import TLS, ArgSpec, secret
from .._core.errors import InputError, OpsError
from .._core.http import HttpClient, Request, Response, Tls
from .._core.jsonpath import look_up
from .._core.secrets import resolve
from .base import CLOSED, OPEN, Options

_TURN = {
    "url": {"type": "str"},
    "method": {"type": "str", "default": "PUT"},
    "body": {"type": "raw"},
    "status": {"type": "list", "elements": "int", "default": [200, 202, 204]},
}

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "str", "required": True},
            "headers": {"type": "dict", "default": {}},
            "token_header": {"type": "str", "default": "Authorization", "no_log": False},
            "state_path": {"type": "str", "required": True},
            "open_value": {"type": "raw", "default": True},
            "closed_value": {"type": "raw", "default": False},
            "open": {"type": "dict", "required": True, "options": _TURN},
            "close": {"type": "dict", "required": True, "options": _TURN},
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
                },
            },
            "timeout": {"type": "float", "default": 10.0},
        }
    )
    + secret("token")
    + TLS
)


def position(options: Options) -> str:
    """Read the switch. :raises OpsError: the answer does not tell open from closed."""
    answer = _send(options, options["url"], "GET", _own_headers(options), None)
    _expect(answer, [200], "cannot read the ingress switch")
    seen = look_up(answer.json(), options["state_path"])[0]
    names = {_text(options["open_value"]): OPEN, _text(options["closed_value"]): CLOSED}
    if _text(seen) not in names:
        raise OpsError(
            f"the ingress switch says {seen!r} at {options['state_path']}",
            on=options["url"],
            advice=f"expected {options['open_value']!r} (open) or {options['closed_value']!r} (closed)",
        )
    return names[_text(seen)]


def turn(options: Options, state: str) -> None:
    """Turn the switch. :raises OpsError: the service refuses."""
    how: Mapping[str, Any] = options["open" if state == OPEN else "close"]
    answer = _send(options, how["url"] or options["url"], how["method"], _own_headers(options), how["body"])
    _expect(answer, how["status"], f"cannot turn the ingress switch to {state}")


def seen_from_outside(options: Options) -> str:
    """Ask as a client would: without our token."""
    outside = options["outside"]
    answer = _send(options, outside["url"], outside["method"], outside["headers"], outside["body"])
    if answer.status in outside["closed_status"]:
        return CLOSED
    return OPEN if answer.status in outside["open_status"] else f"status {answer.status}"


def _own_headers(options: Options) -> dict[str, str]:
    token = resolve(options, "token")
    return {**options["headers"], **({options["token_header"]: token} if token else {})}


def _send(options: Options, url: str, method: str, headers: Mapping[str, str], body: Any) -> Response:
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


def _expect(answer: Response, statuses: list[int], failed: str) -> None:
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise OpsError(f"{failed}: status {answer.status}", on=answer.url, advice=f"expected {wanted}")


def _text(value: Any) -> str:
    """Compare true, True and "true" alike: templates make strings of values."""
    return str(value).lower()
