# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``sidekiq``: a queue of the Ruby library of that name. What it delays and gives up is in sets that all
queues share, so whoever counts a queue's own jobs must read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.moments import moment
from . import sidekiq_jobs, sidekiq_processes
from .base import Depth
from .dead_letters import ATOMIC, ATTEMPTS, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, DeadLetters, Terms
from .redis_queue import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, PARKED, RedisQueue, add_up
from .redis_server import ServerClock, Steps
from .sidekiq_processes import InFlight, Process

# Of a set that all queues share, so many jobs are read at most, in portions of so many.
_MOST_READ = 5000
_PORTION = 1000
_DELAYED = ("schedule", "retry")
_UNREAD = f"more than {_MOST_READ} jobs of all queues are in {{}}: those of this queue are not counted"


@dataclass
class _Shared:
    """What was read of a set that all queues share.

    :param scores: of the jobs that are this queue's. :param complete: all of the set was read, not only its beginning.
    :param reached: the last score that was read.
    """

    complete: bool
    scores: list[float] = field(default_factory=list)
    reached: float = 0.0

    @property
    def number(self) -> int | None:
        """Return how many jobs the queue has in the set, None when that is not known."""
        return len(self.scores) if self.complete else None

    def due(self, now: float) -> list[float] | None:
        """Return since when jobs of the queue are due, None when that is not known."""
        known = self.complete or self.reached > now
        return [score for score in self.scores if score <= now] if known else None


class Sidekiq(RedisQueue):
    """The list ``queue:NAME`` is ready; ``schedule`` and ``retry`` are delayed until they are due; ``dead`` is dead."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC + PARKED + ArgSpec(options={"queue": {"type": "str"}, "namespace": {"type": "str"}})
    )
    TYPE: ClassVar[str] = "sidekiq"
    TRAITS: ClassVar[frozenset[str]] = frozenset(
        {ATOMIC, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, ATTEMPTS, RESTORES}
    )

    def __init__(self, kind: str, name: str, options: Any) -> None:
        super().__init__(kind, name, options)
        if options.get("cluster"):
            raise InputError(f"Sidekiq does not run in a Redis Cluster ({name})", advice="leave cluster out")
        self.in_flight = InFlight()

    @property
    def queue(self) -> str:
        """Return Sidekiq's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def key(self) -> str:
        """Return the key of the queue's list."""
        return self.key_of(f"queue:{self.queue}")

    def key_of(self, name: str) -> str:
        """Return the key of what Sidekiq calls so."""
        namespace = self.options.get("namespace")
        return f"{namespace}:{name}" if namespace else name

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`. Pausing belongs to Sidekiq Pro, whose keys are not documented."""
        return frozenset({IN_FLIGHT, DELAYED, DEAD, AGE, CONSUMERS})

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`. Sidekiq's times are those of its processes; we hold them against the
        server's."""
        now = yield from clock.now()
        shared = {name: self.key_of(name) for name in (*_DELAYED, "dead")}
        known, size, oldest, names, *sizes = yield from self.ask(
            ("SISMEMBER", self.key_of("queues"), self.queue),
            ("LLEN", self.key),
            ("LINDEX", self.key, -1),
            ("SMEMBERS", self.key_of("processes")),
            *(("ZCARD", key) for key in shared.values()),
        )
        keys = [self.key_of("").encode() + name for name in sorted(names)]
        processes = sidekiq_processes.serving(
            self.queue, keys, (yield from self.ask(*sidekiq_processes.questions(keys)))
        )
        sets = yield from self._own(shared, sizes)
        if not (known or size or processes or any(shared.scores for shared in sets.values())):
            return Depth(exists=False, type=self.TYPE, note=self._unknown_queue())
        return self._depth(now, size, oldest, processes, sets)

    def _depth(
        self, now: float, size: int, oldest: bytes | None, processes: Sequence[Process], sets: Mapping[str, _Shared]
    ) -> Depth:
        """Return the depth by what was read: of the list its size and oldest job, of the sets what is this queue's."""
        waiting = [sets[name] for name in _DELAYED]
        due = [shared.due(now) for shared in waiting]
        ready = add_up([size, *(None if one is None else len(one) for one in due)])
        later = add_up([size, *(shared.number for shared in waiting)])
        since = _enqueued(oldest) + [score for one in due for score in one or ()]
        in_flight = self.in_flight.count(size, processes)
        unread = ", ".join(name for name, shared in sets.items() if not shared.complete)
        notes = [sidekiq_processes.note(processes, in_flight), _UNREAD.format(unread) if unread else ""]
        return Depth(
            exists=True,
            type=self.TYPE,
            ready=ready,
            in_flight=in_flight,
            delayed=None if later is None or ready is None else later - ready,
            dead=sets["dead"].number,
            consumers=sum(process.takes for process in processes),
            oldest_age=max(now - one for one in [*since, now]) if since or ready == 0 else None,
            note="; ".join(filter(None, notes)),
        )

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .sidekiq_letters import SidekiqLetters

        return SidekiqLetters(self, terms)

    def _unknown_queue(self) -> str:
        return (
            f"Sidekiq knows no queue {self.queue} (it is no member of {self.key_of('queues')}, and no process"
            " serves it); that is never taken for an empty one"
        )

    def _own(self, keys: Mapping[str, str], sizes: Sequence[int]) -> Steps[dict[str, _Shared]]:
        """Return what sets that all queues share have of this queue's jobs; of a very large one the beginning is read.

        :param keys: of the sets, by name.
        """
        sets = {name: _Shared(size <= _MOST_READ) for name, size in zip(keys, sizes)}
        portions = [
            (name, start)
            for name, size in zip(keys, sizes)
            for start in range(0, size if sets[name].complete else _PORTION, _PORTION)
        ]
        answers = yield from self.ask(
            *(("ZRANGE", keys[name], start, start + _PORTION - 1, "WITHSCORES") for name, start in portions)
        )
        for (name, _start), answer in zip(portions, answers):
            scores = [float(score) for score in answer[1::2]]
            sets[name].reached = max([sets[name].reached, *scores])
            jobs = zip(answer[::2], scores)
            sets[name].scores += [score for job, score in jobs if sidekiq_jobs.queue_of(job) == self.queue]
        return sets


def _enqueued(job: bytes | None) -> list[float]:
    """Return since when a job has been in its queue, in seconds since the epoch."""
    since = moment((sidekiq_jobs.read(job) or {}).get("enqueued_at")) if job else None
    return [] if since is None else [since]
