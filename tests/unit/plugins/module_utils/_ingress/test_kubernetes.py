# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind kubernetes against a played API, whose pods are what its Service and its workloads say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.kubernetes_connection import Conflict
from ansible_collections.day2.ops.plugins.module_utils._ingress.kubernetes import MARK, REPLICAS

from .played import Answer, Asked, Played, turn

SERVICE = "/api/v1/namespaces/shop/services/api"
API = "/apis/apps/v1/namespaces/shop/deployments/api"
WEB = "/apis/apps/v1/namespaces/shop/statefulsets/web"


class Cluster:
    """Objects by their paths, changed by merge patches (RFC 7396), each change with a new resourceVersion."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self.objects: dict[str, dict[str, Any]] = {
            SERVICE: {"metadata": {"name": "api"}, "spec": {"selector": {"app": "api"}}},
            API: {"metadata": {"name": "api"}, "spec": {"replicas": 3}},
            WEB: {"metadata": {"name": "web", "annotations": {"theirs": "1"}}, "spec": {"replicas": 2}},
        }
        for one in self.objects.values():
            one["metadata"]["resourceVersion"] = "1"
        self.conflicts = 0
        self.forbidden = False
        self.clients: Any = self.by_service
        played.reply = self.reply

    def by_service(self) -> int:
        return 200 if set(self.objects[SERVICE]["spec"]["selector"]) == {"app"} else 503

    def by_pods(self) -> int:
        return 200 if self.objects[API]["spec"]["replicas"] + self.objects[WEB]["spec"]["replicas"] else 503

    def reply(self, asked: Asked) -> Answer:
        if asked.path == "/clients":
            return self.clients(), b""
        if asked.headers.get("authorization") != "Bearer t0ken":
            return 401, b'{"message": "Unauthorized"}'
        if asked.path not in self.objects:
            return 404, b'{"message": "not found"}'
        if asked.method == "PATCH":
            assert asked.headers["content-type"] == "application/merge-patch+json"
            if self.forbidden:
                return 403, b'{"message": "cannot patch"}'
            if self.conflicts:
                self.conflicts -= 1
                return 409, b'{"message": "the object has been modified"}'
            change = json.loads(asked.body)
            found = self.objects[asked.path]
            assert change["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
            merge(found, change)
            found["metadata"]["resourceVersion"] = str(int(found["metadata"]["resourceVersion"]) + 1)
        return 200, json.dumps(self.objects[asked.path]).encode()

    def replicas(self) -> list[int]:
        return [self.objects[path]["spec"]["replicas"] for path in (API, WEB)]

    def patches(self) -> int:
        return sum(asked.method == "PATCH" for asked in self.played.seen)


def merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for name, value in change.items():
        if value is None:
            into.pop(name, None)
        elif isinstance(value, dict):
            merge(into.setdefault(name, {}), value)
        else:
            into[name] = value


@pytest.fixture
def cluster(played: Played) -> Cluster:
    return Cluster(played)


def switch(cluster: Cluster, **more: Any) -> dict[str, Any]:
    return {
        "kind": "kubernetes",
        "api": {"host": cluster.played.url, "api_key": "t0ken"},
        "namespace": "shop",
        "outside": {"url": f"{cluster.played.url}/clients", "open_status": [200]},
        **more,
    }


def workloads(cluster: Cluster, **more: Any) -> dict[str, Any]:
    cluster.clients = cluster.by_pods
    return switch(cluster, workloads=["deployment/api", "StatefulSet/web"], **more)


def test_a_service_is_pointed_away_and_back(cluster: Cluster) -> None:
    given = switch(cluster, service="api")
    planned = turn(given, "closed", check_mode=True)
    assert (planned.changed, cluster.patches()) == (True, 0)
    assert turn(given, "closed").changed
    assert cluster.objects[SERVICE]["spec"]["selector"] == {"app": "api", MARK: "closed"}
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed
    assert cluster.objects[SERVICE]["spec"]["selector"] == {"app": "api"}
    assert not turn(given, "open").changed
    assert cluster.patches() == 2


def test_a_selector_that_was_changed_meanwhile_stays_so(cluster: Cluster) -> None:
    given = switch(cluster, service="api")
    turn(given, "closed")
    cluster.objects[SERVICE]["spec"]["selector"]["app"] = "api2"
    turn(given, "open")
    assert cluster.objects[SERVICE]["spec"]["selector"] == {"app": "api2"}


def test_workloads_are_scaled_to_nothing_and_back(cluster: Cluster) -> None:
    given = workloads(cluster)
    assert turn(given, "closed").changed
    assert cluster.replicas() == [0, 0]
    assert cluster.objects[API]["metadata"]["annotations"] == {REPLICAS: "3"}
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed
    assert cluster.replicas() == [3, 2]
    assert cluster.objects[API]["metadata"]["annotations"] == {}
    assert cluster.objects[WEB]["metadata"]["annotations"] == {"theirs": "1"}
    assert not turn(given, "open").changed


def test_who_died_half_way_is_gone_on_with(cluster: Cluster) -> None:
    given = workloads(cluster)
    turn(given, "closed")
    merge(cluster.objects[WEB], {"metadata": {"annotations": {REPLICAS: None}}, "spec": {"replicas": 2}})
    assert turn(given, "open", check_mode=True).data["before"] == "half-way"
    assert turn(given, "closed").changed and cluster.replicas() == [0, 0]
    merge(cluster.objects[API], {"metadata": {"annotations": {REPLICAS: None}}, "spec": {"replicas": 3}})
    assert turn(given, "open").changed and cluster.replicas() == [3, 2]


def test_what_somebody_else_did_stays(cluster: Cluster) -> None:
    given = workloads(cluster)
    cluster.objects[WEB]["spec"]["replicas"] = 0
    turn(given, "closed")
    cluster.objects[API]["spec"]["replicas"] = 5  # scaled meanwhile: that counts
    turn(given, "open")
    assert cluster.replicas() == [5, 0]
    cluster.objects[API]["spec"]["replicas"] = 0
    assert not turn(given, "closed").changed
    with pytest.raises(OpsError, match="closed by somebody else: how many pods there were is not known"):
        turn(given, "open")


def test_an_object_that_changes_all_the_time(cluster: Cluster) -> None:
    given = switch(cluster, service="api")
    cluster.conflicts = 3
    assert turn(given, "closed").changed and cluster.patches() == 4
    cluster.conflicts = 99
    with pytest.raises(Conflict, match="the API answers 409"):
        turn(given, "open")


def test_what_is_wrong_is_told(cluster: Cluster) -> None:
    cluster.objects[SERVICE]["spec"] = {"type": "ExternalName"}
    for wrong, kind, told in (
        ({"service": "api"}, InputError, "has no selector that could be pointed away: shop/api; give workloads"),
        ({"service": "api", "workloads": ["deployment/api"]}, InputError, "give either service or workloads"),
        ({}, InputError, "give either service or workloads"),
        ({"workloads": ["daemonset/x"]}, InputError, "no kind of workload: daemonset/x"),
        ({"workloads": ["api"]}, InputError, "expected deployment/NAME"),
        ({"workloads": ["deployment/none"]}, NotThere, "no deployments/none in the namespace shop"),
        ({"service": "api", "api": {"hots": "x"}}, InputError, "switch: api: unknown option hots"),
        ({"service": "api", "api": {"host": cluster.played.url}}, AccessDenied, "answers 401"),
        ({"service": "api", "api": {"host": "http://127.0.0.1:1"}}, Unreachable, "127.0.0.1:1"),
    ):
        with pytest.raises(kind, match=told) as failed:
            turn(switch(cluster, **wrong), "closed")
        assert "\n" not in str(failed.value) and "t0ken" not in str(failed.value)
    assert not cluster.patches()
    cluster.forbidden = True
    with pytest.raises(AccessDenied, match="the user lacks this permission"):
        turn(workloads(cluster), "closed")
    cluster.objects[API]["metadata"]["annotations"] = {REPLICAS: "many"}
    with pytest.raises(OpsError, match="is no number: api"):
        turn(workloads(cluster), "closed")
