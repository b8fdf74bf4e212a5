# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old snapshots that go, and those that do not, in real nodes of both products."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Conflict

from . import search_states as states
from .es_snapshot_making_help import FORBIDDEN, between, first, made, refused
from .search_help import Cluster


def gone(result: Any) -> list[str]:
    """Return the names of those that were removed, in the order in which they went."""
    return [one["snapshot"] for one in result.data["removed"]]


def test_old_ones_of_the_family_go_one_after_the_other(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    states.partial_snapshot(search_cluster, repository, "daily-20260101")
    for name in ("daily-20260102", "daily-20260103", "hourly-2026010200", "daily-2026", "other"):
        search_cluster.snapshot(repository, name)
    rules = {"keep_last": 2}
    planned = made(search_cluster, repository, check_mode=True, retention=rules)
    result = made(search_cluster, repository, retention=rules)
    new = result.data["snapshot"]
    partial = "PARTIAL, and {} is newer and SUCCESS"
    assert planned.data["removed"] == result.data["removed"]
    assert result.data["removed"] == [
        {"snapshot": "daily-20260101", "state": "PARTIAL", "why": partial.format(new)},
        {"snapshot": "daily-20260102", "state": "SUCCESS", "why": "no rule keeps it"},
    ]
    assert planned.diff == result.diff
    assert result.msg.endswith("; removed daily-20260101, daily-20260102")
    assert sorted(search_cluster.snapshots(repository)) == sorted(
        ["daily-20260103", new, "hourly-2026010200", "daily-2026", "other"]
    )
    again = made(search_cluster, repository, check_mode=True, retention={"last": 1})
    assert (again.changed, gone(again)) == (True, ["daily-20260103"])
    again = made(search_cluster, repository, retention={"last": 1})
    assert (again.changed, gone(again)) == (True, ["daily-20260103"])
    assert not made(search_cluster, repository, retention={"last": 1}).changed


def test_what_cannot_be_removed_is_told_and_the_new_one_counts(search_cluster: Cluster) -> None:
    repository = search_cluster.repository(max_restore_bytes_per_sec="100kb")
    index = search_cluster.filled_index("data", 200)
    for name in ("daily-20260101", "daily-20260102"):
        search_cluster.snapshot(repository, name, index)
    made(search_cluster, repository, indices=[index])  # while it restores, a small node makes none
    restore = {"indices": index, "rename_pattern": "(.+)", "rename_replacement": "$1-again"}
    search_cluster.ask("POST", f"_snapshot/{repository}/daily-20260101/_restore", restore)
    result = made(search_cluster, repository, indices=[index], retention={"last": 1})
    assert (result.failed, result.changed, gone(result)) == (False, True, ["daily-20260102"])
    (warning,) = result.warnings
    assert warning.startswith("daily-20260101 would be removed (no rule keeps it): status is 503 (concurrent_snapshot")
    with between(search_cluster, first("DELETE", "/_snapshot/", FORBIDDEN, 5)) as url:
        result = made(search_cluster, repository, indices=[index], retention={"last": 1}, url=[url])
    assert (result.failed, result.changed) == (False, False)
    assert result.warnings[0].startswith("no more old snapshots were removed: status is 403")


def test_wrong_rules_are_told_at_once(search_cluster: Cluster) -> None:
    assert "keep nothing" in refused(search_cluster, "r", InputError, "daily-{now/d}", retention={"last": 0})
    assert "has no date" in refused(search_cluster, "r", InputError, "daily", retention={"last": 2})
    told = refused(search_cluster, "r", InputError, "daily-{now/d}", retention={"last": 2}, wait=False)
    assert "before the new snapshot is SUCCESS" in told


def test_one_is_removed_when_it_is_not_missed(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    for name in ("daily-20260101", "daily-20260102", "once"):
        made(search_cluster, repository, name)
    absent: dict[str, Any] = {"state": "absent"}
    told = refused(search_cluster, repository, InputError, "daily-20260102", **absent)
    assert told.startswith("it is the last SUCCESS, and is not removed: ")
    for check_mode, changed in ((True, True), (False, True), (True, False), (False, False)):
        result = made(search_cluster, repository, "daily-20260101", check_mode, **absent)
        assert result.changed == changed
        assert gone(result) == (["daily-20260101"] if changed else [])
    made(search_cluster, repository, "once", **absent)
    assert "daily-20260102" in refused(search_cluster, repository, InputError, "daily-20260102", **absent)
    assert made(search_cluster, repository, "daily-20260102", force=True, **absent).changed
    assert search_cluster.snapshots(repository) == {}
    made(search_cluster, repository, "once")
    assert "the last SUCCESS" in refused(search_cluster, repository, InputError, "once", **absent)
    readonly = search_cluster.readonly_repository(repository)
    assert "is read-only" in refused(search_cluster, readonly, InputError, "once", force=True, **absent)


def test_one_that_is_being_made_is_aborted_by_force_alone(search_cluster: Cluster) -> None:
    repository = states.running_snapshot(search_cluster, "running", 5)
    told = refused(search_cluster, repository, Conflict, "running", state="absent")
    assert told.endswith("; set force to abort it")
    result = made(search_cluster, repository, "running", state="absent", force=True)
    assert "aborted and removed, it was IN_PROGRESS" in result.msg
    with pytest.raises(StopIteration):
        next(iter(search_cluster.snapshots(repository)))
