# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting, with a clock that moves by itself and readings that are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import Waited
from ansible_collections.day2.ops.plugins.module_utils._queues.base import Depth, Queue
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.look import Reading
from ansible_collections.day2.ops.plugins.module_utils._queues.waits import drained, wait_for

SEEING: dict[str, Any] = {"name": "orders", "kind": "redis_list", "in_flight": ["p:*"]}
BLIND: dict[str, Any] = {"name": "orders", "kind": "redis_list"}


class Clock:
    """Moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def queue_of(description: dict[str, Any]) -> Queue:
    (queue,) = described([description], {})
    return queue


def depth(ready: int | None, in_flight: int | None = 0, **more: Any) -> Depth:
    return Depth(exists=True, ready=ready, in_flight=in_flight, **more)


def in_turn(outcomes: Sequence[Depth | OpsError], description: dict[str, Any]) -> Callable[[], list[Reading]]:
    """Return a look that sees one outcome after the other, and the last for ever."""
    queue, left = queue_of(description), list(outcomes)

    def look() -> list[Reading]:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, OpsError):
            return [Reading(queue, error=outcome)]
        return [Reading(queue, outcome)]

    return look


def waited(
    what: str,
    *outcomes: Depth | OpsError,
    description: dict[str, Any] | None = None,
    settle: float = 2,
    timeout: float = 20,
) -> Waited[list[Reading]]:
    """Wait with a look each second."""
    return wait_for(in_turn(outcomes, description or SEEING), what, timeout, settle, 1, Clock())


def test_drained_must_last() -> None:
    result = waited("drained", depth(1), depth(0), depth(0, 1), depth(0), depth(0), depth(0))
    assert (result.done, result.looks, result.elapsed) == (True, 6, 5)


def test_dead_letters_that_still_come_are_no_rest() -> None:
    result = waited("drained", *(depth(0, dead=number) for number in (0, 1, 2, 3, 3)))
    assert (result.done, result.looks) == (True, 6)


def test_the_age_of_what_is_delayed_does_not_disturb() -> None:
    result = waited("drained", *(depth(0, delayed=9 - number, oldest_age=float(number)) for number in range(9)))
    assert (result.done, result.looks) == (True, 3)


def test_time_is_up() -> None:
    result = waited("drained", depth(0, 3), timeout=5)
    assert (result.done, result.looks) == (False, 6)


@pytest.mark.parametrize("what", ["drained", "empty", "below"])
def test_a_lost_connection_is_not_yet(what: str) -> None:
    limited = {**SEEING, "max_ready": 5}
    result = waited(what, Unreachable("gone"), Unreachable("gone"), depth(0), description=limited, settle=0)
    assert (result.done, result.looks) == (True, 3)


def test_a_lost_connection_interrupts_what_was_settling() -> None:
    result = waited("drained", depth(0), depth(0), Unreachable("gone"), depth(0), depth(0), depth(0))
    assert (result.done, result.looks) == (True, 6)


@pytest.mark.parametrize("end", [AccessDenied("no"), Depth(exists=False)])
def test_what_time_does_not_mend_ends_the_wait(end: Depth | OpsError) -> None:
    result = waited("empty", depth(3), end, settle=0)
    assert (result.done, result.looks) == (False, 2)


def test_unknown_is_not_drained_but_blindness_is_believed() -> None:
    assert not drained(Reading(queue_of(SEEING), depth(0, None)))
    assert drained(Reading(queue_of(BLIND), depth(0, None)))
    assert not drained(Reading(queue_of(BLIND), depth(None, None)))
    assert not drained(Reading(queue_of(BLIND), error=Unreachable("gone")))


def test_delayed_work_is_no_backlog() -> None:
    assert drained(Reading(queue_of(SEEING), depth(0, delayed=7)))


def test_below_does_not_need_rest() -> None:
    limited = {**SEEING, "max_ready": 5}
    result = waited("below", depth(9), depth(6), depth(4), description=limited, settle=0)
    assert (result.done, result.looks) == (True, 3)


def test_each_look_is_told_with_the_time_that_has_passed() -> None:
    told: list[tuple[str, float]] = []
    outcomes = [depth(3), depth(1), depth(0)]
    wait_for(
        in_turn(outcomes, SEEING),
        "empty",
        10.0,
        0.0,
        2.0,
        Clock(),
        lambda readings, seconds: told.append((readings[0].seen(), seconds)),
    )
    assert told == [("ready 3, in flight 0", 0.0), ("ready 1, in flight 0", 2.0), ("ready 0, in flight 0", 4.0)]
