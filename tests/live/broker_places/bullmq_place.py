# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BullMQ: its own client and its own worker."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from ..bullmq_help import BullBroker
from ..passing import Options
from ..queue_help import connection
from .place import RedisPlace


class BullmqPlace(RedisPlace):
    """Jobs of the queue `jobs`."""

    kind = "bullmq"
    error = r"the cause of job \d+ is not fixed"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = BullBroker(self.facts, self.server)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), "name": "jobs", "kind": "bullmq"}

    def put(self, count: int) -> None:
        """See Place."""
        self._broker.fill("jobs", count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working("jobs", "ok" if self.mended else "fail")

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard("bull:jobs:failed"))

    def processed(self) -> list[int]:
        """See Place."""
        return [number for _job, number, *_rest in self._broker.processed()]
