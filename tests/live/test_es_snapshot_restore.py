# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores of real snapshots by both products: beside, in place and behind an alias, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Conflict
from ansible_collections.day2.ops.tests.lab.state import SearchFacts

from . import search_states as states
from .search_help import Cluster, cluster_of
from .search_restore_help import (
    TO_NEW,
    cut,
    full_disk,
    leads_to,
    recorded,
    restored,
    saved,
    settings,
    state,
)


@pytest.fixture
def one_cluster(opensearch: SearchFacts) -> Iterator[Cluster]:
    """One product, for what is ours alone."""
    with cluster_of("opensearch", opensearch) as cluster:
        yield cluster


def test_beside_what_is_there(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "more")
    data, more = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "more"))
    search_cluster.fill(data, 9)
    planned = restored(search_cluster, repository, True, **TO_NEW)
    assert (planned.changed, search_cluster.indices()) == (True, [data, more])
    assert planned.diff == {
        "before": f"{data}-new: absent\n{more}-new: absent\n",
        "after": f"{data}-new: {data} of {repository}/good\n{more}-new: {more} of {repository}/good\n",
    }

    options: dict[str, Any] = {
        "replicas": 0,
        "index_settings": {"index.no_such": 1, "refresh_interval": "7s"},
        **TO_NEW,
    }
    done = restored(search_cluster, repository, **options)

    assert done.warnings == ["index_settings: index.no_such is not known to the server and does nothing"]
    assert (done.changed, done.failed, done.diff) == (True, False, planned.diff)
    assert done.data["documents"] == {"documents": 10, "recorded": 10, "missing": {}, "more": {}, "equal": True}
    assert [one["target"] for one in done.data["indices"]] == [f"{data}-new", f"{more}-new"]
    assert done.data["bytes"] == sum(one["bytes"] for one in done.data["indices"]) > 10_000
    assert (search_cluster.count(f"{data}-new"), search_cluster.count(data)) == (5, 9)
    for check_mode in (True, False):
        again = restored(search_cluster, repository, check_mode, replicas=0, **TO_NEW)
        assert (again.changed, again.failed) == (False, False)
        assert again.diff is not None
        assert again.diff["before"] == again.diff["after"]
    search_cluster.ask("DELETE", f"{data}-new")
    with pytest.raises(Conflict, match=rf"names are taken: {more}-new is an open index: .*; give rename_pattern"):
        restored(search_cluster, repository, **TO_NEW)


def test_names_that_are_taken(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "more")
    data, more = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "more"))
    search_cluster.ask("POST", f"{data}/_close")
    search_cluster.ask("DELETE", more)
    search_cluster.make_index("other")
    search_cluster.ask("PUT", f"{search_cluster.mine}-other/_alias/{more}")
    before = state(search_cluster)
    with pytest.raises(Conflict, match="names are taken") as told:
        restored(search_cluster, repository)
    assert told.value.details["clashes"] == [f"{data} is a closed index", f"{more} is an alias"]
    with pytest.raises(Conflict, match=f"{more} is an alias"):
        restored(search_cluster, repository, mode="in_place", force=True)
    assert state(search_cluster) == before


