# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A line on a run that is under way: what it has done, what is left, how fast it goes and when it will be over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.durations import show_duration

_LONG = 120.0


class PaceLine:
    """Makes lines of the progress that the parts of a run return."""

    def __init__(self, limit: int | None) -> None:
        """Take how many letters are to be moved at most."""
        self._limit = limit
        self._before: Mapping[str, Any] = {"moved": 0, "looked": 0, "seconds": 0.0}

    def begin(self, progress: Mapping[str, Any]) -> None:
        """Count the speed from here on, not from the beginning of the run."""
        self._before = progress

    def line(self, name: str, progress: Mapping[str, Any]) -> str:
        """Return the line: ``orders: 12,000 moved, 3 parked, 188,000 left, 2,400/s, ETA 78 s``.

        :param name: what it begins with.
        :param progress: as :class:`.progress.Progress` has it.
        """
        seconds = progress["seconds"] - self._before["seconds"]
        moved, looked = (self._speed(progress, what, seconds) for what in ("moved", "looked"))
        left, eta = self._left(progress, moved, looked)
        parts = [f"{progress['moved']:,} moved"]
        parts += [f"{progress['parked']:,} parked"] if progress["parked"] else []
        parts += [] if left is None else [f"{left:,} left"]
        parts += [f"{moved:,.0f}/s" if moved >= 10 else f"{moved:.1f}/s"]
        parts += [] if eta is None else [f"ETA {_time(eta)}"]
        return f"{name}: {', '.join(parts)}"

    def _speed(self, progress: Mapping[str, Any], what: str, seconds: float) -> float:
        return (progress[what] - self._before[what]) / seconds if seconds > 0 else 0.0

    def _left(self, progress: Mapping[str, Any], moved: float, looked: float) -> tuple[int | None, float | None]:
        """Return how many are left to look at, or to move, and the seconds that this takes; what comes first counts."""
        ahead: list[tuple[float, int]] = []
        if progress["dead_at_start"] is not None:
            to_look = max(progress["dead_at_start"] - progress["looked"], 0)
            ahead.append((to_look / looked if looked else float("inf"), to_look))
        if self._limit is not None:
            to_move = max(self._limit - progress["moved"], 0)
            ahead.append((to_move / moved if moved else float("inf"), to_move))
        if not ahead:
            return None, None
        eta, left = min(ahead)
        return left, eta if eta < float("inf") else None


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _LONG else show_duration(seconds)
