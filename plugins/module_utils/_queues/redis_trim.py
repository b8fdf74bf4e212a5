# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is done to old items in Redis: the connection, a walk through a sorted set, scripts that remove a batch."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from .._core import redis_connection
from .._core.errors import WrongType
from .._core.libraries import load
from .._core.redis_connection import explained
from .base import Queue
from .call_size import CallSize
from .redis_letters import Script, as_text
from .redis_queue import RedisQueue
from .redis_server import Command
from .trims import Removed


class RedisTrim(ABC):
    """See :class:`.trims.Trim`."""

    def __init__(self, queue: Queue, state: str, older_than: float) -> None:
        self.state = state
        self.queue: RedisQueue = cast("Any", queue)
        self.older_than = older_than
        self.until = 0.0  # what is of before then is old; seconds since the epoch
        self.call_size = CallSize()
        self._client: Any = None
        self._notes: list[str] = []

    @property
    @abstractmethod
    def key(self) -> str:
        """Return the key that holds the items."""

    @property
    def on(self) -> str:
        """Return key and server, for messages."""
        return f"{self.key} at {redis_connection.where(self.queue.options)}"

    def check(self, expected: str) -> bool:
        """Tell whether there is anything at the key, and fix what is old by the server's clock.

        :raises WrongType: it is of another type.
        """
        kind, now = self.ask(("TYPE", self.key), ("TIME",))
        self.until = int(now[0]) + int(now[1]) / 1e6 - self.older_than
        if as_text(kind) not in (expected, "none"):
            raise WrongType(f"the key {self.key} holds a {as_text(kind)}, a {expected} was expected", on=self.on)
        return as_text(kind) != "none"

    def ask(self, *commands: Command) -> list[Any]:
        """Return the answers to commands, which go out together.

        :raises OpsError: the first error among the answers; no connection.
        """
        if not commands:
            return []
        with explained("read old items", self.on):
            pipeline = self._connected().pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute())

    def call(self, script: Script, *arguments: Any, items: int) -> Any:
        """Call a script on the key, and learn from the time that it took for so many items."""
        rest = [1, self.key, "0", *arguments]
        began = time.perf_counter()
        with explained("remove old items", self.on):
            client = self._connected()
            try:
                answer = client.execute_command("EVALSHA", script.sha, *rest)
            except load("redis.exceptions").NoScriptError:
                answer = client.execute_command("EVAL", script.text, *rest)
        self.call_size.learn(items, time.perf_counter() - began)
        return answer

    def _connected(self) -> Any:
        if self._client is None:
            self._client = redis_connection.connect(self.queue.options)
            self._client.response_callbacks.clear()
        return self._client

    def note(self, sentence: str) -> None:
        """Add a sentence to :meth:`notes`, once."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def close(self) -> None:
        """See the protocol."""
        if self._client is not None:
            self._client.close()
            self._client = None


@dataclass(frozen=True)
class Kept:
    """A member of a sorted set and its score as the server writes it; ``mark`` is what must be unchanged beside it."""

    id: bytes
    score: bytes
    mark: bytes = b""


class SortedSetTrim(RedisTrim):
    """Old items in a sorted set of ids. Those that stay are walked past, those that others add later are left."""

    def __init__(self, queue: Queue, state: str, older_than: float) -> None:
        super().__init__(queue, state, older_than)
        self._left = 0
        self._passed = 0

    @abstractmethod
    def old(self, members: Sequence[Kept]) -> list[Kept]:
        """Return those that are old."""

    @abstractmethod
    def drop(self, members: Sequence[Kept]) -> int:
        """Remove them in one step; return how many were still as they had been read."""

    def begin(self) -> int:
        """See the protocol."""
        self._left = self.size() if self.check("zset") else 0
        return self._left

    def size(self) -> int:
        """See the protocol."""
        (size,) = self.ask(("ZCARD", self.key))
        return int(size)

    def count(self) -> int:
        """See the protocol."""
        found = 0
        while page := self._page(1000):
            found += len(self.old(page))
            self._walk(len(page), len(page))
        return found

    def remove(self, most: int) -> Removed:
        """See the protocol."""
        page = self._page(min(most, self.call_size.items))
        old = self.old(page)
        removed = self.drop(old) if old else 0
        self._walk(len(page), len(page) - removed)
        return Removed(len(page), removed)

    def _page(self, most: int) -> list[Kept]:
        wanted = min(most, self._left)
        if wanted <= 0:
            return []
        (answer,) = self.ask(("ZRANGE", self.key, self._passed, self._passed + wanted - 1, "WITHSCORES"))
        page = [Kept(member, score) for member, score in zip(answer[::2], answer[1::2])]
        if not page:
            self._left = 0
        return page

    def _walk(self, looked: int, stay: int) -> None:
        self._left -= looked
        self._passed += stay


class TimedTrim(SortedSetTrim):
    """Old items in a sorted set whose scores are the times when they came in: the old ones are at its beginning."""

    UNIT = 1.0  # of a score, in seconds

    def old(self, members: Sequence[Kept]) -> list[Kept]:
        """See the base."""
        old = [member for member in members if float(member.score) * self.UNIT < self.until]
        if len(old) < len(members):
            self._left = 0  # the others are younger still
        return old

    def _walk(self, looked: int, stay: int) -> None:
        if self._left:
            super()._walk(looked, stay)
