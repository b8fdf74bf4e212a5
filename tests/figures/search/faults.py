# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be wrong with names, snapshots, repositories, nodes and the way to them, each for real."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import obstacles, shelves
from .judge import Judge
from .nodes import PRODUCTS, nodes

AREA = "search"


def rows(run: Run) -> Iterator[Row]:
    """Yield the rows of one product with one call each; in the full slice of both, and with all calls."""
    names = PRODUCTS[:1] if run.short else PRODUCTS
    with nodes(run, *names, "search_proxy") as here:
        for cluster in here.clusters.values():
            judge = Judge(here, run.short)
            yield from shelves.rows(run, judge, cluster)
            yield from obstacles.rows(run, judge, cluster)
        if len(here.clusters) > 1:
            yield from shelves.newer(Judge(here, run.short), *here.clusters.values())
