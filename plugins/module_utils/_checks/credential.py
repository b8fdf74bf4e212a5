# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind credential: a password, key or token is not too old and does not end too soon. Standard library only.

Only dates are looked at: a file's time, a token's claims. No credential is ever returned or told.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .._core.argspec import ArgSpec, secret
from .._core.durations import show_duration
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, one_line
from .._core.jwt import times_of
from .._core.moments import moment, written_utc
from .._core.secrets import resolve
from .base import Condition, Context, Options, Values
from .limits import SECONDS

_TOKEN = ("token", "token_file", "token_env")

SPEC = ArgSpec(
    options={
        "rotated_at": {"type": "str"},
        "expires_at": {"type": "str"},
        "path": {"type": "path"},
        "max_age": {"type": SECONDS},
        "min_left": {"type": SECONDS},
    },
    mutually_exclusive=[("rotated_at", "path"), *((date, way) for date in ("rotated_at", "path") for way in _TOKEN)]
    + [("expires_at", way) for way in _TOKEN],
    required_one_of=[("rotated_at", "path", "expires_at", *_TOKEN)],
) + secret("token")
LIBRARIES: Sequence[str] = ()

_DAY = 86400.0
_MAX_AGE = 90 * _DAY
_MIN_LEFT = 14 * _DAY
_AHEAD = 60.0  # clocks differ
_ZONE = 14 * 3600.0  # a day without a time may have begun that much earlier where it was written down
_STARTS_WITH_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class _Moment:
    """A time in seconds since the epoch, who says so, and how much of it may lie in the future for no fault."""

    seconds: float
    said_by: str
    slack: float = _AHEAD


def probe(options: Options, _context: Context) -> Values:
    """Return age and left (s; null where nothing tells), rotated_at and expires_at.

    :raises OpsError: it has expired. :raises NotThere: no such file, or a time of rotation in the future.
    :raises AccessDenied: the file cannot be looked at. :raises InputError: no date, or no such token.
    :raises WrongType: the token is no JWT.
    """
    rotated, ends = _moments(options)
    now = time.time()
    if rotated is not None and rotated.seconds > now + rotated.slack:
        ahead = show_duration(rotated.seconds - now)
        raise NotThere(
            f"the time of rotation is {ahead} in the future", on=rotated.said_by, advice="compare the clocks"
        )
    if ends is not None and ends.seconds <= now:
        raise OpsError(f"the credential expired {show_duration(now - ends.seconds)} ago", on=ends.said_by)
    return {
        "age": None if rotated is None else round(max(0.0, now - rotated.seconds), 1),
        "left": None if ends is None else round(ends.seconds - now, 1),
        "rotated_at": None if rotated is None else written_utc(rotated.seconds),
        "expires_at": None if ends is None else written_utc(ends.seconds),
    }


def _moments(options: Options) -> tuple[_Moment | None, _Moment | None]:
    """Return when the credential was made, and when it ends."""
    token = resolve(options, "token")
    if token is not None:
        where = str(options.get("token_file") or options.get("token_env") or "token")
        times = times_of(token, where)
        issued, ends = times.issued, times.ends
        return (
            None if issued is None else _Moment(issued, f"iat of {where}"),
            None if ends is None else _Moment(ends, f"exp of {where}"),
        )
    rotated = _modified(options["path"]) if options.get("path") else _written(options, "rotated_at")
    return rotated, _written(options, "expires_at")


def _modified(path: str) -> _Moment:
    try:
        return _Moment(os.stat(path).st_mtime, path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotThere("no such file", on=path) from error
    except OSError as error:
        raise AccessDenied(f"cannot look at the file ({error.strerror})", on=path) from error


def _written(options: Options, name: str) -> _Moment | None:
    text = options.get(name)
    if text is None:
        return None
    day = _STARTS_WITH_DAY.match(text)
    alone = day is not None and day.end() == len(text)
    seconds = moment(f"{text}T00:00:00Z" if alone else text) if day else None
    if seconds is None:
        advice = "expected a day or a time, such as 2026-03-01 or 2026-03-01T02:00:00Z"
        raise InputError(f"{name} is no date", on=one_line(text, 40), advice=advice)
    return _Moment(seconds, f"{name} {text}", _ZONE if alone else _AHEAD)


def conditions(options: Options) -> list[Condition]:
    """Hold age and time left against what was given, or against 90 and 14 days where something tells them."""
    tells_age = options.get("rotated_at") or options.get("path")
    tells_end = options.get("expires_at") or any(options.get(way) for way in _TOKEN)
    most, least = options.get("max_age"), options.get("min_left")
    most = _MAX_AGE if most is None and tells_age else most
    least = _MIN_LEFT if least is None and tells_end else least
    age = [] if most is None else [Condition("age", "le", most, "s", "nothing tells when it was made")]
    left = [] if least is None else [Condition("left", "ge", least, "s", "nothing tells when it ends")]
    return [*age, *left]
