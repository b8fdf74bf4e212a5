# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, or Redis, is killed in the middle of redrives; operators and workers get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import crowds, kills, server_kills

AREA = "queues"


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of what is killed and who competes."""
    for part in (kills, server_kills, crowds):
        with run.folder() as folder:
            yield from part.rows(run, folder)
