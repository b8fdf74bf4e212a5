# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What all steps of one run of es_snapshot share."""

from __future__ import annotations

from typing import Any

from .._core.waiting import Clock
from .connection import Client
from .making_options import Wanted
from .making_waiting import Tell


class Run:
    """A run. ``deadline`` ends all of its waiting, by the clock's own seconds.

    ``changed`` is whether it has done something, ``begun`` whether the snapshot is being made, by whomever;
    ``warnings`` are for every result.
    """

    def __init__(self, client: Client, wanted: Wanted, clock: Clock, tell: Tell) -> None:
        """Begin now."""
        self.client = client
        self.wanted = wanted
        self.clock = clock
        self.tell = tell
        self.changed = False
        self.begun = False
        self.warnings: list[str] = []
        self._begun = clock.monotonic()
        self.deadline = self._begun + wanted.wait_timeout

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return round(self.clock.monotonic() - self._begun, 3)

    def left(self) -> float:
        """Return how many seconds there are to wait, at least those for one answer."""
        return max(self.deadline - self.clock.monotonic(), self.client.timeout)

    def named(self) -> dict[str, Any]:
        """Return which snapshot it is for, for a result."""
        return {"snapshot": self.wanted.name, "repository": self.wanted.repository}
