# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where a number is heading: a straight line through what was measured, and when it meets a limit."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DAY = 86400.0
# Two points always lie on a line, so they say nothing about how well a line fits.
_FEWEST = 3
_SHORTEST = DAY / 24  # seconds; what happened within an hour is no trend of days
_FAR = 3650.0  # days; what lies further off is no prediction

Point = tuple[float, float]


@dataclass(frozen=True)
class Trend:
    """A straight line through measured points.

    :param points: how many.
    :param days: how many days lie between the first and the last.
    :param now: the last value measured.
    :param per_day: by how much the value grows in a day; negative when it falls.
    :param fit: from 0 to 1, the share of the variation that the line explains (R squared).
    """

    points: int
    days: float
    now: float
    per_day: float
    fit: float

    def days_until(self, limit: float, at_least: bool = False) -> float | None:
        """Return the days until the value meets ``limit``: 0 when it has, None when it is not heading there.

        :param at_least: the value is to stay above the limit, as free space is, not below it.
        """
        room = self.now - limit if at_least else limit - self.now
        speed = -self.per_day if at_least else self.per_day
        if room <= 0:
            return 0.0
        if speed <= 0 or room / speed > _FAR:
            return None
        return room / speed


def points_of(runs: Iterable[Mapping[str, Any]], check: str, path: str) -> list[Point]:
    """Return (seconds since the epoch, value) for each run that holds a number for ``path`` of ``check``."""
    found = []
    for run in runs:
        seen = ((run.get("checks") or {}).get(check) or {}).get("seen") or {}
        if path in seen and run.get("at"):
            found.append((moment(str(run["at"])), float(seen[path])))
    return found


def moment(text: str) -> float:
    """Return the seconds since the epoch of a run's ``at``."""
    return float(calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))


def trend(points: Sequence[Point]) -> Trend | None:
    """Return the line of least squares through ``points``, in the order of time; None when they are too few."""
    if len(points) < _FEWEST or points[-1][0] - points[0][0] < _SHORTEST:
        return None
    first = points[0][0]
    times = [(at - first) / DAY for at, _value in points]
    values = [value for _at, value in points]
    middle_time, middle_value = sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle_time) ** 2 for at in times)
    together = sum((at - middle_time) * (value - middle_value) for at, value in zip(times, values))
    variation = sum((value - middle_value) ** 2 for value in values)
    fit = together**2 / (spread * variation) if variation else 1.0
    return Trend(len(points), times[-1], values[-1], together / spread, min(fit, 1.0))
