# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``arq``: a queue of the Python library of that name. Jobs are pickles, and stay what they are: closed."""

from __future__ import annotations

from typing import ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .base import Depth
from .dead_letters import ATOMIC, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, DeadLetters, Terms
from .redis_queue import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, MISSING, PARKED, RedisQueue
from .redis_server import ServerClock, Steps

_HEAD = 1000
_NO_KEY = -2  # what PTTL says of a key that does not exist


class Arq(RedisQueue):
    """A sorted set of job ids, scored by when they are due in milliseconds; a job that runs stays in it."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + MISSING
        + ArgSpec(
            options={
                "key": {"type": "str", "default": "arq:queue", "no_log": False},
                "health_check_key": {"type": "str", "no_log": False},
                "dead": {"type": "str"},
            }
        )
        + PARKED
    )
    TYPE: ClassVar[str] = "zset"
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, RESTORES})

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, DELAYED, AGE, CONSUMERS} | ({DEAD} if self.options.get("dead") else set()))

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`.

        Which of the due jobs run is looked for at the head of the queue, where arq takes them from; this costs the same
        however many keys the database has, and tells this queue's jobs from those of others.
        """
        now = int((yield from clock.now()) * 1000)
        health = self.options.get("health_check_key") or f"{self.key}:health-check"
        kept: str | None = self.options.get("dead")
        size, due, head, lives, *dead = yield from self.ask(
            ("ZCARD", self.key),
            ("ZCOUNT", self.key, "-inf", now),
            ("ZRANGEBYSCORE", self.key, "-inf", now, "WITHSCORES", "LIMIT", 0, _HEAD),
            ("PTTL", health),
            *([("ZCARD", kept)] if kept else []),
        )
        ids, scores = head[::2], head[1::2]
        running = yield from self.ask(*(("EXISTS", b"arq:in-progress:" + job) for job in ids))
        in_flight = sum(running)
        alive = lives != _NO_KEY
        exists = bool(size) or alive
        if exists:
            self._seen.add(self.key)
        known = self.known(self.key, size) is not None
        return Depth(
            exists=exists,
            type=self.TYPE,
            ready=due - in_flight if known else None,
            in_flight=in_flight if known else None,
            delayed=max(size - due, 0) if known else None,
            dead=self.known(kept, dead[0]) if kept else None,
            consumers=int(alive),
            oldest_age=max((now - float(scores[0])) / 1000, 0.0) if scores else (0.0 if known else None),
            note=self._note(known, lives),
        )

    def _note(self, known: bool, lives: int) -> str:
        if not known:
            return self.missing_note({self.key: None})
        if lives > 0:
            return f"all workers share one sign of life, which may outlive them by {lives / 1000:.0f} s"
        return ""

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .arq_letters import ArqLetters

        dead: str | None = self.options.get("dead")
        if not dead:
            raise InputError(
                f"arq forgets jobs that fail, and the queue {self.name} does not say where its service keeps them",
                advice="give dead: KEY, see docs/queues/arq.md",
            )
        return ArqLetters(self, terms, dead)
