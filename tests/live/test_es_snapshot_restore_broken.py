# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores that are interrupted, whose answers are lost, or that Ansible runs."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._search import health, restore, restore_sending
from ansible_collections.day2.ops.plugins.module_utils._search.connection import Client
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import SearchFacts, SearchProxyFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .own_plays import play
from .search_help import Cluster, cluster_of
from .search_restore_help import TO_NEW, drilled, recorded, restored, saved, scratch, state

IN_PLACE: dict[str, Any] = {"mode": "in_place", "force": True}


def test_what_was_closed_is_opened_when_somebody_ends_the_run(
    search_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = saved(search_cluster, "data")
    data = f"{search_cluster.mine}-data"
    search_cluster.fill(data, 9)

    def end(*_arguments: Any) -> None:
        assert state(search_cluster) == {data: "close"}
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(restore, "send", end)
    with pytest.raises(OpsError, match=r"interrupted by SIGTERM: .*what was open before is open"):
        restored(search_cluster, repository, **IN_PLACE)
    assert state(search_cluster) == {data: "open"}
    assert search_cluster.count(data) == 9
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
def test_an_answer_that_is_lost(opensearch: SearchFacts, monkeypatch: pytest.MonkeyPatch, made: bool) -> None:
    """The request is sent or not by ourselves: no node can be made to lose its answer at that moment."""
    real = Client.ask

    def lose(self: Client, method: str, path: str, *arguments: Any, **words: Any) -> Any:
        if not path.endswith("/_restore"):
            return real(self, method, path, *arguments, **words)
        if made:
            real(self, method, path, *arguments, **words)
        raise Unreachable("no complete answer within 30 s", on=path)

    with cluster_of("opensearch", opensearch) as cluster:
        repository = saved(cluster, "data")
        data = f"{cluster.mine}-data"
        cluster.fill(data, 9)
        monkeypatch.setattr(Client, "ask", lose)
        monkeypatch.setattr(restore_sending, "_APPEARS", 0.5)
        if made:
            assert not restored(cluster, repository, **TO_NEW).failed
            assert not restored(cluster, repository, **IN_PLACE).failed
            assert (cluster.count(f"{data}-new"), cluster.count(data)) == (5, 5)
            return
        with pytest.raises(OpsError, match="nobody knows whether the restore has begun: no complete answer"):
            restored(cluster, repository, **TO_NEW)
        with pytest.raises(OpsError, match=r"nobody knows .*what was open before is open"):
            restored(cluster, repository, **IN_PLACE)
        assert (state(cluster), cluster.count(data)) == ({data: "open"}, 9)


def test_other_names_than_planned(opensearch: SearchFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that reads a pattern otherwise, which neither does as far as is known: another one is sent."""
    real = Client.ask

    def other(self: Client, method: str, path: str, query: Any = None, body: Any = None, **words: Any) -> Any:
        if path.endswith("/_restore"):
            body = {**body, "rename_replacement": "$1-other"}
        return real(self, method, path, query, body, **words)

    with cluster_of("opensearch", opensearch) as cluster:
        repository = saved(cluster, "data")
        monkeypatch.setattr(Client, "ask", other)
        monkeypatch.setattr(restore_sending, "_APPEARS", 0.5)
        with pytest.raises(OpsError, match=rf"not under the names that were planned: {cluster.mine}-data-new are not"):
            restored(cluster, repository, **TO_NEW)


def test_who_may_not_and_what_is_no_cluster(search_proxy: SearchProxyFacts, opensearch: SearchFacts) -> None:
    trust = {"ca_certs": search_proxy["ca_certs"]}
    login = {"login_user": search_proxy["user"], "login_password": search_proxy["password"], **trust}
    reader = {"login_user": search_proxy["reader"], "login_password": search_proxy["reader_password"], **trust}
    with cluster_of("opensearch", opensearch) as cluster:
        repository = saved(cluster, "data")
        before = state(cluster)
        for name, words, options in (
            ("url", "status is 401", {**login, "login_password": "hunter2"}),
            ("url", "status is 403", reader),
            ("url", "ertificate", {**login, "ca_certs": search_proxy["wrong_ca"]}),
            ("page_url", "not JSON", trust),
            ("unavailable_url", "status is 503", trust),
            ("nobody_url", "status is 502", trust),
        ):
            given: dict[str, Any] = {**options, "url": [search_proxy[name]]}  # type: ignore[literal-required]
            for work in (restored, drilled):
                with pytest.raises(OpsError, match=words) as told:
                    work(cluster, repository, **given)
                assert "\n" not in str(told.value)
                assert "hunter2" not in str(told.value)
        assert (state(cluster), scratch(cluster)) == (before, [])
        allowed: dict[str, Any] = {"url": [search_proxy["url"]], **login}
        assert restored(cluster, repository, **TO_NEW, **allowed).data["documents"]["equal"]
        assert drilled(cluster, repository, **allowed).data["level"] == "L4"


@pytest.mark.long
def test_a_node_that_is_killed_while_it_restores(
    lab: Lab, search_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither product goes on with a restore after that: its shards stay unassigned, which they say."""
    monkeypatch.setattr(health, "_PATIENCE", {"no": 1.0, "no_valid_shard_copy": 1.0})
    data = search_cluster.filled_index("data", 600)
    repository = search_cluster.repository(max_restore_bytes_per_sec="100kb")
    recorded(search_cluster, repository, "good", data)
    with ThreadPoolExecutor() as pool:
        work = pool.submit(restored, search_cluster, repository, **TO_NEW)
        wait_for("the restore", lambda: f"{data}-new" in state(search_cluster))
        lab.break_server(search_cluster.name, "kill")
        lab.mend(search_cluster.name)
        search_cluster.await_calm()
        with pytest.raises(OpsError, match=r"the restore failed: .*; what was made is removed again"):
            work.result(timeout=120)
    assert state(search_cluster) == {data: "open"}


def test_they_are_modules(opensearch: SearchFacts, tmp_path: Path) -> None:
    with cluster_of("opensearch", opensearch) as cluster:
        repository = saved(cluster, "data")
        text = f"""
- hosts: good
  gather_facts: false
  module_defaults:
    group/day2.ops.search:
      url: "{cluster.url}"
  tasks:
    - day2.ops.es_snapshot_restore: &restore
        repository: "{repository}"
        rename_pattern: data
        rename_replacement: again
      check_mode: true
      register: planned
    - day2.ops.es_snapshot_restore: *restore
      register: restored
    - day2.ops.es_snapshot_verify:
        repository: "{repository}"
        objectives: {{rto: 5m, rpo: 1h}}
        assertions: [{{index: "*-data", min: 5}}]
      register: drill
    - ansible.builtin.assert:
        that:
          - planned is changed
          - restored is changed
          - drill is not changed
          - drill.level == "L4"
          - drill.objectives.rto.met
"""
        status, told = play(tmp_path, text, "", "--diff", "-v")
        assert status == 0, told
        assert told.count(f"+{cluster.mine}-again: {cluster.mine}-data of {repository}/good") == 2
        assert "L4 holds; 5 documents in 1 index" in told
        assert cluster.count(f"{cluster.mine}-again") == 5
