# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``rq``: a queue of the Python library of that name. Jobs may be pickles; those stay closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.moments import moment
from .base import Depth
from .dead_letters import ATOMIC, ATTEMPTS, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, DeadLetters, Terms
from .redis_queue import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, PARKED, PAUSE, RedisQueue
from .redis_server import ServerClock, Steps

# Jobs on their way from the queue to a worker: one a worker that starts a job at this moment.
_MOST_STARTING = 1000


class Rq(RedisQueue):
    """A list of job ids, and a registry (a sorted set of job ids) for each state that is not waiting."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + ArgSpec(options={"queue": {"type": "str"}, "prefix": {"type": "str", "default": "rq"}})
        + PARKED
    )
    TYPE: ClassVar[str] = "rq"
    TRAITS: ClassVar[frozenset[str]] = frozenset(
        {ATOMIC, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, ATTEMPTS, RESTORES}
    )

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(kind, name, options)
        if options.get("cluster"):
            raise InputError(f"rq does not run in a Redis Cluster ({name})", advice="leave cluster out")

    @property
    def queue(self) -> str:
        """Return rq's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def key(self) -> str:
        """Return the list of jobs that wait."""
        return self.of("queue", self.queue)

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, DELAYED, DEAD, AGE, CONSUMERS, PAUSE})

    def of(self, *parts: str) -> str:
        """Return the name of one of rq's keys."""
        return ":".join((self.options["prefix"], *parts))

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`. rq's clients write times of their own clocks; we hold them against the
        server's.

        What is asked follows the way of a job, from the queue to the registry of started ones, so that a job which
        takes it meanwhile is seen at least once.
        """
        now = yield from clock.now()
        scheduled, started = self.of("scheduled", self.queue), self.of("wip", self.queue)
        answers = yield from self.ask(
            ("SISMEMBER", self.of("queues"), self.key),
            ("SMEMBERS", self.of("workers", self.queue)),
            ("EXISTS", self.of("suspended")),
            ("ZCARD", self.of("failed", self.queue)),
            ("ZCARD", self.of("deferred", self.queue)),
            ("ZCARD", scheduled),
            ("ZCOUNT", scheduled, "-inf", f"{now:.6f}"),
            ("ZRANGE", scheduled, 0, 0, "WITHSCORES"),
            ("LINDEX", self.key, 0),
            ("LLEN", self.key),
            ("LRANGE", f"{self.key}:intermediate", 0, _MOST_STARTING - 1),
        )
        known, workers, suspended, dead, deferred, all_scheduled, due, first, oldest, waiting, starting = answers
        *marks, running, lost = yield from self.ask(
            *(("EXISTS", self._executions(job)) for job in starting),
            ("ZCARD", started),
            ("ZCOUNT", started, "0", f"({now:.6f}"),
        )
        consumers, longest = yield from self._alive(workers)
        in_flight = running + marks.count(0)
        if not (known or consumers or waiting or in_flight or dead or all_scheduled or deferred):
            return Depth(exists=False, type=self.TYPE, note=self.unknown_queue())
        return Depth(
            exists=True,
            type=self.TYPE,
            ready=waiting + due,
            in_flight=in_flight,
            delayed=all_scheduled - due + deferred,
            dead=dead,
            consumers=consumers,
            oldest_age=(yield from self._age(now, oldest, float(first[1]) if due and first else None)),
            paused=bool(suspended),
            note=_note(lost, longest),
        )

    def unknown_queue(self) -> str:
        """Return the sentence on a queue that rq knows nothing of."""
        return (
            f"rq knows no queue {self.queue} (it is no member of {self.of('queues')}, and no worker is there);"
            " that is never taken for an empty one"
        )

    def _executions(self, job: bytes) -> bytes:
        """Return the key that is there from the moment on when the job is in the registry of started ones."""
        return self.of("executions", "").encode() + job

    def _alive(self, workers: Sequence[bytes]) -> Steps[tuple[int, float]]:
        """Return how many workers live, and for how many seconds the sign of life of one may outlive it."""
        answers = yield from self.ask(
            *(("PTTL", worker) for worker in workers), *(("HEXISTS", worker, "death") for worker in workers)
        )
        lives, died = answers[: len(workers)], answers[len(workers) :]
        alive = [life for life, death in zip(lives, died) if life > 0 and not death]
        return len(alive), max(alive, default=0) / 1000

    def _age(self, now: float, oldest: bytes | None, due_since: float | None) -> Steps[float | None]:
        """Return for how many seconds the oldest job has waited, None when it does not tell.

        :param due_since: of the first scheduled job, when it is due.
        """
        since = [] if due_since is None else [due_since]
        if oldest is not None:
            (written,) = yield from self.ask(("HGET", self.of("job", "").encode() + oldest, "enqueued_at"))
            enqueued = moment(written)
            if enqueued is None:
                return None
            since.append(enqueued)
        return max([0.0, *(now - one for one in since)])

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .rq_letters import RqLetters

        return RqLetters(self, terms, self.of("failed", self.queue))


def _note(lost: int, longest: float) -> str:
    """Return what a reader must know: jobs whose worker is gone, signs of life that may be old."""
    sentences: list[Any] = []
    if lost:
        sentences.append(f"the worker of {lost} jobs in flight is gone; rq's next cleanup retries or fails them")
    if longest:
        sentences.append(f"a worker's sign of life may outlive it by {longest:.0f} s")
    return "; ".join(sentences)
