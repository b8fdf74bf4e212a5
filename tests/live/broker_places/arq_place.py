# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""arq: its own client and its own worker, which keeps what has failed as docs/queues/arq.md shows it."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from ..arq_help import DEAD, ArqBroker
from ..passing import Options
from ..queue_help import connection
from .place import BreakablePlace


class ArqPlace(BreakablePlace):
    """Jobs of arq's queue."""

    kind = "arq"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = ArqBroker(self.facts)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), "name": "jobs", "kind": "arq", "dead": DEAD, "missing": "empty"}

    def fill(self, count: int) -> None:
        """See Place."""
        self._broker.order(count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working(keep_result=0)

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard(DEAD))
