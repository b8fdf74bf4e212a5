# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk fills up, the connection is cut, the clock is moved while a backup is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_dump
from ansible_collections.day2.ops.plugins.module_utils._backups.creating import back_up
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_command import wish_of
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_source import source_of
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.privileges import lacking

from ..disks import fill, mounted
from ..rows import Row
from ..run import Run
from .database import DATABASE, Database
from .deaths import Runs
from .ledger import Ledger, Shelf

_DAY = 86400.0


def rows(run: Run, here: Database) -> Iterator[Row]:
    """Yield a row for each shortage."""
    random = Random(8)
    count = 2 if run.short else 16
    cut = Runs(here, "cut", random, format="directory")
    yield cut.row("all connections of pg_dump cut", count, lambda _running: _cut(here))
    why_not = lacking(("SYS_ADMIN",))
    if why_not:
        run.say(f"  left out: the disk fills up ({why_not})")
    else:
        yield _full_disk(here, random, count)
    yield _clock(here)


def _cut(here: Database) -> bool:
    with connect(here.facts, dbname="postgres") as admin:
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'day2.ops'"
        row = admin.execute(query).fetchone()
    return bool(row and row[0])


def _full_disk(here: Database, random: Random, count: int) -> Row:
    """Let the disk be large enough at first, and fill it while the backup is made."""
    disk = here.folder / "disk"
    with mounted(disk, 2 * here.bytes() + (64 << 20)):
        filler = disk / "filler"
        runs = Runs(here, "disk/backups", random, format="directory")
        return runs.row(
            "the disk filled up", count, lambda _running: _filled(filler), lambda: filler.unlink(missing_ok=True)
        )


def _filled(filler: Path) -> bool:
    fill(filler)
    return True


def _moved(seconds: float) -> Callable[[], float]:
    return lambda: time.time() + seconds


def _clock(here: Database) -> Row:
    """Make backups while the clock stands days before and ahead of the others'."""
    ledger = Ledger()
    path = here.folder / "clock"
    shelf = Shelf(path / DATABASE, here.bin_dir)
    options = postgres_dump.SPEC.validate(here.options(path), "pg_backup")
    for moved in (0.0, -_DAY, _DAY, -400 * _DAY, 400 * _DAY, 0.0):
        ledger.faults += 1
        before = set(shelf.found())
        back_up(source_of(options, wish_of(options)), options, False, DATABASE, _moved(moved))
        ledger.expect("a backup is missing", len(set(shelf.found()) - before) == 1)
        shelf.look(ledger)
    shelf.look_at_all(ledger)
    return ledger.row("the clock moved")
