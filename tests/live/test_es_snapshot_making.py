# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots made, found, adopted and replaced in real nodes of both products."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Conflict, Unavailable

from . import search_states as states
from .es_snapshot_making_help import begun, made, refused
from .search_help import Cluster

NO_REPLICAS = {"number_of_replicas": 0}


def test_it_is_made_once(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    index, other = search_cluster.filled_index("data", 3), search_cluster.filled_index("other", 2)
    closed = search_cluster.filled_index("closed", 1)
    search_cluster.ask("POST", f"{closed}/_close")
    name = time.strftime("daily-%Y%m%d", time.gmtime())
    planned = made(search_cluster, repository, check_mode=True)
    assert (planned.changed, planned.data["plan"]) == (True, {"indices": 2, "replaces": None})
    assert search_cluster.snapshots(repository) == {}
    result = made(search_cluster, repository, metadata={"ticket": "OPS-1"})
    assert (result.changed, result.failed) == (True, False)
    assert result.warnings == [f"closed, and so not in {repository}/{name} unless named: {closed}"]
    assert result.diff == planned.diff == {"before": "", "after": f"{name}: SUCCESS\n"}
    told = {
        field: result.data[field] for field in ("snapshot", "repository", "state", "documents", "shards", "adopted")
    }
    shards = {"total": 2, "successful": 2, "failed": 0}
    assert told == {
        "snapshot": name,
        "repository": repository,
        "state": "SUCCESS",
        "documents": 5,
        "shards": shards,
        "adopted": False,
    }
    assert result.data["size"] > 5000
    assert result.msg.startswith(f"{repository}/{name} at {search_cluster.url}: SUCCESS, 2 shards, 5 documents, ")
    (shown,) = search_cluster.ask("GET", f"_snapshot/{repository}/{name}")["snapshots"]
    assert sorted(shown["indices"]) == sorted([index, other])
    assert (shown["include_global_state"], shown["metadata"]["ticket"]) == (False, "OPS-1")
    assert shown["metadata"]["day2"]["counts"] == {index: 3, other: 2}
    for check_mode in (False, True):
        again = made(search_cluster, repository, check_mode=check_mode)
        assert (again.changed, again.diff, again.warnings) == (False, {"before": "", "after": ""}, [])
        assert (begun(again), again.data["documents"]) == (begun(result), 5)


def test_what_was_named_later_is_missed_in_one_that_is_there(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    index = search_cluster.filled_index("data", 3)
    made(search_cluster, repository, counts=False)
    (warning,) = made(search_cluster, repository, indices=[index, later := search_cluster.make_index("later")]).warnings
    assert warning.endswith(f"holds no {later}")


def test_what_cannot_be_made_is_told_before_the_cluster_is_asked(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    missing = f"{search_cluster.mine}-missing"
    assert refused(search_cluster, missing, NotThere).endswith("register it with es_repository")
    told = refused(search_cluster, repository, NotThere, indices=[missing])
    assert f"no such index [{missing}]" in told
    assert "is no open index" in refused(search_cluster, repository, NotThere)
    readonly = search_cluster.readonly_repository(repository)
    search_cluster.filled_index("data", 3)
    assert refused(search_cluster, readonly, InputError).startswith("the repository is read-only: ")
    red = search_cluster.unassigned_index()
    told = refused(search_cluster, repository, Unavailable)
    assert told.startswith(f"the cluster is red: a primary shard of {red} is on no node: {repository}/new at http")
    assert search_cluster.snapshots(repository) == {}
    left_out = made(search_cluster, repository, indices=[f"{search_cluster.mine}*", f"-{red}"])
    assert left_out.data["state"] == "SUCCESS"
    allowed = made(search_cluster, repository, "empty", indices=[missing], ignore_unavailable=True)
    assert (allowed.data["state"], allowed.data["documents"], allowed.failed) == ("SUCCESS", 0, False)


def test_one_that_is_partial_is_a_failure_and_replaced_once_it_can_be_whole(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    made(search_cluster, repository, "daily-20260101")
    red = search_cluster.unassigned_index()
    rules = {"last": 1}
    result = made(search_cluster, repository, partial=True, retention=rules)
    assert (result.failed, result.changed, result.data["state"]) == (True, True, "PARTIAL")
    assert result.data["failures"] == [f"{red}[0]: primary shard is not allocated"]
    assert f"is PARTIAL: 1 of 2 shards failed ({red}[0]: primary shard is not allocated); no older" in result.msg
    assert result.data["documents"] == 3
    for partial in (True, False):
        left = made(search_cluster, repository, partial=partial, retention=rules)
        assert (left.failed, left.changed, begun(left)) == (True, False, begun(result))
        assert left.msg.endswith(
            f"a primary shard of {red} is on no node, so no better one can be made, and it is left"
        )
    search_cluster.ask("DELETE", red)
    planned = made(search_cluster, repository, check_mode=True, retention=rules)
    assert "would be made of 1 index, in place of one that is PARTIAL: 1 of 2 shards failed" in planned.msg
    better = made(search_cluster, repository, retention=rules)
    assert (better.failed, better.changed, better.data["replaced"]) == (False, True, "PARTIAL")
    assert better.diff == planned.diff
    assert "it replaces one that was PARTIAL" in better.msg
    assert search_cluster.snapshots(repository) == {better.data["snapshot"]: "SUCCESS"}


def test_one_that_is_failed_is_replaced(search_cluster: Cluster) -> None:
    repository = states.failed_snapshot(search_cluster, "failed")
    planned = made(search_cluster, repository, "failed", check_mode=True)
    assert (planned.changed, planned.data["plan"]["replaces"]) == (True, "FAILED")
    assert search_cluster.state(repository, "failed") == "FAILED"
    result = made(search_cluster, repository, "failed")
    assert (result.failed, result.data["state"], result.data["replaced"]) == (False, "SUCCESS", "FAILED")
    assert result.diff == {"before": "failed: FAILED\n", "after": "failed: SUCCESS\n"}
    assert "it replaces one that was FAILED: 1 of 1 shards failed (" in result.msg


def test_what_cannot_be_written_is_a_failure_and_nothing_older_goes(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    index = search_cluster.filled_index("data", 3)
    for name in ("daily-20260101", "daily-20260102"):
        made(search_cluster, repository, name)
    search_cluster.fill(index, 4)
    with states.unwritable(search_cluster, repository, "indices"):
        result = made(search_cluster, repository, retention={"last": 1})
    assert (result.failed, result.data["state"], result.data["removed"]) == (True, "PARTIAL", [])
    assert "AccessDeniedException" in result.data["failures"][0]
    with states.unwritable(search_cluster, repository):
        told = refused(search_cluster, repository, OpsError, "other")
    assert "the snapshot is gone before its end: the repository fails its verification: " in told
    assert "must own or be able to write to" in told
    assert sorted(search_cluster.snapshots(repository).values()) == ["PARTIAL", "SUCCESS", "SUCCESS"]


def test_a_disk_that_is_full(search_cluster: Cluster) -> None:
    if reason := states.missing_for_full_disk():
        pytest.skip(reason)
    search_cluster.filled_index("data", 3)
    with states.small_disk(search_cluster) as repository:
        made(search_cluster, repository, "daily-20260101")
        states.fill_disk(search_cluster.folder(repository))
        told = refused(search_cluster, repository, OpsError, "daily-{now/d}", retention={"last": 1})
        assert "No space left on device" in told
        assert search_cluster.snapshots(repository) == {"daily-20260101": "SUCCESS"}
        search_cluster.ask("DELETE", f"_snapshot/{repository}")


def test_another_one_is_awaited_or_told(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()  # its verification would wait for the one thread that a snapshot has
    busy = states.running_snapshot(search_cluster, "busy", 4)
    planned = made(search_cluster, repository, check_mode=True)
    assert f"once {busy}/busy is being made" in planned.msg
    told = refused(search_cluster, repository, Conflict, when_busy="fail")
    assert told.startswith(f"{busy}/busy is being made, since 20")
    told = refused(search_cluster, repository, Conflict, wait_timeout="100ms")
    assert "longer than the 0.1 s of wait_timeout" in told
    result = made(search_cluster, repository)
    (first,) = search_cluster.ask("GET", f"_snapshot/{busy}/busy")["snapshots"]
    assert first["state"] == "SUCCESS"
    assert result.data["started_at"] * 1000 >= first["end_time_in_millis"] - 250  # the servers' clocks are coarse


def test_a_deadline_ends_the_wait_alone_and_the_next_run_adopts(search_cluster: Cluster) -> None:
    search_cluster.filled_index("data", 300)
    repository = search_cluster.slow_repository()
    result = made(search_cluster, repository, wait_timeout="300ms")
    assert (result.failed, result.changed, result.data["state"]) == (True, True, "IN_PROGRESS")
    assert "is not done within 0.3 s, and goes on: " in result.msg
    assert result.msg.endswith("es_snapshot_info shows it, and this task run again goes on waiting")
    planned = made(search_cluster, repository, check_mode=True)
    assert (planned.changed, planned.data["adopted"]) == (False, True)
    not_awaited = made(search_cluster, repository, wait=False)
    assert (not_awaited.changed, not_awaited.failed, not_awaited.data["state"]) == (False, False, "IN_PROGRESS")
    told: list[str] = []
    adopted = made(search_cluster, repository, tell=told.append)
    assert (adopted.failed, adopted.data["state"], adopted.data["adopted"]) == (False, "SUCCESS", True)
    assert begun(adopted) == begun(planned)
    assert adopted.data["documents"] == 300
    assert all("shards" in line or "about to end" in line for line in told)
    assert search_cluster.snapshots(repository) == {adopted.data["snapshot"]: "SUCCESS"}


def test_one_that_is_only_begun(search_cluster: Cluster) -> None:
    search_cluster.filled_index("data", 100)
    repository = search_cluster.slow_repository()
    result = made(search_cluster, repository, wait=False)
    assert (result.changed, result.failed, result.data["state"]) == (True, False, "IN_PROGRESS")
    assert made(search_cluster, repository).data["adopted"]


def test_metadata_and_counts_fit_together_or_are_refused(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 1)
    told = refused(search_cluster, repository, InputError, metadata={"text": "x" * 1000})
    assert told.startswith("metadata are too large")
    assert made(search_cluster, repository, "most", metadata={"text": "x" * 700}).data["documents"] == 1
    whole = {"text": "x" * 900}
    assert made(search_cluster, repository, "own", metadata=whole, counts=False).data["documents"] is None
    (shown,) = search_cluster.ask("GET", f"_snapshot/{repository}/own")["snapshots"]
    assert json.dumps(shown["metadata"]) == json.dumps(whole)


def test_data_streams_aliases_and_closed_indices_that_are_named_are_in_it(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    mine = search_cluster.mine
    index, closed = search_cluster.filled_index("data", 3), search_cluster.filled_index("closed", 2)
    search_cluster.ask("POST", f"{closed}/_close")
    search_cluster.ask("PUT", f"{index}/_alias/{mine}-alias")
    # Elasticsearch has data streams in a part that its free jars are without.
    streams = [f"{mine}-stream"] if search_cluster.name == "opensearch" else []
    for stream in streams:
        template = {"index_patterns": [stream], "data_stream": {}, "template": {"settings": NO_REPLICAS}}
        search_cluster.ask("PUT", f"_index_template/{mine}", template)
        search_cluster.ask("POST", f"{stream}/_doc?refresh=true", {"@timestamp": "2026-03-01T02:00:00Z"})
    try:
        named = [f"{mine}-alias", *streams, closed]
        for name, indices in (("named", named), ("all", [f"{mine}*"])):
            result = made(search_cluster, repository, name, indices=indices)
            assert (result.failed, result.data["documents"]) == (False, 3 + len(streams))
            assert len(result.warnings) == (name == "all")  # of the closed one
            (shown,) = search_cluster.ask("GET", f"_snapshot/{repository}/{name}")["snapshots"]
            assert shown["data_streams"] == streams
            assert index in shown["indices"]
            assert (closed in shown["indices"]) == (name == "named")
            assert not made(search_cluster, repository, name, indices=indices).warnings
    finally:
        for stream in streams:
            search_cluster.ask("DELETE", f"_data_stream/{stream}")
            search_cluster.ask("DELETE", f"_index_template/{mine}")
