# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the kinds of queues in Redis have in common: the connection, keys that may be missing, keys found by pattern."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .base import AGE, CONSUMERS, DEAD, DELAYED, IN_FLIGHT, PAUSE, Measurer
from .redis_server import Command, RedisMeasurer, ServerClock, Steps, ask

if TYPE_CHECKING:
    from .base import Depth

__all__ = ["AGE", "CONSUMERS", "DEAD", "DELAYED", "IN_FLIGHT", "MISSING", "PARKED", "PAUSE", "RedisQueue"]

MISSING = ArgSpec(options={"missing": {"type": "str", "default": "unknown", "choices": ["unknown", "empty"]}})
# The key where dead letters are put that shall not be tried again.
PARKED = ArgSpec(options={"parked": {"type": "str"}})


def add_up(numbers: Iterable[int | None]) -> int | None:
    """Return the sum, or None when one of the numbers is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


class RedisQueue(ABC):
    """A queue in Redis. A kind says which commands measure it (:meth:`measure`); the server's file sends them."""

    SPEC: ClassVar[ArgSpec] = redis_connection.SPEC
    TYPE: ClassVar[str]

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        self.kind = kind
        self.name = name
        self.options = options
        self._seen: set[str] = set()
        self._on = ""
        redis_connection.check(options, f"{name}: ")

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""

    @abstractmethod
    def measure(self, clock: ServerClock) -> Steps[Depth]:
        """Measure the queue: a conversation with its server.

        :raises OpsError: wrong type, no permission.
        """

    def place(self) -> Hashable:
        """See :class:`.base.Queue`."""
        return redis_connection.place(self.options)

    def open(self) -> Measurer:
        """See :class:`.base.Queue`."""
        single = not (self.options.get("cluster") or self.options.get("sentinels"))
        return RedisMeasurer(redis_connection.connect(self.options), redis_connection.where(self.options), single)

    @property
    def key(self) -> str:
        """Return the queue's main key: the option ``key``, or else its name."""
        return str(self.options.get("key") or self.name)

    def dead_key(self, advice: str = "give dead: KEY") -> str:
        """Return where the dead letters are. :raises InputError: the queue's description does not say it."""
        dead: str | None = self.options.get("dead")
        if not dead:
            raise InputError(f"the queue {self.name} does not say where its dead letters are", advice=advice)
        return dead

    def on(self) -> str:
        """Return key and server, for messages."""
        self._on = self._on or f"{self.key} at {redis_connection.where(self.options)}"
        return self._on

    def ask(self, *commands: Command) -> Steps[list[Any]]:
        """Return the answers to ``commands``. Raises as :func:`.redis_server.ask`."""
        return (yield from ask(self.TYPE, self.on(), *commands))

    def known(self, key: str, size: int) -> int | None:
        """Return the size of what is at ``key`` (or at keys of a pattern), None when nothing is there and that may be
        a misspelling.

        Redis removes empty lists and sorted sets, so what is not there is empty only when it has been there before,
        or when the queue's options say so.
        """
        if size:
            self._seen.add(key)
        elif self.options["missing"] == "unknown" and key not in self._seen:
            return None
        return size

    def missing_note(self, sizes: Mapping[str, int | None]) -> str:
        """Return the sentence on those keys (or patterns) whose size is not known, as they may not be taken for empty.

        :param sizes: what :meth:`known` said, by key.
        """
        if None not in sizes.values():
            return ""
        missing = [key for key, size in sizes.items() if size is None]
        keys = f"key {missing[0]} does" if len(missing) == 1 else f"keys {', '.join(missing)} do"
        return (
            f"the {keys} not exist, and an empty {self.TYPE} cannot be told from a misspelt one;"
            " say `missing: empty` if it means empty"
        )
