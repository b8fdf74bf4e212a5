# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting with a clock that moves by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.day2.ops.plugins.module_utils._core.waiting import wait_until


@dataclass
class Clock:
    """Time passes only when somebody sleeps."""

    now: float = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def answers(*values: int) -> Callable[[], int]:
    """Return a look that sees the values one by one, then the last for ever."""
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def is_zero(value: int) -> bool:
    return value == 0


def test_good_at_once() -> None:
    waited = wait_until(answers(0), is_zero, timeout=10, clock=Clock())
    assert (waited.done, waited.last, waited.elapsed, waited.looks) == (True, 0, 0.0, 1)


def test_good_after_a_while() -> None:
    waited = wait_until(answers(2, 1, 0), is_zero, timeout=10, interval=1, clock=Clock())
    assert (waited.done, waited.elapsed, waited.looks) == (True, 2.0, 3)


def test_never_good_says_what_was_seen_last_and_stays_within_its_time() -> None:
    waited = wait_until(answers(3), is_zero, timeout=5, interval=1, clock=Clock())
    assert (waited.done, waited.last, waited.elapsed) == (False, 3, 5.0)


def test_no_time_is_one_look() -> None:
    assert wait_until(answers(1, 0), is_zero, timeout=0, clock=Clock()).looks == 1


def test_settling_begins_again_after_a_bad_look() -> None:
    waited = wait_until(answers(0, 0, 1, 0), is_zero, timeout=20, settle=3, interval=1, clock=Clock())
    assert (waited.done, waited.elapsed) == (True, 6.0)


def test_settling_begins_again_when_what_is_seen_changes() -> None:
    waited = wait_until(answers(1, 2, 2), lambda _seen: True, timeout=20, settle=2, interval=1, clock=Clock())
    assert (waited.done, waited.elapsed) == (True, 3.0)


def test_no_time_left_to_settle() -> None:
    assert not wait_until(answers(0), is_zero, timeout=2, settle=5, interval=1, clock=Clock()).done
