# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of PostgreSQL and drills of them, against pg_dump and pg_restore by hand."""

from __future__ import annotations

import functools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._backups import verification
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

from .. import rounds
from ..errors import FigureError
from ..modules import Module
from ..rows import Goal, Row, at_least, at_most, told
from ..run import Run
from .database import DATABASE, TABLES, Database, database

AREA = "backups"
_FORMATS = {
    "directory": ("--format=directory", "--jobs=2", "--compress=zstd:1"),
    "custom": ("--format=custom", "--compress=zstd:1"),
}
_MOST_MEMORY = 80


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of a database of more than 500 MB; a small one in the short slice."""
    with database(run, folder, 2 if run.short else 40) as here:
        dumps = Dumps(run, here)
        tries = 2 if run.short else 5
        size = f"{here.bytes() / 1e6:,.0f} MB"
        yield from _to_l1(run, dumps, tries, size)
        yield from _defaults(run, dumps, tries, size)
        yield from _drill(run, dumps, tries, size)
        yield _memory(here, size)


class Dumps:
    """Contestants: each says how many seconds it took."""

    def __init__(self, run: Run, here: Database) -> None:
        self.here = here
        self.sizes: dict[str, int] = {}
        self.second_level: list[float] = []
        self.per_gb: list[float] = []
        self._run = run

    def ours(self, name: str, **options: str) -> float:
        """Back it up by the module's operation."""
        path = self._empty("ours")
        began = time.perf_counter()
        result = self.here.backed_up(path, **options)
        seconds = time.perf_counter() - began
        self.sizes[f"ours, {name}"] = result.data["size"]
        self.second_level += [proof["seconds"] for proof in result.data["proofs"] if proof["level"] == "L2"]
        return self._said(f"pg_backup, {name}", seconds)

    def peer(self, name: str, *options: str) -> float:
        """Dump it by pg_dump straight to a file."""
        target = self._empty("peer") / "dump"
        seconds = self.here.seconds_of("pg_dump", *options, "--file", target)
        files = [target] if target.is_file() else list(target.iterdir())
        self.sizes[f"peer, {name}"] = sum(file.stat().st_size for file in files)
        return self._said(f"pg_dump, {name}", seconds)

    def drill(self) -> float:
        """Prove the backup that is there to L4."""
        began = time.perf_counter()
        result = self.verified("L4")
        seconds = time.perf_counter() - began
        found = {proof["level"]: proof["found"] for proof in result.data["proofs"]}
        self.per_gb.append(found["L3"]["seconds_per_gb"])
        return self._said("drill to L4", seconds)

    def verified(self, level: str) -> Result:
        """Do what the module backup_verify would."""
        rehearsal = {"bin_dir": str(self.here.bin_dir), "jobs": 2}
        path = str(self.here.folder / "drill")
        options = {"path": path, "name": DATABASE, "level": level, "rehearsal": rehearsal}
        result = verification.operate(verification.SPEC.validate(options, "backup_verify"), False)
        if result.failed or result.data["level"] != level:
            raise FigureError(f"the drill failed: {result.msg}")
        return result

    def by_hand(self) -> float:
        """Restore the same dump into a new database, and count the rows of each table."""
        (dump,) = (self.here.folder / "drill" / DATABASE).glob("2*/dump")
        self.here.run("createdb", "byhand")
        began = time.perf_counter()
        self.here.run("pg_restore", "--jobs=2", "--exit-on-error", "--dbname=byhand", dump)
        for table in TABLES:
            self.here.run("psql", "--dbname=byhand", "--command", f"SELECT count(*) FROM {table}")
        seconds = time.perf_counter() - began
        self.here.run("dropdb", "byhand")
        return self._said("pg_restore -j2 and counts by hand", seconds)

    def _empty(self, name: str) -> Path:
        path = self.here.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(0o700)
        return path

    def _said(self, name: str, seconds: float) -> float:
        self._run.say(f"  {name}: {seconds:.2f} s")
        return seconds


