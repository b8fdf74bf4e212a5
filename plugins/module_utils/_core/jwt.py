# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a JSON Web Token says of its time (RFC 7519, section 4.1). Nothing is verified, and no message has any of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from .errors import WrongType

_MAX_TOKEN = 64 * 1024
_LATEST = 1e11  # the year 5138; milliseconds by mistake are beyond it


@dataclass(frozen=True)
class Times:
    """When a token was issued and when it ends, in seconds since the epoch; None where it does not say."""

    issued: float | None
    ends: float | None


def times_of(token: str, on: str) -> Times:
    """Return when the token was issued and when it ends.

    :param on: where it is from, for messages.
    :raises WrongType: that is no JWT with a readable payload, or one of its times is none.
    """
    claims = _claims(token.strip(), on)
    return Times(_moment(claims, "iat", on), _moment(claims, "exp", on))


def _claims(token: str, on: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _MAX_TOKEN:
        raise WrongType("not a JWT", on=on, advice="expected three parts with dots between them")
    payload = parts[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):  # the cause is left out, as its text holds some of the token
        claims = None
    if not isinstance(claims, dict):
        raise WrongType("not a JWT", on=on, advice="its middle part is not JSON in Base64")
    return claims


def _moment(claims: dict[str, Any], name: str, on: str) -> float | None:
    seconds = claims.get(name)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < _LATEST:
        raise WrongType(f"the token's {name} is no time", on=on, advice="expected seconds since 1970")
    return float(seconds)
