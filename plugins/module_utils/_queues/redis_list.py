# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``redis_list``: a list that producers push to and workers pop from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .._core.argspec import ArgSpec
from .base import Depth
from .dead_letters import ATOMIC, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, SWEEPS, DeadLetters, Terms
from .letters import FIELDS, ITEM
from .redis_payloads import PAYLOAD
from .redis_queue import CONSUMERS, DEAD, IN_FLIGHT, MISSING, PARKED, RedisQueue, add_up
from .redis_scan import is_pattern, scan
from .redis_server import ServerClock, Steps
from .stale import Asked, StaleItems


class RedisList(RedisQueue):
    """A list, the lists where workers keep what they have taken, and a list of dead letters."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + MISSING
        + ArgSpec(
            options={
                "key": {"type": "str", "no_log": False},
                "in_flight": {"type": "list", "elements": "str"},
                "dead": {"type": "str"},
                "heartbeat": {"type": "str"},
                "push": {"type": "str", "default": "right", "choices": ["left", "right"]},
            }
        )
        + PARKED
        + PAYLOAD
        + ITEM
    )
    TYPE: ClassVar[str] = "list"
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, SWEEPS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, RESTORES})
    told_by_item: ClassVar[frozenset[str]] = FIELDS

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        told_by = {IN_FLIGHT: "in_flight", DEAD: "dead", CONSUMERS: "heartbeat"}
        return frozenset(name for name, option in told_by.items() if self.options.get(option))

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`.

        The queue is read before the lists of workers: an item on its way from one to the other is then seen at least
        once, never not at all.
        """
        dead: str | None = self.options.get("dead")
        in_flight: list[str] = self.options.get("in_flight") or []
        named = [self.key, dead] if dead else [self.key]
        if in_flight:
            named += [key for key in in_flight if not is_pattern(key)]
        answers = yield from self.ask(*[("LLEN", key) for key in named])
        sizes = {key: self.known(key, size) for key, size in zip(named, answers)}
        consumers = None
        if in_flight or self.options.get("heartbeat"):
            consumers = yield from self._workers(in_flight, sizes)
        return Depth(
            exists=bool(answers[0]),
            type=self.TYPE,
            ready=sizes[self.key],
            in_flight=add_up(sizes[key] for key in in_flight) if in_flight else None,
            dead=sizes[dead] if dead else None,
            consumers=consumers,
            note=self.missing_note(sizes),
        )

    def _workers(self, in_flight: Sequence[str], sizes: dict[str, int | None]) -> Steps[int | None]:
        """Add the sizes of what the patterns among ``in_flight`` match, and return how many workers are seen alive."""
        heartbeat: str | None = self.options.get("heartbeat")
        patterns = [key for key in in_flight if is_pattern(key)]
        found = yield from scan([*patterns, *([heartbeat] if heartbeat else [])], self.on())
        own = {key.encode() for key in sizes}
        matched = {pattern: [key for key in found[pattern] if key not in own] for pattern in patterns}
        for pattern, keys in matched.items():
            lengths = yield from self.ask(*(("LLEN", key) for key in keys))
            sizes[pattern] = self.known(pattern, sum(lengths))
        return len(found[heartbeat]) if heartbeat else None

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .redis_list_across import RedisListAcross, is_apart
        from .redis_list_letters import RedisListLetters
        from .redis_list_quiet import QuietListLetters

        dead = self.dead_key()
        if (self.options.get("item") or {}).get("id"):
            self.TRAITS = self.TRAITS | {IDS}  # type: ignore[misc]  # an id that the letters bring stays the same
        if not self.options.get("cluster"):
            return QuietListLetters(self, terms, dead)
        letters = RedisListLetters(self, terms, dead)
        if is_apart(letters):
            self.TRAITS = self.TRAITS - {ATOMIC}  # type: ignore[misc]  # no script can use keys of two slots
            return RedisListAcross(self, terms, dead)
        return letters

    def stale_items(self, asked: Asked) -> StaleItems:
        """See :class:`.stale.Recoverable`."""
        from .redis_list_stale import RedisListStale

        return RedisListStale(self, asked)
