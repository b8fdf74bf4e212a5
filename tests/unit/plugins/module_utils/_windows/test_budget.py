# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a window: both ways of saying it, and when it is turned back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._windows.budget import NO_END, Budget, needed

NOW = 1_772_330_400.0  # 2026-03-01T02:00:00Z


def test_a_length_and_a_moment_come_to_the_same() -> None:
    by_length = Budget.asked_for({"duration": "2h", "reserve": "10m"}, NOW)
    by_moment = Budget.asked_for({"ends_at": "2026-03-01T05:00:00+01:00", "reserve": 600}, NOW)
    assert by_length == by_moment == Budget(NOW + 7200, 600.0)
    assert by_length.as_record() == {"ends_at": "2026-03-01T04:00:00Z", "reserve": 600.0}
    assert Budget.from_record({"budget": by_length.as_record()}) == by_length


def test_without_an_end_nothing_is_turned_back() -> None:
    assert Budget.asked_for({}, NOW) == NO_END == Budget.from_record({})
    NO_END.wants(1e9, "the window", NOW)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ends_at": "2026-03-01T05:00:00Z", "duration": "1h"}, "ends_at and duration are given; give one of the two"),
        ({"ends_at": "tomorrow"}, "ends_at: not a moment: tomorrow; expected one such as 2026-03-01T04:00:00Z"),
        ({"duration": "long"}, "duration: expected seconds"),
        ({"reserve": "-1"}, "reserve: expected seconds"),
    ],
)
def test_what_cannot_be_meant(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        Budget.asked_for(given, NOW)
    assert str(refused.value).startswith(words)


def test_it_is_turned_back_when_what_is_left_will_not_do() -> None:
    budget = Budget(NOW + 900, 300.0)
    budget.wants(600, "step: a", NOW)
    with pytest.raises(OpsError) as short:
        budget.wants(601, "step: a", NOW, window={"id": "x"})
    assert str(short.value) == (
        "turned back before step: a: 15 min are left until 2026-03-01T02:15:00Z, and 15 min 1 s are needed,"
        " 5 min of it in reserve"
    )
    assert short.value.details == {"window": {"id": "x"}}
    with pytest.raises(OpsError, match="the window has ended, 2026-03-01T02:15:00Z is in the past"):
        budget.wants(0, "step: a", NOW + 900)


def test_what_is_needed_adds_up() -> None:
    assert needed(None) is None
    assert needed([]) == 0
    assert needed(["10m", 30, "1.5s"]) == 631.5
    with pytest.raises(InputError, match="needs: expected"):
        needed(["soon"])
