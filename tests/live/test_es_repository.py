# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories registered, changed, verified and unregistered in real nodes of both products."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Conflict
from ansible_collections.day2.ops.plugins.module_utils._search.repository import SPEC, operate
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts, SearchProxyFacts

from . import search_states as states
from .search_help import NOBODY, Cluster, cluster_of


def had(cluster: Cluster, check_mode: bool = False, **options: Any) -> Result:
    """Run the operation for the test's own repository, as the module does."""
    given = {"url": [cluster.url], "name": f"{cluster.mine}-own", "timeout": 20, **options}
    return operate(SPEC.validate(given, "test"), check_mode)


def fs(cluster: Cluster, folder: str = "own", **settings: Any) -> dict[str, Any]:
    """Return the options of a repository in a folder of the test's own."""
    location = str(cluster.folder(f"{cluster.mine}-{folder}"))
    return {"type": "fs", "settings": {"location": location, **settings}}


def registered(cluster: Cluster) -> dict[str, Any]:
    """Return what the server says of the test's repositories."""
    return {name: cluster.ask("GET", f"_snapshot/{name}")[name] for name in cluster.repositories()}


def refused(cluster: Cluster, kind: type[OpsError], **options: Any) -> OpsError:
    """Run it, expect an error of the kind in one line, and return that."""
    with pytest.raises(kind) as caught:
        had(cluster, **options)
    assert str(caught.value).isprintable()
    return caught.value


def test_it_is_registered_once(search_cluster: Cluster) -> None:
    wanted = fs(search_cluster, compress=True, chunk_size="512mb")
    name = f"{search_cluster.mine}-own"
    planned = had(search_cluster, check_mode=True, **wanted)
    assert (planned.changed, planned.data["nodes"], registered(search_cluster)) == (True, None, {})
    made = had(search_cluster, **wanted)
    stored = {"location": wanted["settings"]["location"], "compress": "true", "chunk_size": "512mb"}
    assert registered(search_cluster) == {name: {"type": "fs", "settings": stored}}
    assert (made.changed, made.data["nodes"], made.data["settings"]) == (True, [search_cluster.name], stored)
    assert made.diff == {"before": {}, "after": {"type": "fs", "settings": dict(sorted(stored.items()))}}
    assert made.msg == f"repository {name} (fs): registered; verified by {search_cluster.name}"
    for check_mode in (False, True):
        again = had(search_cluster, check_mode, **fs(search_cluster, compress="true", chunk_size="536870912b"))
        assert (again.changed, again.data["nodes"]) == (False, [search_cluster.name])
        assert again.diff is not None
        assert again.diff["before"]["settings"]["chunk_size"] == "512mb"
    unverified = had(search_cluster, **wanted, verify=False)
    assert (unverified.changed, unverified.data["nodes"]) == (False, None)


def test_a_change_is_shown_and_made_whole(search_cluster: Cluster) -> None:
    had(search_cluster, **fs(search_cluster, compress=True))
    changed = fs(search_cluster, "other", max_snapshot_bytes_per_sec="10mb")
    planned = had(search_cluster, check_mode=True, **changed)
    assert next(iter(registered(search_cluster).values()))["settings"]["compress"] == "true"
    made = had(search_cluster, **changed)
    assert planned.diff == made.diff
    assert (planned.changed, made.changed) == (True, True)
    assert made.diff is not None
    assert made.diff["before"]["settings"]["location"].endswith("-own")
    assert made.diff["after"]["settings"] == changed["settings"]
    assert "snapshots in the earlier one are not seen" in made.warnings[0]
    assert next(iter(registered(search_cluster).values()))["settings"] == changed["settings"]
    assert not had(search_cluster, **changed).changed


