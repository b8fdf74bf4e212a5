# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module is killed with SIGKILL at random moments of a redrive; the next run must go on from there."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from .. import processes
from ..errors import FigureError
from ..rows import Goal, Row
from ..run import Run
from .letters import DEAD, DESCRIPTION, QUEUE
from .own_redis import Client, Options, OwnRedis, running
from .reprocess import module
from .whereabouts import Account, fill, is_meant, number_of

AREA = "queues"
GOAL = Goal("= 0 lost or twice, and a re-run completes the job", lambda value: value == 0)
_SECONDS = 60.0
# Kills of the module in a row, then one run that nobody disturbs.
_IN_A_ROW = 5
_ITEM: Options = {"id": "id", "error": "error"}


@dataclass(frozen=True)
class Way:
    """One way to call the module. filtered: letters of one error only. journal: the next run resumes by it."""

    name: str
    filtered: bool = False
    journal: bool = False

    def options(self, server: OwnRedis, folder: Path) -> Options:
        """Return the module's options."""
        return {
            **server.login,
            "queue": {**DESCRIPTION, "item": _ITEM},
            "canary": 0,
            **({"filter": {"error": "^TimeoutError"}} if self.filtered else {}),
            **({"journal": str(folder / "journal.jsonl"), "resume": True} if self.journal else {}),
        }

    def expected(self, count: int) -> list[int]:
        """Return which letters are put back in the end."""
        return [number for number in range(count) if is_meant(number) or not self.filtered]


WAYS = (
    Way("no filter"),
    Way("an error filter", filtered=True),
    Way("a journal", journal=True),
    Way("an error filter and a journal", filtered=True, journal=True),
)


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield a row for each way, on a server that keeps nothing on disk."""
    count, wanted = (5_000, 4) if run.short else (20_000, 80)
    random = Random(5)
    with running(folder) as server:
        for way in WAYS:
            yield _killed(run, server, folder, way, count, wanted, random)


def _killed(run: Run, server: OwnRedis, folder: Path, way: Way, count: int, wanted: int, random: Random) -> Row:
    account, kills, cycles = Account(), 0, 0
    client = server.client()
    while kills < wanted and cycles < wanted:
        cycles += 1
        fill(client, count)
        (folder / "journal.jsonl").unlink(missing_ok=True)
        killed = 0
        for _kill in range(min(_IN_A_ROW, wanted - kills)):
            now = kill_at(folder, way.options(server, folder), at_random(client, way, count, random), kill_module)
            account.look(client, count)
            killed += now
            if not now:
                break
        else:
            check_re_run(folder, server, way, count, account)
        kills += killed
        run.say(f"  {way.name}: kills {kills} of {wanted}, lost {account.lost}, twice {account.twice}")
    work = f"module killed {kills} times in redrives of {cycles * count:,} items, {way.name}"
    return row(work, account, kills=kills, items=cycles * count)


def row(work: str, account: Account, **facts: Any) -> Row:
    """Return the row of an account."""
    return Row(
        AREA,
        work,
        GOAL.text,
        account.bad,
        GOAL.holds(account.bad) and not account.problems,
        {**facts, "lost": account.lost, "twice": account.twice, "problems": account.problems},
    )


def at_random(client: Client, way: Way, count: int, random: Random) -> Callable[[], bool]:
    """Return what tells that the moment has come: a random part of what is left to do is done."""
    done = client.llen(QUEUE)
    wanted = done + random.random() * max(len(way.expected(count)) - done, 0)
    return lambda: client.llen(QUEUE) > wanted


def kill_module(process: subprocess.Popen[bytes]) -> None:
    """End the module at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def kill_at(
    folder: Path, options: Options, has_come: Callable[[], bool], kill: Callable[[subprocess.Popen[bytes]], None]
) -> int:
    """Start the module and kill something at a moment; return 1, or 0 when the module had ended before."""
    process = processes.start(module.argv(module.written(folder, options)), folder, module.environment())
    deadline = time.monotonic() + _SECONDS
    try:
        while not has_come():
            if process.poll() is not None:
                return 0
            if time.monotonic() > deadline:
                raise FigureError(f"the module did not begin within {_SECONDS:g} s")
        alive = process.poll() is None
        kill(process)
        return int(alive)
    finally:
        kill_module(process)
        process.communicate()


def succeeded(said: dict[str, Any]) -> bool:
    """Tell whether a module said that all went well."""
    return "msg" in said and not said.get("failed")


def check_re_run(folder: Path, server: OwnRedis, way: Way, count: int, account: Account) -> None:
    """Run the module once more, undisturbed, and look whether the job is done."""
    client = server.client()
    wanted = len(way.expected(count))
    # one that was killed once its job was done and noted has left nothing to go on with: the next job moves nothing
    done_before = client.llen(QUEUE) == wanted
    said = module.result(module.called(folder, way.options(server, folder)).output)
    account.look(client, count)
    account.expect(f"the re-run failed: {said.get('msg')}", succeeded(said))
    moved = sorted(number_of(body) for body in client.lrange(QUEUE, 0, -1))
    account.expect(f"{len(moved)} letters were put back in the end", moved == way.expected(count))
    if way.journal:
        left = [number_of(body) for body in client.lrange(DEAD, 0, -1)]
        account.expect("the letters that stayed are in another order", left == sorted(left))
        moved_right = said.get("moved") == wanted or (done_before and said.get("moved") == 0)
        account.expect(f"moved is {said.get('moved')} in the end", moved_right)
