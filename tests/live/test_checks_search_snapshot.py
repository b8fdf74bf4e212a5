# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind search_snapshot against real nodes of both products."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks import search_snapshot
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, as_json
from ansible_collections.day2.ops.tests.live.checks import attempt

from .search_help import NOBODY, Cluster
from .search_states import partial_snapshot, running_snapshot


@pytest.fixture
def cluster(search_cluster: Cluster) -> Cluster:
    """Each product in turn; what a test made is removed."""
    return search_cluster


def check(cluster: Cluster, repository: str, **options: Any) -> Outcome:
    return attempt("search_snapshot", url=cluster.url, repository=repository, timeout=30, **options)


def test_a_fresh_snapshot_passes_and_an_old_one_does_not(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    nothing = check(cluster, repository)
    assert nothing.status == "fail"
    assert nothing.reason.startswith(f"there is no successful snapshot: {repository} at {cluster.url}; no snapshot")
    cluster.snapshot(repository, "daily-1", index)
    cluster.snapshot(repository, "daily-20260301", index)
    cluster.snapshot(repository, "hourly-1", index)
    outcome = check(cluster, repository, snapshot="daily-*", max_age="10m", min_count=2)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert (values["newest"], values["snapshots"], values["distribution"]) == ("daily-20260301", 2, cluster.name)
    assert 0 <= values["age"] < 600
    assert (values["running"], values["newer_not_counted"]) == ([], [])
    assert check(cluster, repository, snapshot="daily-{now/d}").values["snapshots"] == 1
    few = check(cluster, repository, min_count=4)
    assert (few.status, few.reason) == ("fail", "snapshots is 3, expected at least 4")
    late = _hours_later(monkeypatch, 27)
    old = check(cluster, repository)
    assert old.status == "fail"
    assert old.reason == f"age is 1 d 3 h, expected at most 1 d 2 h (hourly-1 in {repository})"
    assert old.values["age"] > late


def _hours_later(monkeypatch: pytest.MonkeyPatch, hours: int) -> int:
    seconds = hours * 3600
    now = time.time

    class Later:
        @staticmethod
        def time() -> float:
            return now() + seconds

    monkeypatch.setattr(search_snapshot, "time", Later)
    return seconds


def test_what_failed_later_is_told(cluster: Cluster) -> None:
    index, repository = cluster.filled_index("docs", 1), cluster.repository()
    partial_snapshot(cluster, repository, "first")
    alone = check(cluster, repository)
    assert (alone.status, "; not counted: first: PARTIAL: 1 of 2 shards failed" in alone.reason) == ("fail", True)
    cluster.snapshot(repository, "whole", index)
    assert check(cluster, repository).status == "pass"
    partial_snapshot(cluster, repository, "later")
    outcome = check(cluster, repository)
    assert outcome.status == "fail"
    assert f"later: PARTIAL: 1 of 2 shards failed ({cluster.mine}-later-unassigned[0]" in outcome.reason
    allowed = check(cluster, repository, allow_newer_failed=True)
    assert (allowed.status, allowed.values["newest"]) == ("pass", "whole")
    assert allowed.values["newer_not_counted"][0].startswith("later: PARTIAL")


def test_one_that_runs_is_no_success(cluster: Cluster) -> None:
    repository = running_snapshot(cluster, "running")
    outcome = check(cluster, repository)
    assert outcome.status == "fail"
    assert outcome.reason.endswith("; running is being made")


def test_what_is_not_there_is_unknown(cluster: Cluster) -> None:
    outcome = check(cluster, "nobody-has-it")
    assert outcome.status == "unknown"
    assert "repository_missing_exception" in outcome.reason


ABOUT = as_json({"version": {"number": "9.1.0"}, "cluster_name": "stand-in"})
DENIED = as_json({"error": {"type": "security_exception", "reason": "unable to authenticate"}, "status": 401}, 401)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (DENIED, "unknown", "status is 401 (security_exception: unable to authenticate)"),
        (Answer(b"<html>busy</html>"), "fail", "the answer is not JSON"),
        (as_json({"snapshots": [{"snapshot": "a"}]}), "fail", "the answer on a snapshot cannot be read"),
        (as_json({"error": {"type": "repository_exception", "reason": "cannot read"}}, 500), "fail", "cannot read"),
    ],
)
def test_what_stand_ins_say(answer: Answer, status: str, words: str) -> None:
    """STAND-IN for a server that is broken or asks for a login."""
    with answering(lambda asked: ABOUT if asked.path == "/" else answer) as url:
        outcome = attempt("search_snapshot", url=url, repository="backup", login_user="a", login_password="hunter2")
    assert outcome.status == status, outcome
    assert words in outcome.reason
    assert "hunter2" not in str(outcome)


def test_all_questions_together_have_the_time_of_one_attempt() -> None:
    """STAND-IN for a server that takes its time for each question."""

    asked_for: list[str] = []

    def slow(asked: Asked) -> Answer:
        asked_for.append(asked.path)
        time.sleep(0.4)
        return ABOUT if asked.path == "/" else as_json({"snapshots": []})

    with answering(slow) as url:
        outcome = attempt("search_snapshot", url=url, repository="backup", timeout=0.6)
    assert (outcome.status, "no complete answer within" in outcome.reason) == ("fail", True)
    assert len(asked_for) <= 2, asked_for


def test_nobody_answers_and_what_answers_is_something_else() -> None:
    assert attempt("search_snapshot", url=NOBODY, repository="backup").status == "fail"
    with answering(always(as_json({"hello": "world"}))) as url:
        outcome = attempt("search_snapshot", url=url, repository="backup")
    assert (outcome.status, outcome.reason.partition(":")[0]) == (
        "unknown",
        "this is neither Elasticsearch nor OpenSearch",
    )


def test_options_that_are_wrong() -> None:
    with pytest.raises(InputError, match="repository"):
        attempt("search_snapshot", url=NOBODY)
    for options in ({"repository": "a/b"}, {"repository": "a", "snapshot": "Daily"}):
        outcome = attempt("search_snapshot", url=NOBODY, **options)
        assert outcome.status == "unknown"
