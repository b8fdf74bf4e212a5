# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is killed while a snapshot is made: none counts that is not SUCCESS, and no good one is lost."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import kills
from .nodes import PRODUCTS, nodes

AREA = "search"


def rows(run: Run) -> Iterator[Row]:
    """Yield the rows of one product, in the full slice of both, and one for all together."""
    faults, bad = 0, 0.0
    for name in PRODUCTS[:1] if run.short else PRODUCTS:
        with nodes(run, name) as here:
            for row in kills.rows(run, here, here.first):
                faults, bad = faults + row.made_of["faults"], bad + row.value
                yield row
    least = 4 if run.short else 100
    goal = f"= 0 counted that are not SUCCESS, good ones lost, in >= {least} faults"
    yield Row(AREA, f"{faults} faults in all", goal, bad, bad == 0 and faults >= least, {"faults": faults})
