# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sidekiq: its own client and its own program."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from ..passing import Options
from ..queue_help import connection
from ..sidekiq_help import SidekiqBroker
from .place import RedisPlace


class SidekiqPlace(RedisPlace):
    """Jobs of the queue `default`."""

    kind = "sidekiq"
    error = r"ArgumentError: the cause of job \d+ is not fixed"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = SidekiqBroker(self.facts, self.server)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), "name": "default", "kind": "sidekiq"}

    def put(self, count: int) -> None:
        """See Place."""
        self._broker.fill("default", count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working("default", "ok" if self.mended else "fail")

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard("dead"))

    def processed(self) -> list[int]:
        """See Place."""
        return [number for _job, number, _amount in self._broker.processed()]
