# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of dead letters of 1 KB, against redis-benchmark, redis-py one by one, and redis-py in pipelines."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .. import rounds
from ..errors import FigureError
from ..rounds import Tries
from ..rows import Goal, Row, at_least, told
from ..run import Run
from .letters import DEAD, QUEUE, Ready, number_of, seconds_of
from .own_redis import Client, OwnRedis, benchmark_program, running

AREA = "queues"
_PIPELINE = 500
_LMOVE = ("LMOVE", DEAD, QUEUE, "LEFT", "RIGHT")


@dataclass(frozen=True)
class Contest:
    """Each contestant says how many items a second it moves."""

    run: Run
    server: OwnRedis
    ready: Ready
    one_by_one: int

    def ours(self) -> float:
        """Redrive all, without looking at them."""
        self.ready.copy()
        return self._said("ours", self.ready.count / seconds_of(self.server, self.ready.count))

    def filtered(self) -> float:
        """Redrive those of one error; return how many were looked at a second, 0 when the order is not kept."""
        self.ready.copy()
        count = self.ready.count
        seconds = seconds_of(self.server, _of_the_error(count), filter={"error": "^TimeoutError"})
        in_order = _in_order(self.ready.client, QUEUE) and _in_order(self.ready.client, DEAD)
        return self._said("filtered", count / seconds if in_order else 0.0)

    def base(self) -> float:
        """Have redis-benchmark do it."""
        self.ready.copy()
        argv = [benchmark_program(), "-s", str(self.server.socket), "-c", "1", "-P", "100"]
        argv += ["-n", str(self.ready.count), "--csv", *_LMOVE]
        lines = subprocess.run(argv, check=True, capture_output=True, encoding="utf-8").stdout.splitlines()
        if self.ready.client.llen(QUEUE) != self.ready.count:
            raise FigureError("redis-benchmark did not move all items")
        return self._said("base", float(lines[-1].split(",")[1].strip('"')))

    def single(self, client: Client) -> float:
        """Move some one by one."""
        self.ready.copy()
        began = time.perf_counter()
        for _item in range(self.one_by_one):
            client.execute_command(*_LMOVE)
        return self._said("one by one", self.one_by_one / (time.perf_counter() - began))

    def pipelined(self, client: Client) -> float:
        """Move a part in pipelines."""
        self.ready.copy()
        number = self.ready.count // 4 // _PIPELINE * _PIPELINE
        began = time.perf_counter()
        for _batch in range(number // _PIPELINE):
            pipeline = client.pipeline(transaction=False)
            for _item in range(_PIPELINE):
                pipeline.execute_command(*_LMOVE)
            pipeline.execute()
        return self._said("pipelined", number / (time.perf_counter() - began))

    def _said(self, name: str, rate: float) -> float:
        self.run.say(f"  {name}: {rate:,.0f} items/s")
        return rate


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of a list."""
    count = 20_000 if run.short else 200_000
    with running(folder) as server:
        contest = Contest(run, server, Ready(server, count), count // 20)
        plain = server.plain_client()
        contestants: dict[str, Callable[[], float]] = {
            "ours": contest.ours,
            "base": contest.base,
            "filtered": contest.filtered,
            "single": lambda: contest.single(plain),
            "pipelined": lambda: contest.pipelined(plain),
        }
        if find_spec("hiredis"):
            contestants["single, hiredis"] = lambda: contest.single(contest.ready.client)
            contestants["pipelined, hiredis"] = lambda: contest.pipelined(contest.ready.client)
        found = rounds.in_turn(3 if run.short else 7, contestants)
    work = f"redrive of {count:,} list items of 1 KB"
    base = "redis-benchmark -c1 -P100 LMOVE"
    yield _row(run, work, 0.8, f"x {base}", found["ours"], found["base"])
    yield _row(run, work, 25, "x one by one", found["ours"], found["single"])
    yield _row(run, work, 5, f"x pipelined LMOVE of {_PIPELINE}", found["ours"], found["pipelined"])
    by_error = f"{work}, those of one error, order kept"
    yield _row(run, by_error, 0.16, f"x {base}", found["filtered"], found["base"])
    for name, peer in (("single", "one by one"), ("pipelined", f"pipelined LMOVE of {_PIPELINE}")):
        if f"{name}, hiredis" in found:
            facts = rounds.ratio_facts(found["ours"], found[f"{name}, hiredis"], "items/s")
            goal = told(f"x {peer}, redis-py with hiredis")
            yield Row.of(AREA, work, goal, found["ours"].median / found[f"{name}, hiredis"].median, **facts)


def _row(run: Run, work: str, least: float, unit: str, ours: Tries, peer: Tries) -> Row:
    facts = rounds.ratio_facts(ours, peer, "items/s")
    return Row.of(AREA, work, goal_of(run, least, unit), ours.median / peer.median, **facts)


def goal_of(run: Run, least: float, unit: str) -> Goal:
    """Return the goal, a generous one in a short slice."""
    return at_least(round(least / 3, 3), f"{unit} (short slice)") if run.short else at_least(least, unit)


def _of_the_error(count: int) -> int:
    return count - (count + 2) // 3


def _in_order(client: Client, key: str) -> bool:
    numbers = [number_of(body) for body in client.lrange(key, 0, -1)]
    return numbers == sorted(numbers)
