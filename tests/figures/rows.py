# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row is one figure: what was done, what is wanted, what came out, and whether that holds.

Every suite (bench, chaos, faults) of every area yields rows; this file alone turns them into a table and a file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = ("area", "work", "goal", "value", "holds")


@dataclass(frozen=True)
class Goal:
    """What is wanted of a value: in words, and as a test of the number."""

    text: str
    holds: Callable[[float], bool]


@dataclass(frozen=True)
class Row:
    """One figure.

    area: what it is about, such as checks. work: what was done, one line.
    goal: what is wanted, in words. value: what came out. holds: whether it is as wanted.
    made_of: JSON-safe facts that the value comes from: ours, peer, tries, spread, lost, doubled and so on.
    """

    area: str
    work: str
    goal: str
    value: float
    holds: bool
    made_of: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, area: str, work: str, goal: Goal, value: float, **made_of: Any) -> Row:
        """Return the row of a value that is held against a goal."""
        rounded = round(value, 3)
        return cls(area, work, goal.text, rounded, goal.holds(rounded), made_of)

    @classmethod
    def broken_off(cls, area: str, reason: str) -> Row:
        """Return the row that says that an area's figures could not be made to the end."""
        return cls(area, "all figures of the area", "made to the end", 0, False, {"error": reason})


def at_most(limit: float, unit: str) -> Goal:
    """Want a value of `limit` or less."""
    return Goal(f"<= {limit:g} {unit}", lambda value: value <= limit)


def at_least(limit: float, unit: str) -> Goal:
    """Want a value of `limit` or more."""
    return Goal(f">= {limit:g} {unit}", lambda value: value >= limit)


def told(unit: str) -> Goal:
    """Want nothing: the figure is told, and decides nothing."""
    return Goal(f"told, {unit}", lambda _value: True)


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as a JSON list, so that a reader sees the old or the new ones, never a part."""
    text = json.dumps([asdict(row) for row in rows], indent=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


def read(path: Path) -> list[Row]:
    """Return the rows of a file; raises OSError, ValueError or TypeError when it has none."""
    return [Row(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def table(rows: Iterable[Row]) -> list[str]:
    """Return the rows as lines for people, columns aligned."""
    cells = [COLUMNS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def markdown(rows: Iterable[Row]) -> list[str]:
    """Return the rows as the lines of a Markdown table."""
    lines = [COLUMNS, tuple("---" for _column in COLUMNS), *map(_cells, rows)]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def all_hold(rows: Sequence[Row]) -> bool:
    """Tell whether there are rows and each of them holds."""
    return bool(rows) and all(row.holds for row in rows)


def _cells(row: Row) -> tuple[str, ...]:
    return (row.area, row.work, row.goal, f"{row.value:g}", "yes" if row.holds else "NO")
