# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passes through dead letters in database 9 of the lab's Redis, over the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import MOVE, DeadLetters, Settled, Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import connection


@dataclass
class Total:
    """What came of a pass: what was taken, and the sums of what was settled."""

    letters: list[Letter] = field(default_factory=list)
    moved: int = 0
    parked: int = 0
    dropped: int = 0
    kept: int = 0
    vanished: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Return the ids of what was taken, in order."""
        return [letter.id for letter in self.letters]

    def add(self, done: Settled) -> None:
        """Add what came of a batch."""
        for name in ("moved", "parked", "dropped", "kept", "vanished"):
            setattr(self, name, getattr(self, name) + getattr(done, name))
        for reason, count in done.skipped.items():
            self.skipped[reason] = self.skipped.get(reason, 0) + count

    def numbers(self) -> dict[str, int]:
        """Return those sums that are not 0."""
        named = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("letters", "skipped")}
        return {name: number for name, number in named.items() if number}


@contextmanager
def dead_letters(facts: RedisFacts, queue: dict[str, Any], **terms: Any) -> Iterator[DeadLetters]:
    """Have a pass through the dead letters of a queue, that has not begun."""
    (one,) = described([queue], connection(facts))
    able: Any = one
    letters: DeadLetters = able.dead_letters(Terms(**{"run": "test", **terms}))
    try:
        yield letters
    finally:
        letters.close()


def settle_all(letters: DeadLetters, verdict: Callable[[Letter], str] = lambda _letter: MOVE, most: int = 100) -> Total:
    """Go through a pass that has begun."""
    total = Total()
    while True:
        taken = letters.take(most)
        if not taken:
            return total
        total.letters += taken
        total.add(letters.settle(taken, [verdict(letter) for letter in taken]))


def redrive(
    facts: RedisFacts, queue: dict[str, Any], verdict: Callable[[Letter], str] = lambda _letter: MOVE, **terms: Any
) -> Total:
    """Begin a pass and go through it."""
    with dead_letters(facts, queue, **terms) as letters:
        letters.begin()
        return settle_all(letters, verdict)


def peek(facts: RedisFacts, queue: dict[str, Any], most: int = 100, **terms: Any) -> list[Letter]:
    """Return the letters of a whole pass that only looks."""
    with dead_letters(facts, queue, dry=True, **terms) as letters:
        letters.begin()
        found: list[Letter] = []
        while taken := letters.take(most):
            found += taken
        return found
