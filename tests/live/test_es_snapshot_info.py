# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""es_snapshot_info against real nodes of both products."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search import connection, information, snapshots
from ansible_collections.day2.ops.plugins.module_utils._search.connection import connected
from ansible_collections.day2.ops.plugins.module_utils._search.counts import record
from ansible_collections.day2.ops.plugins.module_utils._search.information import SPEC, operate

from .checks import attempt
from .search_help import NOBODY, Cluster
from .search_states import failed_snapshot, partial_snapshot, running_snapshot


@pytest.fixture
def cluster(search_cluster: Cluster) -> Cluster:
    """Each product in turn; what a test made is removed."""
    return search_cluster


def info(cluster: Cluster, repository: str, ahead: float = 0.0, **options: Any) -> Result:
    """Run the module, on a host whose clock goes ahead by so many seconds."""
    params = SPEC.validate({"url": [cluster.url], "repository": repository, **options}, "es_snapshot_info")
    return operate(params, clock=lambda: time.time() + ahead)


def test_a_repository_without_snapshots(cluster: Cluster) -> None:
    repository = cluster.repository()
    result = info(cluster, repository)
    assert not result.failed
    assert not result.changed
    assert (result.data["count"], result.data["snapshots"], result.data["newest"]) == (0, [], None)
    assert (result.data["age_seconds"], result.data["rpo_state"]) == (None, None)
    late = info(cluster, repository, rpo="26h")
    assert (late.failed, late.data["rpo_state"]) == (False, "missed")
    assert late.msg == f"there is no successful snapshot in {repository}"


def test_successful_snapshots(cluster: Cluster) -> None:
    index, other = cluster.filled_index("docs", 20), cluster.filled_index("more", 5)
    repository = cluster.repository()
    cluster.snapshot(repository, "daily-20260301", index, metadata=record({index: 20}, {}))
    cluster.snapshot(repository, "daily-20260302", index, other)
    cluster.snapshot(repository, "weekly-1", index)
    result = info(cluster, repository, name="daily-{now/d}", rpo=3600)
    data = result.data
    assert not result.failed, result.msg
    assert (data["distribution"], data["count"], data["states"]) == (cluster.name, 2, {"SUCCESS": 2})
    assert [one["snapshot"] for one in data["snapshots"]] == ["daily-20260302", "daily-20260301"]
    assert [one["documents"] for one in data["snapshots"]] == [None, 20]
    newest = data["newest"]
    assert newest == data["last_success"]
    assert (sorted(newest["indices"]), newest["indices_count"]) == (sorted([index, other]), 2)
    # The first of the two has brought most of its files.
    assert newest["size"] > newest["size_added"] > 0
    assert newest["shards"] == {"total": 2, "successful": 2, "failed": 0}
    assert 0 <= data["age_seconds"] < 600
    assert (data["rpo"], data["rpo_state"], data["running"], data["not_counted"]) == (3600, "met", [], [])
    assert data["last_success"]["started_at"] <= newest["ended_at"]
    one = info(cluster, repository, name="daily-20260301", sizes=False).data
    assert (one["count"], one["newest"]["snapshot"], one["newest"]["size"]) == (1, "daily-20260301", None)
    assert info(cluster, repository, name="daily-20260399").data["count"] == 0
    few = info(cluster, repository, limit=1).data
    assert (few["count"], [one["snapshot"] for one in few["snapshots"]]) == (3, ["weekly-1"])


@pytest.mark.parametrize("fault", ["cut", "gone"])
def test_a_damaged_snapshot_that_the_server_leaves_out_is_told(cluster: Cluster, fault: str) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    for name in ("a", "b", "c"):
        cluster.snapshot(repository, name, index)
    assert info(cluster, repository).data["unreadable"] == []
    uuid = cluster.ask("GET", f"_snapshot/{repository}/b")["snapshots"][0]["uuid"]
    file = cluster.folder(repository) / f"snap-{uuid}.dat"
    if fault == "cut":
        file.write_bytes(file.read_bytes()[:20])
    else:
        file.unlink()
    result = info(cluster, repository, rpo="1h")
    assert (result.failed, result.data["count"]) == (False, 2)
    (lost,) = result.data["unreadable"]
    assert lost["snapshot"] == "b"
    assert ("missing" if fault == "gone" else "corrupt") in lost["why"]
    assert result.warnings[0].startswith(
        "the repository is damaged, it cannot tell of 1 of its snapshots any more (b: "
    )
    outcome = attempt("search_snapshot", url=cluster.url, repository=repository, timeout=30)
    assert outcome.status == "fail"
    assert "unreadable is ['b: " in outcome.reason
    assert info(cluster, repository, name="a").data["unreadable"] == []


