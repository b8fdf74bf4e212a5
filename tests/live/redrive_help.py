# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running dlq_reprocess's operation, and passes over the protocol, against database 9 of the lab's Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import redrivable
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import (
    MOVE,
    DeadLetters,
    Restorable,
    Settled,
    Terms,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Options, connection

Verdict = Callable[[Letter], str]


def reprocess(facts: RedisFacts, queue: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would. Without a canary, unless one is asked for."""
    params = {**connection(facts), "queue": queue, "canary": 0, **options}
    return operate(SPEC.validate(params, "dlq_reprocess"), check_mode)


def some_of(result: Result, *names: str) -> Options:
    """Return those values of a result."""
    return {name: result.data[name] for name in names}


@contextmanager
def passing(facts: RedisFacts, queue: Options, **terms: Any) -> Iterator[Restorable]:
    """Have a pass through the dead letters of a queue, begun."""
    (one,) = described([queue], connection(facts), "queue")
    with closing(redrivable(one).dead_letters(Terms(**{"run": "test", **terms}))) as letters:
        letters.begin()
        yield cast("Restorable", letters)


def peeked(facts: RedisFacts, queue: Options, most: int = 7, **terms: Any) -> list[Letter]:
    """Return the letters of a whole pass that only looks."""
    found: list[Letter] = []
    with passing(facts, queue, dry=True, **terms) as letters:
        while taken := letters.take(most):
            found += taken
    return found


def settle_all(letters: DeadLetters, verdict: Verdict = lambda _letter: MOVE, most: int = 7) -> Options:
    """Go through the rest of a pass; return the sums that are not 0."""
    done: list[Settled] = []
    while taken := letters.take(most):
        done.append(letters.settle(taken, [verdict(letter) for letter in taken]))
    return _sums(done)


def sweep_all(letters: DeadLetters, most: int = 7) -> Options:
    """Sweep through the rest of a pass; return the sums that are not 0."""
    done: list[Settled] = []
    while not done or done[-1].moved or done[-1].skipped or done[-1].vanished:
        done.append(letters.sweep(most))
    return _sums(done)


def _sums(done: list[Settled]) -> Options:
    names = ("moved", "parked", "dropped", "kept", "vanished")
    sums: Options = {name: sum(getattr(one, name) for one in done) for name in names}
    for one in done:
        for reason, count in one.skipped.items():
            sums[reason] = sums.get(reason, 0) + count
    return {name: number for name, number in sums.items() if number}