def _to_l1(run: Run, dumps: Dumps, tries: int, size: str) -> Iterator[Row]:
    for form, options in _FORMATS.items():
        ours = functools.partial(dumps.ours, form, format=form, compression="zstd:1", verify="L1")
        found = rounds.in_turn(tries, {"ours": ours, "peer": functools.partial(dumps.peer, form, *options)})
        facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
        ratio = found["ours"].median / found["peer"].median
        goal = _goal(run, 1.1, "x pg_dump with the same format and compression")
        yield Row.of(AREA, f"pg_backup to L1 of {size}, {form}", goal, ratio, **facts)


def _defaults(run: Run, dumps: Dumps, tries: int, size: str) -> Iterator[Row]:
    dumps.second_level.clear()
    found = rounds.in_turn(
        tries,
        {
            "ours": lambda: dumps.ours("defaults"),
            "peer": lambda: dumps.peer("-Fc", "--format=custom"),
            "zstd": lambda: dumps.peer("-Fc, zstd:1", *_FORMATS["custom"]),
        },
    )
    facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
    speed = found["peer"].median / found["ours"].median
    least = told("x as fast (short slice)") if run.short else at_least(2, "x as fast as pg_dump -Fc")
    yield Row.of(AREA, f"pg_backup with its defaults of {size}", least, speed, **facts)
    yield _compression_alone(found["zstd"], found["peer"], size)
    share = dumps.sizes["ours, defaults"] / dumps.sizes["peer, -Fc"]
    yield Row.of(AREA, f"pg_backup with its defaults of {size}: size", at_most(1, "x that of pg_dump -Fc"), share)
    level = rounds.Tries(tuple(dumps.second_level))
    dump = rounds.Tries(tuple(seconds - level.median for seconds in found["ours"].values))
    facts = rounds.ratio_facts(level, dump, "s")
    goal = _goal(run, 0.15, "x the time of the dump")
    yield Row.of(AREA, f"L2 on top, {size}", goal, level.median / dump.median, **facts)


def _compression_alone(by_hand: rounds.Tries, peer: rounds.Tries, size: str) -> Row:
    """Return what zstd:1 alone gains by hand: how much of a dump's time is its compression differs by machine."""
    facts = rounds.ratio_facts(by_hand, peer, "s")
    unit = told("x as fast as pg_dump -Fc")
    return Row.of(AREA, f"by hand: pg_dump -Fc with zstd:1 of {size}", unit, peer.median / by_hand.median, **facts)


def _drill(run: Run, dumps: Dumps, tries: int, size: str) -> Iterator[Row]:
    dumps.here.backed_up(dumps.here.folder / "drill", verify="L1")
    found = rounds.in_turn(tries, {"ours": dumps.drill, "peer": dumps.by_hand})
    facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
    ratio = found["ours"].median / found["peer"].median
    goal = _goal(run, 1.15, "x a bare pg_restore -j2 and one COUNT a table")
    yield Row.of(AREA, f"drill to L4 of {size}", goal, ratio, **facts)
    per_gb = rounds.Tries(tuple(dumps.per_gb)).median
    yield Row.of(AREA, "RTO of a drill: the restore", told("seconds a GB"), per_gb)


def _memory(here: Database, size: str) -> Row:
    peak, said = Module("pg_backup").peak_bytes(here.folder, here.options(here.folder / "memory"))
    if said.get("failed") or not said.get("changed"):
        raise FigureError(f"no backup was made: {said.get('msg')}")
    return Row.of(AREA, f"peak memory of pg_backup, {size}", at_most(_MOST_MEMORY, "MB"), peak / 1e6)


def _goal(run: Run, limit: float, unit: str) -> Goal:
    """Return the goal; a database that is small for the short slice says little of speed."""
    return told(f"{unit} (short slice)") if run.short else at_most(limit, unit)
