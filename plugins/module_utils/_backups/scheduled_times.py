# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""When a job runs: five fields of cron, their parts by name, or systemd's calendar; turned into what the host takes.

Nothing of it but digits, names and a few signs reaches a file of cron or systemd: there ``%``, line breaks and more
have a meaning of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.command import run
from .._core.errors import InputError, NotThere, OpsError

SCHEDULERS = ("cron", "systemd")
_NICKNAMES = {
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "midnight": "0 0 * * *",
    "weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *",
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_SYSTEMD_DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_CALENDAR = re.compile(r"[A-Za-z0-9*,./:~ _+-]{1,200}\Z")
_ITEM = re.compile(r"(?:(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,2}))?\Z", re.ASCII)


@dataclass(frozen=True)
class _Field:
    """One of the five: its name, its bounds, and words that stand for numbers from ``lowest`` on."""

    name: str
    lowest: int
    highest: int
    words: Sequence[str] = ()

    def number(self, text: str) -> int:
        if text.lower() in self.words:
            return self.words.index(text.lower()) + self.lowest
        if not (text.isdigit() and self.lowest <= int(text) <= self.highest):
            raise InputError(f"schedule: {self.name} {text!r} is not {self.lowest} to {self.highest}")
        return int(text)


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class _Item:
    """One part of a field: ``*``, ``5``, ``1-5``, each with a step or not. ``first`` is None for ``*``."""

    first: int | None
    last: int | None
    step: int | None


@dataclass(frozen=True)
class Schedule:
    """What the host is given.

    :param cron: five fields; None when it can be said to systemd only. :param calendar: lines for OnCalendar.
    """

    cron: str | None
    calendar: tuple[str, ...]


def schedule_of(given: Any, scheduler: str) -> Schedule:
    """Return the schedule that ``given`` means.

    :param given: ``0 2 * * *``, ``@daily``, a mapping of minute (0 when not given), hour, day, month and weekday
        (``*``), or for systemd what OnCalendar takes.
    :raises InputError: it means none, or none that ``scheduler`` can run.
    """
    text = _of_parts(given) if isinstance(given, Mapping) else str(given).strip()
    fields = _NICKNAMES.get(text[1:].lower(), text) if text.startswith("@") else text
    parts = fields.split()
    if len(parts) == len(_FIELDS) and "\n" not in fields and not re.search(r"[:~.]", fields):
        read = [_items(field, part) for field, part in zip(_FIELDS, parts)]
        return Schedule(" ".join(parts), _calendar(read))
    if scheduler == "cron":
        told = "five fields of cron such as '0 2 * * *', @daily, or minute, hour, day, month and weekday"
        raise InputError(f"schedule: expected {told}", on=repr(given))
    if not _CALENDAR.match(text) or text.startswith("@"):
        raise InputError("schedule: expected five fields of cron or what OnCalendar takes", on=repr(given))
    return Schedule(None, (text,))


def _of_parts(given: Mapping[str, Any]) -> str:
    names = [field.name for field in _FIELDS]
    unknown = [str(name) for name in given if name not in names]
    if unknown:
        raise InputError(f"schedule: unknown {', '.join(unknown)}; known are {', '.join(names)}")
    parts = {"minute": 0, **{name: value for name, value in given.items() if value is not None}}
    return " ".join("".join(str(parts.get(name, "*")).split()) or "?" for name in names)


def _items(field: _Field, text: str) -> list[_Item]:
    return [_item(field, part) for part in text.split(",")]


def _item(field: _Field, text: str) -> _Item:
    match = _ITEM.match(text)
    if match is None:
        raise InputError(f"schedule: {field.name} {text!r} cannot be read", advice="expected *, 5, 1-5, */15 or a list")
    step = None if match["step"] is None else int(match["step"])
    if step == 0 or (step is not None and not match["star"] and not match["last"]):
        raise InputError(f"schedule: {field.name} {text!r} has a step without a range")
    if match["star"]:
        return _Item(None, None, step)
    first = field.number(match["first"])
    last = None if match["last"] is None else field.number(match["last"])
    if last is not None and last < first:
        raise InputError(f"schedule: {field.name} {text!r} ends before it begins")
    return _Item(first, last, step)


def _calendar(fields: Sequence[Sequence[_Item]]) -> tuple[str, ...]:
    """Return the same as cron's fields in systemd's words.

    When day and weekday are both given, cron runs on either; that takes two lines.
    """
    minutes, hours, days, months, weekdays = fields
    clock = f"{_numbers(hours, 0)}:{_numbers(minutes, 0)}:00"
    every_day, every_weekday = _every(days), _every(weekdays)
    by_day = f"*-{_numbers(months, 1)}-{_numbers(days, 1)} {clock}"
    by_weekday = f"{_weekdays(weekdays)} *-{_numbers(months, 1)}-* {clock}"
    if every_weekday:
        return (by_day,)
    return (by_weekday,) if every_day else (by_day, by_weekday)


def _every(items: Sequence[_Item]) -> bool:
    return any(item.first is None and item.step in (None, 1) for item in items)


def _numbers(items: Sequence[_Item], lowest: int) -> str:
    return "*" if _every(items) else ",".join(_number(item, lowest) for item in items)


def _number(item: _Item, lowest: int) -> str:
    begin = f"{lowest:02d}" if item.first is None else f"{item.first:02d}"
    until = "" if item.last is None else f"..{item.last:02d}"
    return f"{begin}{until}" + ("" if item.step is None else f"/{item.step}")


def _weekdays(items: Sequence[_Item]) -> str:
    days: list[int] = []
    for item in items:
        first = 0 if item.first is None else item.first
        last = (6 if item.first is None else first) if item.last is None else item.last
        days.extend(range(first, last + 1, item.step or 1))
    return ",".join(dict.fromkeys(_SYSTEMD_DAYS[day] for day in sorted(days)))


def check_calendar(lines: Sequence[str]) -> None:
    """Ask systemd on this host whether it takes the lines; without systemd nothing is asked.

    :raises InputError: it does not.
    """
    for line in lines:
        try:
            done = run(["systemd-analyze", "calendar", line], timeout=30, expect_status=None)
        except NotThere:
            return
        except OpsError as error:
            raise InputError(f"schedule: {error}", on=line) from error
        if done.status != 0:
            raise InputError("schedule: systemd does not take it", on=line, advice=done.stderr)
