# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which figures there are: for each suite its areas, for each area the file that makes its rows.

A file is imported when its area is asked for. Its function `rows(run)` yields each row as it is made.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import cast

from .errors import FigureError
from .rows import Row
from .run import Run

Rows = Callable[[Run], Iterator[Row]]

SUITES: dict[str, dict[str, str]] = {
    "bench": {
        "backups": "backups.bench",
        "checks": "checks.bench",
        "queues": "queues.bench",
        "reports": "reports.bench",
        "search": "search.bench",
        "windows": "windows.bench",
    },
    "chaos": {
        "backups": "backups.chaos",
        "queues": "queues.chaos",
        "search": "search.chaos",
        "windows": "windows.chaos",
    },
    "faults": {
        "backups": "backups.faults",
        "checks": "checks.faults",
        "queues": "queues.faults",
        "search": "search.faults",
        "windows": "windows.faults",
        "everything": "everything.faults",
    },
}


def chosen(suite: str, area: str) -> dict[str, Rows]:
    """Return the areas of the suite, or the one that is named; raises FigureError for one it does not have."""
    areas = SUITES[suite]
    if area and area not in areas:
        raise FigureError(f"{suite} has no area '{area}'; expected one of {', '.join(areas)}")
    return {name: _rows_of(place) for name, place in areas.items() if area in {"", name}}


def _rows_of(place: str) -> Rows:
    return cast("Rows", importlib.import_module(f".{place}", __package__).rows)
