# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of an ingress that are a Service or a Deployment, on the real API and controllers of Kubernetes.

Pods run in name only, so what clients meet is a stand-in for what passes requests on: it lets them in while the Service
has an endpoint that is ready, which is what the controllers say.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import kubernetes as kubernetes_package
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._ingress.kubernetes import MARK, REPLICAS
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .answering import Answer, Asked, answering

_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries
pytestmark = pytest.mark.long
LABELS = {"app": "shop-api"}


class Place:
    """A namespace with a Deployment of two pods and a Service in front of them."""

    def __init__(self, facts: KubernetesFacts) -> None:
        api = _kubernetes.config.new_client_from_config(facts["kubeconfig"])
        self.facts = facts
        self.apps, self.core = _kubernetes.client.AppsV1Api(api), _kubernetes.client.CoreV1Api(api)
        self.discovery = _kubernetes.client.DiscoveryV1Api(api)
        self.name = f"lab-{uuid.uuid4().hex[:8]}"
        self.url = ""

    def fill(self) -> None:
        """Make it."""
        self.core.create_namespace({"metadata": {"name": self.name}})
        account = self.core.read_namespaced_service_account
        wait_for("the account of pods", lambda: bool(account("default", self.name)), seconds=60)
        template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "api", "image": "shop:1"}]}}
        spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
        self.apps.create_namespaced_deployment(self.name, {"metadata": {"name": "api"}, "spec": spec})
        service = {"metadata": {"name": "api"}, "spec": {"selector": LABELS, "ports": [{"port": 80}]}}
        self.core.create_namespaced_service(self.name, service)
        wait_for("endpoints", lambda: len(self.endpoints()) == 2, seconds=120)

    def endpoints(self) -> list[str]:
        """Return the endpoints of the Service that are ready."""
        slices = self.discovery.list_namespaced_endpoint_slice(self.name).items
        found = [one for each in slices for one in each.endpoints or [] if one.conditions.ready]
        return [one.target_ref.name for one in found]

    def reply(self, _asked: Asked) -> Answer:
        """Answer as a proxy in front of the Service."""
        return Answer(b"", 200 if self.endpoints() else 503)

    def selector(self) -> dict[str, str]:
        found: dict[str, str] = self.core.read_namespaced_service("api", self.name).spec.selector
        return found

    def deployment(self) -> Any:
        return self.apps.read_namespaced_deployment("api", self.name)

    def turn(self, state: str, check_mode: bool = False, **more: Any) -> Result:
        """Do what the module does."""
        switch = {
            "kind": "kubernetes",
            "api": {"kubeconfig": self.facts["kubeconfig"], "timeout": 30},
            "namespace": self.name,
            "outside": {"url": self.url, "open_status": [200], "within": 60},
            "timeout": 30,
            **more,
        }
        return operate(SPEC.validate({"state": state, "switch": switch}, "test"), check_mode)


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[Place]:
    made = Place(kubernetes)
    made.fill()
    with answering(made.reply) as made.url:
        yield made
    made.core.delete_namespace(made.name)


def test_a_service_and_a_deployment(place: Place) -> None:
    service: dict[str, Any] = {"service": "api"}
    assert place.turn("closed", check_mode=True, **service).changed and place.selector() == LABELS
    assert place.turn("closed", **service).changed and not place.endpoints()
    assert place.selector() == {**LABELS, MARK: "closed"} and place.deployment().spec.replicas == 2
    assert not place.turn("closed", **service).changed
    assert place.turn("open", **service).changed
    assert place.selector() == LABELS
    wait_for("endpoints", lambda: len(place.endpoints()) == 2, seconds=60)
    assert not place.turn("open", **service).changed

    workloads: dict[str, Any] = {"workloads": ["deployment/api"]}
    annotations = dict(place.deployment().metadata.annotations)
    assert place.turn("closed", **workloads).changed and not place.endpoints()
    assert place.deployment().metadata.annotations[REPLICAS] == "2"
    assert not place.turn("closed", **workloads).changed
    assert place.turn("open", **workloads).changed
    assert place.deployment().spec.replicas == 2 and dict(place.deployment().metadata.annotations) == annotations
    assert not place.turn("open", **workloads).changed


def test_a_user_who_may_not(place: Place) -> None:
    api = {"host": place.facts["url"], "api_key": place.facts["powerless_token"], "ca_cert": place.facts["ca_certs"]}
    with pytest.raises(AccessDenied, match="the user lacks this permission") as told:
        place.turn("closed", api=api, service="api")
    assert place.facts["powerless_token"] not in str(told.value)
    assert place.selector() == LABELS
