# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills of real snapshots by both products: green, red, killed, two at a time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.tests.lab.state import SearchFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT

from . import search_states as states
from .search_help import Cluster, cluster_of
from .search_restore_help import cut, drilled, full_disk, recorded, saved, scratch, settings, state

# A drill in a process of its own, as Ansible runs it.
_PROGRAM = """
import json, sys
from ansible_collections.day2.ops.plugins.module_utils._search import drill
result = drill.operate(drill.SPEC.validate(json.loads(sys.argv[1]), "test"), False)
print(result.msg)
sys.exit(result.failed)
"""


@contextlib.contextmanager
def beside(cluster: Cluster, repository: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a drill in another process, until it has restored something, or more."""
    known = scratch(cluster)
    given = json.dumps({"url": [cluster.url], "repository": repository, **options})
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / ".collections")}
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, given],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for("an index that is being restored", lambda: scratch(cluster) != known or program.poll() is not None)
        yield program
    finally:
        if program.poll() is None:
            program.kill()
        program.communicate()


@pytest.fixture
def one_cluster(opensearch: SearchFacts) -> Iterator[Cluster]:
    """One product, for what is ours alone."""
    with cluster_of("opensearch", opensearch) as cluster:
        yield cluster


def slow(cluster: Cluster, seconds: int) -> str:
    """Return a repository with a snapshot that takes about so many seconds to restore."""
    index = cluster.filled_index("slow", 100 * seconds)
    repository = cluster.repository("slow", max_restore_bytes_per_sec="200kb")
    recorded(cluster, repository, "good", index)
    return repository


def test_a_snapshot_that_holds(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "more")
    data = f"{search_cluster.mine}-data"
    search_cluster.ask("PUT", f"{data}/_settings", {"index.number_of_replicas": 1, "index.blocks.read_only": True})
    recorded(search_cluster, repository, "later", data, f"{search_cluster.mine}-more")
    search_cluster.ask("PUT", f"{data}/_settings", {"index.blocks.read_only": False})
    before = state(search_cluster)
    planned = drilled(search_cluster, repository, True, objectives={"rto": "1m", "rpo": "1h"})
    assert (planned.failed, planned.data["level"], planned.data["rto_seconds"]) == (False, "L1", None)
    assert planned.data["index_count"] == 2

    query = {"range": {"number": {"lt": 3}}}
    done = drilled(
        search_cluster,
        repository,
        assertions=[{"index": "*", "query": query, "count": 6}, {"index": data, "min": 5, "max": 5}],
        objectives={"rto": "1m", "rpo": "1h"},
    )

    assert (done.failed, done.changed, done.warnings) == (False, False, [])
    assert (done.data["backup"], done.data["name"], done.data["kind"]) == ("later", repository, "search")
    assert (done.data["level"], done.data["level_failed"], done.data["failed_why"]) == ("L4", None, "")
    assert [proof["level"] for proof in done.data["proofs"]] == ["L1", "L3", "L4"]
    assert done.data["documents"] == {"documents": 10, "recorded": 10, "missing": {}, "more": {}, "equal": True}
    assert [one["found"] for one in done.data["assertions"]] == [6, 5]
    assert 0 < done.data["rto_seconds"] < done.data["seconds"] < 60
    assert 0 <= done.data["rpo_seconds"] < 3600
    assert all(one["met"] for one in done.data["objectives"].values())
    assert done.data["size"] > 10_000
    portions = drilled(search_cluster, repository, max_bytes="22kb")
    assert (portions.failed, portions.data["portions"], portions.data["documents"]["documents"]) == (False, 2, 10)
    assert (state(search_cluster), scratch(search_cluster)) == (before, [])


def test_a_snapshot_that_does_not_hold(search_cluster: Cluster) -> None:
    data, more = (search_cluster.filled_index(suffix, 5) for suffix in ("data", "more"))
    repository = search_cluster.repository()
    recorded(search_cluster, repository, "short", data, more, **{data: 2})
    short = drilled(search_cluster, repository, objectives={"rto": 0.0})
    assert (short.failed, short.data["level"], short.data["level_failed"]) == (True, "L3", "L4")
    assert short.data["failed_why"].startswith(f"L4 failed: 10 documents, 2 fewer than recorded ({data} 2)")
    assert not short.data["objectives"]["rto"]["met"]
    assert not drilled(search_cluster, repository, tolerance="20%").failed
    wrong = drilled(search_cluster, repository, indices=[more], assertions=[{"index": more, "min": 6}])
    assert f"assertions[0] ({more}) finds 5 documents, expected at least 6" in wrong.msg
    query: dict[str, Any] = {"no_such": {}}
    unread = drilled(search_cluster, repository, indices=[more], assertions=[{"index": more, "query": query, "min": 0}])
    assert (unread.data["level_failed"], "no_such" in unread.msg) == ("L4", True)
    search_cluster.snapshot(repository, "unknown", data)
    unknown = drilled(search_cluster, repository, snapshot="unknown")
    assert "L4 failed: nobody has recorded how many documents" in unknown.msg
    asserted = drilled(search_cluster, repository, snapshot="unknown", assertions=[{"index": data, "count": 5}])
    assert (asserted.failed, asserted.data["level"]) == (False, "L4")
    cut(search_cluster, repository, more)
    cannot = drilled(search_cluster, repository, snapshot="short")
    assert (cannot.data["level"], cannot.data["level_failed"]) == ("L1", "L3")
    assert "CorruptIndexException" in cannot.msg
    assert (state(search_cluster), scratch(search_cluster)) == ({data: "open", more: "open"}, [])


def test_a_snapshot_that_is_not_whole_fails_at_the_first_level(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    states.partial_snapshot(search_cluster, repository, "partial")
    done = drilled(search_cluster, repository, snapshot="partial")
    assert (done.failed, done.data["level"], done.data["level_failed"]) == (True, "L0", "L1")
    assert done.msg.startswith(f"{repository}/partial: L1 failed: the snapshot is not whole: PARTIAL")
    recorded(search_cluster, repository, "good", f"{search_cluster.mine}-partial-well")
    with states.unwritable(search_cluster, repository):
        locked = drilled(search_cluster, repository, level="L1")
    assert (locked.failed, locked.data["level_failed"]) == (True, "L1")
    assert "the repository fails its verification" in locked.msg
    assert drilled(search_cluster, repository, level="L1").data["level"] == "L1"


def test_what_cannot_be_tried(one_cluster: Cluster) -> None:
    repository = saved(one_cluster, "data")
    data = f"{one_cluster.mine}-data"
    words: list[tuple[type[OpsError], str, dict[str, Any]]] = [
        (NotThere, "repository_missing_exception", {"repository": "none"}),
        (NotThere, "there is no such snapshot", {"snapshot": "none"}),
        (NotThere, "none is not in the snapshot", {"indices": ["none"]}),
        (InputError, "about no index that is restored", {"assertions": [{"index": "none", "min": 1}]}),
        (InputError, "min is 2, more than max, 1", {"assertions": [{"index": data, "min": 2, "max": 1}]}),
        (InputError, "rto needs a restore", {"level": "L1", "objectives": {"rto": 1}}),
        (InputError, "assertions need level L4", {"level": "L3", "assertions": [{"index": data, "min": 1}]}),
        (InputError, "sample is 0", {"sample": 0}),
        (InputError, "max_bytes 'much' is no size", {"max_bytes": "much"}),
        (OpsError, rf"{data} takes \d+ bytes, more than max_bytes", {"max_bytes": "1kb"}),
    ]
    for kind, line, options in words:
        with pytest.raises(kind, match=line):
            drilled(one_cluster, **{"repository": repository, **options})
    with full_disk(one_cluster), pytest.raises(OpsError, match=rf"{data} takes \d+ bytes, 0 are free"):
        drilled(one_cluster, repository)
    with (
        settings(one_cluster, **{"cluster.max_shards_per_node": 1}),
        pytest.raises(OpsError, match="has 1 shards, 0"),
    ):
        drilled(one_cluster, repository)
    assert scratch(one_cluster) == []


def test_a_drill_that_takes_too_long(one_cluster: Cluster) -> None:
    repository = slow(one_cluster, 3)
    late = drilled(one_cluster, repository, wait_timeout="500ms")
    assert (late.failed, late.data["level_failed"]) == (True, "L3")
    assert "1 of 1 indices are not green within 0.5 s" in late.msg
    assert scratch(one_cluster) == []


def test_a_drill_that_was_killed_is_swept_and_one_that_runs_is_not(one_cluster: Cluster) -> None:
    repository = slow(one_cluster, 3)
    quick = one_cluster.repository("quick")
    recorded(one_cluster, quick, "good", one_cluster.filled_index("data", 5))
    with beside(one_cluster, repository) as running:
        running.send_signal(signal.SIGSTOP)  # it is there, however long this takes
        (one,) = scratch(one_cluster)
        with beside(one_cluster, repository) as killed:
            killed.kill()
            killed.wait()
        (left,) = set(scratch(one_cluster)) - {one}
        assert left.endswith(f"-{one_cluster.mine}-slow")
        told = drilled(one_cluster, quick, True)
        assert (told.data["leftovers"], set(scratch(one_cluster))) == ([left], {one, left})
        done = drilled(one_cluster, quick)
        assert (done.failed, done.changed, done.data["leftovers"]) == (False, True, [left])
        assert scratch(one_cluster) == [one]
        running.send_signal(signal.SIGCONT)
        said, _nothing = running.communicate(timeout=60)
        assert (running.returncode, "L4 holds" in said) == (0, True), said
    assert scratch(one_cluster) == []


def test_a_drill_that_is_ended_cleans_up(one_cluster: Cluster) -> None:
    repository = slow(one_cluster, 5)
    with beside(one_cluster, repository) as running:
        running.send_signal(signal.SIGTERM)
        said, _nothing = running.communicate(timeout=60)
    assert (running.returncode, "interrupted by SIGTERM" in said) == (1, True), said
    assert scratch(one_cluster) == []


def test_indices_behind_a_data_stream(opensearch: SearchFacts) -> None:
    """The lab's Elasticsearch is without data streams."""
    with cluster_of("opensearch", opensearch) as cluster:
        stream = f"{cluster.mine}-logs"
        template = {"index_patterns": [f"{cluster.mine}*"], "data_stream": {}, "priority": 500}
        template["template"] = {"settings": {"number_of_replicas": 0}}
        cluster.ask("PUT", f"_index_template/{cluster.mine}", template)
        try:
            cluster.ask("PUT", f"_data_stream/{stream}")
            cluster.ask("POST", f"{stream}/_doc?refresh=true", {"@timestamp": "2026-03-01T00:00:00Z"})
            repository = cluster.repository()
            recorded(cluster, repository, "good", f".ds-{stream}-000001")
            recorded_by_name = drilled(cluster, repository, indices=[".ds-*"])
            assert (recorded_by_name.failed, recorded_by_name.data["index_count"]) == (False, 1)
            cluster.snapshot(repository, "stream", stream)
            done = drilled(cluster, repository, assertions=[{"index": f".ds-{stream}*", "count": 1}])
            assert (done.failed, done.data["indices"]) == (False, [f".ds-{stream}-000001"])
        finally:
            cluster.answer("DELETE", f"_data_stream/{stream}")
            cluster.ask("DELETE", f"_index_template/{cluster.mine}")
