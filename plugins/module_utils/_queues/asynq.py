# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``asynq``: a queue of the Go library of that name, in all of its states."""

from __future__ import annotations

from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .base import Depth
from .dead_letters import (
    ATOMIC,
    ATTEMPTS,
    COUNTS_REDRIVES,
    DROPS,
    IDS,
    ORDERS,
    PARKS,
    RESTORES,
    SWEEPS,
    DeadLetters,
    Terms,
)
from .protobuf import fields
from .redis_queue import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, PARKED, PAUSE, RedisQueue
from .redis_server import Command, ServerClock, Steps
from .stale import Asked, StaleItems

_QUEUES = "asynq:queues"
_SERVERS = "asynq:servers"
_MOST_SERVERS = 1000
# Of pending tasks: how many are asked since when they wait, when the oldest does not tell.
_MOST_UNTOLD = 500
# Fields of asynq's message ServerInfo, and of the entries of its map of queues.
_SERVER_QUEUES, _SERVER_STATUS, _MAP_KEY = 5, 7, 1


class Asynq(RedisQueue):
    """Pending and due tasks are ready; the scheduled and those to be retried later are delayed; archived are dead."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC + ArgSpec(options={"queue": {"type": "str"}, "dead": {"type": "str"}}) + PARKED
    )
    TYPE: ClassVar[str] = "asynq"
    TRAITS: ClassVar[frozenset[str]] = frozenset(
        {ATOMIC, SWEEPS, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, ATTEMPTS, RESTORES}
    )

    @property
    def key(self) -> str:
        """Return the start of the queue's keys."""
        return f"asynq:{{{self.queue}}}"

    @property
    def queue(self) -> str:
        """Return asynq's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def archived(self) -> str:
        """Return the key of the sorted set of dead tasks: asynq's own, unless the options name another."""
        return str(self.options.get("dead") or f"{self.key}:archived")

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, DELAYED, DEAD, AGE, CONSUMERS, PAUSE})

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`. Asynq's clients write times of their own clocks; we hold them against
        the server's."""
        now = yield from clock.now()
        at = f"{now:.6f}"
        scheduled, retry, lease = f"{self.key}:scheduled", f"{self.key}:retry", f"{self.key}:lease"
        known_queue, paused_queue = self.known_and_paused()
        answers = yield from self.ask(
            known_queue,
            ("LLEN", f"{self.key}:pending"),
            ("ZCARD", scheduled),
            ("ZCARD", retry),
            ("ZCOUNT", scheduled, "-inf", at),
            ("ZCOUNT", retry, "-inf", at),
            ("LLEN", f"{self.key}:active"),
            ("ZCOUNT", lease, "-inf", at),
            ("ZCARD", self.archived),
            paused_queue,
            ("LINDEX", f"{self.key}:pending", -1),
            ("ZRANGE", scheduled, 0, 0, "WITHSCORES"),
            ("ZRANGE", retry, 0, 0, "WITHSCORES"),
            ("SMEMBERS", f"{self.key}:groups"),
            ("ZRANGEBYSCORE", _SERVERS, at, "+inf", "LIMIT", 0, _MOST_SERVERS),
        )
        known, pending, all_scheduled, all_retry, due_scheduled, due_retry, active, lost, archived, paused = answers[
            :10
        ]
        oldest, first_scheduled, first_retry, groups, servers = answers[10:]
        if not known:
            return Depth(exists=False, type=self.TYPE, note=self._unknown_queue())
        grouped = yield from self._grouped(groups)
        since = [float(first[1]) for first in (first_scheduled, first_retry) if first]
        pending_since = (yield from self._pending_since(oldest)) if oldest else []
        told = oldest is None or bool(pending_since)
        since += pending_since
        due = due_scheduled + due_retry
        return Depth(
            exists=True,
            type=self.TYPE,
            ready=pending + due,
            in_flight=active,
            delayed=all_scheduled + all_retry - due + grouped,
            dead=archived,
            consumers=(yield from self._serving(servers)),
            oldest_age=max([0.0, *(now - moment for moment in since)]) if told else None,
            paused=bool(paused),
            note=f"the worker of {lost} tasks in flight is gone; asynq takes them back" if lost else "",
        )

    def known_and_paused(self) -> tuple[Command, Command]:
        """Return the commands that ask whether asynq knows the queue, and whether it is paused."""
        return ("SISMEMBER", _QUEUES, self.queue), ("EXISTS", f"{self.key}:paused")

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .asynq_letters import AsynqLetters

        return AsynqLetters(self, terms, self.archived)

    def stale_items(self, asked: Asked) -> StaleItems:
        """See :class:`.stale.Recoverable`."""
        from .asynq_stale import AsynqStale

        return AsynqStale(self, asked)

    def _unknown_queue(self) -> str:
        return f"asynq knows no queue {self.queue} (it is no member of {_QUEUES}); that is never taken for an empty one"

    def _grouped(self, groups: list[bytes]) -> Steps[int]:
        """Return how many tasks wait until their group is complete."""
        sizes = yield from self.ask(*(("ZCARD", self.key.encode() + b":g:" + group) for group in sorted(groups)))
        return sum(sizes)

    def _pending_since(self, task: bytes) -> Steps[list[float]]:
        """Return since when the oldest pending task waits, in seconds since the epoch; asynq notes nanoseconds.

        Of a task that was archived, its inspector notes nothing when it runs it again, and we note it of some only; so
        it has waited at least as long as the next one that tells.
        """
        (since,) = yield from self.ask(self._asked_since(task))
        if not since:
            (tasks,) = yield from self.ask(("LRANGE", f"{self.key}:pending", -_MOST_UNTOLD, -1))
            told = yield from self.ask(*map(self._asked_since, tasks))
            since = next(filter(None, reversed(told)), None)
        return [int(since) / 1e9] if since else []

    def _asked_since(self, task: bytes) -> Command:
        return "HGET", self.key.encode() + b":t:" + task, "pending_since"

    def _serving(self, servers: list[bytes]) -> Steps[int]:
        """Return how many live servers take tasks from this queue."""
        infos = yield from self.ask(*(("GET", server) for server in servers))
        return sum(1 for info in infos if info and serves(info, self.queue))


def serves(server_info: bytes, queue: str) -> bool:
    """Tell whether a server is active and takes from ``queue``. What cannot be read does not.

    :param server_info: asynq's message ServerInfo.
    """
    try:
        found: list[tuple[int, Any]] = list(fields(server_info))
        queues = [dict(fields(value)).get(_MAP_KEY) for number, value in found if number == _SERVER_QUEUES]
    except (ValueError, TypeError):
        return False
    return queue.encode() in queues and (_SERVER_STATUS, b"active") in found
