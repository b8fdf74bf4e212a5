# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast dead letters are redriven and how little others feel of it, against what is done without the collection."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import Row
from ..run import Run
from . import asynq, calm, costs, lists, services, streams

AREA = "queues"


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of queues."""
    for part in (lists, calm, streams, asynq, services, costs):
        with run.folder() as folder:
            yield from part.rows(run, folder)
