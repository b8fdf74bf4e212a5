# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``bullmq``: a queue of the Node.js library of that name, in all of its states."""

from __future__ import annotations

import base64
from typing import ClassVar

from .._core.argspec import ArgSpec
from .._core.moments import moment
from .base import Depth
from .dead_letters import ATOMIC, ATTEMPTS, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, DeadLetters, Terms
from .redis_queue import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, PARKED, PAUSE, RedisQueue
from .redis_server import ServerClock, Steps

# A delayed job's score is the millisecond when it is due, times this, plus a number that keeps their order.
_STEPS_OF_MILLISECOND = 0x1000
# How many active jobs are looked at for a lost lock, and how many prioritized ones for the oldest.
_HEAD = 1000


class BullMQ(RedisQueue):
    """Waiting, paused, prioritized and due jobs are ready; failed ones are dead."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + PARKED
        + ArgSpec(options={"queue": {"type": "str"}, "prefix": {"type": "str", "default": "bull"}})
    )
    TYPE: ClassVar[str] = "bullmq"
    TRAITS: ClassVar[frozenset[str]] = frozenset(
        {ATOMIC, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, ATTEMPTS, RESTORES}
    )

    @property
    def queue(self) -> str:
        """Return BullMQ's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def key(self) -> str:
        """Return the start of the queue's keys."""
        return f"{self.options['prefix']}:{self.queue}"

    def key_of(self, name: str) -> str:
        """Return the key of a state, or of a job."""
        return f"{self.key}:{name}"

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, DELAYED, DEAD, AGE, CONSUMERS, PAUSE})

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`. BullMQ's times are those of its workers; we hold them against the
        server's."""
        now = yield from clock.now()
        due_score = (int(now * 1000) + 1) * _STEPS_OF_MILLISECOND - 1
        meta, last_id, paused, wait, held, prioritized, delayed, due, children, active, failed = yield from self.ask(
            ("EXISTS", self.key_of("meta")),
            ("EXISTS", self.key_of("id")),
            ("HEXISTS", self.key_of("meta"), "paused"),
            ("LLEN", self.key_of("wait")),
            ("LLEN", self.key_of("paused")),
            ("ZCARD", self.key_of("prioritized")),
            ("ZCARD", self.key_of("delayed")),
            ("ZCOUNT", self.key_of("delayed"), "-inf", due_score),
            ("ZCARD", self.key_of("waiting-children")),
            ("LLEN", self.key_of("active")),
            ("ZCARD", self.key_of("failed")),
        )
        consumers = yield from self._consumers()
        if not (meta or last_id or consumers or failed or wait or active):
            return Depth(exists=False, type=self.TYPE, note=self._unknown_queue())
        lost = yield from self._without_lock()
        return Depth(
            exists=True,
            type=self.TYPE,
            ready=wait + held + prioritized + due,
            in_flight=active,
            delayed=delayed - due + children,
            dead=failed,
            consumers=consumers,
            oldest_age=(yield from self._oldest_age(now, wait + held, prioritized, due)),
            paused=bool(paused),
            note=f"the worker of {lost} jobs in flight is gone; BullMQ takes them back" if lost else "",
        )

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .bullmq_letters import BullMQLetters

        return BullMQLetters(self, terms)

    def _unknown_queue(self) -> str:
        return (
            f"there is no BullMQ queue {self.key} (no key {self.key_of('meta')}); that is never taken for an empty one"
        )

    def _consumers(self) -> Steps[int | None]:
        """Return how many workers are connected; None where we may not ask the server for its clients, or where each
        node of a cluster knows its own only."""
        if self.options["cluster"]:
            return None
        (answer,) = yield [("CLIENT", "LIST")]
        if not isinstance(answer, bytes):
            return None
        return workers_among(answer, self.options["db"], self.options["prefix"], self.queue)

    def _without_lock(self) -> Steps[int]:
        """Return how many of the active jobs have lost their lock: nobody works on them any more."""
        (jobs,) = yield from self.ask(("LRANGE", self.key_of("active"), -_HEAD, -1))
        locks = yield from self.ask(*(("EXISTS", self._job(job) + b":lock") for job in jobs))
        return len(jobs) - int(sum(locks))

    def _oldest_age(self, now: float, listed: int, prioritized: int, due: int) -> Steps[float | None]:
        """Return for how many seconds the oldest ready job has waited since it was added, or since it is due."""
        if not listed + prioritized + due:
            return 0.0
        if prioritized > _HEAD:
            return None
        *tails, urgent, first = yield from self.ask(
            ("LINDEX", self.key_of("wait"), -1),
            ("LINDEX", self.key_of("paused"), -1),
            ("ZRANGE", self.key_of("prioritized"), 0, _HEAD - 1),
            ("ZRANGE", self.key_of("delayed"), 0, 0, "WITHSCORES"),
        )
        jobs = [*filter(None, tails), *urgent]
        written = yield from self.ask(*(("HGET", self._job(job), "timestamp") for job in jobs))
        since = [moment(time) for time in written]
        since += [float(first[1]) / _STEPS_OF_MILLISECOND / 1000] if due and first else []
        ages = [now - one for one in since if one is not None]
        return max([0.0, *ages]) if ages else None

    def _job(self, job: bytes) -> bytes:
        return self.key.encode() + b":" + job


def workers_among(clients: bytes, db: int, prefix: str, queue: str) -> int:
    """Return how many of the clients that a server lists are workers of a queue, by the names that BullMQ gives."""
    plain = f"{prefix}:{base64.b64encode(queue.encode()).decode()}"
    found = 0
    for line in clients.decode("utf-8", "replace").splitlines():
        told = dict(word.split("=", 1) for word in line.split(" ") if "=" in word)
        name = told.get("name", "")
        found += told.get("db") == str(db) and (name == plain or name.startswith(f"{plain}:w:"))
    return found
