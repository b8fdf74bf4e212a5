# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Names of repositories, snapshots and indices: refused here rather than by the server, and dates put into them.

The rules are those of both products, which share them: ``Strings.validFileName`` for all three; snapshots and indices
are lower case and begin with no ``_``; an index is at most 255 bytes long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Callable

from .._core.errors import InputError

_NOT_IN_FILES = frozenset('\\/*?"<>| ,')
_NOT_IN_SNAPSHOTS = _NOT_IN_FILES | {"#"}
_NOT_IN_INDICES = frozenset('\\/?"<>| ,#')
_MOST_BYTES = 255
# In a path each stands for something else: for all repositories, or for what is above.
_NO_REPOSITORIES = ("_all", "_status")
_NO_NAMES = (".", "..")

_DATE = re.compile(r"\{now(?P<shifts>(?:[+-]\d+[yMwdhm])*)(?:/(?P<unit>[yMwdhm]))?(?:\{(?P<format>[^{}]*)\})?\}")
_SHIFT = re.compile(r"([+-]\d+)([yMwdhm])")
_FORMATS = {"y": "yyyy", "M": "yyyyMM", "w": "yyyyMMdd", "d": "yyyyMMdd", "h": "yyyyMMddHH", "m": "yyyyMMddHHmm"}
_WHOLE = "yyyyMMddHHmmss"
# What of the formats of Java is known, the longest first, and what strftime calls it.
_LETTERS = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "ww": "%V",
    "xxxx": "%G",
}
_TOKEN = re.compile("|".join([*_LETTERS, "[A-Za-z]+"]))
_OFFSET = re.compile(r"([+-])(0\d|1[0-8]):?([0-5]\d)\Z")


def check_repository(name: str, what: str = "repository") -> str:
    """Return the name of a repository. :raises InputError: none can have that name; ``what`` names the option."""
    if name in _NO_REPOSITORIES:
        raise InputError(f"{what} {name!r} is a word of the server's own", advice="expected the name of one repository")
    return _checked(name, what, _NOT_IN_SNAPSHOTS)


def check_snapshot(name: str, what: str = "name") -> str:
    """Return the name of a snapshot, dates resolved before. :raises InputError: none can have that name."""
    _checked(name, what, _NOT_IN_SNAPSHOTS)
    return _lower(name, what)


def check_index(name: str, what: str = "index") -> str:
    """Return the name of an index that is to be made. :raises InputError: none can have that name."""
    _checked(name, what, _NOT_IN_INDICES | {"*", ":"})
    if name[0] in "-+":
        raise InputError(f"{what} {name!r} is no name of an index", advice="it must not begin with - or +")
    return _lower(name, what)


def check_indices(patterns: Iterable[str], what: str = "indices") -> list[str]:
    """Return names and patterns of indices; ``-`` before one takes it out again.

    :raises InputError: one can mean no index of this cluster.
    """
    found = list(patterns)
    for pattern in found:
        if ":" in pattern:
            raise InputError(f"{what}: {pattern!r} is of another cluster", advice="a snapshot holds indices of its own")
        _checked(pattern.lstrip("-"), what, _NOT_IN_INDICES)
        if pattern != pattern.lower():
            raise InputError(f"{what}: {pattern!r} has upper case letters", advice="indices are lower case")
    return found


def _checked(name: str, what: str, forbidden: Iterable[str]) -> str:
    bad = sorted(set(forbidden) & set(name))
    if bad or not name or not name.isprintable():
        told = (
            f"has {' '.join(map(repr, bad))}" if bad else "is empty" if not name else "has characters that do not show"
        )
        raise InputError(f"{what} {name!r} {told}", advice="expected letters, digits, - _ .")
    if name in _NO_NAMES:
        raise InputError(f"{what} {name!r} is no name", advice="it means a folder")
    if len(name.encode()) > _MOST_BYTES:
        raise InputError(f"{what} is {len(name.encode())} bytes long", advice=f"at most {_MOST_BYTES} are allowed")
    return name


def _lower(name: str, what: str) -> str:
    if name != name.lower():
        raise InputError(f"{what} {name!r} has upper case letters", advice="expected lower case")
    if name.startswith("_"):
        raise InputError(f"{what} {name!r} begins with _", advice="such names are the server's own")
    return name


