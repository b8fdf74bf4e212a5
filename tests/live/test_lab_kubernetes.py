# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Kubernetes rolls out, scales, evicts and refuses, and comes back after its parts were broken."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes as kubernetes_package
import pytest
import requests
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

_SECONDS = 30
_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries, and parts of it have none


class _Place(NamedTuple):
    """A namespace, and a client that works in it."""

    apps: Any
    core: Any
    namespace: str

    def deploy(self, name: str, image: str) -> None:
        self.apps.create_namespaced_deployment(self.namespace, _deployment(name, image))

    def ready(self, name: str) -> int:
        found = self.apps.read_namespaced_deployment(name, self.namespace)
        return int(found.status.ready_replicas or 0)

    def reasons(self) -> set[str]:
        pods = self.core.list_namespaced_pod(self.namespace).items
        states = [pod.status.container_statuses[0].state for pod in pods if pod.status.container_statuses]
        return {state.waiting.reason for state in states if state.waiting}


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[_Place]:
    """A namespace of the test's own; its removal is not waited for, as its name is used once."""
    api = _kubernetes.config.new_client_from_config(kubernetes["kubeconfig"])
    core, name = _kubernetes.client.CoreV1Api(api), f"lab-{uuid.uuid4().hex[:8]}"
    core.create_namespace({"metadata": {"name": name}})
    wait_for("the account of pods", lambda: bool(core.read_namespaced_service_account("default", name)), seconds=30)
    yield _Place(_kubernetes.client.AppsV1Api(api), core, name)
    core.delete_namespace(name)


def _deployment(name: str, image: str, replicas: int = 2) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name}, "spec": spec}


def test_a_deployment_rolls_out_and_scales(place: _Place) -> None:
    place.deploy("web", "app:1")
    wait_for("two pods", lambda: place.ready("web") == 2, _SECONDS)
    place.apps.patch_namespaced_deployment("web", place.namespace, {"spec": {"replicas": 0}})
    wait_for("no pod", lambda: place.ready("web") == 0, _SECONDS)


@pytest.mark.parametrize(("tag", "reason"), [("bad", "ImagePullBackOff"), ("crash", "CrashLoopBackOff")])
def test_a_pod_may_have_a_bad_fate(place: _Place, tag: str, reason: str) -> None:
    place.deploy("web", f"app:{tag}")
    wait_for("the reason", lambda: place.reasons() == {reason}, _SECONDS)
    assert place.ready("web") == 0


def test_who_has_no_rights_is_refused(kubernetes: KubernetesFacts) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{kubernetes['url']}/api/v1/namespaces/default/pods"
        return requests.get(url, headers=headers, verify=kubernetes["ca_certs"], timeout=5).status_code

    assert status(kubernetes["token"]) == 200
    assert status(kubernetes["powerless_token"]) == 403
    assert status("guessed") == 401
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(kubernetes["url"], verify=kubernetes["wrong_ca"], timeout=5)


def test_it_works_again_after_its_api_and_store_were_killed(lab: Lab, place: _Place) -> None:
    for part in ("kube-api", "etcd"):
        lab.break_server(part, "kill")
        lab.mend(part)
    place.deploy("web", "app:1")
    wait_for("two pods", lambda: place.ready("web") == 2, seconds=60)


@pytest.mark.usefixtures("kubernetes")
def test_it_leaves_nothing(lab_folder: Path) -> None:
    with Lab(lab_folder) as own:
        known = list(own.up(["kubernetes"])["processes"].values())
        assert len(known) == 5
    assert not any(process.is_alive(one) for one in known)
    assert not lab_folder.exists()
