# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind elasticsearch against real nodes of both products, and against stand-ins for broken ones."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.answering import Answer, Asked, always, answering, as_json
from ansible_collections.day2.ops.tests.live.checks import attempt

from .search_help import NOBODY, Cluster


@pytest.fixture
def cluster(search_cluster: Cluster) -> Cluster:
    """Each product in turn; what a test made is removed."""
    return search_cluster


def test_a_cluster_that_is_well(cluster: Cluster) -> None:
    outcome = attempt("elasticsearch", url=cluster.url, max_disk_percent=100, min_nodes=1, max_pending_tasks=1000)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert values["distribution"] == cluster.name
    assert values["version"].partition(".")[0].isdigit()
    assert (values["nodes"], values["read_only"], values["timed_out"]) == (1, 0, False)
    assert 0 < values["disk_percent"] < 100
    assert values["disks"] == [{"node": cluster.name, "used_percent": values["disk_percent"]}]


def test_limits(cluster: Cluster) -> None:
    outcome = attempt("elasticsearch", url=cluster.url, max_disk_percent=0.1, min_nodes=2)
    assert outcome.status == "fail"
    assert "nodes is 1, expected at least 2" in outcome.reason
    assert f"%, expected at most 0.1 % (node {cluster.name})" in outcome.reason


@pytest.mark.parametrize(
    ("low", "high", "flood_stage"),
    [("0.5%", "99.98%", "99.99%"), ("0.005", "0.9998", "0.9999"), ("9000tb", "2b", "1b")],
)
def test_the_watermarks_of_the_cluster_itself(cluster: Cluster, low: str, high: str, flood_stage: str) -> None:
    name = "cluster.routing.allocation.disk.watermark"
    settings = {f"{name}.low": low, f"{name}.high": high, f"{name}.flood_stage": flood_stage}
    own = attempt("elasticsearch", url=cluster.url, disk_watermark="flood_stage")
    assert own.values["watermarks"] == {"low": "85%", "high": "90%", "flood_stage": "95%"}
    cluster.ask("PUT", "_cluster/settings", {"transient": settings})
    try:
        over = attempt("elasticsearch", url=cluster.url, disk_watermark="low")
        under = attempt("elasticsearch", url=cluster.url, disk_watermark="high")
    finally:
        cluster.ask("PUT", "_cluster/settings", {"transient": {f"{name}.*": None}})
    assert over.status == "fail"
    assert over.reason == f"over_watermark is ['{cluster.name}'], expected [] (the low watermark is {low})"
    assert under.status == "pass", under.reason
    assert under.values["watermarks"] == {"low": low, "high": high, "flood_stage": flood_stage}
    assert (under.values["over_watermark"], under.values["watermarks_enabled"]) == ([], False)


def test_yellow_and_red(cluster: Cluster) -> None:
    cluster.make_index("yellow", **{"index.number_of_replicas": 1})
    yellow = attempt("elasticsearch", url=cluster.url, max_unassigned_shards=0)
    assert "status is" not in yellow.reason
    assert "unassigned_shards is 1, expected at most 0" in yellow.reason
    strict = attempt("elasticsearch", url=cluster.url, status="green")
    assert strict.status == "fail"
    assert strict.reason.startswith("status is 'yellow', expected 'green' (1 of ")
    cluster.make_index("red", **{"index.routing.allocation.require._name": "nobody"})
    red = attempt("elasticsearch", url=cluster.url, index=f"{cluster.mine}-*", min_documents=0)
    assert red.status == "fail"
    assert red.reason.startswith("status is 'red', expected one of ['green', 'yellow'] (2 of ")
    assert "documents is null (some shards did not answer)" in red.reason
    alone = attempt("elasticsearch", url=cluster.url, index=f"{cluster.mine}-red", min_documents=0)
    assert "documents is null (some shards did not answer)" in alone.reason


