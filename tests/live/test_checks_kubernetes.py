# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind kubernetes against a real API, controllers and scheduler: rolled out, and broken in each way.

No pod really runs: what becomes of one is played by the tag of its image, see tests/lab/nodes.py.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import KubernetesFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt
from kubernetes import client, config

_SECONDS = 60
_TIMEOUT = 20


class Namespace:
    """A namespace of a test's own, and a check of what is in it."""

    def __init__(self, facts: KubernetesFacts, api: Any, name: str) -> None:
        self.facts = facts
        self.apps: Any = client.AppsV1Api(api)
        self.core: Any = client.CoreV1Api(api)
        self.name = name

    def deployment(self, name: str, tag: str = "1", replicas: int = 1, **spec: Any) -> None:
        body = {
            "metadata": {"name": name, "labels": {"part-of": "shop"}},
            "spec": {"replicas": replicas, "selector": _selector(name), "template": template(name, tag), **spec},
        }
        self.apps.create_namespaced_deployment(self.name, body)

    def check(self, **options: Any) -> Outcome:
        login = {"kubeconfig": self.facts["kubeconfig"], "namespace": self.name, "timeout": _TIMEOUT}
        return attempt("kubernetes", **{**login, **options})

    def by_token(self, token: str, **options: Any) -> Outcome:
        login = {"host": self.facts["url"], "ca_cert": self.facts["ca_certs"], "api_key": token}
        return attempt("kubernetes", **{**login, "namespace": self.name, "timeout": _TIMEOUT, **options})

    def until(self, status: str, *words: str, **options: Any) -> Outcome:
        """Wait until a check comes to a status, with all words in its reason at once; returns what it came to.

        A pod may be in trouble before the status of its workload says so.
        """
        last: list[Outcome] = []

        def came() -> bool:
            last[:] = [self.check(**options)]
            return last[0].status == status and all(one in last[0].reason for one in words)

        wait_for(f"{status} of {options}, {words}", came, _SECONDS)
        return last[0]


def _selector(name: str) -> dict[str, Any]:
    return {"matchLabels": {"app": name}}


def template(name: str, tag: str) -> dict[str, Any]:
    containers = [{"name": "main", "image": f"lab:{tag}"}]
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}


@pytest.fixture
def namespace(kubernetes: KubernetesFacts) -> Iterator[Namespace]:
    """A new namespace, deleted after the test."""
    connect: Any = config.new_client_from_config
    with connect(kubernetes["kubeconfig"]) as api:
        core: Any = client.CoreV1Api(api)
        name = core.create_namespace({"metadata": {"generateName": "day2-"}}).metadata.name

        def has_account() -> bool:  # else no pod can be made
            return any(one.metadata.name == "default" for one in core.list_namespaced_service_account(name).items)

        wait_for(f"the service account of {name}", has_account, _SECONDS)
        yield Namespace(kubernetes, api, name)
        core.delete_namespace(name)


def test_a_deployment_that_is_rolled_out(namespace: Namespace) -> None:
    namespace.deployment("api", replicas=2)
    outcome = namespace.until("pass", workload="api", max_restarts=0)
    values = outcome.values
    assert (values["workloads"], values["desired"], values["available"]) == (["api"], 2, 2)
    assert (values["pods"], values["pods_ready"], values["restarts"], values["troubles"]) == (2, 2, 0, [])
    assert namespace.by_token(namespace.facts["token"], workload="api", min_available=2).status == "pass"
    short = namespace.check(workload="api", min_available=3)
    assert (short.status, short.reason) == ("fail", "available is 2, expected at least 3")


@pytest.mark.parametrize(
    ("tag", "trouble"),
    [("bad", ": main ImagePullBackOff'"), ("crash", ": main CrashLoopBackOff (OOMKilled, status 137)'")],
)
def test_pods_that_are_stuck(namespace: Namespace, tag: str, trouble: str) -> None:
    namespace.deployment("api", tag)
    outcome = namespace.until("fail", trouble, "unavailable is 1, expected 0", workload="api")
    assert outcome.values["unavailable"] == 1


def test_pods_that_restart(namespace: Namespace) -> None:
    namespace.deployment("api", "crash")
    outcome = namespace.until("fail", "restarts is 5, expected at most 3", workload="api", max_restarts=3)
    assert outcome.values["restarts"] == 5


def test_pods_that_do_not_get_ready(namespace: Namespace) -> None:
    namespace.deployment("api", "unready")
    outcome = namespace.until("fail", "unavailable is 1, expected 0", workload="api")
    wait_for("the pod", lambda: namespace.check(workload="api").values["pods"] == 1, _SECONDS)
    assert outcome.reason.startswith("unavailable is 1, expected 0")
    assert namespace.check(workload="api", min_available=0, rollout_complete=False).status == "pass"


def test_a_rollout_that_is_stuck(namespace: Namespace) -> None:
    namespace.deployment("api", replicas=3)
    namespace.until("pass", workload="api")
    change = {"spec": {"template": template("api", "bad")}}
    namespace.apps.patch_namespaced_deployment("api", namespace.name, change)
    outcome = namespace.until(
        "fail", "ImagePullBackOff", "rollout is ['api: 1 of 3 replicas are new'], expected []", workload="api"
    )
    assert outcome.values["available"] == 3


def test_pods_that_no_node_takes(namespace: Namespace) -> None:
    pod = template("api", "1")
    pod["spec"]["nodeSelector"] = {"nowhere": "true"}
    namespace.deployment("api", template=pod)
    outcome = namespace.until("fail", ": Unschedulable", workload="api")
    assert outcome.values["pods_ready"] == 0