def resolved(pattern: str, now: float) -> str:
    """Return ``pattern`` with its dates: ``daily-{now/d}`` becomes ``daily-20260301``, in UTC.

    As date math of both products has it: ``{now-1d/d{yyyy.MM.dd|+02:00}}``. Without a format it is digits only, as
    many as the unit after the ``/`` needs.

    :param now: seconds since the epoch. :raises InputError: a brace that is no date; a format that is not known.
    """
    return _with_dates(pattern, lambda match: _date(match, now))


def date_math(pattern: str) -> str:
    """Return ``pattern`` as the servers take it that resolve it themselves: ``<daily-{now/d{yyyyMMdd}}>``.

    Each date has its format written out, as theirs is another one. :raises InputError: see :func:`resolved`.
    """
    resolved(pattern, 0.0)
    written = _with_dates(pattern, lambda match: f"{{now{match['shifts']}{_rounded(match)}{{{_format(match)}}}}}")
    return f"<{written}>" if "{" in pattern else pattern


def _rounded(match: re.Match[str]) -> str:
    return f"/{match['unit']}" if match["unit"] else ""


def _format(match: re.Match[str]) -> str:
    written, stroke, zone = (match["format"] or "").partition("|")
    return (written or (_FORMATS[match["unit"]] if match["unit"] else _WHOLE)) + stroke + zone


def family(pattern: str) -> re.Pattern[str]:
    """Return what recognises the names that ``pattern`` gives at other times. :raises InputError: see :func:`resolved`.

    A pattern without a date recognises that one name.
    """
    names = re.compile(r"\x00[^\x00]*\x00")
    marked = _with_dates(pattern, lambda match: f"\x00{_date(match, 0.0)}\x00")
    parts, at = [], 0
    for found in names.finditer(marked):
        shape = re.sub(r"\d+", lambda digits: rf"\d{{{len(digits[0])}}}", re.escape(found[0].strip("\x00")))
        parts += [re.escape(marked[at : found.start()]), shape]
        at = found.end()
    return re.compile("".join([*parts, re.escape(marked[at:])]) + r"\Z")


def _with_dates(pattern: str, date: Callable[[re.Match[str]], str]) -> str:
    rest = _DATE.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise InputError(f"{pattern!r} has a brace that is no date", advice="expected such as daily-{now/d}")
    return _DATE.sub(date, pattern)


def _date(match: re.Match[str], now: float) -> str:
    written, _bar, zone = (match["format"] or "").partition("|")
    moment = datetime.fromtimestamp(now, timezone.utc).astimezone(_zone(zone) if zone else timezone.utc)
    try:
        for amount, unit in _SHIFT.findall(match["shifts"]):
            moment = _shifted(moment, int(amount), unit)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{match[0]} is no date that there is", advice="expected such as {now-1d/d}") from error
    unit = match["unit"]
    moment = _floored(moment, unit) if unit else moment
    return moment.strftime(_strftime(written or (_FORMATS[unit] if unit else _WHOLE), match[0]))


def _floored(moment: datetime, unit: str) -> datetime:
    """Return the beginning of the year, month, week, day, hour or minute; a week begins on Monday."""
    if unit == "w":
        return _floored(moment - timedelta(days=moment.weekday()), "d")
    parts = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
    kept = "yMdhm".index(unit)
    return moment.replace(**dict(list(parts.items())[kept:]))  # type: ignore[arg-type]


def _shifted(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in "yM":
        months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "y" else 1)
        first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return first.replace(day=min(moment.day, last.day))
    return (
        moment
        + amount * {"w": timedelta(7), "d": timedelta(1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}[unit]
    )


def _strftime(written: str, date: str) -> str:
    def letter(found: re.Match[str]) -> str:
        if found[0] not in _LETTERS:
            raise InputError(
                f"{date}: {found[0]} is not known in a date's format", advice=f"known are {', '.join(_LETTERS)}"
            )
        return _LETTERS[found[0]]

    return _TOKEN.sub(letter, written.replace("%", "%%"))


def _zone(name: str) -> tzinfo:
    match = _OFFSET.match(name)
    if match is None:
        if name.upper() in ("UTC", "Z"):
            return timezone.utc
        raise InputError(f"{name!r} is no offset of a zone", advice="expected such as +02:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)
