# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``celery``: a queue of Celery in Redis, as the library kombu lays it out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .._core.moments import moment
from .base import Depth
from .dead_letters import ATOMIC, ATTEMPTS, COUNTS_REDRIVES, DROPS, IDS, ORDERS, PARKS, RESTORES, DeadLetters, Terms
from .letters import ITEM
from .redis_queue import DEAD, DELAYED, IN_FLIGHT, MISSING, PARKED, RedisQueue, add_up
from .redis_server import ServerClock, Steps

# How kombu joins the name of a queue and a priority, and the parts of a binding.
SEPARATOR = "\x06\x16"
_HIGHEST_PRIORITY = 9  # kombu takes what is above for this
_BINDINGS = "_kombu.binding."
_STEP = 200
_MOST_HELD = 20_000


class Celery(RedisQueue):
    """A list for each step of priority, a hash of what workers hold, and a list of dead letters where one is kept."""

    SPEC: ClassVar[ArgSpec] = (
        RedisQueue.SPEC
        + MISSING
        + ArgSpec(
            options={
                "queue": {"type": "str"},
                "prefix": {"type": "str", "default": ""},
                "priority_steps": {"type": "list", "elements": "int", "default": [0, 3, 6, 9]},
                "separator": {"type": "str", "default": SEPARATOR},
                "unacked_key": {"type": "str", "default": "unacked", "no_log": False},
                "dead": {"type": "str"},
                "push": {"type": "str", "default": "left", "choices": ["left", "right"]},
            }
        )
        + PARKED
        + ITEM
    )
    TYPE: ClassVar[str] = "list"
    TRAITS: ClassVar[frozenset[str]] = frozenset(
        {ATOMIC, IDS, ORDERS, PARKS, DROPS, COUNTS_REDRIVES, ATTEMPTS, RESTORES}
    )

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(kind, name, options)
        if options.get("cluster"):
            raise InputError(f"Celery does not run in a Redis Cluster ({name})", advice="leave cluster out")
        self._steps = sorted(set(options["priority_steps"]))
        if not self._steps or self._steps[0] != 0:
            raise InputError(f"the queue {name}: priority_steps must begin with 0", advice="as in [0, 3, 6, 9]")

    @property
    def queue(self) -> str:
        """Return Celery's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def key(self) -> str:
        """Return the list of messages without a priority."""
        return f"{self.options['prefix']}{self.queue}"

    @property
    def keys(self) -> list[str]:
        """Return all lists, in the order in which workers look at them."""
        return [self.key_for(step) for step in self._steps]

    def key_for(self, priority: Any) -> str:
        """Return the list for messages of a priority: that of the highest step which is not above it."""
        try:
            number = min(max(int(priority), 0), _HIGHEST_PRIORITY)
        except (TypeError, ValueError):
            number = 0
        step = max(one for one in self._steps if one <= number)
        return f"{self.key}{self.options['separator']}{step}" if step else self.key

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, DELAYED, *([DEAD] if self.options.get("dead") else [])})

    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """See :class:`.redis_queue.RedisQueue`. The lists are read before what workers hold, so that a message on its
        way is seen at least once."""
        dead: str | None = self.options.get("dead")
        now = yield from clock.now()
        *lengths, letters, bindings = yield from self.ask(
            *(("LLEN", key) for key in self.keys),
            ("LLEN", dead or self.key),
            ("SMEMBERS", self._bindings_of(self.queue)),
        )
        held = yield from self._held(now)
        ready = sum(lengths)
        bound = any(queue == self.queue for _routing_key, _pattern, queue in self._parsed(bindings))
        exists = bool(ready or bound or (held and any(held)))
        if exists:
            self._seen.add(self.key)
        sizes = {self.key: self.known(self.key, ready)}
        if dead:
            sizes[dead] = self.known(dead, letters)
        known = sizes[self.key] is not None
        return Depth(
            exists=exists,
            type=self.TYPE,
            ready=sizes[self.key],
            in_flight=held[0] if known and held else None,
            delayed=held[1] if known and held else None,
            dead=sizes[dead] if dead else None,
            note=self._note(sizes, held is None),
        )

    def _note(self, sizes: Mapping[str, int | None], too_many: bool) -> str:
        if add_up(sizes.values()) is None:
            return self.missing_note(sizes)
        if too_many:
            return f"workers hold more than {_MOST_HELD} messages; whose they are was not looked at"
        return ""

    def _held(self, now: float) -> Steps[tuple[int, int] | None]:
        """Return how many messages of this queue workers hold: to work on, and until their time has come.

        None when workers hold too many to look at: the hash is that of all queues, with the whole of each message.
        """
        key = f"{self.options['prefix']}{self.options['unacked_key']}"
        (size,) = yield from self.ask(("HLEN", key))
        if size > _MOST_HELD:
            return None
        found: dict[bytes, _Held] = {}
        cursor, looked = b"0", 0
        while looked <= 2 * _MOST_HELD:
            ((cursor, flat),) = yield from self.ask(("HSCAN", key, cursor, "COUNT", _STEP))
            found.update((tag, _Held(value)) for tag, value in zip(flat[::2], flat[1::2]))
            looked += _STEP
            if cursor == b"0":
                return (yield from self._sorted(list(found.values()), now))
        return None

    def _sorted(self, held: Sequence[_Held], now: float) -> Steps[tuple[int, int]]:
        exchanges = sorted({one.exchange for one in held if one.exchange})
        answers = yield from self.ask(*(("SMEMBERS", self._bindings_of(name)) for name in exchanges))
        tables = {name: list(self._parsed(table)) for name, table in zip(exchanges, answers)}
        own = [one for one in held if self.queue in one.queues(tables.get(one.exchange, []))]
        delayed = sum(1 for one in own if (one.due or 0.0) > now)
        return len(own) - delayed, delayed

    def _bindings_of(self, exchange: str) -> str:
        return f"{self.options['prefix']}{_BINDINGS}{exchange}"

    def _parsed(self, bindings: Sequence[bytes]) -> Iterator[tuple[str, str, str]]:
        """Yield routing key, pattern and queue of each binding."""
        for binding in bindings:
            parts = binding.decode("utf-8", "replace").split(self.options["separator"])
            if len(parts) == 3:
                yield parts[0], parts[1], parts[2]

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .celery_letters import CeleryLetters

        advice = "Celery keeps none itself; give dead: KEY, the list to which your workers put them"
        return CeleryLetters(self, terms, self.dead_key(advice))


class _Held:
    """A message that a worker holds: where it came from, and when it is due. What cannot be read is of no queue."""

    def __init__(self, value: bytes) -> None:
        """Take an entry of the hash: message, exchange and routing key as JSON."""
        self.exchange, self.routing_key, self.due = "", "", None
        try:
            message, exchange, routing_key = json.loads(value)
            self.exchange, self.routing_key = str(exchange or ""), str(routing_key or "")
            self.due = moment(message["headers"].get("eta"))
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            pass

    def queues(self, bindings: Sequence[tuple[str, str, str]]) -> set[str]:
        """Return the queues it came from. Without an exchange, or bindings of it, that is what its routing key names.

        :param bindings: those of its exchange.
        """
        if not bindings:
            return {self.routing_key}
        return {
            queue for key, pattern, queue in bindings if key == self.routing_key or _matches(pattern, self.routing_key)
        }


def _matches(pattern: str, routing_key: str) -> bool:
    """Tell whether a routing key is meant by the pattern that kombu made of a topic."""
    try:
        return bool(pattern) and re.match(pattern, routing_key) is not None
    except re.error:
        return False
