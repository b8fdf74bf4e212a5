# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another client of the same Redis feels while letters are redriven: how long its PING takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import rounds
from ..errors import FigureError
from ..rounds import Tries
from ..rows import Row, at_least, at_most
from ..run import Run
from .letters import DEAD, QUEUE, Ready, seconds_of
from .own_redis import OwnRedis, running

AREA = "queues"
# A process of its own, with nothing of a library in the way: a PING a millisecond, for so many seconds.
_PINGER = """\
import json, socket, sys, time
path, seconds = sys.argv[1], float(sys.argv[2])
server = socket.socket(socket.AF_UNIX)
server.connect(path)
end, took = time.monotonic() + seconds, []
while time.monotonic() < end:
    began = time.perf_counter()
    server.sendall(b"PING\\r\\n")
    server.recv(100)
    took.append((time.perf_counter() - began) * 1000)
    time.sleep(0.001)
took.sort()
print(json.dumps({"p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100]}))
"""


class Pinged:
    """Measures PINGs while something goes on, and how fast that is."""

    def __init__(self, run: Run, server: OwnRedis, ready: Ready) -> None:
        self.rates: dict[str, list[float]] = {"full speed": [], "gentle": []}
        self._run = run
        self._server = server
        self._ready = ready
        self._seconds = 1.5 if run.short else 4.0
        ready.copy()

    def idle(self) -> float:
        """Return the 99th percentile in milliseconds while nothing is done."""
        return self._p99("idle", lambda: time.sleep(0.05))

    def full_speed(self) -> float:
        """Return it while letters are redriven again and again."""
        return self._p99("full speed", lambda: self._redrive("full speed", gentle=False))

    def gentle(self) -> float:
        """Return it while that is done gently."""
        return self._p99("gentle", lambda: self._redrive("gentle", gentle=True))

    def _redrive(self, name: str, gentle: bool) -> None:
        count = self._ready.count
        self.rates[name].append(count / seconds_of(self._server, count, gentle=gentle))
        self._ready.client.rename(QUEUE, DEAD)  # which takes no time, so the next one begins at once

    def _p99(self, name: str, work: Callable[[], None]) -> float:
        argv = [sys.executable, "-S", "-c", _PINGER, str(self._server.socket), str(self._seconds)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, encoding="utf-8") as pinger:
            while pinger.poll() is None:
                work()
            said = pinger.communicate()[0]
        if pinger.returncode:
            raise FigureError("the client that sends PINGs ended with an error")
        found = json.loads(said)
        self._run.say(f"  PING, {name}: p50 {found['p50']:.2f} ms, p99 {found['p99']:.2f} ms")
        return float(found["p99"])


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of another client's PING."""
    with running(folder) as server:
        pinged = Pinged(run, server, Ready(server, 20_000 if run.short else 200_000))
        found = rounds.in_turn(
            2 if run.short else 7, {"idle": pinged.idle, "full speed": pinged.full_speed, "gentle": pinged.gentle}
        )
    yield _added(run, "full speed", 4.0, found)
    yield _added(run, "gentle", 1.5, found)
    rate = Tries(tuple(pinged.rates["gentle"]))
    goal = at_least(10_000, "items/s (short slice)") if run.short else at_least(50_000, "items/s")
    yield Row.of(AREA, "gentle redrive of a list", goal, rate.median, tries=len(rate.values), spread=rate.spread)


def _added(run: Run, name: str, most: float, found: dict[str, Tries]) -> Row:
    facts = rounds.ratio_facts(found[name], found["idle"], "ms")
    goal = at_most(5 * most, "ms added (short slice)") if run.short else at_most(most, "ms added")
    work = f"PING of another client during a redrive of a list, {name}: p99"
    return Row.of(AREA, work, goal, max(found[name].median - found["idle"].median, 0), **facts)