def test_unregistered_its_snapshots_stay(search_cluster: Cluster) -> None:
    wanted = fs(search_cluster)
    had(search_cluster, **wanted)
    name = f"{search_cluster.mine}-own"
    search_cluster.snapshot(name, "one", search_cluster.filled_index("data", 3))
    assert had(search_cluster, check_mode=True, state="absent").changed
    assert name in registered(search_cluster)
    gone = had(search_cluster, state="absent")
    assert (gone.changed, gone.data["state"], registered(search_cluster)) == (True, "absent", {})
    assert gone.diff is not None
    assert gone.diff["after"] == {}
    assert "files stay" in gone.msg
    assert not had(search_cluster, state="absent").changed
    had(search_cluster, **wanted)
    assert search_cluster.snapshots(name) == {"one": "SUCCESS"}


def test_a_folder_that_no_node_may_use(search_cluster: Cluster) -> None:
    elsewhere = {"type": "fs", "settings": {"location": "/srv/elsewhere"}}
    told = str(refused(search_cluster, OpsError, **elsewhere))
    assert told.startswith("the location /srv/elsewhere is in no folder of path.repo: http")
    assert f"to path.repo in {search_cluster.name}.yml of each node" in told
    assert told.endswith(f"restart them: {search_cluster.name} (has {search_cluster.repositories_dir})")
    assert registered(search_cluster) == {}
    had(search_cluster, **fs(search_cluster))
    before = registered(search_cluster)
    refused(search_cluster, OpsError, **elsewhere)
    assert registered(search_cluster) == before


def test_what_cannot_be_verified_is_not_registered(search_cluster: Cluster) -> None:
    bad = f"{search_cluster.mine}-bad"
    search_cluster.folder(bad).mkdir()
    with states.unwritable(search_cluster, bad):
        error = refused(search_cluster, AccessDenied, **fs(search_cluster, "bad"))
        assert "fails its verification" in str(error)
        assert "it was unregistered again" in str(error)
        assert "the user that the nodes run as must own or be able to write to /" in str(error)
        assert error.details == {"failed_nodes": []}
        assert registered(search_cluster) == {}
        had(search_cluster, **fs(search_cluster, compress=True))
        before = registered(search_cluster)
        told = str(refused(search_cluster, AccessDenied, **fs(search_cluster, "bad", compress=False)))
        assert "it has its earlier settings again" in told
        assert registered(search_cluster) == before
        made = had(search_cluster, **fs(search_cluster, "bad"), verify=False)
        assert (made.changed, made.data["nodes"]) == (True, None)
        told = str(refused(search_cluster, AccessDenied, **fs(search_cluster, "bad")))
        assert "again" not in told
        assert had(search_cluster, **fs(search_cluster, "bad", readonly=True)).data["nodes"] == [search_cluster.name]
    assert had(search_cluster, **fs(search_cluster, "bad")).data["nodes"] == [search_cluster.name]


def test_a_type_that_the_nodes_do_not_know(search_cluster: Cluster) -> None:
    told = str(refused(search_cluster, NotThere, type="s3", settings={"bucket": "backups"}))
    assert "the cluster knows no repositories of type s3" in told
    assert f"({search_cluster.name}-plugin install repository-s3)" in told
    told = str(refused(search_cluster, NotThere, type="url", settings={"url": "http://127.0.0.1:1/"}))
    assert f"the module repository-url, which comes with {search_cluster.name}, is missing" in told


def test_a_setting_that_the_server_cannot_read(search_cluster: Cluster) -> None:
    told = str(refused(search_cluster, OpsError, **fs(search_cluster, chunk_size="large")))
    assert "failed to parse setting [chunk_size] with value [large]" in told
    assert registered(search_cluster) == {}


def test_one_in_use_is_left_alone(search_cluster: Cluster) -> None:
    repository = states.running_snapshot(search_cluster, seconds=2)
    before = registered(search_cluster)
    for options in (fs(search_cluster), {"state": "absent"}):
        told = str(refused(search_cluster, Conflict, name=repository, **options))
        assert "trying to modify or unregister repository" in told
        assert "currently used" in told
        assert "wait until its snapshots and restores have ended" in told
    assert registered(search_cluster) == before
    assert search_cluster.state(repository, "running") == "IN_PROGRESS"


