# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""es_snapshot_policy.

Real nodes of both products, which have neither SLM nor SM, say that they have not. All else is tried with STAND-INs
for servers that have them, see search_policy_servers.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._search.answers import Conflict
from ansible_collections.day2.ops.plugins.module_utils._search.policy import SPEC, operate

from .answering import Answer, Asked
from .search_help import Cluster
from .search_policy_servers import Server, Slm, Sm, error, standing_in

NIGHTLY = {"name": "nightly", "schedule": "30 1 * * *", "repository": "backup"}
MISSING = {
    "elasticsearch": "this Elasticsearch 7.17.28 has no snapshot lifecycle management (SLM): ",
    "opensearch": "this OpenSearch 2.19.1 has no snapshot management (SM): ",
}


def policy(url: str, check_mode: bool = False, **options: Any) -> Result:
    params = SPEC.validate({"url": [url], **NIGHTLY, **options}, "es_snapshot_policy")
    return operate(params, check_mode)


@pytest.fixture(params=[Slm, Sm])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A stand-in for each product in turn."""
    with standing_in(request.param()) as made:
        yield made


@pytest.fixture
def slm() -> Iterator[Slm]:
    made = Slm()
    with standing_in(made):
        yield made


@pytest.fixture
def sm() -> Iterator[Sm]:
    made = Sm()
    with standing_in(made):
        yield made


@pytest.mark.parametrize("state", ["present", "absent"])
def test_real_servers_without_policies_say_so(search_cluster: Cluster, state: str) -> None:
    with pytest.raises(NotThere) as raised:
        policy(search_cluster.url, state=state)
    assert str(raised.value).startswith(f"{MISSING[search_cluster.name]}{search_cluster.url}; it is part of ")
    assert str(raised.value).endswith("; otherwise let a timer run es_snapshot")


def test_made_once_and_then_left_alone(server: Server) -> None:
    planned = policy(server.url, check_mode=True, indices=["items-*", "-items-old"])
    assert (planned.changed, server.changes, server.policies) == (True, [], {})
    assert planned.diff is not None
    assert planned.diff["before"] == {}
    made = policy(server.url, indices=["items-*", "-items-old"])
    assert (made.changed, made.msg, made.warnings) == (True, "the policy nightly is made", [])
    assert made.diff == planned.diff
    assert made.data["policy"] == planned.data["policy"] == made.diff["after"]
    assert made.data["policy"]["indices"] == ["items-*", "-items-old"]
    assert made.data["status"]["running"] is True
    assert len(server.changes) == 1
    again = policy(server.url, indices=["items-*", "-items-old"])
    assert (again.changed, again.msg, len(server.changes)) == (False, "the policy nightly is unchanged", 1)
    assert again.diff is not None
    assert again.diff["before"] == again.diff["after"]


def test_only_what_differs_is_a_change(server: Server) -> None:
    policy(server.url)
    given: tuple[dict[str, Any], ...] = (
        {"schedule": "0 2 * * *"},
        {"repository": "other"},
        {"indices": ["items-*"]},
        {"ignore_unavailable": True},
        {"include_global_state": True},
        {"partial": True},
        {"retention": {"max_age": "30d", "min_count": 7}},
        {"retention": {"max_count": 50}},
        {"retention": {}},
    )
    for options in given:
        assert policy(server.url, check_mode=True, **options).changed is (options != {"retention": {}})
        policy(server.url, **options)
        assert not policy(server.url, **options).changed, options
        policy(server.url, retention={})
        assert not policy(server.url).changed


def test_retention_that_is_not_given_stays(server: Server) -> None:
    keep = {"max_age": "26h", "min_count": None, "max_count": 14}
    made = policy(server.url, retention=keep)
    assert made.data["policy"]["retention"] == {"max_age": 93600.0, "min_count": 1, "max_count": 14}
    assert not policy(server.url, retention={**keep, "max_age": 93600}).changed
    changed = policy(server.url, schedule="0 3 * * *")
    assert changed.data["policy"]["retention"] == made.data["policy"]["retention"]
    assert changed.diff is not None
    differs = {name for name, value in changed.diff["after"].items() if changed.diff["before"][name] != value}
    assert differs == {"schedule"}


def test_removed_once(server: Server) -> None:
    policy(server.url)
    planned = policy(server.url, state="absent", check_mode=True)
    assert (planned.changed, list(server.policies)) == (True, ["nightly"])
    gone = policy(server.url, state="absent")
    assert (gone.changed, server.policies, gone.data["policy"]) == (True, {}, None)
    assert gone.diff == planned.diff
    again = policy(server.url, state="absent")
    assert (again.changed, again.msg) == (False, "the policy nightly is not there")


def test_judged_by_its_last_success(server: Server) -> None:
    made = policy(server.url, rpo="26h")
    assert (made.failed, made.data["rpo_state"], made.data["age_seconds"]) == (False, None, None)
    never = policy(server.url, rpo="26h")
    assert (never.failed, never.data["rpo_state"]) == (True, "missed")
    assert never.msg.endswith("; there is no successful snapshot in backup")
    server.add_snapshot("other", "a", hours_ago=1)
    server.add_snapshot("nightly", "b", hours_ago=1, state="PARTIAL")
    server.add_snapshot("nightly", "c", hours_ago=27)
    late = policy(server.url, rpo="26h")
    assert (late.failed, late.data["last_success"]["snapshot"]) == (True, "nightly-c")
    assert ", more than 1 d 2 h: nightly-c in backup" in late.msg
    assert not policy(server.url).failed
    server.add_snapshot("nightly", "d", hours_ago=2)
    met = policy(server.url, rpo="26h", check_mode=True)
    assert (met.failed, met.changed, met.data["rpo_state"]) == (False, False, "met")
    assert 7100 < met.data["age_seconds"] < 7500


def test_a_policy_that_does_not_run_is_told(slm: Slm) -> None:
    policy(slm.url)
    slm.is_stopped("nightly")
    stopped = policy(slm.url)
    assert (stopped.changed, stopped.data["status"]["running"]) == (False, False)
    assert stopped.warnings == ["nothing runs by nightly: all policies are stopped; see POST _slm/start"]


def test_what_elasticsearch_is_told(slm: Slm) -> None:
    policy(slm.url, schedule="*/30 6-22/2 * * mon-fri,7", retention={"max_age": "30d", "max_count": 50})
    assert slm.policies["nightly"]["policy"] == {
        "name": "<nightly-{now/d{yyyyMMdd}}>",
        "schedule": "0 */30 6-22/2 ? * SUN,MON,TUE,WED,THU,FRI",
        "repository": "backup",
        "config": {
            "indices": ["*", "-day2-drill-*"],
            "ignore_unavailable": False,
            "include_global_state": False,
            "partial": False,
        },
        "retention": {"expire_after": "30d", "min_count": 1, "max_count": 50},
    }
    named = policy(slm.url, snapshot_name="daily-{now-1d/d{yyyy.MM.dd}}")
    assert named.data["policy"]["snapshot_name"] == "<daily-{now-1d/d{yyyy.MM.dd}}>"
    assert not policy(slm.url).changed


def test_what_others_keep_in_a_policy_of_elasticsearch_stays(slm: Slm) -> None:
    policy(slm.url)
    slm.policies["nightly"]["policy"]["config"]["metadata"] = {"owner": "search"}
    slm.policies["nightly"]["policy"]["config"]["indices"] = "a,b"
    changed = policy(slm.url, indices=["a", "b"], schedule="0 2 * * *")
    assert changed.diff is not None
    assert changed.diff["before"]["indices"] == ["a", "b"]
    assert slm.policies["nightly"]["policy"]["config"]["metadata"] == {"owner": "search"}


def test_what_elasticsearch_says_of_runs(slm: Slm) -> None:
    policy(slm.url)
    now = int(time.time() * 1000)
    slm.policies["nightly"].update(
        last_success={"snapshot_name": "nightly-a", "time": now - 60_000},
        last_failure={"snapshot_name": "nightly-b", "time": now, "details": '{"reason":"5 out of 149 shards failed"}'},
        in_progress={"name": "nightly-c", "state": "STARTED"},
    )
    result = policy(slm.url)
    status = result.data["status"]
    assert (status["last_success"], status["last_failure"]) == ((now - 60_000) / 1000, now / 1000)
    assert (status["in_progress"], status["next_run"] > time.time()) == (True, True)
    assert result.warnings == ['the last run of nightly failed: {"reason":"5 out of 149 shards failed"}']


def test_what_opensearch_is_told(sm: Sm) -> None:
    policy(sm.url, schedule="@daily", indices=["a*", "b"], retention={"max_age": "90m"})
    document = sm.policies["nightly"]["sm_policy"]
    schedule = {"cron": {"expression": "0 0 * * *", "timezone": "UTC"}}
    assert document["creation"] == {"schedule": schedule}
    assert document["snapshot_config"] == {
        "repository": "backup",
        "indices": "a*,b",
        "ignore_unavailable": False,
        "include_global_state": False,
        "partial": False,
    }
    assert document["deletion"] == {"schedule": schedule, "condition": {"max_age": "90m", "min_count": 1}}
    named = policy(sm.url, snapshot_name="nightly-{now/d}")
    assert sm.policies["nightly"]["sm_policy"]["snapshot_config"]["date_format"] == "yyyyMMdd"
    assert named.data["policy"]["snapshot_name"] == "yyyyMMdd"
    assert not policy(sm.url, schedule="30 1 * * *", indices=["*"]).changed


def test_what_others_keep_in_a_policy_of_opensearch_stays(sm: Sm) -> None:
    policy(sm.url, retention={"max_count": 9})
    document = sm.policies["nightly"]["sm_policy"]
    document["notification"] = {"channel": {"id": "abc"}}
    document["creation"]["time_limit"] = "1h"
    document["deletion"]["schedule"] = {"cron": {"expression": "0 5 * * *", "timezone": "UTC"}}
    # As text, and in another zone: the first is the same, the second is not.
    document["snapshot_config"]["partial"] = "false"
    assert not policy(sm.url).changed
    document["creation"]["schedule"]["cron"]["timezone"] = "Europe/Vienna"
    changed = policy(sm.url)
    assert changed.diff is not None
    assert changed.diff["before"]["schedule"] == "30 1 * * * Europe/Vienna"
    document = sm.policies["nightly"]["sm_policy"]
    assert document["notification"] == {"channel": {"id": "abc"}}
    assert document["creation"]["time_limit"] == "1h"
    assert document["deletion"]["schedule"]["cron"]["expression"] == "0 5 * * *"
    assert "last_updated_time" in document


def test_a_policy_that_only_removes_is_given_a_schedule(sm: Sm) -> None:
    policy(sm.url, retention={"max_count": 9})
    del sm.policies["nightly"]["sm_policy"]["creation"]
    changed = policy(sm.url)
    assert changed.diff is not None
    assert (changed.changed, changed.diff["before"]["schedule"]) == (True, "")
    assert not policy(sm.url).changed


def test_a_retention_in_other_words_stays_as_it_is(sm: Sm, slm: Slm) -> None:
    policy(slm.url, retention={"max_age": "30d"})
    slm.policies["nightly"]["policy"]["retention"] = {"expire_after": "1500ms"}
    policy(slm.url, schedule="0 4 * * *")
    assert slm.policies["nightly"]["policy"]["retention"] == {"expire_after": "1500ms"}
    policy(sm.url, retention={"max_age": "30d"})
    sm.policies["nightly"]["sm_policy"]["deletion"]["condition"]["max_age"] = "2592000s"
    policy(sm.url, schedule="0 4 * * *", retention={"max_age": "30d"})
    assert sm.policies["nightly"]["sm_policy"]["deletion"]["condition"]["max_age"] == "2592000s"


def test_what_a_proxy_answers_is_not_taken_for_a_server_without_policies(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "policy", lambda _asked, _parts: Answer(b"<html>not found</html>", 404))
    with pytest.raises(NotThere, match=r"status is 404 \(it begins with '<html>not found"):
        policy(server.url)


def test_opensearch_stops_one_policy_and_elasticsearch_cannot(sm: Sm, slm: Slm) -> None:
    policy(sm.url)
    stopped = policy(sm.url, enabled=False)
    assert (stopped.changed, stopped.data["status"]["running"]) == (True, False)
    assert not policy(sm.url, enabled=False).changed
    assert policy(sm.url).changed
    with pytest.raises(InputError, match="Elasticsearch cannot stop one policy"):
        policy(slm.url, enabled=False)


def test_what_opensearch_says_of_runs(sm: Sm) -> None:
    policy(sm.url)
    now = int(time.time() * 1000)
    latest: dict[str, Any] = {"status": "FAILED", "start_time": now - 9000, "end_time": now}
    latest["info"] = {"message": "Caught exception while creating snapshot.", "cause": "repository is gone"}
    sm.explained = {"creation": {"trigger": {"time": now + 1000}, "latest_execution": latest}}
    failed = policy(sm.url)
    status = failed.data["status"]
    assert (status["last_failure"], status["last_success"], status["next_run"]) == (now / 1000, None, now / 1000 + 1)
    assert failed.warnings == ["the last run of nightly failed: repository is gone"]
    sm.explained["creation"]["latest_execution"] = {"status": "SUCCESS", "start_time": now - 9000, "end_time": now}
    good = policy(sm.url)
    assert (good.data["status"]["last_success"], good.data["status"]["failed"], good.warnings) == (now / 1000, None, [])


def test_somebody_else_changes_it_meanwhile(sm: Sm, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(sm.url)
    write = sm._write

    def later(asked: Any, name: str, given: dict[str, Any]) -> Any:
        sm.policies[name]["_seq_no"] += 1
        return write(asked, name, given)

    monkeypatch.setattr(sm, "_write", later)
    with pytest.raises(Conflict, match="version conflict"):
        policy(sm.url, schedule="0 2 * * *")


def test_runs_of_which_the_server_says_nothing_are_unknown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    known = server.policy

    def silent(asked: Asked, parts: list[str]) -> Answer:
        if parts[-1] in ("status", "_explain"):
            return error(500, "status_exception", "Failed to search")
        return known(asked, parts)

    monkeypatch.setattr(server, "policy", silent)
    made = policy(server.url)
    assert (made.changed, made.data["status"]) == (True, None)
    assert made.warnings[0].startswith("how the policy nightly runs is not known: status is 500 (status_exception: ")


def test_a_server_that_does_not_keep_what_it_is_given(slm: Slm, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(name: str, given: dict[str, Any]) -> Any:
        given["config"]["indices"] = ["other"]
        return put(name, given)

    put = slm._put
    monkeypatch.setattr(slm, "_put", forgetful)
    assert policy(slm.url).warnings == ["the server does not have indices of nightly as given"]


def test_what_the_server_refuses(slm: Slm, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = error(403, "security_exception", "action [cluster:admin/slm/get] is unauthorized")
    monkeypatch.setattr(slm, "policy", lambda _asked, _parts: refused)
    with pytest.raises(OpsError, match=r"status is 403 \(security_exception: action .* is unauthorized\)"):
        policy(slm.url)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"schedule": "30 1 * *"}, "expected five fields of cron"),
        ({"schedule": "61 1 * * *"}, "minute '61' is not 0 to 59"),
        ({"schedule": "0 1 1 * 1"}, "both a day of the month and one of the week"),
        ({"repository": "a/b"}, "repository 'a/b' has '/'"),
        ({"name": "a b"}, "name 'a b' has ' '"),
        ({"indices": ["Items"]}, "upper case"),
        ({"snapshot_name": "Nightly"}, "upper case"),
        ({"snapshot_name": "x-{today}"}, "a brace that is no date"),
        ({"retention": {"min_count": 1}}, "give max_age or max_count"),
        ({"retention": {"max_count": 0}}, "max_count is 0"),
        ({"retention": {"max_count": 3, "min_count": 5}}, "min_count is 5, max_count 3"),
        ({"retention": {"max_age": "500ms"}}, "expected whole seconds"),
        ({"retention": {"max_age": "soon"}}, "max_age: expected seconds"),
        ({"rpo": "soon"}, "rpo: expected seconds"),
    ],
)
def test_options_that_are_wrong(server: Server, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        policy(server.url, **options)
    assert server.changes == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "Nightly"}, "upper case"),
        ({"snapshot_name": "daily-{now/d}"}, "OpenSearch names snapshots POLICY-DATE-RANDOM"),
        ({"snapshot_name": "nightly"}, "OpenSearch names snapshots POLICY-DATE-RANDOM"),
        ({"retention": {"max_count": 5, "min_count": 5}}, "wants max_count to be larger"),
    ],
)
def test_what_opensearch_cannot_do(sm: Sm, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        policy(sm.url, **options)


def test_schedule_and_repository_are_needed_for_a_policy_to_be_there() -> None:
    with pytest.raises(InputError, match="schedule, repository"):
        SPEC.validate({"url": ["http://127.0.0.1:1"], "name": "nightly"}, "es_snapshot_policy")
