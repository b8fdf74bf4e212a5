# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""When a line was written, as the many ways of logging say it at its beginning.

The forms: ISO 8601 and RFC 3339, also with slashes (Go, nginx's error log); the common log format of web servers;
syslog (RFC 3164); Apache's error log; Redis; klog; seconds or milliseconds since the epoch. A time without a zone is
one of this host; a date without a year is the last one that is not to come.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from .._core.moments import ISO, from_fields, moment

_BEGINNING = 64  # characters in which a time is looked for
_WEB_BEGINNING = 256  # where a web server's line has it: after the client's address and name
_DAY = 86400.0
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_NAMES, 1)}
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"

_ISO = re.compile(r"(?<!\d)" + ISO)
_WEB = re.compile(r"\[(?P<day>\d\d)/" + _MONTH + r"/(?P<year>\d{4}):" + _CLOCK + r" (?P<zone>[+-]\d{4})\]")
_OTHERS = (
    re.compile(r"^(?:<\d{1,3}>)?" + _MONTH + r" +(?P<day>\d\d?) " + _CLOCK),
    re.compile(r"\b(?P<day>\d\d) " + _MONTH + r" (?P<year>\d{4}) " + _CLOCK),
    re.compile(r"\b" + _MONTH + r" +(?P<day>\d\d?) " + _CLOCK + r" (?P<year>\d{4})"),
    re.compile(r"^[IWEF](?P<month>\d\d)(?P<day>\d\d) " + _CLOCK),
)
_EPOCH = re.compile(r"(?:^|[\[(]|\bts=)(\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})(?!\d)")
_FIELDS = ("time", "timestamp", "ts", "@timestamp", "asctime", "datetime", "date", "t", "created")


def time_of(text: str, fields: Mapping[str, Any]) -> float | None:
    """Return when a line was written, in seconds since the epoch; None when it does not say."""
    for name in _FIELDS:
        value = fields.get(name)
        if value is not None and not isinstance(value, (dict, list)):
            found = _written(value)
            if found is not None:
                return found
    return None if fields else _in_text(text)


def _written(value: Any) -> float | None:
    known = moment(value, naive=None)
    return _in_text(value) if known is None and isinstance(value, str) else known


def _in_text(text: str) -> float | None:
    found = span_of(text)
    if found is None:
        epoch = _EPOCH.search(text, 0, _BEGINNING)
        return moment(epoch[1]) if epoch else None
    return _seconds(found)


def span_of(text: str) -> re.Match[str] | None:
    """Return where the beginning of a line has its time, when it is a date and not a number; None without one."""
    found = _ISO.search(text, 0, _BEGINNING) or _WEB.search(text, 0, _WEB_BEGINNING)
    if found is not None:
        return found
    return next(filter(None, (form.search(text, 0, _BEGINNING) for form in _OTHERS)), None)


def _seconds(found: re.Match[str]) -> float | None:
    """Return the moment that was found. Lines of one second come together, so whole seconds are worked out once."""
    fraction = found["fraction"]
    if not fraction:
        return _whole_seconds(found[0])
    begin, end = found.span("fraction")
    whole = _whole_seconds(found.string[found.start() : begin - 1] + found.string[end : found.end()])
    return None if whole is None else whole + float(f"0.{fraction}")


@lru_cache(maxsize=1024)
def _whole_seconds(text: str) -> float | None:
    found = span_of(text)
    if found is None:
        return None
    fields: dict[str, str | None] = found.groupdict()
    fields["month"] = _MONTHS.get(str(fields["month"]), fields["month"])
    if fields.get("year"):
        return from_fields(fields, None)
    this_year = datetime.now().year
    seconds = from_fields({**fields, "year": str(this_year)}, None)
    if seconds is not None and seconds < time.time() + _DAY:
        return seconds
    return from_fields({**fields, "year": str(this_year - 1)}, None)
