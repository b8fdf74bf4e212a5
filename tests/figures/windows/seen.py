# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of the service when a window has ended, and what of it is not as it must be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .place import Place

_LONGEST_SILENCE = 60.0  # seconds that alerts may stay muted after the window; its grace is less


@dataclass(frozen=True)
class Seen:
    """journal: the window's record, empty when there never was one. silences: when each ends."""

    ingress_open: bool
    workers: int
    silences: list[str]
    journal: dict[str, Any]

    @classmethod
    def at(cls, place: Place) -> Seen:
        """Look now."""
        return cls(place.is_open(), place.workers(), place.silences(), place.journal)

    def problems(self, workers: int, outcome: str) -> list[str]:
        """Return what is wrong; empty when the window has been closed with that outcome, and the service is as before.

        workers: how many there were before.
        """
        ended = (self.journal.get("state"), self.journal.get("outcome"))
        wrong = {
            "the ingress is closed": not self.ingress_open,
            f"{self.workers} workers live": self.workers != workers,
            f"alerts are silent until {self.silences}": any(_is_far(end) for end in self.silences),
            f"the journal is {ended}": ended != ("closed", outcome),
        }
        return [problem for problem, is_so in wrong.items() if is_so]


def _is_far(end: str) -> bool:
    return (datetime.fromisoformat(end) - datetime.now(UTC)).total_seconds() > _LONGEST_SILENCE
