# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines through what was measured, and when they meet a limit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._history.trend import DAY, moment, points_of, trend


def daily(*values: float) -> list[tuple[float, float]]:
    return [(day * DAY, value) for day, value in enumerate(values)]


def test_a_straight_line_is_found_and_meets_its_limit() -> None:
    line = trend(daily(50, 52, 54, 56))
    assert line is not None
    assert (line.points, line.days, line.now) == (4, 3, 56)
    assert line.per_day == pytest.approx(2)
    assert line.fit == pytest.approx(1)
    assert line.days_until(80) == pytest.approx(12)


def test_what_should_stay_above_a_limit() -> None:
    line = trend(daily(100, 90, 80))
    assert line is not None
    assert line.days_until(20, at_least=True) == pytest.approx(6)
    assert line.days_until(90, at_least=True) == 0


@pytest.mark.parametrize("values", [(5, 5, 5), (9, 7, 5)])
def test_what_does_not_grow_never_meets_an_upper_limit(values: tuple[float, ...]) -> None:
    line = trend(daily(*values))
    assert line is not None
    assert line.days_until(10) is None


def test_what_is_beyond_the_limit_has_no_day_left() -> None:
    line = trend(daily(9, 10, 11))
    assert line is not None
    assert line.days_until(10) == 0


def test_what_lies_many_years_off_is_no_prediction() -> None:
    line = trend(daily(1, 1.0001, 1.0002))
    assert line is not None
    assert line.days_until(100) is None


@pytest.mark.parametrize(
    "points", [[], daily(1, 2), [(0, 1), (1, 2), (2, 3)]], ids=["none", "two", "within two seconds"]
)
def test_too_little_is_no_trend(points: list[tuple[float, float]]) -> None:
    assert trend(points) is None


def test_numbers_that_scatter_have_a_poor_fit() -> None:
    line = trend(daily(1, 9, 2, 8, 3))
    assert line is not None
    assert line.fit < 0.5


def test_points_are_the_runs_that_saw_the_number() -> None:
    runs: list[dict[str, Any]] = [
        {"at": "2026-11-01T00:00:00Z", "checks": {"disk": {"status": "pass", "seen": {"used_percent": 40}}}},
        {"at": "2026-11-02T00:00:00Z", "checks": {"disk": {"status": "unknown", "seen": {}}}},
        {"at": "2026-11-03T00:00:00Z", "checks": {}},
        {"damaged": "the file is not valid JSON"},
        {"at": "2026-11-04T00:00:00Z", "checks": {"disk": {"status": "pass", "seen": {"used_percent": 43}}}},
    ]
    first = moment("2026-11-01T00:00:00Z")
    assert points_of(runs, "disk", "used_percent") == [(first, 40), (first + 3 * DAY, 43)]
