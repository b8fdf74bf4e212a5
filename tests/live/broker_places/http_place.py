# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service: its API, and its own workers, which are always at work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import pytest

from ..demo_help import demo_of
from ..passing import Options
from .place import Place


class HttpPlace(Place):
    """Orders, which the service redrives when it is told their ids."""

    kind = "http"
    error = r"cannot handle an amount that ends in 3: \d+"
    tells_ready = False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        opened = demo_of(request.getfixturevalue("facts"), request.node.name)
        self._demo = opened.__enter__()
        request.addfinalizer(lambda: opened.__exit__(None, None, None))
        self._demo.set_bug(True)

    @property
    def queue(self) -> Options:
        """See Place."""
        return self._demo.queue(by_ids=True)

    def put(self, count: int) -> None:
        """See Place."""
        self._demo.order(count)

    def working(self) -> AbstractContextManager[object]:
        """See Place."""
        return nullcontext()

    def mend(self) -> None:
        """See Place."""
        self._demo.set_bug(False)

    def dead(self) -> int:
        """See Place."""
        return self._demo.dead()

    def parked(self, where: str) -> int:
        """See Place: there is no such place."""
        raise NotImplementedError(where)

    def processed(self) -> list[int]:
        """See Place."""
        times = self._demo.processed()
        return [int(name.rpartition("-")[2]) for name, number in times.items() for _time in range(number)]
