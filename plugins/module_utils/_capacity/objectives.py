# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is promised against what is measured, and how many days are left until a limit is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._history.trend import Point, Trend, trend
from .amounts import number_text
from .measures import Reading

PASS = "pass"
FAIL = "fail"
WARN = "warning"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Standing:
    """How an objective stands: ``status`` is pass, warning (soon not), fail or unknown; ``days_left`` None: never."""

    measure: str
    status: str
    text: str
    now: float | None
    trend: Trend | None
    days_left: float | None


def standing(objective: Mapping[str, Any], reading: Reading, now: float) -> Standing:
    """Return how an objective stands.

    :param now: seconds since the epoch, when the measure was taken.
    """
    at_least = objective["at_least"] is not None
    limit = objective["at_least"] if at_least else objective["at_most"]
    unit = f" {reading.unit}" if reading.unit else ""
    wanted = f"{'at least' if at_least else 'at most'} {number_text(limit)}{unit}"
    if reading.value is None:
        return Standing(reading.name, UNKNOWN, f"{wanted} expected, unknown: {reading.reason}", None, None, None)
    line = line_of(reading, now)
    left = line.days_until(limit, at_least) if line else None
    holds = reading.value >= limit if at_least else reading.value <= limit
    text = f"it is {number_text(reading.value)}{unit}, {wanted} expected"
    if not holds:
        return Standing(reading.name, FAIL, text, reading.value, line, 0.0)
    soon = left is not None and left <= objective["warn_days"]
    text += f"; {outlook(line, left)}"
    return Standing(reading.name, WARN if soon else PASS, text, reading.value, line, left)


def line_of(reading: Reading, now: float) -> Trend | None:
    """Return the trend of a measure, with what was measured now as its last point."""
    points: list[Point] = list(reading.points)
    if reading.value is not None:
        points.append((now, reading.value))
    return trend(points)


def outlook(line: Trend | None, left: float | None) -> str:
    """Return in words when a limit is met."""
    if line is None:
        return "no trend yet, as too few runs are recorded"
    moves = f"{line.per_day:+.3g} a day over {line.days:.3g} days"
    if left is None:
        return f"{moves}, not heading for the limit"
    # a line that explains little of what was seen is told as such, not hidden
    doubt = f", though the numbers scatter (fit {line.fit:.2f})" if line.fit < 0.5 else ""
    return f"{moves}, about {left:.0f} days left{doubt}"
