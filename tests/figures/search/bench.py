# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots, against curl as a guide would call it, and the memory that it takes to tell of many of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import costs, crowds
from .nodes import PRODUCTS, nodes

AREA = "search"


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of one product, in the full slice of both."""
    for name in PRODUCTS[:1] if run.short else PRODUCTS:
        with nodes(run, name) as here:
            yield from costs.rows(run, here)
    for name in PRODUCTS[:1] if run.short else PRODUCTS:
        with nodes(run, name, heap="1500m") as here:  # for thousands of indices
            yield from crowds.rows(run, here)
