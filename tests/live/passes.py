# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dead letters of one queue, for tests that go through them again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import MOVE, DeadLetters
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .letters_help import dead_letters, peek, settle_all
from .queue_help import Options, connection

Rule = Callable[[Letter], str]

MANY = 10_000


def always_move(_letter: Letter) -> str:
    """Have each letter moved."""
    return MOVE


def go_through(letters: DeadLetters, rule: Rule = always_move, most: int = MANY) -> dict[str, int]:
    """Settle all letters of a pass by a rule; return what became of how many, with the reasons of what was skipped."""
    total = settle_all(letters, rule, most)
    return {**total.numbers(), **total.skipped}


class Dead:
    """The dead letters of a queue in database 9 of the lab's Redis."""

    def __init__(self, facts: RedisFacts, name: str, kind: str, **options: Any) -> None:
        self._facts = facts
        self._queue = {"name": name, "kind": kind, **options}

    @contextmanager
    def passing(self, **terms: Any) -> Iterator[Any]:
        """Begin a pass on these terms. (It is Any, as some kinds can do more than the protocol says.)"""
        with dead_letters(self._facts, self._queue, **terms) as letters:
            letters.begin()
            yield letters

    def peeked(self, **terms: Any) -> list[Letter]:
        """Return all of them, without changing anything."""
        return peek(self._facts, self._queue, MANY, **terms)

    def redriven(self, rule: Rule = always_move, most: int = MANY, **terms: Any) -> dict[str, int]:
        """Go through all of them once."""
        with self.passing(**terms) as letters:
            return go_through(letters, rule, most)


def whole_run(facts: RedisFacts, queue: Options, **options: Any) -> Result:
    """Return what dlq_reprocess returns."""
    params = SPEC.validate({**connection(facts), "queue": queue, **options}, "dlq_reprocess")
    return operate(params, check_mode=False)
