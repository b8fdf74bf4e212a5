# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot by es_snapshot and by curl, each into an empty repository that takes so much a second and no more."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from typing import Any
from unittest.mock import patch

from ansible_collections.day2.ops.plugins.module_utils._search import making, making_waiting

from .. import rounds
from ..errors import FigureError
from ..rows import Row, at_most, told
from ..run import Run
from .nodes import AREA, Nodes

_RATE = "250kb"  # in a second: about 125 documents
_MOST = 1.1
_NOTICED = 0.5


def rows(run: Run, here: Nodes) -> Iterator[Row]:
    """Yield the overhead, and how soon the end is noticed."""
    if shutil.which("curl") is None:
        raise FigureError("no curl on PATH: install it")
    contestants = Contestants(run, here, 250 if run.short else 750)
    tries = 2 if run.short else 5
    found = rounds.in_turn(tries, {"ours": contestants.ours, "peer": contestants.curl})
    facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
    ratio = found["ours"].median / found["peer"].median
    unit = "x curl with wait_for_completion"
    goal = told(f"{unit} (short slice)") if run.short else at_most(_MOST, unit)
    name = here.first.name
    yield Row.of(AREA, f"es_snapshot of {contestants.size} MB in {name}", goal, ratio, **facts)
    yield from _noticed(contestants, name)


def _noticed(contestants: Contestants, name: str) -> Iterator[Row]:
    seen, ours, peer = (rounds.Tries(tuple(contestants.late[who])) for who in ("seen", "ours", "curl"))
    work = f"from the end of a snapshot in {name}, as that tells it, until es_snapshot"
    facts = rounds.ratio_facts(seen, peer, "s")
    yield Row.of(AREA, f"{work} has noticed, median", at_most(_NOTICED, "s"), seen.median, **facts)
    yield Row.of(AREA, f"{work} has noticed, the latest of {len(seen.values)}", told("s"), max(seen.values))
    yield Row.of(
        AREA, f"{work} has told all of it, median", told("s"), ours.median, **rounds.ratio_facts(ours, peer, "s")
    )


class Contestants:
    """Each says how many seconds it took, and notes how long after the server's own end it was done."""

    def __init__(self, run: Run, here: Nodes, documents: int) -> None:
        self._run, self._here, self._cluster = run, here, here.first
        self.late: dict[str, list[float]] = {"seen": [], "ours": [], "curl": []}
        self._numbers = count()
        self._index = self._cluster.filled_index("bench", documents)
        self._cluster.ask("POST", f"{self._index}/_flush")
        shown = self._cluster.ask("GET", f"{self._index}/_stats/store")
        self.size = round(shown["_all"]["primaries"]["store"]["size_in_bytes"] / 1e6, 1)

    def ours(self) -> float:
        """Have it made by what the module does, from its options to its result."""
        repository = self._repository()
        options: dict[str, Any] = {
            "url": [self._cluster.url],
            "repository": repository,
            "name": "bench",
            "indices": [self._index],
        }
        seen: list[float] = []

        def watched(*arguments: Any) -> Any:
            followed = making_waiting.follow(*arguments)
            seen.append(time.time())
            return followed

        with patch.object(making, "follow", watched):
            began = time.perf_counter()
            result = making.operate(making.SPEC.validate(options, "es_snapshot"), False)
            seconds = time.perf_counter() - began
        if result.failed or not result.changed:
            raise FigureError(f"es_snapshot made none: {result.msg}")
        self._noted("ours", repository, seconds)
        self.late["seen"].append(seen[-1] - self._ended(repository))
        return seconds

    def curl(self) -> float:
        """Have it made by curl, which waits for the answer."""
        repository = self._repository()
        url = f"{self._cluster.url}/_snapshot/{repository}/bench?wait_for_completion=true"
        body = f'{{"indices": "{self._index}", "include_global_state": false}}'
        argv = ["curl", "--silent", "--fail", "-X", "PUT", url, "-H", "Content-Type: application/json", "-d", body]
        began = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise FigureError(f"curl ended with status {done.returncode}")
        return self._noted("curl", repository, seconds)

    def _repository(self) -> str:
        return self._cluster.slow_repository(f"bench-{next(self._numbers)}", _RATE)

    def _noted(self, who: str, repository: str, seconds: float) -> float:
        now = time.time()
        self.late[who].append(now - self._ended(repository))
        self._run.say(f"  {who}: {seconds:.2f} s, {self.late[who][-1]:.3f} s after the end")
        return seconds

    def _ended(self, repository: str) -> float:
        (shown,) = self._cluster.ask("GET", f"_snapshot/{repository}/bench")["snapshots"]
        if shown["state"] != "SUCCESS":
            raise FigureError(f"the snapshot is {shown['state']}")
        return float(shown["end_time_in_millis"]) / 1000
