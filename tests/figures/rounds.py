# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure contestants in turn, so that a busy moment of the machine hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Tries:
    """What one contestant needed, a number a try."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle one."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Return the distance of the largest from the smallest, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


def in_turn(tries: int, contestants: Mapping[str, Callable[[], float]]) -> dict[str, Tries]:
    """Let each contestant measure itself `tries` times; every other round begins with the last of them."""
    values: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(tries):
        names = list(contestants)
        order = names if number % 2 == 0 else names[::-1]
        for name in order:
            values[name].append(contestants[name]())
    return {name: Tries(tuple(measured)) for name, measured in values.items()}


def ratio_facts(ours: Tries, peer: Tries, unit: str) -> dict[str, object]:
    """Return what a ratio was made of, for a row."""
    return {
        "ours": round(ours.median, 4),
        "peer": round(peer.median, 4),
        "unit": unit,
        "tries": len(ours.values),
        "ours_tries": [round(value, 4) for value in ours.values],
        "peer_tries": [round(value, 4) for value in peer.values],
        "spread": round(max(ours.spread, peer.spread), 3),
    }
