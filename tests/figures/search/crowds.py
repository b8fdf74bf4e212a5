# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that es_snapshot_info takes for snapshots of very many indices."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.search_help import Cluster

from ..errors import FigureError
from ..rows import Row, at_most
from ..run import Run
from .nodes import AREA, INFO, SNAPSHOT, Nodes

_MOST = 60
_AT_FIRST = 125
_SECONDS = 300.0
_ALLOCATION = "cluster.routing.allocation"
_SETTINGS = {
    "cluster.max_shards_per_node": 5000,  # by default 1,000
    # Empty shards cost nothing: no need for them to wait in a line.
    f"{_ALLOCATION}.node_concurrent_recoveries": 100,
    f"{_ALLOCATION}.node_initial_primaries_recoveries": 100,
}
_NOT_YET = "index.routing.allocation.require._name"


def rows(run: Run, here: Nodes) -> Iterator[Row]:
    """Yield the peaks with 2,000 indices in a snapshot beside 200 smaller ones; with fewer in the short slice."""
    cluster = here.first
    cluster.ask("PUT", "_cluster/settings", {"transient": _SETTINGS})
    indices, small = (250, 10) if run.short else (2000, 200)
    repository = cluster.repository("crowd")
    one = cluster.make_index("one")
    for number in range(small):
        cluster.snapshot(repository, f"small-{number}", one)
    cluster.ask("DELETE", one)
    run.say(f"  making {indices} indices")
    crowd(cluster, indices)
    options = {"url": [cluster.url], "repository": repository, "timeout": 120}
    more = {"name": "daily-{now/d}", "indices": [f"{cluster.mine}-*"]}
    peak, said = SNAPSHOT.peak_bytes(here.folder, {**options, **more})
    if said.get("failed") or not said.get("changed"):
        raise FigureError(f"es_snapshot made none: {said.get('msg')}")
    run.say(f"  {said['msg']}")
    work = f"peak memory of es_snapshot, {indices:,} indices in {cluster.name}"
    yield Row.of(AREA, work, at_most(_MOST, "MB"), peak / 1e6)
    peak, said = INFO.peak_bytes(here.folder, options)
    if said.get("count") != small + 1 or said["last_success"]["indices_count"] != indices:
        raise FigureError(f"es_snapshot_info tells of others: {said.get('msg')}")
    work = f"peak memory of es_snapshot_info, {small + 1} snapshots, {indices:,} indices in the last, {cluster.name}"
    yield Row.of(AREA, work, at_most(_MOST, "MB"), peak / 1e6)


def crowd(cluster: Cluster, indices: int) -> None:
    """Make empty indices: some one by one, and others by restoring those under other names, which is far faster."""
    with ThreadPoolExecutor(4) as some:
        list(some.map(lambda number: cluster.make_index(f"{number:04d}", **{_NOT_YET: "nobody"}), range(_AT_FIRST)))
    cluster.ask("PUT", f"{cluster.mine}-*/_settings", {_NOT_YET: None})
    repository = cluster.repository("seed")
    there = _AT_FIRST
    while there < indices:
        _await_green(cluster)
        cluster.snapshot(repository, f"of-{there}", f"{cluster.mine}-*")
        body = {"rename_pattern": "(.+)", "rename_replacement": f"$1-{there}", "include_global_state": False}
        cluster.ask("POST", f"_snapshot/{repository}/of-{there}/_restore", body)
        there *= 2
    _await_green(cluster)
    if there != indices:
        raise FigureError(f"{there} indices were made, not {indices}")


def _await_green(cluster: Cluster) -> None:
    def green() -> bool:
        health = cluster.ask("GET", f"_cluster/health/{cluster.mine}-*?wait_for_status=green&timeout=10s&level=cluster")
        return not health["timed_out"]

    wait_for("all shards", green, _SECONDS)
