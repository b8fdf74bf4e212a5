# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service on the real API and controllers of Kubernetes; nodes are stand-ins, pods run in name only."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kubernetes as kubernetes_package
import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator
from ansible_collections.day2.ops.tests.live.runtime_help import serve

_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries


class Place:
    """A namespace with a Deployment of two pods."""

    def __init__(self, facts: KubernetesFacts) -> None:
        api = _kubernetes.config.new_client_from_config(facts["kubeconfig"])
        self.apps, self.core = _kubernetes.client.AppsV1Api(api), _kubernetes.client.CoreV1Api(api)
        self.objects = _kubernetes.client.CustomObjectsApi(api)
        self.definitions = _kubernetes.client.ApiextensionsV1Api(api)
        self.scaling = _kubernetes.client.AutoscalingV2Api(api)
        self.name = f"lab-{uuid.uuid4().hex[:8]}"
        self.runtime = {
            "kind": "kubernetes",
            "kubeconfig": facts["kubeconfig"],
            "namespace": self.name,
            "parts": [{"name": "worker", "unit": "deployment/shop-worker", "max": 6}],
        }

    def fill(self) -> None:
        """Make it."""
        self.core.create_namespace({"metadata": {"name": self.name}})
        account = self.core.read_namespaced_service_account
        wait_for("the account of pods", lambda: bool(account("default", self.name)), seconds=30)
        labels = {"app": "shop-worker"}
        containers = [{"name": "app", "image": "shop:1"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
        self.apps.create_namespaced_deployment(self.name, {"metadata": {"name": "shop-worker"}, "spec": spec})
        wait_for("two pods", lambda: self.worker().status.ready_replicas == 2, seconds=60)

    def worker(self) -> Any:
        """Return the Deployment."""
        return self.apps.read_namespaced_deployment("shop-worker", self.name)

    def pods(self) -> set[str]:
        """Return the names of the pods."""
        return {pod.metadata.name for pod in self.core.list_namespaced_pod(self.name).items}


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[Place]:
    made = Place(kubernetes)
    made.fill()
    yield made
    made.core.delete_namespace(made.name)


def done_to(place: Place, folder: Path, do: str, *arguments: str, **more: Any) -> tuple[Done, dict[str, Any]]:
    given = {"service_runtime": place.runtime, "service_do": do, "service_timeout": 30, **more}
    return serve(folder, dict(os.environ), *arguments, **given)


def test_more_pods(place: Place, tmp_path: Path) -> None:
    done, result = done_to(place, tmp_path, "scaled", service_count=4)
    assert done.status == 0, done.output
    assert [result["parts"][0][when]["ready"] for when in ("before", "after")] == [2, 4]
    assert place.worker().status.ready_replicas == 4


@pytest.mark.long
def test_the_life_of_a_deployment(place: Place, tmp_path: Path) -> None:
    for do in ("restarted", "forced", "recreated"):
        before = place.pods()
        done, result = done_to(place, tmp_path, do)
        assert done.status == 0 and result["changed"], done.output
        assert result["parts"][0]["after"]["ready"] == 2
        assert not before & place.pods()
    done, result = done_to(place, tmp_path, "limited", service_limits={"cpus": 0.5, "memory": "64M"})
    assert done.status == 0, done.output
    limits = place.worker().spec.template.spec.containers[0].resources.limits
    assert limits == {"cpu": "500m", "memory": str(64 << 20)}
    assert not done_to(place, tmp_path, "limited", service_limits={"cpus": 0.5, "memory": "64M"})[1]["changed"]
    done, result = done_to(place, tmp_path, "updated", service_image="shop:2")
    assert (done.status, result["parts"][0]["after"]["image"]) == (0, "shop:2"), done.output
    done, result = done_to(place, tmp_path, "stopped")
    assert (done.status, result["parts"][0]["after"]["running"]) == (0, 0), done.output
    assert not done_to(place, tmp_path, "stopped")[1]["changed"]
    done, result = done_to(place, tmp_path, "started")
    assert (done.status, result["parts"][0]["after"]["ready"]) == (0, 2), done.output


@pytest.mark.long
def test_what_cannot_be_done_is_told(place: Place, tmp_path: Path) -> None:
    done, _result = done_to(place, tmp_path, "updated", service_image="shop:bad", service_timeout=5)
    assert done.status != 0 and "worker updated, after" in done.text, done.output
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop-worker"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    scaler = {"metadata": {"name": "shop"}, "spec": spec}
    place.scaling.create_namespaced_horizontal_pod_autoscaler(place.name, scaler)
    done, _result = done_to(place, tmp_path, "scaled", service_count=3)
    assert done.status != 0 and "worker is scaled by the autoscaler shop from 2 to 5, which would undo it" in done.text
    place.runtime["parts"] = [{"name": "worker", "unit": "deployment/none"}]
    done, _result = done_to(place, tmp_path, "restarted")
    assert done.status != 0 and f"worker: no deployment/none in the namespace {place.name}" in done.text, done.output


@pytest.mark.long
def test_an_autoscaler_is_described_and_scales_from_then_on(place: Place, lab: Lab, tmp_path: Path) -> None:
    operator = Operator(lab, tmp_path)
    given: dict[str, Any] = {"day2_runtime": place.runtime, "part": "worker", "day2_checks__app": []}
    done = operator.run("scale", min=2, max=5, cpu_percent=70, **given)
    assert done.status == 0 and "worker is autoscaled from 2 to 5" in done.text, done.output
    found = place.scaling.read_namespaced_horizontal_pod_autoscaler("shop-worker", place.name)
    assert (found.spec.min_replicas, found.spec.max_replicas) == (2, 5)
    assert found.spec.metrics[0].resource.target.average_utilization == 70
    again = operator.run("scale", min=2, max=5, cpu_percent=70, **given)
    assert again.status == 0 and "worker is so already" in again.text and "changed=0" in again.text, again.output
    done = operator.run("scale", count=3, **given)
    assert done.status != 0 and "is scaled by the autoscaler shop-worker from 2 to 5" in done.text, done.output
    keda = [{"type": "redis", "metadata": {"listName": "orders", "listLength": "100"}}]
    done = operator.run("scale", min=2, max=5, triggers=keda, **given)
    assert done.status != 0 and "the cluster has no scaledobjects.keda.sh" in done.text, done.output
    with keda_here(place):
        done = operator.run("scale", min=2, max=5, triggers=keda, **given)
        assert done.status == 0, done.output
        found = place.objects.get_namespaced_custom_object(*_KEDA, place.name, "scaledobjects", "shop-worker")
        assert (found["spec"]["maxReplicaCount"], found["spec"]["triggers"]) == (5, keda)


_KEDA = ("keda.sh", "v1alpha1")


@contextmanager
def keda_here(place: Place) -> Iterator[None]:
    """Let the cluster know ScaledObjects, as one with KEDA does; nobody heeds them."""
    names = {"plural": "scaledobjects", "singular": "scaledobject", "kind": "ScaledObject"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": _KEDA[1], "served": True, "storage": True, "schema": schema}
    spec = {"group": _KEDA[0], "names": names, "scope": "Namespaced", "versions": [version]}
    name = "scaledobjects.keda.sh"
    place.definitions.create_custom_resource_definition({"metadata": {"name": name}, "spec": spec})

    def known() -> bool:
        conditions = place.definitions.read_custom_resource_definition(name).status.conditions or []
        return any(one.type == "Established" and one.status == "True" for one in conditions)

    try:
        wait_for("the kind ScaledObject", known, seconds=30)
        yield
    finally:
        place.definitions.delete_custom_resource_definition(name)
