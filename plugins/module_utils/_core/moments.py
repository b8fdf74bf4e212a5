# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Moments as programs write them: seconds or parts of them since the epoch, and ISO 8601 with its variants."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Union

Written = Union[str, bytes, int, float, None]

# Up to which number a count since the epoch is one of seconds, milliseconds, microseconds (above: nanoseconds). Seconds
# reach the limit in the year 5138, and milliseconds were above it from 1973 on.
_LIMITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))

ISO = (
    r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,9}))?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d(?!\d)))?"
)
_ISO = re.compile(ISO + r"\Z")
_PARTS = ("year", "month", "day", "hour", "minute", "second")


def moment(written: Written, naive: tzinfo | None = timezone.utc) -> float | None:
    """Return ``written`` in seconds since the epoch; None when it is no moment.

    :param written: a number of seconds, milliseconds, microseconds or nanoseconds since the epoch, or text that holds
        such a number or a moment as ISO 8601 and RFC 3339 have it.
    :param naive: the zone of a text that names none; None for that of this host.
    """
    if isinstance(written, bool) or written is None:
        return None
    if isinstance(written, (int, float)):
        return _since_epoch(written)
    text = (written.decode("utf-8", "replace") if isinstance(written, bytes) else str(written)).strip()
    match = _ISO.match(text)
    if match:
        return from_fields(match.groupdict(), naive)
    try:
        return _since_epoch(float(text))
    except ValueError:
        return None


def _since_epoch(number: float) -> float | None:
    if not 0 < number < _LIMITS[-1][0]:  # nor may it be NaN, or a whole number that is larger than any float
        return None
    for limit, unit in _LIMITS:
        if number < limit:
            return float(number) / unit
    return None


def from_fields(fields: dict[str, str | None], naive: tzinfo | None = timezone.utc) -> float | None:
    """Return the moment that the groups of :data:`ISO` name; None for a 32nd of the month and the like."""
    try:
        year, month, day, hour, minute, second = (int(str(fields[part])) for part in _PARTS)
        date = datetime(year, month, day, hour, minute, second)
        fraction = float(f"0.{fields.get('fraction') or 0}")
        zone = zone_named(fields.get("zone"), naive)
        return (date.astimezone() if zone is None else date.replace(tzinfo=zone)).timestamp() + fraction
    except (ValueError, OverflowError):
        return None


def zone_named(name: str | None, naive: tzinfo | None) -> tzinfo | None:
    """Return the zone that ``+0100``, ``+01:00``, ``+01``, ``Z`` or ``UTC`` names; ``naive`` when there is no name."""
    if not name:
        return naive
    if name[0] not in "+-":
        return timezone.utc
    hours, minutes = int(name[1:3]), int(name[-2:]) if len(name) > 3 else 0
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if name[0] == "+" else -ahead)


def written_utc(seconds: float) -> str:
    """Return a moment in seconds since the epoch as ``2026-03-01T02:00:00Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
