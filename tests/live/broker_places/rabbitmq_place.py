# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RabbitMQ: pika's own blocking connection, as producer and worker."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ..passing import Options
from ..rabbitmq_help import RabbitBroker, done_by
from .place import Place

_MANY = 10**6


class RabbitmqPlace(Place):
    """The queue `works` behind an exchange."""

    kind = "rabbitmq"
    error = "rejected"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._broker = RabbitBroker(request.getfixturevalue("rabbitmq"), "works")
        self._done: Path = request.getfixturevalue("tmp_path") / "done"
        request.addfinalizer(lambda: self._broker.do("remove"))

    @property
    def queue(self) -> Options:
        """See Place."""
        return self._broker.description()

    def put(self, count: int) -> None:
        """See Place."""
        self._broker.do("declare")
        self._broker.do("fill", count)

    def die(self, count: int) -> None:
        """See Place."""
        self._broker.do("dead", count)
        self.await_dead(count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working(self._done) if self.mended else self._broker.failing(_MANY)

    def dead(self) -> int:
        """See Place."""
        return self._broker.size(self._broker.dead)

    def parked(self, where: str) -> int:
        """See Place."""
        return self._broker.size(where)

    def processed(self) -> list[int]:
        """See Place."""
        return [int(name.rpartition("-")[2]) for name in done_by(self._done)]
