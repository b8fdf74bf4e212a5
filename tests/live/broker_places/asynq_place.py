# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""asynq: its own client and its own server, in Go."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager

import pytest

from ..asynq_help import AsynqBroker
from ..passing import Options
from ..queue_help import connection
from .place import BreakablePlace


class AsynqPlace(BreakablePlace):
    """Tasks of the queue `low`."""

    kind = "asynq"
    error = BreakablePlace.REASON

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = AsynqBroker(request.getfixturevalue("asynq_program"), self.facts)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), "name": "tasks", "kind": "asynq", "queue": "low"}

    def fill(self, count: int) -> None:
        """See Place."""
        self._broker.do("enqueue", "low", "order", count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working("low", quick=True)

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard("asynq:{low}:archived"))

    def processed(self) -> list[int]:
        """See Place."""
        return [json.loads(payload)["number"] for payload in self.server.lrange("processed", 0, -1)]
