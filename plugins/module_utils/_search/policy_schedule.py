# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""When a policy makes snapshots: five fields of cron, in UTC, turned into what each product's scheduler reads.

Elasticsearch has the fields of Quartz: seconds first, days of the week from 1 on Sunday, and a ``?`` for the one of
the two days that does not count. OpenSearch has those of cron. Days of the week are written out for both: a range may
end on a Sunday in cron, where it is both 0 and 7, and in Quartz it is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._backups.scheduled_times import schedule_of
from .._core.errors import InputError

_EVERY = ("*", "*/1")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class Times:
    """The fields. :param weekdays: numbers from 0 on Sunday; None when any day will do."""

    minute: str
    hour: str
    day: str
    month: str
    weekdays: tuple[int, ...] | None

    def quartz(self) -> str:
        """Return it for Elasticsearch: ``0 30 1 * * ?``."""
        clock = f"0 {self.minute} {self.hour}"
        if self.weekdays is None:
            return f"{clock} {self.day} {self.month} ?"
        return f"{clock} ? {self.month} {','.join(_DAYS[day] for day in self.weekdays)}"

    def cron(self) -> str:
        """Return it for OpenSearch: ``30 1 * * *``."""
        weekdays = "*" if self.weekdays is None else ",".join(map(str, self.weekdays))
        return f"{self.minute} {self.hour} {self.day} {self.month} {weekdays}"


def times(given: object) -> Times:
    """Return the schedule that ``given`` means: five fields of cron, or ``@daily`` and the like.

    :raises InputError: it means none; or a day of the month and one of the week, of which Elasticsearch takes one.
    """
    fields = (schedule_of(given, "cron").cron or "").split()
    minute, hour, day, month, weekday = ("*" if field in _EVERY else field.upper() for field in fields)
    if weekday == "*":
        return Times(minute, hour, day, month, None)
    if day != "*":
        raise InputError(
            "schedule has both a day of the month and one of the week",
            advice="one of them must be *; take two policies",
        )
    return Times(minute, hour, day, month, tuple(sorted({number % 7 for number in _numbers(weekday)})))


def _numbers(weekday: str) -> Iterator[int]:
    """Yield the numbers of a field that has been checked: ``MON-FRI``, ``5-7``, ``*/2``, ``0,6``."""
    for part in weekday.split(","):
        span, _slash, step = part.partition("/")
        first, _dash, last = ("0-6" if span == "*" else span).partition("-")
        yield from range(_number(first), _number(last or first) + 1, int(step or 1))


def _number(day: str) -> int:
    return _DAYS.index(day) if day in _DAYS else int(day)