def test_a_list_in_parts_is_the_same(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pages from Elasticsearch, by names from OpenSearch, whose whole list is too large here."""
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    for number in range(5):
        cluster.snapshot(repository, f"daily-{number}", index)
    at_once = info(cluster, repository, sizes=False).data["snapshots"]
    monkeypatch.setattr(snapshots, "_PAGE", 2)
    monkeypatch.setattr(snapshots, "_LINE", 20)
    monkeypatch.setattr(connection, "_MAX_BYTES", 1500)
    assert info(cluster, repository, sizes=False).data["snapshots"] == at_once
    assert [one["snapshot"] for one in at_once] == [f"daily-{number}" for number in (4, 3, 2, 1, 0)]


def test_sizes_that_the_server_does_not_tell_are_unknown(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    cluster.snapshot(repository, "daily-1", index)

    def late(*_arguments: Any) -> dict[str, int]:
        raise Unreachable("no complete answer within 30 s")

    monkeypatch.setattr(information, "sizes", late)
    result = info(cluster, repository, rpo="1h")
    assert (result.failed, result.data["newest"]["size"], result.data["newest"]["size_added"]) == (False, None, None)
    assert result.warnings == ["the size of daily-1 is not known: no complete answer within 30 s"]


def test_the_last_success_is_too_old(cluster: Cluster) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    cluster.snapshot(repository, "daily-1", index)
    met = info(cluster, repository, ahead=3600, rpo="26h")
    assert (met.failed, met.data["rpo_state"]) == (False, "met")
    late = info(cluster, repository, ahead=27 * 3600, rpo="26h")
    assert (late.failed, late.data["rpo_state"], late.data["count"]) == (False, "missed", 1)
    assert late.msg.startswith("the last successful snapshot is 1 d 3 h old, more than 1 d 2 h: daily-1 in ")


def test_a_snapshot_from_the_future_does_not_count(cluster: Cluster) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    cluster.snapshot(repository, "daily-1", index)
    result = info(cluster, repository, ahead=-3600, rpo="26h")
    assert (result.data["rpo_state"], result.data["last_success"]) == ("missed", None)
    assert result.warnings == ["dated ahead of this host's clock and so not counted: daily-1; compare the clocks"]
    (told,) = result.data["not_counted"]
    assert told["why"] == "dated ahead of this host's clock"


def test_what_is_partial_or_failed_never_counts(cluster: Cluster) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    partial_snapshot(cluster, repository, "before")
    cluster.snapshot(repository, "whole", index)
    partial_snapshot(cluster, repository, "after")
    # `_status` calls them a success, which is why it is not asked.
    status = cluster.ask("GET", f"_snapshot/{repository}/after/_status")["snapshots"][0]
    assert status["state"] in ("SUCCESS", "PARTIAL")
    result = info(cluster, repository, rpo="1h")
    data = result.data
    assert not result.failed
    assert (data["states"], data["newest"]["snapshot"]) == ({"PARTIAL": 2, "SUCCESS": 1}, "after")
    assert data["last_success"]["snapshot"] == "whole"
    assert [(one["snapshot"], one["newer"]) for one in data["not_counted"]] == [("after", True), ("before", False)]
    after = data["not_counted"][0]
    assert after["failures"][0].startswith(f"{cluster.mine}-after-unassigned[0]: ")
    assert "PARTIAL: 1 of 2 shards failed" in after["why"]
    assert f"; newer and not counted: after, {after['why']}" in result.msg

    failed = failed_snapshot(cluster, "broken")
    result = info(cluster, failed, rpo="1h")
    assert (result.data["rpo_state"], result.data["states"]) == ("missed", {"FAILED": 1})
    assert result.data["not_counted"][0]["why"].startswith("FAILED")


def test_a_running_snapshot_and_how_far_it_is(cluster: Cluster) -> None:
    repository = running_snapshot(cluster, "running")
    data = info(cluster, repository).data
    assert (data["states"], data["last_success"]) == ({"IN_PROGRESS": 1}, None)
    (one,) = data["running"]
    assert (one["snapshot"], one["state"], one["ended_at"]) == ("running", "IN_PROGRESS", None)
    progress = one["progress"]
    assert progress["shards_done"] < progress["shards"] == 1
    assert 0 <= progress["bytes_done"] < progress["bytes"]
    assert (data["newest"]["size"], data["not_counted"], data["unreadable"]) == (None, [], [])


def test_what_is_refused(cluster: Cluster) -> None:
    with pytest.raises(NotThere, match=r"repository_missing_exception.*register it with es_repository"):
        info(cluster, "nobody-has-it")
    for options, words in (
        ({"name": "Daily"}, "upper case"),
        ({"name": "a,b"}, "has ','"),
        ({"name": "daily-{today}"}, "a brace that is no date"),
        ({"limit": 0}, "limit is 0"),
        ({"rpo": "soon"}, "rpo: expected seconds"),
    ):
        with pytest.raises(InputError, match=words):
            info(cluster, "backup", **options)
    with pytest.raises(InputError, match=r"repository '../up' has '/'"):
        info(cluster, "../up")


def test_what_is_not_there_is_told_apart(cluster: Cluster) -> None:
    """Elasticsearch 7.17 answers with status 200 and says inside that there is no such thing."""
    repository = cluster.repository()
    with connected(SPEC.validate({"url": [cluster.url], "repository": repository}, "options")) as client:
        assert snapshots.one(client, repository, "nothing") is None
        for ask in (snapshots.one, snapshots.required):
            with pytest.raises(NotThere, match="repository_missing_exception"):
                ask(client, "nobody-has-it", "nothing")


def test_nobody_answers() -> None:
    params = SPEC.validate({"url": [NOBODY, NOBODY], "repository": "backup"}, "es_snapshot_info")
    with pytest.raises(Unreachable, match="none of 2 nodes answers"):
        operate(params)
