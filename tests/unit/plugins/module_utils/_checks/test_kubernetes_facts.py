# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values from objects of the Kubernetes API, in the shapes of apps/v1 and v1 (Kubernetes 1.21 to 1.36)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.kubernetes_facts import (
    WORKLOADS,
    Workload,
    has_failed,
    pod,
    selector_of,
)

ROLLED_OUT = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 2}


def read(kind: str, status: dict[str, Any], **spec: Any) -> Workload:
    wanted = {"replicas": 3, **spec}
    return WORKLOADS[kind][1]({"metadata": {"name": "api", "generation": 2}, "spec": wanted, "status": status})


def test_a_deployment_that_is_rolled_out() -> None:
    assert read("deployment", ROLLED_OUT) == Workload("api", 3, 3, 3, 3, "")


@pytest.mark.parametrize(
    ("status", "rollout"),
    [
        ({"observedGeneration": 1}, "the new specification is not taken up yet"),
        ({"updatedReplicas": 1}, "1 of 3 replicas are new"),
        ({"replicas": 4}, "1 old replicas are left"),
        (
            {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]},
            "it takes longer than it may",
        ),
        ({"conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}, ""),
        ({"availableReplicas": 1}, ""),
    ],
)
def test_what_is_left_of_a_deployments_rollout(status: dict[str, Any], rollout: str) -> None:
    assert read("deployment", {**ROLLED_OUT, **status}).rollout == rollout


@pytest.mark.parametrize("kind", sorted(WORKLOADS))
def test_a_workload_that_has_just_been_made(kind: str) -> None:
    found = read(kind, {})
    assert (found.ready, found.available, found.updated) == (0, 0, 0)
    assert found.rollout == "the new specification is not taken up yet"


def test_replicas_that_are_missing() -> None:
    assert read("deployment", {**ROLLED_OUT, "availableReplicas": 1}).unavailable == 2
    assert read("deployment", {**ROLLED_OUT, "availableReplicas": 5}).unavailable == 0
    assert read("deployment", ROLLED_OUT, replicas=0).desired == 0


REVISIONS = {"currentRevision": "api-1", "updateRevision": "api-2"}


@pytest.mark.parametrize(
    ("status", "strategy", "rollout"),
    [
        ({}, {}, ""),
        ({**REVISIONS, "updatedReplicas": 1}, {}, "1 of 3 replicas are new"),
        ({**REVISIONS, "updatedReplicas": 1}, {"type": "OnDelete"}, ""),
        ({**REVISIONS, "updatedReplicas": 1}, {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, ""),
        ({**REVISIONS, "updatedReplicas": 1}, {"rollingUpdate": {"partition": 1}}, "1 of 2 replicas are new"),
    ],
)
def test_what_is_left_of_a_stateful_sets_rollout(
    status: dict[str, Any], strategy: dict[str, Any], rollout: str
) -> None:
    assert read("statefulset", {**ROLLED_OUT, **status}, updateStrategy=strategy).rollout == rollout


def test_a_stateful_set_of_an_old_api_counts_what_is_ready() -> None:
    old = {name: value for name, value in ROLLED_OUT.items() if name != "availableReplicas"}
    assert read("statefulset", old).available == 3


def test_a_daemon_set() -> None:
    status = {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 4,
        "updatedNumberScheduled": 3,
        "numberReady": 2,
        "numberAvailable": 2,
        "observedGeneration": 2,
    }
    assert read("daemonset", status) == Workload("api", 4, 2, 2, 3, "3 of 4 replicas are new")
    assert read("daemonset", status, updateStrategy={"type": "OnDelete"}).rollout == ""


def test_selectors() -> None:
    rules = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
        {"key": "zone", "operator": "NotIn", "values": ["x"]},
    ]
    found = {"spec": {"selector": {"matchLabels": {"app": "api"}, "matchExpressions": rules}}}
    assert selector_of(found) == "app=api,tier in (a,b),!old,new,zone notin (x)"
    assert selector_of({"spec": {}}) == ""


def a_pod(**status: Any) -> dict[str, Any]:
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": "api-1"}, "status": {**ready, **status}}


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "app", "state": state, "restartCount": 0, **more}


NOT_READY: dict[str, Any] = {"conditions": [{"type": "Ready", "status": "False"}]}
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


@pytest.mark.parametrize(
    ("status", "troubles"),
    [
        ({"containerStatuses": [container({"running": {}})]}, ()),
        ({"containerStatuses": [container({"waiting": {"reason": "ContainerCreating"}})]}, ()),
        ({"containerStatuses": [container({"terminated": {"exitCode": 0, "reason": "Completed"}})]}, ()),
        (
            {"containerStatuses": [container({"waiting": {"reason": "CrashLoopBackOff"}}, lastState=KILLED)]},
            ("api-1: app CrashLoopBackOff (OOMKilled, status 137)",),
        ),
        (
            {"containerStatuses": [container({"waiting": {"reason": "ImagePullBackOff"}})]},
            ("api-1: app ImagePullBackOff",),
        ),
        ({"containerStatuses": [container(KILLED)]}, ("api-1: app OOMKilled, status 137",)),
        (
            {"initContainerStatuses": [container({"waiting": {"reason": "CrashLoopBackOff"}})]},
            ("api-1: app CrashLoopBackOff",),
        ),
        ({"phase": "Pending", "conditions": [UNSCHEDULED]}, ("api-1: Unschedulable",)),
        ({"phase": "Failed", "reason": "Evicted"}, ("api-1: failed, Evicted",)),
        (
            {"containerStatuses": [container({"waiting": {"reason": "<script>\n\x1b[31m" + "x" * 999}})]},
            ("api-1: app <script> [31m" + "x" * 100 + "...",),
        ),
    ],
)
def test_what_is_wrong_with_a_pod(status: dict[str, Any], troubles: tuple[str, ...]) -> None:
    found = pod(a_pod(**status))
    assert found is not None
    assert found.troubles == troubles


def test_readiness_and_restarts() -> None:
    two = [container({}, restartCount=2), container({}, restartCount=7)]
    found = pod(a_pod(containerStatuses=two))
    assert found is not None
    assert (found.ready, found.restarts) == (True, 7)
    unready = pod(a_pod(**NOT_READY))
    assert unready is not None
    assert not unready.ready


def test_pods_that_do_not_count() -> None:
    assert pod(a_pod(phase="Succeeded")) is None
    assert pod({**a_pod(), "metadata": {"name": "api-1", "deletionTimestamp": "2026-03-01T02:00:00Z"}}) is None
    assert has_failed(a_pod(phase="Failed"))
    assert not has_failed({})
