# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A place where a kind of queue lives: filled, failed at and worked off by the broker's own client and worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..passing import Options

SECONDS = 30


class Place(ABC):
    """One queue of a kind, empty at first.

    What its worker does depends on whether the cause of failures is there: it is until :meth:`mend`.
    """

    kind: ClassVar[str]
    tells_ready: ClassVar[bool] = True
    error: ClassVar[str | None] = None  # a pattern of what a dead letter tells of why it died; None: it does not tell

    mended = False

    @abstractmethod
    def __init__(self, request: pytest.FixtureRequest) -> None:
        """Make the queue for a test, from its fixtures; skips the test, with the reason, where that cannot be."""

    @property
    @abstractmethod
    def queue(self) -> Options:
        """Return the queue's description, as given to the modules."""

    @abstractmethod
    def put(self, count: int) -> None:
        """Have the broker's client put in items, numbered from 0."""

    @abstractmethod
    def working(self) -> AbstractContextManager[object]:
        """Have the broker's worker at work: it fails at all it takes, or does it when the cause is mended."""

    def mend(self) -> None:
        """Mend the cause of failures."""
        self.mended = True

    @abstractmethod
    def dead(self) -> int:
        """Return how many are dead, as the broker itself tells."""

    @abstractmethod
    def parked(self, where: str) -> int:
        """Return how many are parked, as the broker itself tells.

        where: as the pass told its parking.
        """

    @abstractmethod
    def processed(self) -> list[int]:
        """Return the numbers of the items that were done, in the order in which they were."""

    def die(self, count: int) -> None:
        """Put in items and have the worker fail at each."""
        self.put(count)
        with self.working():
            self.await_dead(count)

    def await_dead(self, count: int) -> None:
        """Wait until so many are dead."""
        wait_for(f"{count} dead letters", lambda: self.dead() == count, SECONDS, 0.02)

    def work_off(self, count: int) -> None:
        """Have the worker do what is there, until it has done so many in all. The cause is mended."""
        with self.working():
            self.await_processed(count)

    def await_processed(self, count: int) -> None:
        """Wait until so many are done in all."""
        wait_for(f"{count} items to be done", lambda: len(self.processed()) >= count, SECONDS, 0.02)


class RedisPlace(Place):
    """A place in database 9 of the lab's Redis."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.server: Any = request.getfixturevalue("redis_server")
        self.facts: RedisFacts = request.getfixturevalue("redis_facts")

    def parked(self, where: str) -> int:
        """See Place."""
        sizes = {b"list": self.server.llen, b"zset": self.server.zcard, b"stream": self.server.xlen}
        found = self.server.type(where)
        return int(sizes[found](where)) if found in sizes else 0


class BreakablePlace(RedisPlace):
    """One whose workers fail while the key `broken` says why, and note what they have done in the list `processed`."""

    REASON = "no connection"

    def put(self, count: int) -> None:
        """See Place."""
        self.server.set("broken", self.REASON)
        self.fill(count)

    @abstractmethod
    def fill(self, count: int) -> None:
        """Do what put says."""

    def mend(self) -> None:
        """See Place."""
        self.server.delete("broken")

    def processed(self) -> list[int]:
        """See Place."""
        return [int(number) for number in self.server.lrange("processed", 0, -1)]
