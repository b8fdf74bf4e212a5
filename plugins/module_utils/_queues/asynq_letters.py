# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Archived tasks of asynq, run again as asynq's own inspector does it, in many short steps instead of a long one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._core.errors import NotThere
from .archive_records import coded, decoded, reading_records
from .asynq_scripts import RESTORE, SETTLE, SWEEP, TAKE
from .asynq_tasks import ArchivedTask
from .dead_letters import ATTEMPTS_KEEP, ATTEMPTS_RESET, KEEP, MOVE, Settled, Terms
from .letters import Letter, tally
from .redis_letters import as_text, settled, signs
from .redis_scored_letters import ScoredLetters

if TYPE_CHECKING:
    from .asynq import Asynq

# So many archived tasks asynq keeps of a queue, the newest ones.
_ASYNQ_KEEPS = 10_000


class AsynqLetters(ScoredLetters):
    """A pass through the archived tasks of a queue, by when they were archived."""

    queue: Asynq

    def __init__(self, queue: Asynq, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._tasks = f"{queue.key}:t:"

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        known, paused = self.ask(*self.queue.known_and_paused())
        if not known:
            raise NotThere(f"asynq knows no queue {self.queue.queue}", on=self.on, advice="check queue and db")
        if paused:
            self.note(f"the queue {self.queue.queue} is paused: nobody takes its tasks until it is unpaused")
        left = super().begin()
        if self.count() >= _ASYNQ_KEEPS:
            self.note(f"when a task dies, asynq deletes all but the newest {_ASYNQ_KEEPS - 1:,} archived ones")
        if left and self.terms.attempts == ATTEMPTS_KEEP:
            self.note("tasks keep their count of retries: one that had none left is archived at its first failure")
        return left

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = self.most(most)
        if not wanted:
            return []
        found = self.read(TAKE, [self.dead], *self.walk(), wanted, self.size.bytes, self._tasks)
        tasks = [ArchivedTask(one, score, dict(zip(flat[::2], flat[1::2]))) for one, score, flat in found]
        self.size.learn(len(tasks), 0.0, sum(len(task.message) for task in tasks))
        if not tasks:
            self.left = 0
        elif self.terms.dry:
            self._pass_by(tasks)
        return self.with_redrives([task.letter() for task in tasks])

    def _pass_by(self, tasks: Sequence[ArchivedTask]) -> None:
        self.pass_by(as_text(tasks[-1].score), tasks[-1].id, len(tasks))

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. A task without a message is not moved: a worker would lose it."""
        vain = [letter.gone if verdict == MOVE else "" for letter, verdict in zip(letters, verdicts)]
        actual = [KEEP if reason else verdict for reason, verdict in zip(vain, verdicts)]
        tasks: list[ArchivedTask] = [letter.handle for letter in letters]
        answer = self.call(
            SETTLE,
            self.settle_keys(f"{self.queue.key}:pending", actual),
            signs(actual),
            self._tasks,
            time.time_ns(),
            "1" if self.terms.count_redrives else "0",
            *(text for task, verdict in zip(tasks, actual) for text in self._told(task, verdict)),
            items=len(letters),
        )
        self._pass_by(tasks)
        return _with_reasons(settled(answer), [reason for reason in vain if reason])

    def _told(self, task: ArchivedTask, verdict: str) -> Iterator[bytes]:
        """Yield what the script must know of a task."""
        changed = b""
        if verdict == MOVE and self.terms.attempts != ATTEMPTS_KEEP:
            changed = task.with_tries(0 if self.terms.attempts == ATTEMPTS_RESET else None)
        yield from (task.id, task.score, task.message if changed else b"", changed)

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. To change how often tasks were tried, messages must be looked at."""
        if self.terms.attempts != ATTEMPTS_KEEP:
            return super().sweep(most)
        wanted = self.most(most)
        if not wanted:
            return Settled()
        arguments = (*self.walk(), wanted, self._tasks, time.time_ns())
        keys = [self.dead, f"{self.queue.key}:pending"]
        return self.swept(self.calls(SWEEP, keys, *arguments, items=wanted, most=min(most, self.left)))

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        return sum(1 for score in self.ask(*(("ZSCORE", self.dead, one) for one in ids)) if score is not None)

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        task: ArchivedTask = letter.handle
        stored = {as_text(name): coded(value) for name, value in sorted(task.stored.items())}
        return {"id": letter.id, "score": as_text(task.score), "task": stored}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A lock that keeps a task unique is not taken again."""
        with reading_records("asynq", "a task"):
            texts = [text for record in records for text in _restorable(record)]
        return int(self.call(RESTORE, [self.dead], self._tasks, *texts, items=len(records))) if texts else 0


def _with_reasons(done: Settled, reasons: Sequence[str]) -> Settled:
    """Count letters that could not be moved, and were kept, as skipped."""
    if not reasons:
        return done
    skipped = dict(done.skipped)
    for reason, number in tally(reasons).items():
        skipped[reason] = skipped.get(reason, 0) + number
    return replace(done, kept=max(done.kept - len(reasons), 0), skipped=skipped)


def _restorable(record: Mapping[str, Any]) -> list[Any]:
    """Return what the script must know of a task that is put back."""
    stored = {name: decoded(value) for name, value in record["task"].items()}
    float(record["score"])
    return [str(record["id"]), record["score"], 2 * len(stored), *(text for pair in stored.items() for text in pair)]