def test_what_cannot_be_restored_is_told_and_nothing_is_made(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data")
    before = state(search_cluster)
    words: list[tuple[type[OpsError], str, dict[str, Any]]] = [
        (NotThere, "there is no such snapshot", {"snapshot": "none"}),
        (NotThere, r"there is no snapshot named daily-\*", {"name": "daily-*"}),
        (NotThere, "repository_missing_exception.*register it with es_repository", {"repository": "none"}),
        (NotThere, "none is not in the snapshot", {"indices": ["none"]}),
        (InputError, "snapshot 'Bad' has upper case letters", {"snapshot": "Bad"}),
        (InputError, "repository 'a b' has ' '", {"repository": "a b"}),
        (InputError, "indices is empty", {"indices": []}),
        (InputError, "'Bad' has upper case letters", {"rename_pattern": ".+", "rename_replacement": "Bad"}),
        (InputError, "replicas is -1", {"replicas": -1}),
        (InputError, "replaces what the indices hold; to have that, say force: true", {"mode": "in_place"}),
        (InputError, "gives no new names", {"mode": "in_place", "force": True, **TO_NEW}),
        (InputError, "aliases are for mode: alias", {"aliases": {"a": "b"}}),
        (InputError, "wait_timeout: expected seconds", {"wait_timeout": "soon"}),
        (OpsError, "number_of_shards.*; nothing was made", {**TO_NEW, "index_settings": {"index.number_of_shards": 2}}),
    ]
    for kind, line, options in words:
        with pytest.raises(kind, match=line) as told:
            restored(search_cluster, **{"repository": repository, **options})
        assert "\n" not in str(told.value)
    assert state(search_cluster) == before


def test_in_place(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "shut", "gone")
    data, shut, gone = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "shut", "gone"))
    search_cluster.fill(data, 9)
    search_cluster.ask("PUT", f"{data}/_alias/{data}-alias")
    search_cluster.ask("POST", f"{shut}/_close")
    search_cluster.ask("DELETE", gone)
    planned = restored(search_cluster, repository, True, mode="in_place", force=True)
    assert planned.data["closed"] == [data]
    assert search_cluster.count(data) == 9

    done = restored(search_cluster, repository, mode="in_place", force=True)

    assert (done.changed, done.failed, done.data["closed"]) == (True, False, [data])
    assert done.diff == {
        "before": f"{data}: open\n{gone}: absent\n{shut}: closed\n",
        "after": "".join(f"{name}: {name} of {repository}/good\n" for name in (data, gone, shut)),
    }
    assert state(search_cluster) == dict.fromkeys((data, gone, shut), "open")
    assert [search_cluster.count(name) for name in (data, gone, shut)] == [5, 5, 5]
    assert leads_to(search_cluster, f"{data}-alias") == [data]


def test_in_place_opens_what_it_closed_when_the_server_refuses(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "shut")
    data, shut = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "shut"))
    search_cluster.fill(data, 9)
    search_cluster.ask("POST", f"{shut}/_close")
    options: dict[str, Any] = {"mode": "in_place", "force": True, "index_settings": {"index.number_of_shards": 2}}
    with pytest.raises(
        OpsError, match=r"index.number_of_shards.*; nothing was restored, and what was closed is open again"
    ):
        restored(search_cluster, repository, **options)
    assert state(search_cluster) == {data: "open", shut: "close"}
    assert search_cluster.count(data) == 9
    search_cluster.ask("DELETE", data)
    search_cluster.make_index("data", **{"index.number_of_shards": 2})
    with pytest.raises(Conflict, match=f"cannot be restored in place: {data} has 2 shards, 1 in the snapshot"):
        restored(search_cluster, repository, mode="in_place", force=True)


def test_in_place_tells_the_state_of_each_when_it_fails(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "more", "gone")
    data, more, gone = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "more", "gone"))
    for index in (data, gone):
        search_cluster.ask("DELETE", index)
    search_cluster.filled_index("data", 9)  # of other files: those that are the same are not read anew
    cut(search_cluster, repository, data)
    with pytest.raises(OpsError, match=rf"the restore failed: the primary of {data}\[0\] is not assigned") as told:
        restored(search_cluster, repository, mode="in_place", force=True)
    line = str(told.value)
    assert f"1 of 2 are restored and green, not so: {data} red" in line
    assert "what was made is removed again of what was not there before (1)" in line
    assert state(search_cluster) == dict.fromkeys((data, more), "open")
    assert told.value.details["changed"]
    # and a snapshot that is whole mends it, though the cluster is red
    other = search_cluster.repository("other")
    search_cluster.ask("DELETE", data)
    search_cluster.filled_index("data", 3)
    recorded(search_cluster, other, "good", data)
    search_cluster.ask("DELETE", data)
    search_cluster.make_index("data", **{"index.routing.allocation.require._name": "nobody"})
    done = restored(search_cluster, other, mode="in_place", force=True, indices=[data])
    assert (done.failed, search_cluster.count(data)) == (False, 3)


