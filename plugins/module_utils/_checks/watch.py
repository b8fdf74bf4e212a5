# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Attempting all checks at once, each in a thread of its own, none for longer than its time."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import Callable

from .base import UNKNOWN, Check, Outcome
from .gate import Gate

Attempt = Callable[[Check], Outcome]

# More at once gains nothing and costs memory; a check that hangs frees its place when its time is up.
_AT_ONCE = 64
_STACK_BYTES = 512 * 1024
# What a probe bounds itself gets this much longer before the watchdog speaks, so that the probe's better message wins.
_GRACE = 0.25


@dataclass
class _Runner:
    """One check's attempts: when the next is due, and the one under way. ``number`` tells late answers from awaited."""

    due: float
    number: int = 0
    running_since: float | None = None
    thread: threading.Thread | None = None

    def stuck(self) -> bool:
        """Tell whether an attempt that was given up still runs."""
        return self.running_since is None and self.thread is not None and self.thread.is_alive()


class Watch:
    """Runs a gate's checks until it has a verdict or the time is up."""

    def __init__(self, gate: Gate, attempt: Attempt, interval: float, timeout: float) -> None:
        """
        :param attempt: makes one attempt of a check; must not raise.
        :param interval: seconds between the end of an attempt and the start of the next.
        :param timeout: seconds in all, counted from :meth:`run`; ignored by a gate that does not keep trying.
        """
        self._gate = gate
        self._attempt = attempt
        self._interval = interval
        self._timeout = timeout
        self._answers: queue.Queue[tuple[int, int, Outcome]] = queue.Queue()
        self._runners: list[_Runner] = []

    def run(self) -> float:
        """Attempt, record, repeat. Returns the seconds it took; the gate holds the rest."""
        started = time.monotonic()
        self._runners = [_Runner(due=started) for _standing in self._gate.standings]
        deadline = started + self._timeout if self._gate.rules.keep_trying else float("inf")
        previous = threading.stack_size(_STACK_BYTES)
        try:
            while not self._gate.verdict and time.monotonic() < deadline:
                self._start_due()
                self._give_up_late()
                if not self._gate.verdict:  # else nothing more is due, and the wait would be for nothing
                    self._take_answers(deadline)
        finally:
            threading.stack_size(previous)
        return time.monotonic() - started

    def _start_due(self) -> None:
        now = time.monotonic()
        under_way = sum(runner.running_since is not None for runner in self._runners)
        for index, runner in enumerate(self._runners):
            if under_way >= _AT_ONCE:
                return
            if runner.running_since is None and runner.due <= now and self._gate.wants_more(index):
                under_way += self._start(index, runner, now)

    def _start(self, index: int, runner: _Runner, now: float) -> bool:
        if runner.stuck():  # never a second thread beside one that hangs: it would only pile up
            self._record(index, Outcome(UNKNOWN, "the attempt before still hangs"), now)
            return False
        runner.number += 1
        runner.running_since = now
        runner.thread = threading.Thread(target=self._work, args=(index, runner.number), daemon=True)
        runner.thread.start()
        return True

    def _work(self, index: int, number: int) -> None:
        self._answers.put((index, number, self._attempt(self._gate.standings[index].check)))

    def _give_up_late(self) -> None:
        now = time.monotonic()
        for index, runner in enumerate(self._runners):
            limit = self._limit(index)
            if runner.running_since is not None and now - runner.running_since > limit:
                runner.running_since = None
                runner.number += 1
                seconds = self._gate.standings[index].check.timeout
                self._record(index, Outcome(UNKNOWN, f"no result within {seconds:g} s", seconds=seconds), now)

    def _limit(self, index: int) -> float:
        return self._gate.standings[index].check.timeout + _GRACE

    def _take_answers(self, deadline: float) -> None:
        """Wait for an answer, or until something is due; then take all that are there."""
        try:
            answer = self._answers.get(timeout=self._until_next_event(deadline))
            while True:
                self._take(*answer)
                answer = self._answers.get_nowait()
        except queue.Empty:
            return

    def _take(self, index: int, number: int, outcome: Outcome) -> None:
        runner = self._runners[index]
        if runner.running_since is not None and runner.number == number:
            runner.running_since = None
            self._record(index, outcome, time.monotonic())

    def _record(self, index: int, outcome: Outcome, now: float) -> None:
        self._gate.record(index, outcome)
        self._runners[index].due = now + self._interval

    def _until_next_event(self, deadline: float) -> float:
        events = [deadline]
        for index, runner in enumerate(self._runners):
            if runner.running_since is not None:
                events.append(runner.running_since + self._limit(index))
            elif self._gate.wants_more(index):
                events.append(runner.due)
        return min(max(min(events) - time.monotonic(), 0.001), 60.0)
