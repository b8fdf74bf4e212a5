# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list, a stream and a sorted set of Redis, with small workers as services have them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest

from ..passing import Options, repeating
from ..queue_help import connection
from ..redis_workers import DueWorker, GroupWorker, ListWorker, Worker
from .place import BreakablePlace


class _WorkerPlace(BreakablePlace):
    """The queue of a worker of ours."""

    WORKER: ClassVar[type[Worker]]
    OPTIONS: ClassVar[Mapping[str, Any]]

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._worker = self.WORKER(self.server)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), **self.OPTIONS, "kind": self.kind}

    def fill(self, count: int) -> None:
        """See Place."""
        self._worker.put(*range(count))

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return repeating(self._worker.work)


class ListPlace(_WorkerPlace):
    """The list `jobs`."""

    kind = "redis_list"
    error = BreakablePlace.REASON
    WORKER = ListWorker
    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "name": "jobs",
        "in_flight": ["jobs:processing"],
        "dead": "jobs:dead",
        "missing": "empty",
        "item": {"id": "number", "error": "reason", "type": "kind"},
    }

    def dead(self) -> int:
        """See Place."""
        return int(self.server.llen("jobs:dead"))


class StreamPlace(_WorkerPlace):
    """The stream `events`."""

    kind = "redis_stream"
    error = BreakablePlace.REASON
    WORKER = GroupWorker
    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "name": "events",
        "group": "workers",
        "dead": "events:dlq",
        "item": {"id": "number", "error": "reason", "type": "event", "failed_at": "moved_at"},
    }

    def dead(self) -> int:
        """See Place."""
        return int(self.server.xlen("events:dlq"))


class SortedSetPlace(_WorkerPlace):
    """The sorted set `reminders`."""

    kind = "redis_sorted_set"
    WORKER = DueWorker
    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "name": "reminders",
        "score": "milliseconds",
        "dead": "reminders:dead",
        "missing": "empty",
        "item": {"id": "number", "type": "kind"},
    }

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard("reminders:dead"))
