# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A namespace of a test's own on the lab's Kubernetes, with a Deployment or a StatefulSet of two pods."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kubernetes as kubernetes_package
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries


class Place:
    """A namespace, and what is asked of it."""

    def __init__(self, facts: KubernetesFacts) -> None:
        self.api = _kubernetes.config.new_client_from_config(facts["kubeconfig"])
        self.apps, self.core = _kubernetes.client.AppsV1Api(self.api), _kubernetes.client.CoreV1Api(self.api)
        self.objects = _kubernetes.client.CustomObjectsApi(self.api)
        self.definitions = _kubernetes.client.ApiextensionsV1Api(self.api)
        self.scaling = _kubernetes.client.AutoscalingV2Api(self.api)
        self.name = f"lab-{uuid.uuid4().hex[:8]}"
        self.runtime: dict[str, Any] = {
            "kind": "kubernetes",
            "kubeconfig": facts["kubeconfig"],
            "namespace": self.name,
            "timeout": 60,
            "parts": [{"name": "worker", "unit": "deployment/shop-worker", "max": 6}],
        }

    def make(self) -> None:
        """Make the namespace."""
        self.core.create_namespace({"metadata": {"name": self.name}})
        account = self.core.read_namespaced_service_account
        wait_for("the account of pods", lambda: bool(account("default", self.name)), seconds=60)

    def fill(self) -> None:
        """Make a Deployment of two pods, each of which asks for a tenth of a CPU."""
        spec = {"replicas": 2, **_of("shop-worker")}
        self.apps.create_namespaced_deployment(self.name, {"metadata": {"name": "shop-worker"}, "spec": spec})
        wait_for("two pods", lambda: self.worker().status.ready_replicas == 2, seconds=120)

    def fill_set(self, **spec: Any) -> None:
        """Make a StatefulSet of three pods."""
        whole = {"replicas": 3, "serviceName": "shop-store", **_of("shop-store"), **spec}
        self.apps.create_namespaced_stateful_set(self.name, {"metadata": {"name": "shop-store"}, "spec": whole})
        self.runtime["parts"] = [{"name": "store", "unit": "statefulset/shop-store", "max": 6}]
        wait_for("three pods", lambda: self.store().status.ready_replicas == 3, seconds=120)

    def volume(self, number: int) -> None:
        """Make a volume that a claim of a megabyte can have; it goes with the place."""
        spec = {
            "capacity": {"storage": "1Mi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": "/nowhere"},
        }
        name = f"{self.name}-{number}"
        self.core.create_persistent_volume({"metadata": {"name": name, "labels": {"place": self.name}}, "spec": spec})

    def worker(self) -> Any:
        """Return the Deployment."""
        return self.apps.read_namespaced_deployment("shop-worker", self.name)

    def store(self) -> Any:
        """Return the StatefulSet."""
        return self.apps.read_namespaced_stateful_set("shop-store", self.name)

    def pods(self) -> set[str]:
        """Return the names of the pods."""
        return {pod.metadata.name for pod in self.core.list_namespaced_pod(self.name).items}

    def images(self) -> dict[str, str]:
        """Return the image of each pod, by its name."""
        found = self.core.list_namespaced_pod(self.name).items
        return {pod.metadata.name: pod.spec.containers[0].image for pod in found}

    def born(self) -> dict[str, str]:
        """Return what tells each pod from one of the same name that was there before."""
        return {pod.metadata.name: pod.metadata.uid for pod in self.core.list_namespaced_pod(self.name).items}

    def scaler(self, name: str = "shop-worker") -> dict[str, Any]:
        """Return an autoscaler as the API tells it, less what the server itself keeps of it."""
        found = self.scaling.read_namespaced_horizontal_pod_autoscaler(name, self.name)
        whole: dict[str, Any] = self.api.sanitize_for_serialization(found)
        metadata = {key: whole["metadata"].get(key) for key in ("name", "labels", "annotations")}
        return {"metadata": metadata, "spec": whole["spec"]}


def _of(name: str) -> dict[str, Any]:
    asks = {"requests": {"cpu": "100m"}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [_container(asks)]}}
    return {"selector": {"matchLabels": {"app": name}}, "template": template}


def _container(resources: dict[str, Any]) -> dict[str, Any]:
    return {"name": "app", "image": "shop:1", "resources": resources}


@contextmanager
def place_on(facts: KubernetesFacts) -> Iterator[Place]:
    """Have an empty namespace."""
    made = Place(facts)
    made.make()
    try:
        yield made
    finally:
        made.core.delete_namespace(made.name)
        made.core.delete_collection_persistent_volume(label_selector=f"place={made.name}")
