# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that is turned by a request to the service or to its proxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.errors import OpsError
from .._core.http import Response
from .._core.jsonpath import look_up
from .._core.secrets import resolve
from . import outside
from .base import CLOSED, OPEN, Options
from .outside import seen_from_outside, send

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

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
        }
    )
    + secret("token")
    + outside.SPEC
)


def position(options: Options) -> str:
    """Read the switch. :raises OpsError: the answer does not tell open from closed."""
    answer = send(options, options["url"], "GET", _own_headers(options), None)
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
    answer = send(options, how["url"] or options["url"], how["method"], _own_headers(options), how["body"])
    _expect(answer, how["status"], f"cannot turn the ingress switch to {state}")


def _own_headers(options: Options) -> dict[str, str]:
    token = resolve(options, "token")
    return {**options["headers"], **({options["token_header"]: token} if token else {})}


def _expect(answer: Response, statuses: list[int], failed: str) -> None:
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise OpsError(f"{failed}: status {answer.status}", on=answer.url, advice=f"expected {wanted}")


def _text(value: Any) -> str:
    """Compare true, True and "true" alike: templates make strings of values."""
    return str(value).lower()
