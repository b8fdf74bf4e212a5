# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module and the node are killed with SIGKILL while a snapshot is made, and while old ones go."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.search_help import Cluster

from ..rows import Row
from ..run import Run
from .ledger import SUCCESS, Ledger, Shelf
from .nodes import SNAPSHOT, Nodes, Options

_SECONDS = 120.0
_DOCUMENTS = 150  # with the rate, about two seconds
_RATE = "150kb"
_TAKES = 2.0
_KEPT = 2
_OLD = 5


def rows(run: Run, here: Nodes, cluster: Cluster) -> Iterator[Row]:
    """Yield a row for each thing that is killed, or comes between."""
    work = Work(here, cluster, Random(11))
    module, node, old, hang, twice = (2, 1, 1, 0, 0) if run.short else (30, 5, 10, 4, 6)
    yield work.module_killed(module)
    yield work.retention_killed(old)
    yield work.node_killed(node)
    if twice and hang:
        yield work.at_once(twice)
        yield work.node_hangs(hang)


class Work:
    """Snapshots that take two seconds, and what may happen meanwhile."""

    def __init__(self, here: Nodes, cluster: Cluster, random: Random) -> None:
        self._here, self._cluster, self._random = here, cluster, random
        self._index = cluster.filled_index("chaos", _DOCUMENTS)
        self._shelf = Shelf(cluster, cluster.slow_repository("chaos", _RATE))
        self._usual = 3.0
        self._number = 0

    def module_killed(self, count: int) -> Row:
        """Kill the module, mostly while it waits; the next run adopts what goes on, or makes it anew."""
        ledger = Ledger()
        self._undisturbed(ledger)
        number = 0
        while ledger.faults < count and number < 3 * count:
            number += 1
            name = self._another()
            with self._started(self._options(name)) as running:
                if number % 3 == 0:
                    self._any_moment(running)
                else:
                    self._at_work(name, running)
                ledger.faults += running.poll() is None
                running.kill()
            # At once, so that it finds what still runs.
            before = self._cluster.state(self._shelf.repository, name)
            said = self._run(ledger, name)
            how = "adopted" if said.get("adopted") else "made" if said.get("changed") else "found"
            ledger.note(f"{before or 'none'} when killed, then {how}")
        ledger.expect(f"only {ledger.faults} of {count} faults hit", ledger.faults >= count)
        return ledger.row(f"SIGKILL of es_snapshot in {self._cluster.name}, and a run after it")

    def retention_killed(self, count: int) -> Row:
        """Kill the module while it removes old ones; the next run removes the others, and no more."""
        ledger = Ledger()
        shelf = Shelf(self._cluster, self._cluster.repository("retention"))
        old = [f"daily-202601{day:02d}" for day in range(1, _OLD + 1)]
        goes, options = old[: 1 - _KEPT], {"retention": {"last": _KEPT}, "repository": shelf.repository}
        for _each in range(count):
            for name in old:
                if name not in self._cluster.snapshots(shelf.repository):
                    self._cluster.snapshot(shelf.repository, name, self._index)
            shelf.look(ledger)
            with self._started({**self._options("daily-{now/d}"), **options}) as running:
                left = len(goes) - 1 - self._random.randrange(len(goes) - 1)
                self._until(partial(self._left, shelf, goes, left), running)
                ledger.faults += running.poll() is None
                running.kill()
            shelf.look(ledger, goes)
            said = self._here.said(SNAPSHOT, self._cluster, **{**self._options("daily-{now/d}"), **options})
            ledger.expect(f"the run after it failed: {said.get('msg')}", not said.get("failed"))
            states = shelf.look(ledger, goes)
            kept = {old[-1], str(said.get("snapshot"))}
            ledger.expect(f"kept are {sorted(states)}, not {sorted(kept)}", set(states) == kept)
            ledger.note(f"then {len(said.get('removed', []))} left to remove")
            # The newest must be the newest again, and the old ones old.
            for name in states:
                self._cluster.ask("DELETE", f"_snapshot/{shelf.repository}/{name}")
            shelf = Shelf(self._cluster, shelf.repository)
        return ledger.row(f"SIGKILL of es_snapshot in {self._cluster.name} while old ones go, and a run after it")

    def at_once(self, count: int) -> Row:
        """Run it twice at once under one name: there is one snapshot, and both runs say so."""
        ledger = Ledger()
        for _each in range(count):
            name = self._another()
            ledger.faults += 1
            with self._started(self._options(name)) as running:
                said = self._run(ledger, name)
                output = running.communicate(timeout=_SECONDS)[0].decode()
            first = SNAPSHOT.result(output)
            self._shelf.believe(ledger, name, first)
            ledger.expect(f"the first run failed: {first.get('msg')}", not first.get("failed"))
            adopted = sum(bool(one.get("adopted")) for one in (first, said))
            ledger.note(f"{adopted} adopted it")
        return ledger.row(f"two runs at once in {self._cluster.name}")

    def node_killed(self, count: int) -> Row:
        """Kill the node while it works, and start it again: the module says what it saw, the next run is whole."""
        ledger = Ledger()
        for _each in range(count):
            name = self._another()
            with self._started(self._options(name)) as running:
                self._at_work(name, running)
                ledger.faults += running.poll() is None
                self._here.lab.break_server(self._cluster.name, "kill")
                self._here.restart(self._cluster)
                said = self._ended(ledger, running)
            self._shelf.believe(ledger, name, said)
            ledger.note(_short(str(said.get("msg")), name))
            self._shelf.look(ledger)
            self._run(ledger, name)
        return ledger.row(f"SIGKILL of the node of {self._cluster.name} while it makes a snapshot, and a start")

    def node_hangs(self, count: int) -> Row:
        """Stop the node while it works, for longer than an answer may take: the module waits on."""
        ledger = Ledger()
        for _each in range(count):
            name = self._another()
            with self._started({**self._options(name), "timeout": 1}) as running:
                self._at_work(name, running)
                self._here.lab.break_server(self._cluster.name, "hang")
                ledger.faults += 1
                time.sleep(2.5)  # two answers are missed
                self._here.restart(self._cluster)
                said = self._ended(ledger, running)
            self._shelf.believe(ledger, name, said)
            ledger.expect(f"the run failed: {said.get('msg')}", not said.get("failed"))
            self._shelf.look(ledger)
        return ledger.row(f"the node of {self._cluster.name} hangs for 2.5 s while it makes a snapshot")

    def _options(self, name: str) -> Options:
        options: Options = {"url": [self._cluster.url], "repository": self._shelf.repository, "name": name}
        return {**options, "indices": [self._index], "wait_timeout": "60s"}

    def _another(self) -> str:
        """Have new data, and a name for a snapshot of it."""
        self._number += 1
        self._cluster.fill(self._index, _DOCUMENTS)
        return f"chaos-{self._number:03d}"

    @staticmethod
    def _left(shelf: Shelf, goes: list[str], left: int) -> bool:
        return len(set(goes) & set(shelf.cluster.snapshots(shelf.repository))) <= left

    def _begun(self, name: str) -> bool:
        return self._cluster.state(self._shelf.repository, name) is not None

    def _undisturbed(self, ledger: Ledger) -> None:
        began = time.perf_counter()
        self._run(ledger, self._another())
        self._usual = time.perf_counter() - began

    def _run(self, ledger: Ledger, name: str) -> Options:
        """Run it to its end: it must be SUCCESS then, and the only one of that name."""
        said = self._here.said(SNAPSHOT, self._cluster, **self._options(name))
        self._shelf.believe(ledger, name, said)
        ledger.expect(f"the run failed: {said.get('msg')}", not said.get("failed"))
        ledger.expect(f"{name} is not SUCCESS", self._shelf.look(ledger).get(name) == SUCCESS)
        return said

    def _ended(self, ledger: Ledger, running: subprocess.Popen[bytes]) -> Options:
        output = running.communicate(timeout=_SECONDS)[0].decode("utf-8", "replace")
        ledger.expect("a traceback was shown", "Traceback" not in output)
        return SNAPSHOT.result(output)

    def _at_work(self, name: str, running: subprocess.Popen[bytes]) -> None:
        """Wait for any moment of the time that the snapshot takes."""
        self._until(partial(self._begun, name), running)
        time.sleep(0.9 * _TAKES * self._random.random())

    def _any_moment(self, running: subprocess.Popen[bytes]) -> None:
        deadline = time.perf_counter() + self._random.random() * self._usual
        while time.perf_counter() < deadline and running.poll() is None:
            time.sleep(0.001)  # nothing is awaited: a random moment of the run is what is wanted

    def _until(self, holds: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
        wait_for("the moment to disturb", lambda: running.poll() is not None or holds(), _SECONDS, every=0.005)

    @contextlib.contextmanager
    def _started(self, options: Any) -> Iterator[subprocess.Popen[bytes]]:
        """Start the module; at the end of the block it is ended, if it still runs."""
        running = SNAPSHOT.start(self._here.folder, options)
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            if not running.stdout or not running.stdout.closed:
                running.communicate()


def _short(told: str, name: str) -> str:
    """Return what was said without what differs from run to run."""
    return told.partition(f" {name}")[0].partition(":")[0][:120]