def test_a_folder_that_is_lost(search_cluster: Cluster) -> None:
    """The node makes it again, as it has to for a new repository, where it may."""
    had(search_cluster, **fs(search_cluster))
    states.lose_folder(search_cluster, f"{search_cluster.mine}-own")
    assert had(search_cluster, **fs(search_cluster)).data["nodes"] == [search_cluster.name]


def test_a_disk_that_is_full(search_cluster: Cluster) -> None:
    reason = states.missing_for_full_disk()
    if reason:
        pytest.skip(reason)
    with states.small_disk(search_cluster, "own") as repository:
        wanted = fs(search_cluster)
        states.fill_disk(search_cluster.folder(repository))
        told = str(refused(search_cluster, OpsError, **wanted))
        assert "fails its verification" in told
        assert "No space left on device" in told
        assert search_cluster.repositories() == [repository]
        search_cluster.ask("DELETE", f"_snapshot/{repository}")


def test_the_node_that_answers_is_asked(search_cluster: Cluster) -> None:
    made = had(search_cluster, **fs(search_cluster), url=[NOBODY, search_cluster.url])
    assert (made.changed, made.data["nodes"]) == (True, [search_cluster.name])
    told = str(refused(search_cluster, Unreachable, **fs(search_cluster), url=[NOBODY, NOBODY]))
    assert told == f"none of 2 nodes answers; the last: no answer (Connection refused): {NOBODY}/"


def test_a_node_that_hangs(lab: Lab, search_cluster: Cluster) -> None:
    lab.break_server(search_cluster.name, "hang")
    told = str(refused(search_cluster, Unreachable, **fs(search_cluster), timeout=0.5))
    assert told == f"no complete answer within 0.5 s: {search_cluster.url}/"


def test_logins_and_what_is_in_the_way(lab: Lab, search_proxy: SearchProxyFacts, facts: Facts) -> None:
    trust: dict[str, Any] = {"ca_certs": search_proxy["ca_certs"]}
    login: dict[str, Any] = {"login_user": search_proxy["user"], "login_password": search_proxy["password"], **trust}
    reader = {"login_user": search_proxy["reader"], "login_password": search_proxy["reader_password"], **trust}
    with cluster_of("opensearch", lab.facts["opensearch"]) as cluster:
        wanted = fs(cluster)
        for url, words, options in (
            (search_proxy["url"], "status is 401", {**login, "login_password": "hunter2-wrong"}),
            (search_proxy["url"], "status is 401", trust),
            (search_proxy["url"], "status is 403", reader),
            (search_proxy["url"], "TLS failed", {**login, "ca_certs": search_proxy["wrong_ca"]}),
            (search_proxy["page_url"], "the answer is not JSON", trust),
            (search_proxy["nobody_url"], "status is 502", trust),
            (search_proxy["unavailable_url"], "status is 503", trust),
        ):
            told = str(refused(cluster, OpsError, **wanted, **options, url=[url]))
            assert words in told
            assert "hunter2" not in told
        assert registered(cluster) == {}
        assert had(cluster, **wanted, **login, url=[search_proxy["url"]]).changed
        key: dict[str, Any] = {"api_key": search_proxy["api_key"], **trust, "url": [search_proxy["key_url"]]}
        assert not had(cluster, **wanted, **key).changed


def test_a_relative_location_is_below_path_repo(search_cluster: Cluster) -> None:
    folder = f"{search_cluster.mine}-relative"
    made = had(search_cluster, type="fs", settings={"location": folder})
    assert made.data["settings"] == {"location": folder}
    assert Path(search_cluster.repositories_dir, folder).exists()
    assert not had(search_cluster, type="fs", settings={"location": f"{folder}/"}).changed
