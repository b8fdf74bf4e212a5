# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of a cluster in which somebody else is at work, and of which not everything can be seen."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.http import Response, TooLarge
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search import making
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Answer, Conflict, Unavailable, understood
from ansible_collections.day2.ops.plugins.module_utils._search.connection import Client
from ansible_collections.day2.ops.plugins.module_utils._search.documents import found
from ansible_collections.day2.ops.plugins.module_utils._search.drill_scratch import without_scratch
from ansible_collections.day2.ops.plugins.module_utils._search.making_absent import absent
from ansible_collections.day2.ops.plugins.module_utils._search.making_options import wanted
from ansible_collections.day2.ops.plugins.module_utils._search.making_removal import remove
from ansible_collections.day2.ops.plugins.module_utils._search.making_run import Run

URL = "http://search1.example.com:9200"
NOW = 1_800_000_000.0
MISSING = {"error": {"type": "snapshot_missing_exception", "reason": "missing"}}
# Takes method and path, and gives a status with a body, raises, or gives nothing for what the cluster itself says.
Special = Callable[[str, str, Any], Any]


class Clock:
    """Moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return NOW + self.now - 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Product:
    pages_snapshots = False
    is_opensearch = True
    number = "2.0.0"


class Node:
    """A cluster of one repository; ``indices`` are rows of its list, ``shots`` snapshots by name."""

    timeout = 30.0
    where = URL
    product = Product()

    def __init__(self, special: Special = lambda *_asked: None) -> None:
        self.special = special
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.indices: list[dict[str, Any]] = [index("a"), index("b")]
        self.shots: dict[str, dict[str, Any]] = {}

    def tried(self, method: str, path: str, query: Any = None, body: Any = None, within: Any = None) -> Answer:
        self.asked.append(f"{method} {path}")
        self.query = query
        said = self.special(method, path, body)
        status, told = said if said is not None else self.own(method, path, body)
        return Answer(status, told, f"{URL}/{path}")

    def ask(self, method: str, path: str, query: Any = None, body: Any = None, within: Any = None) -> Any:
        return self.tried(method, path, query, body).result()

    def own(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        last = path.rpartition("/")[2]
        if path.startswith("_cat/indices"):
            return 200, self.indices
        if path == "_snapshot/_status":
            return 200, {"snapshots": []}
        if path.endswith("/_search"):
            names = path.split("/")[0].split(",")
            buckets = [{"key": name, "doc_count": 3} for name in names]
            return 200, {"_shards": {"total": 1, "successful": 1}, "aggregations": {"indices": {"buckets": buckets}}}
        if path == "_snapshot/backup":
            return 200, {"backup": {"type": "fs", "settings": {}}}
        if not path.startswith("_snapshot/backup/"):
            return 200, {}
        return self.snapshot(method, last, body)

    def snapshot(self, method: str, name: str, body: Any) -> tuple[int, Any]:
        if method == "PUT":
            self.bodies.append(body)
            inside = [one["index"] for one in self.indices if one["status"] == "open"]
            self.shots[name] = shot(name, "SUCCESS", "ours", inside, metadata=body.get("metadata"))
            return 200, {"accepted": True}
        if method == "DELETE":
            return (404, MISSING) if self.shots.pop(name, None) is None else (200, {"acknowledged": True})
        if name.endswith("*"):
            return 200, {"snapshots": list(self.shots.values())}
        return (200, {"snapshots": [self.shots[name]]}) if name in self.shots else (404, MISSING)


def index(name: str, status: str = "open", health: str = "green", begun: float = NOW - 9000) -> dict[str, Any]:
    return {"index": name, "status": status, "health": health, "creation.date": str(int(begun * 1000))}


def shot(name: str, state: str, uuid: str, indices: list[str], begun: float = NOW - 60, **more: Any) -> dict[str, Any]:
    failed = int(state == "PARTIAL")
    moments = {"start_time_in_millis": int(begun * 1000), "end_time_in_millis": int(begun * 1000) + 1000}
    shards = {"total": 2, "failed": failed, "successful": 2 - failed}
    return {"snapshot": name, "uuid": uuid, "state": state, "indices": indices, "shards": shards, **moments, **more}


def ran(node: Node, name: str = "daily-20270115", check_mode: bool = False, **options: Any) -> Result:
    given = {"url": [URL], "repository": "backup", "name": name, **options}
    asked = wanted(making.SPEC.validate(given, "test"), NOW)
    return making._present(Run(cast(Client, node), asked, cast(Any, Clock()), None), check_mode)


def removals(node: Node) -> list[str]:
    return [one for one in node.asked if one.startswith("DELETE")]


@pytest.mark.parametrize(("state", "adopted"), [("SUCCESS", False), ("IN_PROGRESS", True)])
def test_what_somebody_else_has_made_since_is_left(state: str, adopted: bool) -> None:
    node = Node()
    node.shots["new"] = shot("new", "FAILED", "old", [])

    def special(_method: str, path: str, _body: Any) -> None:
        if path == "_snapshot/_status":
            node.shots["new"] = shot("new", state, "theirs", ["a", "b"])

    node.special = special
    result = ran(node, "new", wait=state == "SUCCESS")
    assert (result.failed, result.data["uuid"], result.data["adopted"]) == (False, "theirs", adopted)
    assert removals(node) == node.bodies == []


def test_one_that_still_failed_is_replaced() -> None:
    node = Node()
    node.shots["new"] = shot("new", "FAILED", "old", [])
    result = ran(node, "new")
    assert (result.changed, result.data["uuid"], result.data["replaced"]) == (True, "ours", "FAILED")
    assert removals(node) == ["DELETE _snapshot/backup/new"]


@pytest.mark.parametrize("since", ["theirs", None])
def test_a_removal_without_an_answer_is_not_repeated_for_another_one(since: str | None) -> None:
    node = Node()

    def special(method: str, _path: str, _body: Any) -> None:
        if method == "DELETE":
            node.shots = {"new": shot("new", "SUCCESS", since, [])} if since else {}
            raise Unreachable("no answer", on=URL)

    node.special = special
    assert remove(cast(Client, node), "backup", "new", cast(Any, Clock()), uuid="old")
    assert len(removals(node)) == 1


def test_a_removal_without_an_answer_is_repeated_while_it_is_the_same() -> None:
    lost = [True]
    node = Node()
    node.shots["new"] = shot("new", "SUCCESS", "old", [])

    def special(method: str, _path: str, _body: Any) -> None:
        if method == "DELETE" and lost:
            lost.pop()
            raise Unreachable("no answer", on=URL)

    node.special = special
    assert remove(cast(Client, node), "backup", "new", cast(Any, Clock()), uuid="old")
    assert (len(removals(node)), node.shots) == (2, {})


def daily(node: Node, **options: Any) -> Result:
    """Find or adopt the one of today, with an older one that the rules let go."""
    node.shots["daily-20270114"] = shot("daily-20270114", "SUCCESS", "before", ["a", "b"], NOW - 86400)
    return ran(node, "daily-{now/d}", retention={"last": 1}, **options)


def test_retention_goes_by_one_that_holds_all_that_was_there_when_it_was_begun() -> None:
    node = Node()
    node.shots["daily-20270115"] = shot("daily-20270115", "SUCCESS", "theirs", ["a", "b"])
    node.indices += [index("later", begun=NOW - 5), index("shut", "close"), index(".system")]
    result = daily(node)
    assert (result.changed, result.warnings) == (True, [])
    assert removals(node) == ["DELETE _snapshot/backup/daily-20270114"]


@pytest.mark.parametrize(
    ("inside", "options", "warning"),
    [
        (["a"], {}, "holds no b"),
        (["a", "b"], {"indices": ["*", "later"]}, "holds no later"),
        (["a", "b"], {"include_global_state": True}, "holds no global state"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_one_that_lacks_something_lets_no_older_one_go(
    inside: list[str], options: dict[str, Any], warning: str, check_mode: bool
) -> None:
    node = Node()
    node.shots["daily-20270115"] = shot("daily-20270115", "SUCCESS", "theirs", inside, include_global_state=False)
    node.indices.append(index("later", begun=NOW - 5))
    result = daily(node, check_mode=check_mode, **options)
    assert (result.changed, result.data["removed"], removals(node)) == (False, [], [])
    assert result.warnings[0].endswith(warning)
    assert result.warnings[1].startswith("no old snapshot is removed")


def test_one_that_is_adopted_and_narrower_lets_no_older_one_go() -> None:
    node = Node()
    node.shots["daily-20270115"] = shot("daily-20270115", "IN_PROGRESS", "theirs", ["a"])
    looks = iter(["IN_PROGRESS", "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"])

    def special(method: str, path: str, _body: Any) -> None:
        if path == "_snapshot/backup/daily-20270115":
            node.shots["daily-20270115"]["state"] = next(looks)

    node.special = special
    result = daily(node)
    assert (result.failed, result.data["adopted"], removals(node)) == (False, True, [])
    assert result.warnings[0].endswith("holds no b")


def test_closed_indices_that_a_pattern_leaves_out_are_named() -> None:
    node = Node()
    node.indices += [index(f"shut-{number}", "close") for number in range(7)]
    result = ran(node, "new", indices=["*", "shut-0"], ignore_unavailable=True)
    assert not result.failed or "shut-0" in result.msg
    (warning,) = result.warnings
    assert warning.endswith("unless named: shut-1, shut-2, shut-3, shut-4, shut-5 and 1 more")


BLOCKED = (403, {"error": {"type": "cluster_block_exception", "reason": "blocked by index read (api)"}})
DELETED = (404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}})
DENIED = (403, {"error": {"type": "security_exception", "reason": "no permissions"}})


def spoilt(said: Any, *names: str) -> Special:
    """Return what refuses searches of these indices."""

    def special(_method: str, path: str, _body: Any) -> Any:
        return said if path.endswith("/_search") and set(names) & set(path.split("/")[0].split(",")) else None

    return special


@pytest.mark.parametrize("said", [BLOCKED, DELETED, DENIED, (200, {"_shards": {"total": 2, "successful": 1}})])
def test_what_cannot_be_counted_is_named_and_has_no_count(said: Any) -> None:
    node = Node(spoilt(said, "i-07", "i-91"))
    node.indices = [index(f"i-{number:02}") for number in range(100)]
    result = ran(node, "new")
    (warning,) = result.warnings
    assert warning.startswith("the documents of i-07, i-91 are not counted: ")
    recorded = node.bodies[0]["metadata"]["day2"]
    assert (recorded["indices"], recorded["documents"], result.failed) == (98, 294, False)
    assert sum(one.endswith("/_search") for one in node.asked) < 40


def test_where_nothing_can_be_counted_nothing_is_recorded() -> None:
    node = Node(spoilt(BLOCKED, "a", "b"))
    result = ran(node, "new")
    assert (result.failed, result.data["documents"], "metadata" in node.bodies[0]) == (False, None, False)
    node = Node(spoilt(DENIED, "a", "b"))
    with pytest.raises(AccessDenied, match="the documents cannot be counted"):
        ran(node, "new")
    assert node.bodies == []


def test_an_index_in_which_a_search_finds_nothing_though_it_holds_something_has_no_count() -> None:
    node = Node()
    node.indices = [{**index("protected"), "docs.count": "9"}, {**index("empty"), "docs.count": "0"}]
    buckets: dict[str, Any] = {"aggregations": {"indices": {"buckets": []}}}
    nothing = (200, {"_shards": {"total": 2, "successful": 2}, **buckets})
    node.special = spoilt(nothing, "protected", "empty")
    result = ran(node, "new")
    assert result.warnings == ["the documents of protected are not counted: a search does not find them"]
    assert node.bodies[0]["metadata"]["day2"]["counts"] == {"empty": 0}


class Lister(Node):
    """Lists those of its indices that are named in an address of a length that servers take."""

    def own(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        assert len(path) < 3900
        if path.startswith("_cat/indices/"):
            names = path.rpartition("/")[2].split(",")
            return 200, [one for one in self.indices if any(fnmatchcase(one["index"], name) for name in names)]
        if method == "HEAD":
            return (200 if any(one["index"] == path for one in self.indices) else 404), {}
        return 200, {}


def test_more_indices_than_fit_into_an_address_are_asked_for_in_portions() -> None:
    node = Lister()
    names = [f"{'long' * 20}-{number:03}" for number in range(150)]
    node.indices = [index(name) for name in [*names, "b-1", "b-2"]]
    several = [*names, "b-*", "-b-2", f"-{names[3]}", "-missing", names[4]]
    inside = {one.name for one in found(cast(Client, node), several)}
    assert inside == {*names, "b-1"} - {names[3]}
    missing = [*several, "gone"]
    assert {one.name for one in found(cast(Client, node), missing, ignore_unavailable=True)} == inside
    assert found(cast(Client, node), [f"-{name}" for name in names]) == []


def test_an_address_is_cut_in_a_message() -> None:
    answer = Response(400, {}, b'{"error": "too long"}', 0.1, f"{URL}/{'index,' * 999}")
    with pytest.raises(InputError) as caught:
        understood(answer).result()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("given", "added"),
    [
        (["*"], True),
        (["logs", "d*", "-data"], True),
        (["logs-*"], False),
        (["day2-drill-1"], False),
        (["day2-drill-x*"], False),
        (["*", "-day2-drill-*"], False),
        (["logs", "-*"], False),
    ],
)
def test_indices_of_a_drill_are_no_part_of_a_pattern(given: list[str], added: bool) -> None:
    assert without_scratch(given) == [*given, *(["-day2-drill-*"] if added else [])]


def test_indices_of_a_drill_are_in_no_snapshot_of_all() -> None:
    node = Node()
    ran(node, "new")
    assert node.bodies[0]["indices"] == "*,-day2-drill-*"


def test_the_end_is_told_where_the_names_of_its_indices_are_too_many() -> None:
    node = Node()

    def special(method: str, path: str, _body: Any) -> None:
        if method != "GET" or path != "_snapshot/backup/daily-20270115" or path.rpartition("/")[2] not in node.shots:
            return
        if not node.query:
            raise TooLarge("the answer is larger than 8388608 bytes", on=URL)
        node.shots["daily-20270115"].pop("indices", None)

    node.special = special
    result = daily(node)
    assert (result.failed, result.data["state"], len(removals(node))) == (False, "SUCCESS", 1)
    (warning,) = result.warnings
    assert warning.endswith("are too many to be compared with those wanted")
    again = daily(node)
    assert (again.failed, again.data["removed"]) == (False, [])
    assert again.warnings[0].startswith("nobody knows whether backup/daily-20270115")


def restored(until: int, reason: str = "NEW_INDEX_RESTORED", source: str = "SNAPSHOT") -> Node:
    """Return a cluster of which an index is red for that many looks."""
    looks = [0]
    node = Node()
    copy = {"primary": True, "state": "UNASSIGNED", "recovery_source": {"type": source}}
    table = {"routing_table": {"indices": {"b": {"shards": {"0": [{**copy, "unassigned_info": {"reason": reason}}]}}}}}
    health = {"indices": {"b": {"shards": {"0": {"primary_active": False, "initializing_shards": 0}}}}}
    node.indices = [index("a"), index("b", health="red")]

    def special(_method: str, path: str, _body: Any) -> Any:
        if path == "_cluster/state/routing_table/b":
            looks[0] += 1
            return 200, table if looks[0] <= until else {}
        return (200, health if looks[0] <= until else {}) if path.startswith("_cluster/health/") else None

    node.special = special
    return node


def test_a_restore_that_runs_is_waited_for_or_told() -> None:
    node = restored(5)
    assert ran(node, "new", check_mode=True).warnings == ["a restore into b is running, and would be waited for"]
    assert (ran(node, "new").failed, len(node.bodies)) == (False, 1)
    several: list[dict[str, Any]] = [{"when_busy": "fail"}, {"wait_timeout": "3s"}]
    for options in several:
        node = restored(99)
        with pytest.raises(Conflict, match="a restore into b is running"):
            ran(node, "new", **options)
        assert node.bodies == []


@pytest.mark.parametrize(("reason", "source"), [("ALLOCATION_FAILED", "SNAPSHOT"), ("NODE_LEFT", "EXISTING_STORE")])
def test_a_shard_that_is_lost_is_not_waited_for(reason: str, source: str) -> None:
    with pytest.raises(Unavailable, match="the cluster is red: a primary shard of b is on no node"):
        ran(restored(99, reason, source), "new")


def test_shards_that_are_being_restored_are_waited_for_though_nothing_is_red() -> None:
    looks = [{"b": {"shards": [{"type": "SNAPSHOT"}]}}, {"a": {"shards": [{"type": "PEER"}]}}]
    node = Node()
    node.special = lambda _method, path, _body: (200, looks.pop(0)) if path == "_recovery" else None
    assert (ran(node, "new").failed, looks) == (False, [])


def test_of_two_that_began_in_one_moment_only_one_is_the_last() -> None:
    node = Node()
    node.shots = {name: shot(name, "SUCCESS", name, ["a"]) for name in ("daily-20270113", "daily-20270114")}

    def gone(name: str) -> Result:
        asked = wanted(making.SPEC.validate({"url": [URL], "repository": "backup", "name": name}, "test"), NOW)
        return absent(Run(cast(Client, node), asked, cast(Any, Clock()), None), False)

    with pytest.raises(InputError, match="it is the last SUCCESS"):
        gone("daily-20270114")
    assert gone("daily-20270113").changed
    assert list(node.shots) == ["daily-20270114"]
