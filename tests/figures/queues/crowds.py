# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two operators at once among eight workers; and an operator whose workers still fail."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .. import processes
from ..rows import Goal, Row
from ..run import Run
from .kills import AREA, Way, row, succeeded
from .letters import DEAD, DESCRIPTION, QUEUE
from .own_redis import Client, OwnRedis, running
from .reprocess import module
from .whereabouts import PLACES, Account, fill

_WORKERS = 8
_PROCESSED, _IN_HAND = "processed", "jobs:in-hand:"
_CANARY = 10
_STOPS = Goal(f"<= {_CANARY} letters moved, and it says that the cause is not fixed", lambda value: value <= _CANARY)

# Takes a letter into its own hand, and from there to where it belongs.
_WORKER = """\
import sys, redis
socket, hand, to = sys.argv[1:]
client = redis.Redis(unix_socket_path=socket)
client.rpush("workers", hand)
while client.exists("work"):
    if client.blmove("jobs", hand, 0.2, "LEFT", "RIGHT") is not None:
        client.lmove(hand, to, "LEFT", "RIGHT")
"""


@contextmanager
def _working(server: OwnRedis, number: int, to: str) -> Iterator[list[str]]:
    """Have workers at work, each a process of its own; gives the lists that they have in hand."""
    client = server.client()
    client.set("work", 1)
    hands = [f"{_IN_HAND}{worker}" for worker in range(number)]
    running_ones = [
        subprocess.Popen([sys.executable, "-c", _WORKER, str(server.socket), hand, to], stderr=subprocess.DEVNULL)
        for hand in hands
    ]
    try:
        wait_for("the workers", lambda: client.llen("workers") == number, 60)
        yield hands
        client.delete("work")
        for worker in running_ones:
            worker.wait(30)
    finally:
        for worker in running_ones:
            worker.kill()
            worker.wait()


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of operators and workers."""
    with running(folder) as server:
        for way in (Way("no filter"), Way("an error filter", filtered=True)):
            yield _two(run, server, folder, way)
        yield _not_fixed(server, folder)


def _two(run: Run, server: OwnRedis, folder: Path, way: Way) -> Row:
    count, times = (10_000, 1) if run.short else (40_000, 5)
    client, account = server.client(), Account()
    for time_number in range(times):
        fill(client, count)
        with _working(server, _WORKERS, _PROCESSED) as hands:
            said = _both(server, folder, way)
            wait_for(
                "an empty queue", lambda: not client.llen(QUEUE) and not any(client.llen(hand) for hand in hands), 120
            )
        account.look(client, count, (*PLACES, _PROCESSED, *hands))
        for number, one in enumerate(said):
            account.expect(f"operator {number}: {one.get('msg')}", succeeded(one))
        moved = sum(one.get("moved", 0) for one in said)
        account.expect(f"both say they moved {moved}", moved == len(way.expected(count)))
        account.expect("some were not put back", client.llen(_PROCESSED) == len(way.expected(count)))
        run.say(
            f"  two operators, {way.name}: {time_number + 1} of {times}, lost {account.lost}, twice {account.twice}"
        )
    work = f"two operators redrive {times * count:,} items among {_WORKERS} workers, {way.name}"
    return row(work, account, items=times * count, workers=_WORKERS)


def _both(server: OwnRedis, folder: Path, way: Way) -> list[dict[str, Any]]:
    """Let two modules redrive at once; returns what they said."""
    argv = module.argv(module.written(folder, way.options(server, folder)))
    started = [processes.start(argv, folder, module.environment()) for _operator in range(2)]
    return [module.result(one.communicate(timeout=120)[0].decode()) for one in started]


def _not_fixed(server: OwnRedis, folder: Path) -> Row:
    """Redrive while whatever is taken dies again."""
    client: Client = server.client()
    fill(client, 5_000)
    options = {**server.login, "queue": {**DESCRIPTION, "item": None}, "canary": _CANARY, "canary_wait": 5}
    began = time.monotonic()
    with _working(server, 2, DEAD):
        said = module.result(module.called(folder, options).output)
        wait_for("an empty queue", lambda: not client.llen(QUEUE), 30)
    account = Account()
    account.look(client, 5_000, (*PLACES, f"{_IN_HAND}0", f"{_IN_HAND}1"))
    moved, message = int(said.get("moved", -1)), str(said.get("msg"))
    stopped = said.get("stop_reason") == "canary" and bool(said.get("failed")) and "the cause is not fixed" in message
    return Row(
        AREA,
        "redrive of 5,000 items while the cause is not fixed",
        _STOPS.text,
        moved,
        _STOPS.holds(moved) and stopped and not account.bad,
        {"said": message, "seconds": round(time.monotonic() - began, 1), "lost": account.lost, "twice": account.twice},
    )
