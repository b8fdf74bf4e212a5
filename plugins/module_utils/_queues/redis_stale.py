# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What items in flight in Redis have in common: the connection, and scripts that settle a batch as one step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from .._core import redis_connection
from .._core.libraries import load
from .._core.redis_connection import explained
from .._core.waiting import Clock
from .redis_letters import Script
from .redis_queue import RedisQueue
from .redis_server import Command
from .stale import Asked, Holding, Recovered


class RedisStale(ABC):
    """See :class:`.stale.StaleItems`."""

    def __init__(self, queue: RedisQueue, asked: Asked) -> None:
        self._asked = asked
        self._on = queue.on()
        self._options = queue.options
        self._client: Any = None
        self._notes: list[str] = []

    @abstractmethod
    def find(self, clock: Clock) -> Sequence[Holding]:
        """See the protocol."""

    @abstractmethod
    def recover(self, holding: Holding, most: int) -> Recovered:
        """See the protocol."""

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    @property
    def client(self) -> Any:
        """Return the connection, which is made when first needed; answers are as the server gives them."""
        if self._client is None:
            self._client = redis_connection.connect(self._options)
            self._client.response_callbacks.clear()
        return self._client

    def ask(self, *commands: Command) -> list[Any]:
        """Return the answers to commands, which go out together.

        :raises OpsError: the first error among the answers; no connection.
        """
        if not commands:
            return []
        with explained("read what is in flight", self._on):
            pipeline = self.client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute())

    def call(self, script: Script, keys: Sequence[Any], *arguments: Any) -> Any:
        """Call a script and return its answer as the server gave it."""
        rest = [len(keys), *keys, "0", *arguments]
        with explained("put items in flight back to work", self._on):
            try:
                return self.client.execute_command("EVALSHA", script.sha, *rest)
            except load("redis.exceptions").NoScriptError:
                return self.client.execute_command("EVAL", script.text, *rest)

    def now(self) -> float:
        """Return the server's time, seconds since the epoch."""
        (answer,) = self.ask(("TIME",))
        return int(answer[0]) + int(answer[1]) / 1e6

    def close(self) -> None:
        """See the protocol."""
        if self._client is not None:
            self._client.close()
            self._client = None
