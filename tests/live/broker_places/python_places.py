# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rq and Celery: their own clients and workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..passing import Options
from ..python_broker import PythonBroker
from ..queue_help import connection
from .place import BreakablePlace


class RqPlace(BreakablePlace):
    """Jobs of the queue `mails`."""

    kind = "rq"
    error = f"ValueError: {BreakablePlace.REASON}"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = PythonBroker("rq", self.facts)

    @property
    def queue(self) -> Options:
        """See Place."""
        return {**connection(self.facts), "name": "mails", "kind": "rq"}

    def fill(self, count: int) -> None:
        """See Place."""
        self._broker.do("fill", "mails", "note", count)

    @contextmanager
    def working(self) -> Iterator[None]:
        """See Place. Told to end just between two jobs, a worker of rq may first wait for another for minutes."""
        with self._broker.working("work", "mails", "simple"):
            yield
            wait_for("the worker to be idle", self._is_idle)

    def _is_idle(self) -> bool:
        return {self.server.hget(worker, "state") for worker in self.server.smembers("rq:workers:mails")} == {b"idle"}

    def dead(self) -> int:
        """See Place."""
        return int(self.server.zcard("rq:failed:mails"))


class CeleryPlace(BreakablePlace):
    """Messages of the queue `mails`, whose tasks are buried in a list when they fail."""

    kind = "celery"
    error = rf"ValueError\('{BreakablePlace.REASON}'\)"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        self._broker = PythonBroker("celery", self.facts)

    @property
    def queue(self) -> Options:
        """See Place."""
        own = {"name": "mails", "kind": "celery", "dead": "mails:dead", "missing": "empty"}
        return {**connection(self.facts), **own}

    def fill(self, count: int) -> None:
        """See Place."""
        self._broker.do("fill", "mails", "note", count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return self._broker.working("work", "mails")

    def dead(self) -> int:
        """See Place."""
        return int(self.server.llen("mails:dead"))
