# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Autoscalers and StatefulSets by objects as the API documents them; a real API is asked in tests/live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._core.kubernetes_connection import Api
from ansible_collections.day2.ops.plugins.module_utils._runtimes.kubernetes_autoscalers import BOUNDS, PAUSED, RESTS
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate

DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/worker"
SET = "/apis/apps/v1/namespaces/shop/statefulsets/store"
HPAS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects"
PODS = "/api/v1/namespaces/shop/pods"
Answers = dict[str, Any]


def workload(name: str, replicas: int = 3, **spec: Any) -> dict[str, Any]:
    status = {
        "replicas": replicas,
        "readyReplicas": replicas,
        "updatedReplicas": replicas,
        "availableReplicas": replicas,
    }
    containers = [{"name": "app", "image": "shop:1"}]
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": containers}},
            **spec,
        },
        "status": {**status, "observedGeneration": 1},
    }


def hpa(name: str = "worker", annotations: Mapping[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "worker"}
    servers = {"uid": "1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": []}
    own = {"name": name, "namespace": "shop", "annotations": dict(annotations or {}), **metadata}
    return {"metadata": {**own, **servers}, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}}


def scaled_object(annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    metadata = {"name": "orders", "annotations": dict(annotations or {}), "finalizers": ["finalizer.keda.sh"]}
    return {"metadata": metadata, "spec": {"scaleTargetRef": {"name": "worker"}, "maxReplicaCount": 50}}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What the API answers at each path; anything else is not there. An error is raised."""
    played: Answers = {DEPLOYMENT: workload("worker"), HPAS: {"items": []}, PODS: {"items": []}}

    def get(_self: Api, path: str, _query: Mapping[str, str], _deadline: float) -> Any:
        found = played.get(path, NotThere("the API answers 404", on=path))
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(Api, "get", get)
    return played


def ask(unit: str, intent: str, **options: Any) -> dict[str, Any]:
    runtime = {"kind": "kubernetes", "host": "https://127.0.0.1", "namespace": "shop"}
    parts = [{"name": "worker", "unit": unit, "max": 9}]
    given = {"runtime": {**runtime, "parts": parts}, "intent": intent, **options}
    result = operate(SPEC.validate(given, "service_info"), False)
    (part,) = result.data["parts"]
    return dict(part)


def scalers(**options: Any) -> list[dict[str, Any]]:
    return list(ask("deployment/worker", "autoscaled", **options)["autoscalers"])


def refused(unit: str, intent: str, **options: Any) -> str:
    with pytest.raises(InputError) as told:
        ask(unit, intent, **options)
    return str(told.value)


def test_a_count_that_an_autoscaler_would_undo_is_refused(answers: Answers) -> None:
    answers[HPAS] = {"items": [hpa("of-another", annotations={}), hpa()]}
    answers[HPAS]["items"][0]["spec"]["scaleTargetRef"]["name"] = "other"
    said = "worker is scaled by the HorizontalPodAutoscaler worker from 2 to 5, which would undo it"
    assert said in refused("deployment/worker", "scaled", count=4)


def test_without_replicas_an_autoscaler_is_not_active(answers: Answers) -> None:
    answers[HPAS] = {"items": [hpa()]}
    assert ask("deployment/worker", "stopped")["change"]
    answers[DEPLOYMENT] = {**workload("worker", 0), "metadata": {"name": "worker", "generation": 1}}
    assert ask("deployment/worker", "started")["change"]


def test_one_that_is_held_lets_that_number_be_and_no_other(answers: Answers) -> None:
    answers[HPAS] = {"items": [hpa()]}
    (one,) = scalers(count=4)
    held = one["held"]
    assert (held["spec"]["minReplicas"], held["spec"]["maxReplicas"]) == (4, 4)
    assert set(one["definition"]["metadata"]) == {"name", "namespace", "annotations"}  # nothing of the server's own
    answers[HPAS] = {"items": [held]}
    assert ask("deployment/worker", "scaled", count=4)["change"]
    said = "worker is held at 4 by the HorizontalPodAutoscaler worker, which would undo it (autoscaler=resume"
    assert said in refused("deployment/worker", "scaled", count=3)
    assert said in refused("deployment/worker", "started")


def test_it_is_let_go_as_it_was_also_after_it_was_held_twice(answers: Answers) -> None:
    before = hpa(annotations={"team": "shop"})
    del before["spec"]["minReplicas"]
    answers[HPAS] = {"items": [before]}
    (one,) = scalers(count=4)
    answers[HPAS] = {"items": [one["held"]]}
    (again,) = scalers(count=6)
    answers[HPAS] = {"items": [again["held"]]}
    (last,) = scalers()
    assert last["holds"] == 6 and "held" not in last
    assert last["released"] == one["definition"]


def test_none_at_all_need_no_holding(answers: Answers) -> None:
    answers[HPAS] = {"items": [hpa()]}
    (one,) = scalers(count=0)
    assert one["held"] == one["definition"] and BOUNDS not in one["held"]["metadata"]["annotations"]


def test_keda_pauses_by_its_own_annotation(answers: Answers) -> None:
    owner = [{"kind": "ScaledObject", "name": "orders"}]
    answers[HPAS] = {"items": [hpa("keda-hpa-orders", ownerReferences=owner)]}
    answers[OBJECTS] = {"items": [scaled_object()]}
    (one,) = scalers(count=0)
    assert one["said"] == "is scaled by the ScaledObject orders from 0 to 50"
    assert one["held"]["metadata"]["annotations"] == {PAUSED: "0"}
    assert one["held"]["metadata"]["finalizers"] == ["finalizer.keda.sh"]
    assert "is scaled by the ScaledObject orders" in refused("deployment/worker", "stopped")
    answers[OBJECTS] = {"items": [one["held"]]}
    assert ask("deployment/worker", "stopped")["change"]
    assert "annotations" not in scalers()[0]["released"]["metadata"]


def test_one_of_keda_that_people_have_paused_undoes_nothing(answers: Answers) -> None:
    answers[OBJECTS] = {"items": [scaled_object({RESTS: "true"})]}
    assert ask("deployment/worker", "scaled", count=4)["change"]
    (one,) = scalers(count=4)
    assert (one["said"], one["rests"]) == ("is left alone by the ScaledObject orders, which is paused", True)
    assert one["held"]["metadata"]["annotations"] == {RESTS: "true", PAUSED: "4"}
    assert "annotations" not in one["released"]["metadata"]
    answers[OBJECTS] = {"items": [one["held"]]}
    assert scalers()[0]["released"]["metadata"]["annotations"] == {RESTS: "true"}
    answers[OBJECTS] = {"items": [scaled_object({RESTS: "false"})]}
    assert "is scaled by the ScaledObject orders" in refused("deployment/worker", "scaled", count=4)


def test_who_may_not_read_what_keda_has_sees_its_autoscaler(answers: Answers) -> None:
    owner = [{"kind": "ScaledObject", "name": "orders"}]
    answers[HPAS] = {"items": [hpa("keda-hpa-orders", ownerReferences=owner)]}
    answers[OBJECTS] = AccessDenied("the API answers 403", on="kubernetes")
    assert "the HorizontalPodAutoscaler keda-hpa-orders from 2" in refused("deployment/worker", "scaled", count=4)


def test_an_autoscaler_may_not_go_beyond_the_most(answers: Answers) -> None:
    assert "worker may have 9 at most, as its max says" in refused("deployment/worker", "autoscaled", count=10)
    assert scalers(count=9) == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"updateStrategy": {"type": "OnDelete"}}, "worker has the updateStrategy OnDelete: its pods stay as they are"),
        ({"updateStrategy": {"rollingUpdate": {"partition": 3}}}, "worker has the partition 3 and 3 replicas"),
    ],
)
@pytest.mark.parametrize("intent", ["restarted", "rolled", "updated", "limited"])
def test_a_set_whose_pods_would_not_be_replaced(answers: Answers, spec: Any, said: str, intent: str) -> None:
    answers[SET] = workload("store", **spec)
    options: dict[str, dict[str, Any]] = {"updated": {"image": "shop:2"}, "limited": {"cpus": 1.0}}
    more = options.get(intent, {})
    assert said in refused("statefulset/store", intent, **more)
    assert ask("statefulset/store", "forced")["change"]


def test_a_partition_is_told(answers: Answers) -> None:
    answers[SET] = workload("store", updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    assert ask("statefulset/store", "rolled")["notes"] == ["2 of 3 pods stay as they are, as the partition is 2"]


def test_pods_that_never_get_ready_are_found(answers: Answers) -> None:
    answers[SET] = workload("store")
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    broken = {"conditions": [{"type": "Ready", "status": "False"}]}
    pods = [("store-0", ready), ("store-1", broken), ("store-2", {})]
    answers[PODS] = {"items": [{"metadata": {"name": name}, "status": status} for name, status in pods]}
    assert ask("statefulset/store", "updated", image="shop:2")["stuck"] == ["store-1", "store-2"]
    assert ask("deployment/worker", "updated", image="shop:2")["stuck"] == []


def test_claims_that_stay_are_told(answers: Answers) -> None:
    templates = [{"metadata": {"name": "data"}}]
    answers[SET] = workload("store", volumeClaimTemplates=templates, ordinals={"start": 5})
    assert ask("statefulset/store", "scaled", count=2)["notes"] == ["the volume claim data-store-7 stays"]
    assert ask("statefulset/store", "stopped")["notes"] == [
        "the volume claims data-store-5, data-store-6, data-store-7 stay"
    ]
    assert ask("statefulset/store", "scaled", count=4)["notes"] == []


def test_claims_that_go_are_told_and_never_lost_by_a_stop(answers: Answers) -> None:
    policy = {"whenScaled": "Delete", "whenDeleted": "Retain"}
    templates = [{"metadata": {"name": "data"}}]
    answers[SET] = workload("store", volumeClaimTemplates=templates, persistentVolumeClaimRetentionPolicy=policy)
    (note,) = ask("statefulset/store", "scaled", count=2)["notes"]
    assert note.startswith("the volume claim data-store-2 goes, as its persistentVolumeClaimRetentionPolicy")
    for intent in ("stopped", "recreated"):
        assert "worker would lose the volume claims data-store-0, " in refused("statefulset/store", intent)


def pod(name: str, phase: str = "Running", owner: str = "ReplicaSet", **metadata: Any) -> dict[str, Any]:
    owners = [{"kind": owner, "name": "worker-5d4f", "controller": True}]
    return {"metadata": {"name": name, "ownerReferences": owners, **metadata}, "status": {"phase": phase}}


def waited(intent: str) -> str:
    runtime = {"kind": "kubernetes", "host": "https://127.0.0.1", "namespace": "shop"}
    parts = [{"name": "worker", "unit": "deployment/worker"}]
    given = {"runtime": {**runtime, "parts": parts}, "intent": intent, "wait": True, "timeout": 0.01}
    return str(operate(SPEC.validate(given, "service_info"), False).msg)


def test_it_is_stopped_once_no_pod_is_left(answers: Answers) -> None:
    answers[DEPLOYMENT] = workload("worker", 0)
    answers[PODS] = {"items": [pod("ending", deletionTimestamp="2026-01-01T00:00:00Z"), pod("done", "Succeeded")]}
    assert waited("stopped").endswith("worker: 1 still run, 0 are to")
    assert ask("deployment/worker", "stopped")["change"]  # a second run waits too
    assert ask("deployment/worker", "started")["change"]
    answers[PODS] = {"items": [pod("evicted", "Failed"), pod("of-a-job", owner="Job")]}
    assert waited("stopped") == "all is as it is to be"
    assert not ask("deployment/worker", "stopped")["change"]


@pytest.mark.parametrize(
    ("spec", "pods", "intent", "count"),
    [
        (3, 0, "stopped", None),  # none could be made yet
        (3, 4, "scaled", 4),  # one more while a rollout goes on
        (8, 3, "scaled", 3),  # somebody has just asked for more
        (0, 3, "started", None),  # somebody has just asked for none
    ],
)
def test_what_is_asked_for_counts(answers: Answers, spec: int, pods: int, intent: str, count: int | None) -> None:
    found = workload("worker", pods)
    found["spec"]["replicas"] = spec
    found["metadata"]["annotations"] = {"day2.ops/replicas": "3"}
    answers[DEPLOYMENT] = found
    assert ask("deployment/worker", intent, count=count)["change"]


@pytest.mark.parametrize(("spec", "note", "kept"), [(3, "", "3"), (0, "5", "5"), (0, "0", "1")])
def test_how_many_there_were_to_be_is_remembered(answers: Answers, spec: int, note: str, kept: str) -> None:
    found = workload("worker", 4)
    found["spec"]["replicas"] = spec
    found["metadata"]["annotations"] = {"day2.ops/replicas": note}
    answers[DEPLOYMENT] = found
    assert ask("deployment/worker", "stopped")["remember"] == kept


def test_force_goes_by_the_whole_selector(answers: Answers) -> None:
    rule = {"key": "tier", "operator": "In", "values": ["back", "batch"]}
    answers[DEPLOYMENT] = workload("worker", selector={"matchLabels": {"app": "worker"}, "matchExpressions": [rule]})
    assert ask("deployment/worker", "forced")["selector"] == ["app=worker,tier in (back,batch)"]