def test_an_alias_leads_to_what_was_restored_and_back(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data")
    data, alias = f"{search_cluster.mine}-data", f"{search_cluster.mine}-alias"
    search_cluster.fill(data, 9)
    words = {"filter": {"range": {"number": {"lt": 4}}}}
    search_cluster.ask("PUT", f"{data}/_alias/{alias}", words)
    with pytest.raises(
        Conflict, match=f"{data} is an open index, not an alias.*name one for it in aliases, as {alias}"
    ):
        restored(search_cluster, repository, mode="alias")
    with pytest.raises(InputError, match="aliases: other is not restored"):
        restored(search_cluster, repository, mode="alias", aliases={"other": alias})
    options: dict[str, Any] = {"mode": "alias", "aliases": {data: alias}}
    new = f"{data}-restored-good"
    planned = restored(search_cluster, repository, True, **options)
    assert planned.data["swapped"] == [{"alias": alias, "from": data, "to": new}]
    assert leads_to(search_cluster, alias) == [data]

    done = restored(search_cluster, repository, **options)

    assert done.data["swapped"] == planned.data["swapped"]
    assert done.diff == planned.diff
    assert f"alias {alias}: {data}\n" in str(done.diff and done.diff["before"])
    assert leads_to(search_cluster, alias) == [new]
    assert (search_cluster.count(new), search_cluster.count(alias), search_cluster.count(data)) == (5, 4, 9)
    again = restored(search_cluster, repository, **options)
    assert (again.changed, again.data["swapped"]) == (False, [])
    back = restored(search_cluster, repository, undo=done.data["undo"])
    assert (back.changed, leads_to(search_cluster, alias)) == (True, [data])
    assert search_cluster.count(alias) == 4
    # what was restored is there, so that only the alias is changed
    third = restored(search_cluster, repository, **options)
    assert (third.changed, leads_to(search_cluster, alias)) == (True, [new])


@pytest.mark.long
def test_an_alias_of_several_indices(one_cluster: Cluster) -> None:
    repository = saved(one_cluster, "data", "more")
    data, more = (f"{one_cluster.mine}-{suffix}" for suffix in ("data", "more"))
    for index in (data, more):
        one_cluster.ask("PUT", f"{index}/_alias/{one_cluster.mine}-all")
    both = dict.fromkeys((data, more), f"{one_cluster.mine}-all")
    done = restored(one_cluster, repository, mode="alias", aliases=both)
    assert leads_to(one_cluster, f"{one_cluster.mine}-all") == [f"{data}-restored-good", f"{more}-restored-good"]
    assert len(done.data["swapped"]) == 2
    recorded(one_cluster, repository, "second", data)
    with pytest.raises(Conflict, match=r"leads to 2 indices .*not all of them replaced.*swap it by hand"):
        restored(one_cluster, repository, mode="alias", snapshot="second", indices=[data], aliases={data: both[data]})


def test_documents_that_are_missing_or_more(search_cluster: Cluster) -> None:
    data, more = (search_cluster.filled_index(suffix, 5) for suffix in ("data", "more"))
    repository = search_cluster.repository()
    recorded(search_cluster, repository, "short", data, more, **{data: 2})
    recorded(search_cluster, repository, "long", data, more, **{data: -1})
    alias = f"{search_cluster.mine}-alias"
    search_cluster.ask("PUT", f"{data}/_alias/{alias}")
    chosen: dict[str, Any] = {"snapshot": "short", "mode": "alias", "indices": [data], "aliases": {data: alias}}
    short = restored(search_cluster, repository, **chosen)
    assert (short.failed, short.data["documents"]["missing"]) == (True, {data: 2})
    assert f"5 documents, 2 fewer than recorded ({data} 2)" in short.msg
    assert leads_to(search_cluster, alias) == [data]
    tolerated = restored(search_cluster, repository, tolerance="2", **chosen)
    assert (tolerated.failed, leads_to(search_cluster, alias)) == (False, [f"{data}-restored-short"])
    assert "which is tolerated" in tolerated.warnings[0]
    long = restored(search_cluster, repository, snapshot="long", **TO_NEW)
    assert (long.failed, long.data["documents"]["more"]) == (False, {data: 1})
    assert "10 documents, 1 more than recorded" in long.msg
    search_cluster.snapshot(repository, "unknown", data)
    unknown = restored(
        search_cluster, repository, snapshot="unknown", rename_pattern="^", rename_replacement=f"{search_cluster.mine}-"
    )
    assert (unknown.failed, unknown.data["documents"]["equal"]) == (False, None)


def test_what_was_made_is_removed_when_data_cannot_be_read(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data", "more")
    data, more = (f"{search_cluster.mine}-{suffix}" for suffix in ("data", "more"))
    cut(search_cluster, repository, more)
    with pytest.raises(OpsError, match=r"CorruptIndexException.*; what was made is removed again") as told:
        restored(search_cluster, repository, **TO_NEW)
    assert "\n" not in str(told.value)
    assert state(search_cluster) == {data: "open", more: "open"}


def test_copies_that_no_node_takes(one_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.day2.ops.plugins.module_utils._search.health._PATIENCE", {"no": 0.0})
    repository = saved(one_cluster, "data")
    data = f"{one_cluster.mine}-data"
    with pytest.raises(OpsError, match=rf"a copy of {data}-new\[0\] is not assigned: .*what was restored is kept"):
        restored(one_cluster, repository, replicas=1, **TO_NEW)
    assert one_cluster.count(f"{data}-new") == 5
    done = restored(one_cluster, repository, replicas=1, min_status="yellow", **TO_NEW)
    assert (done.changed, done.failed) == (False, False)


def test_a_deadline_that_passes_while_the_restore_goes_on(one_cluster: Cluster) -> None:
    data = one_cluster.filled_index("data", 200)
    repository = one_cluster.repository(max_restore_bytes_per_sec="80kb")
    recorded(one_cluster, repository, "good", data)
    with pytest.raises(OpsError, match=r"not green within 1.5 s; the restore goes on in the cluster") as told:
        restored(one_cluster, repository, wait_timeout="1500ms", **TO_NEW)
    assert "bytes are there; follow it with GET _recovery" in str(told.value)
    assert state(one_cluster) == {data: "open", f"{data}-new": "open"}
    done = restored(one_cluster, repository, **TO_NEW)
    assert (done.failed, one_cluster.count(f"{data}-new")) == (False, 200)


def test_snapshots_that_are_not_whole(one_cluster: Cluster) -> None:
    repository = one_cluster.repository()
    states.partial_snapshot(one_cluster, repository, "partial")
    well = f"{one_cluster.mine}-partial-well"
    with pytest.raises(OpsError, match=r"is not whole: PARTIAL: .* of 2 shards failed.*partial: true"):
        restored(one_cluster, repository, snapshot="partial", **TO_NEW)
    with pytest.raises(NotThere, match=r"none of 1 snapshots named \* is SUCCESS"):
        restored(one_cluster, repository, **TO_NEW)
    assert state(one_cluster) == {well: "open"}
    taken: dict[str, Any] = {
        "partial": True,
        "min_status": "yellow",
        "ignore_index_settings": ["index.routing.*"],
        **TO_NEW,
    }
    done = restored(one_cluster, repository, snapshot="partial", **taken)
    assert (done.failed, one_cluster.count(f"{well}-new")) == (False, 3)
    recorded(one_cluster, repository, "good", well)
    states.partial_snapshot(one_cluster, repository, "later")
    planned = restored(one_cluster, repository, True, rename_pattern="^(.+)$", rename_replacement="$1-b")
    assert planned.data["snapshot"] == "good"
    assert planned.warnings[0].startswith("later is newer and not taken: PARTIAL")


def test_a_failed_snapshot_is_refused(one_cluster: Cluster) -> None:
    repository = states.failed_snapshot(one_cluster, "failed")
    with pytest.raises(OpsError, match=r"the snapshot is not whole: FAILED.*take another"):
        restored(one_cluster, repository, snapshot="failed", **TO_NEW)


def test_a_snapshot_of_a_newer_server(opensearch: SearchFacts, elasticsearch: SearchFacts) -> None:
    with cluster_of("opensearch", opensearch) as maker, cluster_of("elasticsearch", elasticsearch) as reader:
        repository = states.newer_snapshot(maker, reader, "newer")
        with pytest.raises(OpsError, match=r"was made by version .*, newer than the cluster's 7.17"):
            restored(reader, repository, indices=["*"], **TO_NEW)
        assert reader.indices() == []


def test_a_cluster_that_is_red(one_cluster: Cluster) -> None:
    repository = saved(one_cluster, "data")
    red = one_cluster.unassigned_index()
    with pytest.raises(Conflict, match=rf"the cluster is red: {red}: .*; despite: \[red\] restores all the same"):
        restored(one_cluster, repository, **TO_NEW)
    done = restored(one_cluster, repository, despite=["red"], **TO_NEW)
    assert (done.failed, done.warnings) == (False, [f"{repository}/good: the cluster is red: {red}"])
    all_the_same = {"rename_pattern": "^(.+)$", "rename_replacement": "$1-b", "despite": ["red", "disk", "shards"]}
    assert restored(one_cluster, repository, True, **all_the_same).data["bytes"] is None


def test_no_room(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data")
    before = state(search_cluster)
    with settings(search_cluster, **{"cluster.max_shards_per_node": 1}):
        with pytest.raises(Conflict, match=r"there is no room: shards: 1 are needed, 0 more are allowed"):
            restored(search_cluster, repository, **TO_NEW)
        with pytest.raises(OpsError, match=r"shards.*; nothing was made"):  # and the server says so itself
            restored(search_cluster, repository, despite=["shards"], **TO_NEW)
    with full_disk(search_cluster), pytest.raises(Conflict, match=r"no room: disk: \d+ bytes are needed, 0 are free"):
        restored(search_cluster, repository, **TO_NEW)
    assert state(search_cluster) == before


@pytest.mark.long
def test_the_server_reads_names_as_we_do(search_cluster: Cluster) -> None:
    repository = saved(search_cluster, "data-7")
    mine = search_cluster.mine
    for pattern, replacement, wanted in (
        ("-(?<what>data)-(\\d)$", "-${what}$23", f"{mine}-data73"),
        ("(.*)", "$1-x", f"{mine}-data-7-x-x"),
        ("data", "\\$1", f"{mine}-$1-7"),
    ):
        done = restored(search_cluster, repository, rename_pattern=pattern, rename_replacement=replacement)
        assert [one["target"] for one in done.data["indices"]] == [wanted]
        assert search_cluster.count(wanted.replace("$", "%24")) == 5


def test_data_streams(opensearch: SearchFacts) -> None:
    """The lab's Elasticsearch is without them."""
    with cluster_of("opensearch", opensearch) as cluster:
        stream, other = f"{cluster.mine}-logs", f"{cluster.mine}-old"
        template = {"index_patterns": [f"{cluster.mine}*"], "data_stream": {}, "priority": 500}
        template["template"] = {"settings": {"number_of_replicas": 0}}
        cluster.ask("PUT", f"_index_template/{cluster.mine}", template)
        try:
            cluster.ask("PUT", f"_data_stream/{stream}")
            cluster.ask("POST", f"{stream}/_doc?refresh=true", {"@timestamp": "2026-03-01T00:00:00Z"})
            repository = cluster.repository()
            cluster.snapshot(repository, "good", stream)
            with pytest.raises(Conflict, match=f"{stream} is a data stream"):
                restored(cluster, repository, indices=["*"])
            for mode in ("in_place", "alias"):
                with pytest.raises(Conflict, match="data stream"):
                    restored(cluster, repository, indices=["*"], mode=mode, force=True)
            renamed: dict[str, Any] = {"rename_pattern": "logs", "rename_replacement": "old"}
            done = restored(cluster, repository, indices=["*"], **renamed)
            assert done.data["data_streams"] == {stream: other}
            assert [one["target"] for one in done.data["indices"]] == [f".ds-{other}-000001"]
            assert cluster.count(other) == 1
            assert not restored(cluster, repository, indices=["*"], **renamed).changed
        finally:
            for name in (stream, other):
                cluster.answer("DELETE", f"_data_stream/{name}")
            cluster.ask("DELETE", f"_index_template/{cluster.mine}")
