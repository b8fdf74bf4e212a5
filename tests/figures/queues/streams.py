# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of dead letters, against redis-py entry by entry and in pipelines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from .. import rounds
from ..rows import Row
from ..run import Run
from .letters import letter, seconds_of
from .lists import goal_of
from .own_redis import Client, Options, OwnRedis, running

AREA = "queues"
_EVENTS, _DEAD = "events", "events:dead"
_QUEUE: Options = {"name": _EVENTS, "kind": "redis_stream", "group": "workers", "dead": _DEAD, "item": None}
_BATCH = 500


class Streams:
    """Each contestant says how many entries a second it moves."""

    def __init__(self, run: Run, server: OwnRedis, count: int) -> None:
        self._run = run
        self._server = server
        self._count = count
        self._client = server.client()
        self._plain = server.plain_client()
        for first in range(0, count, _BATCH):
            pipeline = self._client.pipeline(transaction=False)
            for number in range(first, min(first + _BATCH, count)):
                pipeline.xadd("kept", {"data": letter(number)})
            pipeline.execute()

    def ours(self) -> float:
        """Redrive all."""
        self._copy()
        return self._said("ours", self._count / seconds_of(self._server, self._count, _QUEUE))

    def single(self) -> float:
        """Move some one by one, as they are read in batches."""
        self._copy()
        number = self._count // 20
        began = time.perf_counter()
        for first in range(0, number, _BATCH):
            for entry, fields in self._plain.xrange(_DEAD, count=min(_BATCH, number - first)):
                self._plain.xadd(_EVENTS, fields)
                self._plain.xdel(_DEAD, entry)
        return self._said("one by one", number / (time.perf_counter() - began))

    def pipelined(self) -> float:
        """Move a part in pipelines."""
        self._copy()
        number = self._count // 4 // _BATCH * _BATCH
        began = time.perf_counter()
        for _batch in range(number // _BATCH):
            pipeline = self._plain.pipeline(transaction=False)
            for entry, fields in self._plain.xrange(_DEAD, count=_BATCH):
                pipeline.xadd(_EVENTS, fields)
                pipeline.xdel(_DEAD, entry)
            pipeline.execute()
        return self._said("pipelined", number / (time.perf_counter() - began))

    def _copy(self) -> None:
        self._client.delete(_EVENTS, _DEAD)
        self._client.copy("kept", _DEAD)
        _group(self._client)

    def _said(self, name: str, rate: float) -> float:
        self._run.say(f"  stream, {name}: {rate:,.0f} entries/s")
        return rate


def rows(run: Run, folder: Path) -> Iterator[Row]:
    """Yield the figures of a stream."""
    count = 10_000 if run.short else 100_000
    with running(folder) as server:
        streams = Streams(run, server, count)
        found = rounds.in_turn(
            2 if run.short else 5,
            {"ours": streams.ours, "single": streams.single, "pipelined": streams.pipelined},
        )
    work = f"redrive of {count:,} entries of a stream"
    for peer, least, unit in (
        ("single", 15, "x one by one"),
        ("pipelined", 3, f"x pipeline of XADD and XDEL, {_BATCH} at once"),
    ):
        facts = rounds.ratio_facts(found["ours"], found[peer], "entries/s")
        yield Row.of(AREA, work, goal_of(run, least, unit), found["ours"].median / found[peer].median, **facts)


def _group(client: Client) -> None:
    client.xgroup_create(_EVENTS, "workers", "0", mkstream=True)
