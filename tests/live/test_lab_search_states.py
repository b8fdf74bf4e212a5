# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both products say in each bad state of a snapshot, a repository or the node, as tests can bring it about.

This is of the servers, not of the collection: when a newer version of one behaves otherwise, it shows here.
"""

from __future__ import annotations

import pytest
import requests
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import SearchFacts

from . import search_states as states
from .search_help import Cluster, cluster_of

# Half a minute in all, and nothing in it is the collection's.
pytestmark = pytest.mark.long


def _said(answer: requests.Response) -> tuple[int, str, str]:
    """Return the status, and type and reason of an error with the innermost cause's."""
    cause = error = answer.json()["error"]
    while "caused_by" in cause:
        cause = cause["caused_by"]
    return answer.status_code, error["type"], f"{error['reason']}: {cause['reason']}"


def _refused(cluster: Cluster, repository: str, name: str = "refused") -> tuple[int, str, str]:
    body = {"indices": f"{cluster.mine}*", "include_global_state": False}
    return _said(cluster.answer("PUT", f"_snapshot/{repository}/{name}?wait_for_completion=true", body))


def test_a_snapshot_of_a_primary_that_is_not_there_is_refused_or_partial(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    states.partial_snapshot(search_cluster, repository, "partial")
    search_cluster.unassigned_index()
    assert search_cluster.ask("GET", "_cluster/health")["status"] == "red"
    status, kind, reason = _refused(search_cluster, repository)
    assert (status, kind) == (500, "snapshot_exception")
    assert "Indices don't have primary shards" in reason
    assert search_cluster.snapshots(repository) == {"partial": "PARTIAL"}


def test_a_snapshot_whose_data_cannot_be_written_is_partial_without_being_asked_to(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    index = search_cluster.filled_index("data", 3)
    search_cluster.snapshot(repository, "good", index)
    search_cluster.fill(index, 4)
    with states.unwritable(search_cluster, repository, "indices"):
        shown = search_cluster.snapshot(repository, "bad", index)["snapshot"]
    assert (shown["state"], shown["shards"]) == ("PARTIAL", {"total": 1, "failed": 1, "successful": 0})
    assert "AccessDeniedException" in shown["failures"][0]["reason"]
    search_cluster.snapshot(repository, "better", index)
    assert search_cluster.snapshots(repository) == {"good": "SUCCESS", "bad": "PARTIAL", "better": "SUCCESS"}


def test_a_repository_that_no_node_may_write_to(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    with states.unwritable(search_cluster, repository):
        assert _said(search_cluster.answer("POST", f"_snapshot/{repository}/_verify"))[1] == (
            "repository_verification_exception"
        )
        status, kind, reason = _refused(search_cluster, repository)
    assert (status, kind) == (500, "snapshot_exception")
    assert "failed to update snapshot in repository" in reason
    assert search_cluster.snapshots(repository) == {}


def test_a_snapshot_that_is_failed(search_cluster: Cluster) -> None:
    repository = states.failed_snapshot(search_cluster, "failed")
    (shown,) = search_cluster.ask("GET", f"_snapshot/{repository}/failed")["snapshots"]
    assert (shown["state"], shown["reason"]) == ("FAILED", "Snapshot was aborted by deletion")
    assert _refused(search_cluster, repository, "failed")[1] == "invalid_snapshot_name_exception"
    answer = search_cluster.answer("POST", f"_snapshot/{repository}/failed/_restore", {"rename_replacement": "x"})
    assert "unsupported snapshot state [FAILED]" in answer.text
    search_cluster.ask("DELETE", f"_snapshot/{repository}/failed")
    search_cluster.snapshot(repository, "failed")
    assert search_cluster.snapshots(repository) == {"failed": "SUCCESS"}


def test_a_snapshot_that_runs_is_seen_and_lets_others_begin_beside_it(search_cluster: Cluster) -> None:
    repository = states.running_snapshot(search_cluster, "running", 3)
    assert search_cluster.state(repository, "running") == "IN_PROGRESS"
    (running,) = search_cluster.ask("GET", f"_snapshot/{repository}/_status")["snapshots"]
    assert (running["snapshot"], running["state"]) == ("running", "STARTED")
    status, kind, reason = _refused(search_cluster, repository, "running")
    assert (status, kind) == (400, "invalid_snapshot_name_exception")
    assert "snapshot with the same name is already in-progress" in reason
    search_cluster.snapshot(repository, "second", wait=False)
    answer = search_cluster.answer("DELETE", f"{search_cluster.mine}-running-data")
    assert _said(answer)[:2] == (400, "snapshot_in_progress_exception")
    search_cluster.ask("DELETE", f"_snapshot/{repository}/running")
    assert search_cluster.state(repository, "running") is None


def test_repositories_that_cannot_be_used(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    readonly = search_cluster.readonly_repository(repository)
    assert "cannot create snapshot in a readonly repository" in _refused(search_cluster, readonly)[2]
    assert _refused(search_cluster, f"{search_cluster.mine}-missing")[:2] == (404, "repository_missing_exception")
    elsewhere = {"type": "fs", "settings": {"location": "/srv/elsewhere"}}
    answer = search_cluster.answer("PUT", f"_snapshot/{search_cluster.mine}-elsewhere", elsewhere)
    assert "location [/srv/elsewhere] doesn't match any of the locations specified by path.repo" in answer.text
    unknown = {"type": "s3", "settings": {"bucket": "backups"}}
    answer = search_cluster.answer("PUT", f"_snapshot/{search_cluster.mine}-unknown", unknown)
    assert "repository type [s3] does not exist" in answer.text
    search_cluster.snapshot(repository, "good")
    states.lose_folder(search_cluster, repository)
    assert "concurrent modification of the index-N file" in _refused(search_cluster, repository)[2]
    assert search_cluster.answer("GET", f"_snapshot/{repository}/_all").status_code == 500


def test_a_disk_that_is_full(search_cluster: Cluster) -> None:
    reason = states.missing_for_full_disk()
    if reason:
        pytest.skip(reason)
    search_cluster.filled_index("data", 3)
    with states.small_disk(search_cluster) as repository:
        search_cluster.snapshot(repository, "good")
        states.fill_disk(search_cluster.folder(repository))
        assert "No space left on device" in _refused(search_cluster, repository)[2]
        assert search_cluster.snapshots(repository) == {"good": "SUCCESS"}
        search_cluster.ask("DELETE", f"_snapshot/{repository}")


def test_a_restore_that_clashes_with_an_open_index(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    index = search_cluster.filled_index("data", 3)
    search_cluster.snapshot(repository, "good")
    status, kind, reason = _said(search_cluster.answer("POST", f"_snapshot/{repository}/good/_restore"))
    assert (status, kind) == (500, "snapshot_restore_exception")
    assert f"cannot restore index [{index}] because an open index with same name already exists" in reason


def test_a_snapshot_that_is_newer_than_its_reader(opensearch: SearchFacts, elasticsearch: SearchFacts) -> None:
    with cluster_of("opensearch", opensearch) as maker, cluster_of("elasticsearch", elasticsearch) as reader:
        repository = states.newer_snapshot(maker, reader, "newer")
        assert reader.snapshots(repository) == {"newer": "SUCCESS"}
        status, kind, reason = _said(reader.answer("POST", f"_snapshot/{repository}/newer/_restore"))
        assert (status, kind) == (500, "snapshot_restore_exception")
        assert "which is higher than the version of this node" in reason


def test_a_node_that_is_killed_forgets_the_snapshot_that_it_was_making(lab: Lab, search_cluster: Cluster) -> None:
    repository = states.running_snapshot(search_cluster, "running", 3)
    search_cluster.snapshot(repository, "waiting", f"{search_cluster.mine}-running-data", wait=False)
    lab.break_server(search_cluster.name, "kill")
    lab.mend(search_cluster.name)
    search_cluster.await_calm()
    assert search_cluster.snapshots(repository) == {}
    search_cluster.snapshot(search_cluster.repository(), "good", f"{search_cluster.mine}-running-data")
    assert search_cluster.count(f"{search_cluster.mine}-running-data") == 300
