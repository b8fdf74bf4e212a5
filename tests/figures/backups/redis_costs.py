# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup of Redis that was loaded apart, against BGSAVE, cp and redis-check-rdb by hand."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._backups import redis_backup
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .. import rounds
from ..errors import FigureError
from ..queues.own_redis import OwnRedis, running
from ..rows import Row, at_most, told
from ..run import Run

AREA = "backups"
_AT_ONCE = 10_000
_TYPES = 5  # of each thousand keys, so many hundreds are strings, hashes, lists, sets and sorted sets


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figure of a million keys of all usual types; of few in the short slice."""
    count = 20_000 if run.short else 1_000_000
    with running(folder, "--save", "", "--appendonly", "no") as server:
        run.say(f"  filling Redis with {count:,} keys")
        _fill(server, count)
        saves = Saves(run, server, folder)
        contestants = {"ours": saves.ours, "peer": saves.by_hand, "loaded": saves.loaded_by_hand}
        found = rounds.in_turn(2 if run.short else 3, contestants)
    facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
    ratio = found["ours"].median / found["peer"].median
    unit = "x BGSAVE, cp and redis-check-rdb by hand"
    goal = told(f"{unit} (short slice)") if run.short else at_most(1.2, unit)
    yield Row.of(AREA, f"redis_backup to L3 of {count:,} keys", goal, ratio, **facts)
    yield _loading_alone(found["loaded"], found["peer"], count)


def _loading_alone(loaded: rounds.Tries, peer: rounds.Tries, count: int) -> Row:
    """Return what it takes by hand to load the copy, which L3 does, instead of checking it."""
    facts = rounds.ratio_facts(loaded, peer, "s")
    goal = told("x BGSAVE, cp and redis-check-rdb by hand")
    work = f"by hand: BGSAVE, cp and a redis-server that loads {count:,} keys"
    return Row.of(AREA, work, goal, loaded.median / peer.median, **facts)


class Saves:
    """Contestants: each says how many seconds it took."""

    def __init__(self, run: Run, server: OwnRedis, folder: Path) -> None:
        self._run = run
        self._server = server
        self._folder = folder

    def ours(self) -> float:
        """Back it up by the module's operation, to L3."""
        path = self._folder / "backups"
        shutil.rmtree(path, ignore_errors=True)
        options = redis_backup.SPEC.validate({**self._server.login, "path": str(path), "verify": "L3"}, "redis_backup")
        began = time.perf_counter()
        redis_backup.operate(options, False)
        return self._said("redis_backup", time.perf_counter() - began)

    def by_hand(self) -> float:
        """Do what guides tell."""
        began = time.perf_counter()
        copy = self._copied(self._folder / "copy.rdb")
        program = shutil.which("redis-check-rdb") or shutil.which("valkey-check-rdb")
        if program is None:
            raise FigureError("no redis-check-rdb on PATH")
        subprocess.run([program, str(copy)], check=True, capture_output=True)
        return self._said("by hand", time.perf_counter() - began)

    def loaded_by_hand(self) -> float:
        """Do the same, but have a server load the copy."""
        apart = self._folder / "apart"
        apart.mkdir(exist_ok=True)
        began = time.perf_counter()
        self._copied(apart / "dump.rdb")
        with running(apart):
            return self._said("by hand, loaded", time.perf_counter() - began)

    def _copied(self, copy: Path) -> Path:
        """Have the server save, and copy what it has saved."""
        client = self._server.client()
        before = client.lastsave()
        client.bgsave()
        wait_for(
            "the end of BGSAVE", lambda: client.info("persistence")["rdb_bgsave_in_progress"] == 0, 300, every=0.01
        )
        if client.lastsave() < before:
            raise FigureError("nothing was saved")
        shutil.copyfile(self._folder / "dump.rdb", copy)
        return copy

    def _said(self, name: str, seconds: float) -> float:
        self._run.say(f"  {name}: {seconds:.2f} s")
        return seconds


def _fill(server: OwnRedis, count: int) -> None:
    client = server.client()
    for first in range(0, count, _AT_ONCE):
        pipeline = client.pipeline(transaction=False)
        for number in range(first, min(first + _AT_ONCE, count)):
            name, text = f"key:{number:08d}", f"value of {number}" * 4
            match number % _TYPES:
                case 0:
                    pipeline.set(name, text)
                case 1:
                    pipeline.hset(name, mapping={"name": text, "number": number})
                case 2:
                    pipeline.rpush(name, text, number)
                case 3:
                    pipeline.sadd(name, text, number)
                case _:
                    pipeline.zadd(name, {text: number})
        pipeline.execute()
