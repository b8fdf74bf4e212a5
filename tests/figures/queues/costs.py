# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call costs: memory of the module, and the depth of many queues."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.look import Observer

from .. import rounds
from ..errors import FigureError
from ..rows import Row, at_most
from ..run import Run
from .letters import DESCRIPTION, Ready
from .own_redis import OwnRedis, running
from .reprocess import module

AREA = "queues"
_QUEUES = 100
_LOOKS = 20
_WAYS = {"no filter": {}, "an error filter": {"filter": {"error": "^TimeoutError"}}}


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of memory and of depth."""
    with running(folder) as server:
        yield _depth(run, server)
        yield from _memory(run, server, folder)


def _memory(run: Run, server: OwnRedis, folder: Path) -> Iterator[Row]:
    few, many = 10_000, 100_000 if run.short else 1_000_000
    peaks: dict[str, list[float]] = {way: [] for way in _WAYS}
    for count in (few, many):
        ready = Ready(server, count)
        for way, options in _WAYS.items():
            ready.copy()
            given = {**server.login, "queue": DESCRIPTION, "canary": 0, **options}
            size, said = module.peak_bytes(folder, given)
            if said.get("failed") or not said.get("moved"):
                raise FigureError(f"the module did not redrive {count} items: {said.get('msg')}")
            peaks[way].append(size / 2**20)
            run.say(f"  memory of the module, {way}, {count:,} items: {peaks[way][-1]:.1f} MiB")
    for way, (small, large) in peaks.items():
        work = f"peak memory of the module, {way}, {many:,} items against {few:,}"
        facts = {"ours": round(large, 1), "peer": round(small, 1), "unit": "MiB"}
        yield Row.of(AREA, work, at_most(20, "MiB more"), large - small, **facts)


def _depth(run: Run, server: OwnRedis) -> Row:
    client = server.client()
    names = [f"queue-{number}" for number in range(_QUEUES)]
    for name in names:
        client.rpush(name, *range(10))
        client.rpush(f"{name}:dead", 1)
    queues = described(
        [{"name": name, "kind": "redis_list", "dead": f"{name}:dead", "missing": "empty"} for name in names],
        server.login,
    )
    with Observer(queues) as observer:

        def ours() -> float:
            began = time.perf_counter()
            for _look in range(_LOOKS):
                readings = observer.look()
            if [reading.depth.ready for reading in readings] != [10] * _QUEUES:
                raise FigureError("a depth is wrong")
            return (time.perf_counter() - began) / _LOOKS

        def peer() -> float:
            began = time.perf_counter()
            for _look in range(_LOOKS):
                pipeline = client.pipeline(transaction=False)
                for name in names:
                    pipeline.llen(name)
                    pipeline.llen(f"{name}:dead")
                pipeline.execute()
            return (time.perf_counter() - began) / _LOOKS

        ours()
        found = rounds.in_turn(5 if run.short else 15, {"ours": ours, "peer": peer})
    goal = (
        at_most(4, "x a pipelined round trip (short slice)") if run.short else at_most(1.5, "x a pipelined round trip")
    )
    facts = rounds.ratio_facts(found["ours"], found["peer"], "s")
    ratio = found["ours"].median / found["peer"].median
    return Row.of(AREA, f"depth of {_QUEUES} queues in one call", goal, ratio, **facts)
