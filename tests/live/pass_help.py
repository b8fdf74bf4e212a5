# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passes through dead letters of queues that are not in Redis, over the protocol and through the module's operation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues import operation, redrive_operation
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import MOVE, DeadLetters, Settled, Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter

Options = dict[str, Any]
Verdict = Callable[[Letter], str]


@dataclass
class Passed:
    """What a pass came to: the letters that were taken, in order, and what became of them."""

    letters: list[Letter] = field(default_factory=list)
    batches: list[Settled] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """Return the ids of what was taken."""
        return [letter.id for letter in self.letters]

    def sum(self, name: str) -> int:
        """Return how many letters were moved, parked, dropped, kept or vanished."""
        return sum(getattr(batch, name) for batch in self.batches)

    @property
    def skipped(self) -> dict[str, int]:
        """Return how many were skipped, by reason."""
        reasons: dict[str, int] = {}
        for batch in self.batches:
            for reason, count in batch.skipped.items():
                reasons[reason] = reasons.get(reason, 0) + count
        return reasons


def move_all(_letter: Letter) -> str:
    """Return the verdict that a letter is moved."""
    return MOVE


@contextmanager
def begun(queue: Options, **terms: Any) -> Iterator[DeadLetters]:
    """Have a pass that has begun."""
    (one,) = described([queue], {})
    able: Any = one
    letters: DeadLetters = able.dead_letters(Terms(**{"run": "test", **terms}))
    try:
        letters.begin()
        yield letters
    finally:
        letters.close()


def go_through(letters: DeadLetters, verdict: Verdict = move_all, most: int = 7) -> Passed:
    """Settle all letters of a pass that has begun."""
    passed = Passed()
    while taken := letters.take(most):
        passed.letters += taken
        passed.batches.append(letters.settle(taken, [verdict(letter) for letter in taken]))
    return passed


def settle_all(queue: Options, verdict: Verdict = move_all, most: int = 7, **terms: Any) -> Passed:
    """Settle all letters of a queue in a pass of their own."""
    with begun(queue, **terms) as letters:
        return go_through(letters, verdict, most)


def sweep_all(queue: Options, most: int = 7, **terms: Any) -> Passed:
    """Move all letters without looking at them."""
    passed = Passed()
    with begun(queue, **terms) as letters:
        while True:
            done = letters.sweep(most)
            if not (done.moved or done.skipped or done.vanished):
                return passed
            passed.batches.append(done)


def peek(queue: Options, most: int = 7, **terms: Any) -> Sequence[Letter]:
    """Return the letters of a pass that only looks."""
    with begun(queue, dry=True, **terms) as letters:
        found: list[Letter] = []
        while taken := letters.take(most):
            found += taken
        return found


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Have no rights but those of everybody, and a way to the folder."""
    if os.geteuid() != 0:
        yield
        return
    modes = {parent: parent.stat().st_mode for parent in (folder, *folder.parents)}
    for parent, mode in modes.items():
        parent.chmod(mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for parent, mode in modes.items():
            parent.chmod(mode)


def measured(queue: Options, **options: Any) -> Options:
    """Return what queue_depth says of one queue."""
    found: Options = depth(queue, **options).data["queues"][0]
    return found


def depth(queue: Options, **options: Any) -> Result:
    """Return what queue_depth returns of one queue."""
    return operation.operate(operation.SPEC.validate({"queues": [queue], **options}, "queue_depth"), False)


def reprocess(queue: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what dlq_reprocess returns."""
    params = redrive_operation.SPEC.validate({"queue": queue, "canary_wait": 1.0, **options}, "dlq_reprocess")
    return redrive_operation.operate(params, check_mode)
