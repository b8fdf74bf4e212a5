# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a cluster know KEDA: its kinds, and the API of external metrics that its adapter serves.

As KEDA's own manifests have it, but for its Service: the adapter runs beside the API, not in a pod of the cluster.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import kubernetes as kubernetes_package
import yaml
from kubernetes.client import ApiException

from .waiting import wait_for

_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries
NAMESPACE, SERVICE = "keda", "keda-metrics-apiserver"
HOST_IN_CLUSTER = f"{SERVICE}.{NAMESPACE}.svc"
_METRICS = "v1beta1.external.metrics.k8s.io"
_SECONDS = 60


class KedaObjects:
    """KEDA's objects in the cluster of a kubeconfig. :param definitions: the folder of its kinds."""

    def __init__(self, kubeconfig: str, definitions: Path) -> None:
        api = _kubernetes.config.new_client_from_config(kubeconfig)
        self._core = _kubernetes.client.CoreV1Api(api)
        self._kinds = _kubernetes.client.ApiextensionsV1Api(api)
        self._services = _kubernetes.client.ApiregistrationV1Api(api)
        self._definitions = definitions

    def put_kinds(self) -> None:
        """Make the cluster know the kinds, and have KEDA's namespace."""
        _unless_there(self._core.create_namespace, {"metadata": {"name": NAMESPACE}})
        whole = [_definition(path) for path in sorted(self._definitions.glob("*.yaml"))]
        for one in whole:
            _unless_there(self._kinds.create_custom_resource_definition, one)
        for one in whole:
            wait_for(f"the kind {one['metadata']['name']}", lambda one=one: self._is_known(one), _SECONDS)  # type: ignore[misc]

    def put_metrics(self, port: int, authority: bytes) -> None:
        """Have the API server ask the adapter for external metrics. :param authority: who signed for it, as PEM."""
        # By name, as the API server reaches no addresses of the cluster: it runs beside it.
        service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
        _unless_there(self._core.create_namespaced_service, NAMESPACE, {"metadata": {"name": SERVICE}, "spec": service})
        spec = {
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "service": {"namespace": NAMESPACE, "name": SERVICE, "port": port},
            "caBundle": base64.b64encode(authority).decode(),
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        }
        _unless_there(self._services.create_api_service, {"metadata": {"name": _METRICS}, "spec": spec})

    def serves_metrics(self) -> bool:
        """Tell whether the API of external metrics answers."""
        conditions = self._services.read_api_service(_METRICS).status.conditions or []
        return any((one.type, one.status) == ("Available", "True") for one in conditions)

    def remove(self) -> None:
        """Make the cluster forget it while its operator still runs, which lets go of what it holds."""
        names = [one.metadata.name for one in self._kinds.list_custom_resource_definition().items]
        ours = [name for name in names if name.endswith(".keda.sh")]
        for name in ours:
            self._kinds.delete_custom_resource_definition(name)
        for name in ours:
            wait_for(f"the end of {name}", lambda name=name: self._is_gone(name), _SECONDS)  # type: ignore[misc]
        _if_there(self._services.delete_api_service, _METRICS)
        _if_there(self._core.delete_namespaced_service, SERVICE, NAMESPACE)

    def _is_known(self, one: dict[str, Any]) -> bool:
        found = self._kinds.read_custom_resource_definition(one["metadata"]["name"])
        return any((said.type, said.status) == ("Established", "True") for said in found.status.conditions or [])

    def _is_gone(self, name: str) -> bool:
        try:
            self._kinds.read_custom_resource_definition(name)
        except ApiException as error:
            return int(error.status) == 404
        return False


def _definition(path: Path) -> dict[str, Any]:
    whole: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if whole["spec"]["names"]["kind"] == "ScaledJob":
        # Nobody uses it here, and without its own patches the API refuses what it says of pods.
        spec = whole["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"]["jobTargetRef"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return whole


def _unless_there(create: Any, *arguments: Any) -> None:
    try:
        create(*arguments)
    except ApiException as error:
        if error.status != 409:
            raise


def _if_there(remove: Any, *arguments: str) -> None:
    try:
        remove(*arguments)
    except ApiException as error:
        if error.status != 404:
            raise