def test_documents(cluster: Cluster) -> None:
    index = cluster.make_index("documents")
    for number in range(3):
        cluster.ask("PUT", f"{index}/_doc/{number}?refresh=true", {"number": number})
    found = {"url": cluster.url, "index": f"{cluster.mine}-docu*"}
    assert attempt("elasticsearch", **found, min_documents=3, max_documents=3).status == "pass"
    few = attempt("elasticsearch", **found, min_documents=4)
    assert (few.status, few.reason) == ("fail", "documents is 3, expected at least 4")
    for nothing in (f"{cluster.mine}-nothing", f"{cluster.mine}-nothing*", "../_all"):
        outcome = attempt("elasticsearch", url=cluster.url, index=nothing, max_documents=0)
        assert outcome.status == "unknown", outcome
        assert outcome.reason.startswith("status is 404 (index_not_found_exception: no such index ")


def test_an_index_that_a_full_disk_made_read_only(cluster: Cluster) -> None:
    index = cluster.make_index("full")
    cluster.ask("PUT", f"{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    chosen = cluster.make_index("chosen")
    cluster.ask("PUT", f"{chosen}/_settings", {"index.blocks.write": True})
    outcome = attempt("elasticsearch", url=cluster.url)
    assert outcome.status == "fail"
    assert f"read_only is 1, expected at most 0 (disk over flood stage: {index})" in outcome.reason
    assert (outcome.values["read_only_indices"], outcome.values["write_blocked"]) == ([index], 1)
    assert attempt("elasticsearch", url=cluster.url, allow_read_only=True).status == "pass"


def test_the_first_node_that_answers_is_asked(cluster: Cluster) -> None:
    outcome = attempt("elasticsearch", url=[NOBODY, cluster.url])
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["url"] == cluster.url
    nobody = attempt("elasticsearch", url=[NOBODY, NOBODY])
    assert (nobody.status, nobody.reason) == (
        "fail",
        f"none of 2 nodes answers; the last: no answer (Connection refused): {NOBODY}/",
    )


def test_a_node_that_hangs_leaves_time_for_the_next(lab: Lab, cluster: Cluster) -> None:
    lab.break_server(cluster.name, "hang")
    hung = attempt("elasticsearch", url=cluster.url, timeout=1)
    assert (hung.status, hung.reason) == ("fail", f"no complete answer within 1 s: {cluster.url}/")
    with answering(_healthy()) as other:
        outcome = attempt("elasticsearch", url=[cluster.url, other], timeout=8)
    lab.mend(cluster.name)
    assert outcome.status == "pass", outcome.reason
    answers = {"url": cluster.url, "timeout": 20}
    wait_for("the node's answer", lambda: attempt("elasticsearch", **answers).status == "pass", seconds=90)


ABOUT = {"cluster_name": "stand-in", "version": {"number": "8.1.0"}}
HEALTH = {
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 3,
    "number_of_data_nodes": 3,
    "active_shards": 1,
    "initializing_shards": 0,
    "relocating_shards": 0,
    "unassigned_shards": 0,
    "number_of_pending_tasks": 0,
}
BLOCKS: dict[str, Any] = {"blocks": {}}


def _healthy(**instead: Answer) -> Any:
    """Return what answers as a healthy cluster of version 8, except for what is given: about, health, state."""
    answers = {"about": as_json(ABOUT), "health": as_json(HEALTH), "state": as_json(BLOCKS), **instead}

    def reply(asked: Asked) -> Answer:
        parts = asked.path.strip("/").split("/")
        return answers[parts[1] if len(parts) > 1 else "about"]

    return reply


def _no_master(kind: str) -> Answer:
    return as_json({"error": {"root_cause": [], "type": kind, "reason": None}, "status": 503}, 503)


@pytest.mark.parametrize(
    ("instead", "status", "words"),
    [
        ({}, "pass", ""),
        (
            {"health": _no_master("master_not_discovered_exception")},
            "fail",
            "status is 503 (master_not_discovered_exception): {}/_cluster/health",
        ),
        ({"health": as_json({**HEALTH, "timed_out": True}, 200)}, "unknown", "timed_out is true, expected false"),
        ({"health": as_json({**HEALTH, "status": "red"})}, "fail", "status is 'red'"),
        (
            {"health": as_json({"status": "green"})},
            "unknown",
            "is not that of an Elasticsearch or OpenSearch: {}; it cannot",
        ),
        (
            {"state": as_json({"error": "security_exception"}, 403)},
            "unknown",
            "status is 403: {}/_cluster/state/blocks",
        ),
        (
            {
                "state": as_json(
                    {
                        "blocks": {
                            "global": {"6": {"description": "cluster read-only", "levels": ["write", "metadata_write"]}}
                        }
                    }
                )
            },
            "fail",
            "read_only is 1, expected at most 0 (cluster read-only)",
        ),
        (
            {"state": as_json({"blocks": {"indices": {"a": {"4": {"levels": ["read", "write"]}}}}})},
            "pass",
            "",
        ),
        ({"about": as_json({"hello": "world"})}, "unknown", "this is neither Elasticsearch nor OpenSearch: {}"),
        ({"about": as_json([])}, "unknown", "this is neither Elasticsearch nor OpenSearch"),
        (
            {"about": Answer(b"<html>hi</html>")},
            "fail",
            "the answer is not JSON: {}/; it begins with '<html>hi</html>'",
        ),
        ({"about": Answer(b"<html>hi</html>", 502)}, "fail", "status is 502 (it begins with '<html>hi</html>'): {}/"),
        (
            {"about": as_json({"error": {"type": "security_exception"}}, 401)},
            "unknown",
            "status is 401: {}/; see url_username",
        ),
    ],
)
def test_what_stand_ins_say(instead: dict[str, Answer], status: str, words: str) -> None:
    with answering(_healthy(**instead)) as url:
        outcome = attempt("elasticsearch", url=url)
        assert outcome.status == status, outcome.reason
        assert words.format(url) in outcome.reason
        assert outcome.reason.isprintable()


def test_the_server_is_told_how_long_to_wait_for_a_master() -> None:
    """OpenSearch has renamed the option."""
    seen: list[Asked] = []
    for about, option in (
        (ABOUT, "master_timeout"),
        ({**ABOUT, "version": {"number": "1.3.0", "distribution": "opensearch"}}, "master_timeout"),
        ({**ABOUT, "version": {"number": "3.0.0", "distribution": "opensearch"}}, "cluster_manager_timeout"),
    ):
        healthy = _healthy(about=as_json(about))

        def reply(asked: Asked, healthy: Any = healthy) -> Answer:
            seen.append(asked)
            return healthy(asked)  # type: ignore[no-any-return]

        with answering(reply) as url:
            assert attempt("elasticsearch", url=url).status == "pass"
        (health,) = [asked.fields for asked in seen if asked.path.endswith("health")]
        assert list(health) == [option]
        assert 0 < int(health[option][0].removesuffix("ms")) <= 4000
        seen.clear()


def test_a_login_is_sent_and_not_shown() -> None:
    seen: list[Asked] = []

    def reply(asked: Asked) -> Answer:
        seen.append(asked)
        return always(as_json({}, 401))(asked)

    with answering(reply) as url:
        outcome = attempt("elasticsearch", url=url, url_username="elastic", url_password="hunter2")
    assert seen[0].headers["Authorization"].startswith("Basic ")
    assert "hunter2" not in str(outcome)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_documents": 1}, "required by 'min_documents': index"),
        ({"status": "red"}, "status"),
        ({"max_unassigned_shards": "few"}, "max_unassigned_shards"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        attempt("elasticsearch", url=NOBODY, **options)


def test_no_address_at_all() -> None:
    outcome = attempt("elasticsearch", url=[])
    assert (outcome.status, outcome.reason.partition(";")[0]) == ("unknown", "url is empty")
