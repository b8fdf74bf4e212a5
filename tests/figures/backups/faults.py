# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that mean harm, secrets that must not show, drills of broken backups that must fail and say where."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import broken, hostile, secrets
from .database import database

AREA = "backups"


def rows(run: Run) -> Iterator[Row]:
    """Yield the rows of all three."""
    for part in (hostile, secrets, broken):
        with run.folder() as folder, database(run, folder, 1) as here:
            yield from part.rows(run, here)
