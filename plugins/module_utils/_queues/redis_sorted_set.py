# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``redis_sorted_set``: a sorted set whose scores say when an item is due."""

from __future__ import annotations

from typing import ClassVar

from .._core.argspec import ArgSpec
from .base import Depth
from .dead_letters import ATOMIC, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, SWEEPS, DeadLetters, Terms
from .letters import FIELDS, ITEM
from .redis_payloads import PAYLOAD
from .redis_queue import AGE, DEAD, DELAYED, MISSING, PARKED, RedisQueue
from .redis_server import ServerClock, Steps

# How many of the score's units make a second; "none" is for scores that are no time.
UNITS = {"seconds": 1.0, "milliseconds": 1000.0}


class RedisSortedSet(RedisQueue):
    """A sorted set, and a second one for dead letters."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + MISSING
        + ArgSpec(
            options={
                "key": {"type": "str", "no_log": False},
                "score": {"type": "str", "default": "seconds", "choices": [*UNITS, "none"]},
                "dead": {"type": "str"},
            }
        )
        + PARKED
        + PAYLOAD
        + ITEM
    )
    TYPE: ClassVar[str] = "zset"
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, SWEEPS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, RESTORES})

    @property
    def told_by_item(self) -> frozenset[str]:
        """See :class:`.dead_letters.Redrivable`. A score that is a time tells when the letter died."""
        return FIELDS - {"failed_at"} if self.options["score"] in UNITS else FIELDS

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        timed = {DELAYED, AGE} if self.options["score"] in UNITS else set()
        return frozenset(timed | ({DEAD} if self.options.get("dead") else set()))

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`."""
        unit = UNITS.get(self.options["score"])
        named = [self.key, *([self.options["dead"]] if self.options.get("dead") else [])]
        if unit is None:
            answers = yield from self.ask(*(("ZCARD", key) for key in named))
            return self._depth(dict(zip(named, answers)), None, None)
        now = (yield from clock.now()) * unit
        *answers, due, first = yield from self.ask(
            *(("ZCARD", key) for key in named),
            ("ZCOUNT", self.key, "-inf", repr(now)),
            ("ZRANGE", self.key, 0, 0, "WITHSCORES"),
        )
        waited = (now - float(first[1])) / unit if first else 0.0
        return self._depth(dict(zip(named, answers)), due, max(waited, 0.0))

    def _depth(self, cards: dict[str, int], due: int | None, waited: float | None) -> Depth:
        """Put the numbers together.

        :param due: of the main key, None when its scores are no time. :param waited: of the oldest item, seconds.
        """
        sizes = {key: self.known(key, size) for key, size in cards.items()}
        size = sizes[self.key]
        timed = size is not None and due is not None
        return Depth(
            exists=bool(cards[self.key]),
            type=self.TYPE,
            ready=due if timed else size,
            delayed=max(cards[self.key] - due, 0) if timed and due is not None else None,
            dead=sizes[self.options["dead"]] if self.options.get("dead") else None,
            oldest_age=waited if timed else None,
            note=self.missing_note(sizes),
        )

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .redis_sorted_set_letters import RedisSortedSetLetters

        dead = self.dead_key()
        units = UNITS.get(self.options["score"])
        if units and (self.options.get("item") or {}).get("id"):
            self.TRAITS = self.TRAITS | {IDS}  # type: ignore[misc]  # an id that the letters bring stays the same
        return RedisSortedSetLetters(self, terms, dead, units, self.options.get("payload_key"))
