# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of real nodes through connections that are lost, logins that end, nodes that hang and are killed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import SearchFacts, SearchProxyFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .es_snapshot_making_help import FORBIDDEN, LOST_AFTER, LOST_BEFORE, Fate, between, first, made, refused
from .search_help import NOBODY, Cluster, cluster_of


@pytest.mark.parametrize("end", [LOST_AFTER, LOST_BEFORE])
def test_an_order_whose_answer_is_lost_is_carried_out_once(search_cluster: Cluster, end: str) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    with between(search_cluster, first("PUT", "/_snapshot/", end)) as url:
        result = made(search_cluster, repository, url=[url])
    assert (result.changed, result.failed, result.data["adopted"], result.data["state"]) == (
        True,
        False,
        False,
        "SUCCESS",
    )
    assert list(search_cluster.snapshots(repository).values()) == ["SUCCESS"]


def test_a_removal_whose_answer_is_lost_is_seen_to_be_done(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    made(search_cluster, repository, "one")
    for end in (LOST_AFTER, LOST_BEFORE):
        made(search_cluster, repository, "two")
        with between(search_cluster, first("DELETE", "/two", end)) as url:
            result = made(search_cluster, repository, "two", url=[url], state="absent")
        assert result.changed
        assert search_cluster.snapshots(repository) == {"one": "SUCCESS"}


def test_answers_that_are_lost_while_it_is_made_are_borne(search_cluster: Cluster) -> None:
    repository = search_cluster.slow_repository()
    search_cluster.filled_index("data", 100)
    ordered = threading.Event()
    lose = first("GET", "/_snapshot/", LOST_BEFORE, 3)
    with between(search_cluster, after_order(ordered, lose)) as url:
        result = made(search_cluster, repository, url=[url])
    assert ordered.is_set()
    assert result.data["state"] == "SUCCESS"


def test_a_login_that_ends_while_it_is_made_ends_the_wait(search_cluster: Cluster) -> None:
    repository = search_cluster.slow_repository()
    search_cluster.filled_index("data", 300)
    forbid = first("GET", "/_snapshot/", FORBIDDEN)
    with between(search_cluster, after_order(threading.Event(), forbid)) as url:
        told = refused(search_cluster, repository, AccessDenied, url=[url])
    assert "security_exception: not any more" in told
    assert told.endswith("the snapshot goes on: see es_snapshot_info")
    assert made(search_cluster, repository, "new").data["adopted"]


def after_order(ordered: threading.Event, fate: Fate) -> Fate:
    """Return what gives that fate to what comes once a snapshot was ordered."""

    def ends(method: str, path: str) -> str:
        if method == "PUT":
            ordered.set()
            return ""
        return fate(method, path) if ordered.is_set() else ""

    return ends


def test_the_next_node_is_asked(search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    result = made(search_cluster, repository, url=[NOBODY, search_cluster.url], retention={"last": 1})
    assert result.data["state"] == "SUCCESS"
    assert "none of 2 nodes answers" in refused(search_cluster, repository, Unreachable, url=[NOBODY, NOBODY])


def test_a_node_that_hangs_is_one_line(lab: Lab, search_cluster: Cluster) -> None:
    repository = search_cluster.repository()
    search_cluster.filled_index("data", 3)
    lab.break_server(search_cluster.name, "hang")
    told = refused(search_cluster, repository, Unreachable, timeout=0.5)
    assert told.startswith("no complete answer within 0.5 s: ")
    lab.mend(search_cluster.name)


def test_who_may_not_is_told_so(lab: Lab, search_proxy: SearchProxyFacts) -> None:
    with cluster_of("opensearch", lab.facts["opensearch"]) as cluster:
        repository = cluster.repository()
        cluster.filled_index("data", 3)
        trust: dict[str, Any] = {"url": [search_proxy["url"]], "ca_certs": search_proxy["ca_certs"]}
        login = {**trust, "login_user": search_proxy["user"], "login_password": search_proxy["password"]}
        assert made(cluster, repository, **login).data["state"] == "SUCCESS"
        reader = {**trust, "login_user": search_proxy["reader"], "login_password": search_proxy["reader_password"]}
        assert "status is 403" in refused(cluster, repository, AccessDenied, **reader)
        told = refused(cluster, repository, AccessDenied, **{**login, "login_password": "hunter2-wrong"})
        assert "status is 401" in told
        assert "hunter2" not in told
        assert "ertificate" in refused(
            cluster, repository, AccessDenied, **{**login, "ca_certs": search_proxy["wrong_ca"]}
        )
        told = refused(cluster, repository, OpsError, **{**trust, "url": [search_proxy["page_url"]]})
        assert "not JSON" in told
        assert list(cluster.snapshots(repository).values()) == ["SUCCESS"]


@pytest.mark.long
def test_a_node_that_is_killed_loses_it_and_the_next_run_makes_it(lab: Lab, opensearch: SearchFacts) -> None:
    with cluster_of("opensearch", opensearch) as cluster:
        killed_while_it_is_made(lab, cluster)


@pytest.mark.long
def test_elasticsearch_that_is_killed_loses_it_and_the_next_run_makes_it(lab: Lab, elasticsearch: SearchFacts) -> None:
    with cluster_of("elasticsearch", elasticsearch) as cluster:
        killed_while_it_is_made(lab, cluster)


def killed_while_it_is_made(lab: Lab, search_cluster: Cluster) -> None:
    repository = search_cluster.slow_repository()
    search_cluster.filled_index("data", 500)
    made(search_cluster, search_cluster.repository(), "daily-20260101")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(made, search_cluster, repository, "new", timeout=5, wait_timeout="120s")
        wait_for("a snapshot that runs", lambda: search_cluster.state(repository, "new") == "IN_PROGRESS")
        lab.break_server(search_cluster.name, "kill")
        lab.mend(search_cluster.name)
        with pytest.raises(NotThere, match="the snapshot is gone before its end: somebody has removed it, or the clus"):
            running.result()
    search_cluster.await_calm()
    search_cluster.ask("PUT", f"_snapshot/{repository}", fast(search_cluster, repository))
    again = made(search_cluster, repository, "new")
    assert (again.changed, again.data["state"], again.data["documents"]) == (True, "SUCCESS", 500)


def fast(cluster: Cluster, repository: str) -> dict[str, object]:
    """Return the repository without its limit."""
    return {"type": "fs", "settings": {"location": str(cluster.folder(repository))}}
