# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archived tasks of asynq, against asynq's own way to run them all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports

from .. import rounds
from ..errors import FigureError
from ..rounds import Tries
from ..rows import Row, at_most
from ..run import CHECKOUT, Run
from .letters import seconds_of
from .lists import goal_of
from .own_redis import NO_FILES, Client, OwnRedis, running

AREA = "queues"
_SOURCE = CHECKOUT / "tests/lab/brokers/asynq"
_QUEUE = {"name": "mails", "kind": "asynq", "dead": None, "item": None, "missing": None}
# As a task is archived whose last try has failed.
_ARCHIVE = """
local now = redis.call('TIME')[1]
for _, id in ipairs(ARGV) do
  redis.call('LREM', KEYS[1], 1, id)
  redis.call('ZADD', KEYS[2], now, id)
  redis.call('HSET', 'asynq:{mails}:t:' .. id, 'state', 'archived')
  redis.call('HDEL', 'asynq:{mails}:t:' .. id, 'pending_since')
end
"""


class Tasks:
    """Each contestant says how long it takes; longest: how long one call of it kept the server, in milliseconds."""

    def __init__(self, run: Run, server: OwnRedis, program: Path, port: int, count: int) -> None:
        self.longest: dict[str, list[float]] = {"ours": [], "asynq": []}
        self._run = run
        self._server = server
        self._client: Client = server.client()
        self._program = program
        self._address = {"REDIS_ADDR": f"{HOST}:{port}", "REDIS_USER": "", "REDIS_PASSWORD": "", "REDIS_DB": "0"}
        self._count = count
        self._client.config_set("latency-tracking-info-percentiles", "100")
        self._do("enqueue", "mails", "ok", count)

    def ours(self) -> float:
        """Redrive all."""
        self._archive()
        options: dict[str, Any] = {name: value for name, value in _QUEUE.items() if value is not None}
        return self._said("ours", seconds_of(self._server, self._count, _only(options)))

    def asynq(self) -> float:
        """Have asynq's inspector run all."""
        self._archive()
        return self._said("asynq", float(self._do("run", "mails").split()[-1]))

    def _archive(self) -> None:
        """Archive all that is pending. (asynq's own inspector keeps ten thousand at most, its workers keep more.)"""
        ids = self._client.lrange("asynq:{mails}:pending", 0, -1)
        for first in range(0, len(ids), 1000):
            self._client.eval(
                _ARCHIVE, 2, "asynq:{mails}:pending", "asynq:{mails}:archived", *ids[first : first + 1000]
            )
        archived = self._client.zcard("asynq:{mails}:archived")
        if archived != self._count:
            raise FigureError(f"{archived} of {self._count} tasks were archived")
        self._client.config_resetstat()

    def _said(self, name: str, seconds: float) -> float:
        stats = self._client.info("latencystats")
        longest = max(float(found["p100"]) for found in stats.values()) / 1000
        self.longest[name].append(longest)
        self._run.say(f"  {self._count:,} tasks, {name}: {seconds:.2f} s, longest call {longest:.1f} ms")
        return seconds

    def _do(self, *command: object) -> str:
        argv = [str(self._program), *map(str, command)]
        done = subprocess.run(argv, env={**os.environ, **self._address}, check=False, capture_output=True)
        if done.returncode:
            raise FigureError(f"asynq {command[0]}: {done.stderr.decode()[:300]}")
        return done.stdout.decode()


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of asynq; none where it cannot be built."""
    go = shutil.which("go")
    if go is None:
        run.say("  no figures of asynq: it is a Go library, and there is no go on PATH")
        return
    program = folder / "asynq"
    done = subprocess.run(
        [go, "build", "-buildvcs=false", "-o", str(program), "."], cwd=_SOURCE, check=False, capture_output=True
    )
    if done.returncode:
        raise FigureError(f"go build: {done.stderr.decode()[:300]}")
    count = 10_000 if run.short else 100_000
    (port,) = free_ports(1)
    with running(folder, *NO_FILES, "--port", str(port), "--bind", HOST) as server:
        tasks = Tasks(run, server, program, port, count)
        found = rounds.in_turn(2 if run.short else 5, {"ours": tasks.ours, "asynq": tasks.asynq})
    work = f"redrive of {count:,} archived tasks of asynq"
    speed = found["asynq"].median / found["ours"].median
    facts = rounds.ratio_facts(found["ours"], found["asynq"], "s")
    yield Row.of(AREA, work, goal_of(run, 0.8, "x asynq's RunAllArchivedTasks"), speed, **facts)
    longest = {name: Tries(tuple(values)) for name, values in tasks.longest.items()}
    facts = rounds.ratio_facts(longest["ours"], longest["asynq"], "ms")
    goal = at_most(0.5, "x asynq's (short slice)") if run.short else at_most(1 / 200, "x asynq's")
    share = longest["ours"].median / longest["asynq"].median
    yield Row.of(AREA, f"{work}: longest call", goal, share, **facts)


def _only(options: dict[str, Any]) -> dict[str, Any]:
    """Return a description that does away with what is said of lists."""
    return {"dead": None, "item": None, "missing": None, **options}
