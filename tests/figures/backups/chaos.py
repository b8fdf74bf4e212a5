# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a backup or while it is made: what is broken is never taken for good, what is good stays."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import damages, deaths, shortages
from .database import database

AREA = "backups"


def rows(run: Run) -> Iterator[Row]:
    """Yield a row for each sort of fault, and one for all together."""
    faults, bad = 0, 0.0
    with run.folder() as folder, database(run, folder, 2 if run.short else 4) as here:
        for part in (damages, deaths, shortages):
            for row in part.rows(run, here):
                faults, bad = faults + row.made_of["faults"], bad + row.value
                yield row
    least = 40 if run.short else 500
    holds = bad == 0 and faults >= least
    goal = f"= 0 broken ones accepted, good ones lost, in >= {least} faults"
    yield Row(AREA, f"{faults} faults in all", goal, bad, holds, {"faults": faults})
