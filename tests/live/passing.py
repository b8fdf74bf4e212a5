# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passes through the dead letters of a queue, over the protocol and through the modules' operations.

A queue is given as a user describes it, with all that is needed to connect to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues import (
    archive_operation,
    information,
    operation,
    redrive_operation,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import redrivable
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import MOVE, DeadLetters, Settled, Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter

Options = dict[str, Any]
Verdict = Callable[[Letter], str]
Able = Any  # a pass of a kind that can do more than the protocol says

_SUMS = ("moved", "parked", "dropped", "kept", "vanished")
_BATCH = 7  # small, so that a pass is of several batches


@dataclass
class Passed:
    """What a pass came to: the letters that were taken, in order, and what became of them."""

    letters: list[Letter] = field(default_factory=list)
    batches: list[Settled] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """Return the ids of what was taken."""
        return [letter.id for letter in self.letters]

    @property
    def moved(self) -> int:
        """Return how many letters were moved."""
        return sum(batch.moved for batch in self.batches)

    @property
    def skipped(self) -> dict[str, int]:
        """Return how many were skipped, by reason."""
        reasons: dict[str, int] = {}
        for batch in self.batches:
            for reason, count in batch.skipped.items():
                reasons[reason] = reasons.get(reason, 0) + count
        return reasons

    @property
    def sums(self) -> dict[str, int]:
        """Return how many were moved, parked, dropped, kept, vanished, or skipped by reason; what is not 0."""
        sums = {name: sum(getattr(batch, name) for batch in self.batches) for name in _SUMS}
        return {name: number for name, number in {**sums, **self.skipped}.items() if number}


def always_move(_letter: Letter) -> str:
    """Return the verdict that a letter is moved."""
    return MOVE


# Over the protocol


def pass_through(queue: Options, **terms: Any) -> DeadLetters:
    """Return a pass that has not begun."""
    (one,) = described([queue], {}, "queue")
    return redrivable(one).dead_letters(Terms(**{"run": "test", **terms}))


@contextmanager
def opened(queue: Options, **terms: Any) -> Iterator[Able]:
    """Have a pass that has not begun."""
    with closing(pass_through(queue, **terms)) as letters:
        yield letters


@contextmanager
def begun(queue: Options, **terms: Any) -> Iterator[Able]:
    """Have a pass that has begun."""
    with opened(queue, **terms) as letters:
        letters.begin()
        yield letters


def settle_all(letters: DeadLetters, verdict: Verdict = always_move, most: int = _BATCH) -> Passed:
    """Settle what is left of a pass that has begun."""
    passed = Passed()
    while taken := letters.take(most):
        passed.letters += taken
        passed.batches.append(letters.settle(taken, [verdict(letter) for letter in taken]))
    return passed


def sweep_all(letters: DeadLetters, most: int = _BATCH) -> Passed:
    """Sweep what is left of a pass that has begun."""
    passed = Passed()
    while True:
        done = letters.sweep(most)
        if not (done.moved or done.skipped or done.vanished):
            return passed
        passed.batches.append(done)


def take_all(letters: DeadLetters, most: int = _BATCH) -> list[Letter]:
    """Return what is left of a pass that only looks."""
    found: list[Letter] = []
    while taken := letters.take(most):
        found += taken
    return found


def redriven(queue: Options, verdict: Verdict = always_move, most: int = _BATCH, **terms: Any) -> Passed:
    """Go through all dead letters once, in a pass of its own."""
    with begun(queue, **terms) as letters:
        return settle_all(letters, verdict, most)


def swept(queue: Options, most: int = _BATCH, **terms: Any) -> Passed:
    """Move all dead letters without looking at them."""
    with begun(queue, **terms) as letters:
        return sweep_all(letters, most)


def peeked(queue: Options, most: int = _BATCH, **terms: Any) -> list[Letter]:
    """Return all dead letters, without changing anything."""
    with begun(queue, dry=True, **terms) as letters:
        return take_all(letters, most)


def at_once(*actions: Callable[[], object]) -> None:
    """Do things at the same time; return when all are done."""
    start = threading.Barrier(len(actions))

    def act(action: Callable[[], object]) -> None:
        start.wait(30)
        action()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def two_at_once(queue: Options, go: Callable[[Able], Passed] = settle_all) -> list[Passed]:
    """Go through the same dead letters in two passes at the same time."""
    outcomes: list[Passed] = []

    def one(run: str) -> None:
        with begun(queue, run=run) as letters:
            outcomes.append(go(letters))

    at_once(lambda: one("one"), lambda: one("two"))
    return outcomes


@contextmanager
def repeating(work: Callable[[], object]) -> Iterator[None]:
    """Have a worker at work: one that does what there is to do, again and again."""
    ended = threading.Event()

    def go() -> None:
        while not ended.wait(0.01):
            work()

    worker = threading.Thread(target=go)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


# By the modules' operations


def queue_depth(*queues: Options, **options: Any) -> Result:
    """Return what queue_depth returns."""
    return operation.operate(operation.SPEC.validate({"queues": list(queues), **options}, "queue_depth"), False)


def measured(queue: Options) -> Options:
    """Return what queue_depth says of one queue."""
    found: Options = queue_depth(queue).data["queues"][0]
    return found


def looked_at(queue: Options, **options: Any) -> Result:
    """Return what dlq_info returns."""
    return information.operate(information.SPEC.validate({"queue": queue, **options}, "dlq_info"), False)


def reprocess(queue: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what dlq_reprocess returns. Without a canary, unless one is asked for."""
    params = redrive_operation.SPEC.validate({"queue": queue, "canary": 0, **options}, "dlq_reprocess")
    return redrive_operation.operate(params, check_mode)


def archive(queue: Options, action: str, path: Path, **options: Any) -> Result:
    """Return what dlq_archive returns."""
    given = {"queue": queue, "action": action, "path": str(path), **options}
    return archive_operation.operate(archive_operation.SPEC.validate(given, "dlq_archive"), False)


def some_of(result: Result, *names: str) -> Options:
    """Return those values of a result."""
    return {name: result.data[name] for name in names}


def ids_of(letters: Sequence[Letter]) -> list[str]:
    """Return the ids of letters, in order."""
    return [letter.id for letter in letters]
