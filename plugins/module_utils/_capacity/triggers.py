# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""When to scale: any condition scales up, all conditions together scale down, what is not known does neither."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .amounts import number_text
from .measures import Reading

_OPERATORS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "gt": ("above", operator.gt),
    "ge": ("at least", operator.ge),
    "lt": ("below", operator.lt),
    "le": ("at most", operator.le),
    "eq": ("exactly", operator.eq),
}


@dataclass(frozen=True)
class Told:
    """How one condition stands: ``holds`` is None when it is not known; ``text`` says so for people."""

    direction: str
    text: str
    holds: bool | None


def stand(direction: str, condition: Mapping[str, Any], reading: Reading) -> Told:
    """Return how a condition stands, over as many runs as it asks for, this one included."""
    word, compare = _OPERATORS[condition["op"]]
    unit = f" {reading.unit}" if reading.unit else ""
    wanted = f"{reading.name} {word} {number_text(condition['value'])}{unit}"
    wanted += f" in {condition['runs']} runs" if condition["runs"] > 1 else ""
    if reading.value is None:
        return Told(direction, f"{wanted}: unknown: {reading.reason}", None)
    now = f"it is {number_text(reading.value)}{unit}"
    if not compare(reading.value, condition["value"]):
        return Told(direction, f"{wanted}: no, {now}", False)
    before = [value for _at, value in reading.points[len(reading.points) - (condition["runs"] - 1) :]]
    if any(not compare(value, condition["value"]) for value in before):
        return Told(direction, f"{wanted}: not in each of them, {now}", False)
    if len(before) < condition["runs"] - 1:
        # too early to say: what may have to grow is unknown, what may shrink can wait
        known = None if direction == "up" else False
        return Told(direction, f"{wanted}: too early, only {len(before)} earlier runs are recorded, {now}", known)
    return Told(direction, f"{wanted}: yes, {now}", True)


def stands(triggers: Mapping[str, Any], known: Mapping[str, Reading]) -> list[Told]:
    """Return how each condition of ``up`` and ``down`` stands."""
    return [
        stand(direction, condition, known[condition["measure"]])
        for direction in ("up", "down")
        for condition in triggers[direction]
    ]


def verdict(told: Sequence[Told]) -> str:
    """Return up, down, none or unknown.

    One condition is enough to scale up. To scale down all must hold, and none that would scale up may be unknown.
    """
    up = [one.holds for one in told if one.direction == "up"]
    down = [one.holds for one in told if one.direction == "down"]
    if any(up):
        return "up"
    if None in up:
        return "unknown"
    if False in down or not down:
        return "none"
    return "unknown" if None in down else "down"
