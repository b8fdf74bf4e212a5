# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attempts in real threads: all at once, none for longer than its time, none piled up beside one that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN, Check, Outcome
from ansible_collections.day2.ops.plugins.module_utils._checks.gate import FAILED, PASSED, Gate, Rules, Standing
from ansible_collections.day2.ops.plugins.module_utils._checks.kinds import KINDS
from ansible_collections.day2.ops.plugins.module_utils._checks.watch import Watch

GOOD = Outcome(PASS)


class Remembering(Gate):
    """A gate that also remembers the order in which outcomes came."""

    def __init__(self, count: int, check_timeout: float, **rules: Any) -> None:
        kind = KINDS["tcp"]()
        options = {"severity": "critical", "timeout": check_timeout}
        super().__init__([Standing(Check(str(number), options, kind)) for number in range(count)], Rules(**rules))
        self.seen: list[tuple[int, Outcome]] = []

    def record(self, index: int, outcome: Outcome) -> None:
        self.seen.append((index, outcome))
        super().record(index, outcome)


def await_true(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.005)


def test_a_check_that_hangs_is_given_up_and_hides_no_other() -> None:
    gate = Remembering(3, check_timeout=0.05)
    released = threading.Event()
    ended: list[str] = []

    def attempt(check: Check) -> Outcome:
        if check.name == "1":
            released.wait(30)
        ended.append(check.name)
        return GOOD

    Watch(gate, attempt, interval=0.01, timeout=0).run()
    assert sorted(ended) == ["0", "2"]  # the gate did not wait for the one that hangs
    released.set()
    assert [standing.last.status for standing in gate.standings] == [PASS, UNKNOWN, PASS]
    assert gate.standings[1].last.reason == "no result within 0.05 s"
    assert gate.verdict == "unknown"


def test_no_second_thread_starts_beside_one_that_hangs() -> None:
    gate = Remembering(1, check_timeout=0.02, keep_trying=True)
    released = threading.Event()
    started: list[str] = []

    def attempt(check: Check) -> Outcome:
        started.append(check.name)
        released.wait(30)
        return GOOD

    waiting = threading.Thread(target=Watch(gate, attempt, interval=0.01, timeout=60).run)
    waiting.start()
    await_true(lambda: len(gate.seen) >= 3)
    assert started == ["0"]
    assert {outcome.reason for _index, outcome in gate.seen} == {
        "no result within 0.02 s",
        "the attempt before still hangs",
    }
    released.set()
    waiting.join(30)
    assert gate.verdict == PASSED
    assert len(started) == 2


def test_an_answer_that_comes_too_late_does_not_count() -> None:
    gate = Remembering(1, check_timeout=0.02, keep_trying=True)
    late = Outcome(FAIL, "late")

    def attempt(_check: Check) -> Outcome:
        if gate.seen:
            return GOOD
        await_true(lambda: bool(gate.seen))
        return late

    Watch(gate, attempt, interval=0.01, timeout=60).run()
    assert gate.verdict == PASSED
    assert (0, late) not in gate.seen


def test_more_than_two_hundred_checks_run_sixty_four_at_once() -> None:
    gate = Remembering(256, check_timeout=30)
    together = threading.Barrier(64, timeout=20)
    under_way: list[int] = []
    lock = threading.Lock()
    most = 0

    def attempt(_check: Check) -> Outcome:
        nonlocal most
        with lock:
            under_way.append(1)
            most = max(most, len(under_way))
        together.wait()
        with lock:
            under_way.pop()
        return GOOD

    Watch(gate, attempt, interval=0.01, timeout=0).run()
    assert gate.verdict == PASSED
    assert sorted(index for index, _outcome in gate.seen) == list(range(256))
    assert most == 64


def test_the_deadline_ends_a_gate_that_keeps_trying() -> None:
    gate = Remembering(1, check_timeout=1, keep_trying=True)
    waited = Watch(gate, lambda _check: Outcome(FAIL, "down"), interval=0.01, timeout=0.2).run()
    assert gate.verdict == ""
    assert gate.final_verdict == FAILED
    assert len(gate.seen) > 1
    assert waited >= 0.2


def test_the_deadline_does_not_wait_for_a_check_that_hangs() -> None:
    gate = Remembering(1, check_timeout=60, keep_trying=True)
    released = threading.Event()

    def attempt(_check: Check) -> Outcome:
        released.wait(30)
        return GOOD

    waited = Watch(gate, attempt, interval=0.01, timeout=0.1).run()
    assert not released.is_set()
    released.set()
    assert waited >= 0.1
    assert gate.seen == []
    assert gate.final_verdict == "unknown"


def test_recovery_is_noticed_with_the_last_pass_that_is_asked_for() -> None:
    gate = Remembering(1, check_timeout=1, keep_trying=True, consecutive=3)

    def attempt(_check: Check) -> Outcome:
        return GOOD if len(gate.seen) >= 4 else Outcome(FAIL)

    Watch(gate, attempt, interval=0.01, timeout=60).run()
    assert gate.verdict == PASSED
    assert [outcome.status for _index, outcome in gate.seen] == [FAIL] * 4 + [PASS] * 3


def test_no_attempt_follows_the_one_that_decides() -> None:
    gate = Remembering(2, check_timeout=1)
    Watch(gate, lambda check: GOOD if check.name == "0" else Outcome(FAIL), interval=0.01, timeout=60).run()
    assert sorted(index for index, _outcome in gate.seen) == [0, 1]


def test_the_stack_size_of_threads_is_as_before() -> None:
    before = threading.stack_size()
    Watch(Remembering(1, check_timeout=1), lambda _check: GOOD, interval=0.01, timeout=0).run()
    assert threading.stack_size() == before
