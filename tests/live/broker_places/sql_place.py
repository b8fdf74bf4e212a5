# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a table in Postgres, and a worker that delivers them."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from ..notifications_help import notifications
from ..passing import Options, repeating
from .place import Place


class SqlPlace(Place):
    """Notifications."""

    kind = "sql"
    error = "no route to the gateway"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        opened = notifications(request.getfixturevalue("postgres_facts"))
        self._table = opened.__enter__()
        request.addfinalizer(lambda: opened.__exit__(None, None, None))

    @property
    def queue(self) -> Options:
        """See Place."""
        return self._table.queue

    def put(self, count: int) -> None:
        """See Place."""
        self._table.put(*range(count))

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return repeating(self._table.work)

    def mend(self) -> None:
        """See Place."""
        self._table.broken = False

    def dead(self) -> int:
        """See Place."""
        return len(self._table.numbers("error"))

    def parked(self, where: str) -> int:
        """See Place."""
        return len(self._table.numbers("parked"))

    def processed(self) -> list[int]:
        """See Place."""
        return list(self._table.delivered)
