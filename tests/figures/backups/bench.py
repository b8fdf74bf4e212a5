# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and drills, against the programs that a guide would call by hand."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import postgres_costs, redis_costs

AREA = "backups"


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of PostgreSQL and of Redis."""
    for part in (postgres_costs, redis_costs):
        with run.folder() as folder:
            yield from part.rows(run, folder)