def test_scaled_to_nothing(namespace: Namespace) -> None:
    namespace.deployment("api", replicas=0)
    outcome = namespace.until("fail", "desired is 0, expected at least 1", workload="api")
    assert outcome.values["pods"] == 0
    assert namespace.until("pass", workload="api", min_available=0).values["available"] == 0


def test_workloads_by_labels(namespace: Namespace) -> None:
    namespace.deployment("api")
    namespace.deployment("worker", replicas=2)
    outcome = namespace.until("pass", label_selector="part-of=shop")
    assert (outcome.values["workloads"], outcome.values["available"]) == (["api", "worker"], 3)
    nothing = namespace.check(label_selector="part-of=other")
    assert nothing.status == "unknown"
    assert nothing.reason.startswith("no deployment has the labels part-of=other: namespace ")
    bad = namespace.check(label_selector="a==,=b")
    assert bad.status == "unknown"
    assert "the API answers 400 (" in bad.reason


Create = Callable[[Namespace, dict[str, Any]], object]
OTHERS: dict[str, tuple[Create, dict[str, Any]]] = {
    "statefulset": (
        lambda of, body: of.apps.create_namespaced_stateful_set(of.name, body),
        {"replicas": 2, "serviceName": "store"},
    ),
    "daemonset": (lambda of, body: of.apps.create_namespaced_daemon_set(of.name, body), {}),
}


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_other_workloads(namespace: Namespace, kind: str) -> None:
    create, more = OTHERS[kind]
    body = {"selector": _selector("store"), "template": template("store", "1"), **more}
    create(namespace, {"metadata": {"name": "store"}, "spec": body})
    outcome = namespace.until("pass", workload_kind=kind, workload="store")
    assert (outcome.values["desired"], outcome.values["available"], outcome.values["pods_ready"]) == (2, 2, 2)


@pytest.mark.parametrize("kind", sorted(OTHERS))
def test_other_workloads_that_are_stuck(namespace: Namespace, kind: str) -> None:
    create, more = OTHERS[kind]
    body = {"selector": _selector("store"), "template": template("store", "crash"), **more}
    create(namespace, {"metadata": {"name": "store"}, "spec": body})
    outcome = namespace.until(
        "fail", "CrashLoopBackOff", "unavailable is 2, expected 0", workload_kind=kind, workload="store"
    )
    assert outcome.values["unavailable"] == 2


def test_pods_alone(namespace: Namespace) -> None:
    for name, tag in (("good", "1"), ("ill", "bad")):
        body = {"metadata": {"name": name, "labels": {"app": "pods"}}, "spec": template(name, tag)["spec"]}
        namespace.core.create_namespaced_pod(namespace.name, body)
    namespace.until("pass", workload_kind="pod", workload="good")
    outcome = namespace.until("fail", "ill: main ImagePullBackOff", workload_kind="pod", label_selector="app=pods")
    assert (outcome.values["desired"], outcome.values["available"]) == (2, 1)


@pytest.mark.parametrize("kind", ["deployment", "statefulset", "daemonset", "pod"])
def test_no_such_workload(namespace: Namespace, kind: str) -> None:
    outcome = namespace.check(workload_kind=kind, workload="nowhere")
    assert outcome.status == "unknown"
    assert "the API answers 404 (" in outcome.reason
    assert '"nowhere" not found)' in outcome.reason


def test_a_token_that_may_do_nothing_and_one_that_is_none(namespace: Namespace) -> None:
    poor = namespace.by_token(namespace.facts["powerless_token"], workload="api")
    assert poor.status == "unknown"
    assert 'the API answers 403 (deployments.apps "api" is forbidden: User "powerless" cannot get' in poor.reason
    wrong = namespace.by_token("hunter2", workload="api")
    assert wrong.status == "unknown"
    assert "the API answers 401 (Unauthorized)" in wrong.reason
    assert "check api_key" in wrong.reason
    for outcome in (poor, wrong):
        assert namespace.facts["powerless_token"] not in outcome.reason
        assert "hunter2" not in outcome.reason


def test_another_authority(namespace: Namespace) -> None:
    outcome = namespace.check(workload="api", ca_cert=namespace.facts["wrong_ca"])
    assert outcome.status == "unknown"
    assert "TLS failed (" in outcome.reason
    assert namespace.check(workload="api", ca_cert=namespace.facts["wrong_ca"], validate_certs=False).reason.startswith(
        "the API answers 404"
    )


@pytest.mark.parametrize(("how", "words"), [("stop", "no answer ("), ("hang", "no complete answer within ")])
def test_gone_or_hung(lab: Lab, kubernetes: KubernetesFacts, how: str, words: str) -> None:
    lab.break_server("kube-api", how)
    outcome = attempt("kubernetes", kubeconfig=kubernetes["kubeconfig"], workload="api", timeout=1)
    assert outcome.status == "fail"
    assert outcome.reason.startswith(words)


def test_certificates_in_a_kubeconfig_are_left_on_no_disk(
    namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = yaml.safe_load(Path(namespace.facts["kubeconfig"]).read_text())
    folder = Path(namespace.facts["ca_certs"]).parent
    content = {name: base64.b64encode((folder / name).read_bytes()).decode() for name in ("ca.pem", "server.pem")}
    key = base64.b64encode((folder / "server.key").read_bytes()).decode()
    given["clusters"][0]["cluster"] = {
        "server": namespace.facts["url"],
        "certificate-authority-data": content["ca.pem"],
    }
    given["users"][0]["user"].update({"client-certificate-data": content["server.pem"], "client-key-data": key})
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(given))
    for workload in ("api", "worker"):
        outcome = namespace.check(kubeconfig=str(tmp_path / "kubeconfig"), workload=workload)
        assert f'"{workload}" not found' in outcome.reason
    assert [path.name for path in tmp_path.iterdir()] == ["kubeconfig"]
