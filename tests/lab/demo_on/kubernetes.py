# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as Deployments of a real API of Kubernetes: one pod of the API, two of workers.

Rollouts, scaling and rights are those of Kubernetes. The nodes are stand-ins: each pod is a process of this machine,
which they start, ask whether it is ready, and stop as a kubelet does; see pod_processes.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes as kubernetes_package

from .. import process
from ..demo import names
from ..pod_processes import IMAGE
from ..service_server import WORKERS
from ..state import path_in
from ..waiting import wait_for
from .place import Place

_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries
_NAMESPACE = "demo"
_API, _WORKER = "demo-api", "demo-worker"
_GRACE = 10


class Kubernetes(Place):
    """One namespace."""

    kind = "kubernetes"
    servers = ("redis", "postgres", "webhook", "kubernetes")

    def start_service(self) -> None:
        """See Place.start_service."""
        self.describe()
        client = _kubernetes.config.new_client_from_config(self.home.facts["kubernetes"]["kubeconfig"])
        core, apps = _kubernetes.client.CoreV1Api(client), _kubernetes.client.AppsV1Api(client)
        core.create_namespace({"metadata": {"name": _NAMESPACE}})
        account = core.read_namespaced_service_account
        wait_for("the account of pods", lambda: bool(account("default", _NAMESPACE)), seconds=120)
        for deployment in (self._api(), self._workers()):
            apps.create_namespaced_deployment(_NAMESPACE, deployment)

    def runtime(self) -> dict[str, Any]:
        """See Place.runtime."""
        joined = {"name": "workers have joined", "kind": "worker", "heartbeat_key": f"{names.HEARTBEAT}*"}
        worker = {"name": "worker", "unit": f"deployment/{_WORKER}", "max": 8, "grace": _GRACE}
        return {
            "kind": self.kind,
            "kubeconfig": self.home.facts["kubernetes"]["kubeconfig"],
            "namespace": _NAMESPACE,
            "parts": [
                {"name": "api", "unit": f"deployment/{_API}", "grace": _GRACE},
                {**worker, "joined": [{**joined, "min_workers": "{count}"}]},
            ],
        }

    def _api(self) -> dict[str, Any]:
        port = int(self.home.facts["service"]["url"].rpartition(":")[2])
        command = process.python_argv("demo.api", self._state(), str(port))
        probe = {"httpGet": {"path": "/health", "port": port}, "periodSeconds": 1}
        made = _deployment(_API, 1, {"command": command, "readinessProbe": probe})
        # Pods share this machine's ports: the next can only start when the one before is gone.
        made["spec"]["strategy"] = {"type": "Recreate"}
        return made

    def _workers(self) -> dict[str, Any]:
        worker = process.python_argv("demo.worker", self._state())
        return _deployment(_WORKER, WORKERS, {"command": ["sh", "-c", 'exec "$@" "$HOSTNAME"', "sh", *worker]})

    def _state(self) -> str:
        return str(path_in(Path(self.home.facts["dir"])))


def _deployment(name: str, replicas: int, container: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": name}
    containers = [{"name": "app", "image": f"{IMAGE}:1", **container}]
    pod = {"containers": containers, "terminationGracePeriodSeconds": _GRACE}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name}, "spec": spec}
