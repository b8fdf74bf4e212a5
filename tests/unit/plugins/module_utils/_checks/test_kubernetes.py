# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the API, against a stand-in that speaks HTTP and answers with documented objects, or with nonsense.

A real API server is asked in tests/live/test_checks_kubernetes.py.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt

DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "api", "generation": 1},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "api"}}},
    "status": {
        "replicas": 1,
        "updatedReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "observedGeneration": 1,
    },
}
POD = {
    "metadata": {"name": "api-1"},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
}
TOKEN = "hunter2-token"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"


class StandIn:
    """An HTTP server on loopback in place of the API: paths with status and body; it keeps what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            f"{DEPLOYMENTS}/api": (200, DEPLOYMENT),
            DEPLOYMENTS: (200, {"items": [DEPLOYMENT]}),
            PODS: (200, {"items": [POD]}),
            f"{PODS}/api-1": (200, POD),
        }
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            stand_in.asked.append((parts.path, parse_qs(parts.query), self.headers.get("Authorization")))
            status, body = stand_in.answers.get(parts.path, (404, {"message": f"{parts.path} not found"}))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def api() -> Iterator[StandIn]:
    """The stand-in, answering."""
    stand_in = StandIn()
    thread = threading.Thread(target=stand_in.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()
    thread.join()


def write_kubeconfig(path: Path, server: str, user: dict[str, Any], **cluster: Any) -> str:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(config))
    return str(path)


def test_a_deployment(attempt: Attempt, api: StandIn) -> None:
    outcome = attempt("kubernetes", host=api.url, api_key=TOKEN, workload="api", max_restarts=0)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["available"] == 1
    assert (outcome.values["pods"], outcome.values["pods_ready"], outcome.values["troubles"]) == (1, 1, [])
    assert api.asked[1] == (PODS, {"labelSelector": ["app=api"], "limit": ["250"]}, f"Bearer {TOKEN}")
    assert TOKEN not in str(outcome)


def test_by_labels_and_pods_alone(attempt: Attempt, api: StandIn) -> None:
    assert attempt("kubernetes", host=api.url, label_selector="app=api").status == "pass"
    assert attempt("kubernetes", host=api.url, workload_kind="pod", label_selector="app=api").status == "pass"
    outcome = attempt("kubernetes", host=api.url, workload_kind="pod", workload="api-1", min_available=2)
    assert (outcome.status, outcome.reason) == ("fail", "available is 1, expected at least 2")


def test_pages_are_followed_to_a_bound(attempt: Attempt, api: StandIn) -> None:
    api.answers[PODS] = (200, {"items": [POD] * 3, "metadata": {"continue": "more"}})
    outcome = attempt("kubernetes", host=api.url, workload="api")
    assert (outcome.status, outcome.reason) == ("unknown", "more than 1000 pods: app=api; a check is of fewer")
    assert api.asked[-1][1]["continue"] == ["more"]


def test_nothing_where_something_was_expected(attempt: Attempt, api: StandIn) -> None:
    api.answers[DEPLOYMENTS] = (200, {"items": []})
    outcome = attempt("kubernetes", host=api.url, label_selector="app=nowhere")
    assert outcome.status == "unknown"
    assert outcome.reason == (f"no deployment has the labels app=nowhere: namespace default, kubernetes {api.url}")


def test_scaled_to_nothing(attempt: Attempt, api: StandIn) -> None:
    nothing = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": 0}, "status": {"observedGeneration": 1}}
    api.answers[f"{DEPLOYMENTS}/api"] = (200, nothing)
    api.answers[PODS] = (200, {"items": None})
    outcome = attempt("kubernetes", host=api.url, workload="api")
    assert (outcome.status, outcome.reason) == ("fail", "desired is 0, expected at least 1")
    assert attempt("kubernetes", host=api.url, workload="api", min_available=0).status == "pass"


@pytest.mark.parametrize(
    ("status", "body", "expected", "words"),
    [
        (
            401,
            {"message": "Unauthorized"},
            "unknown",
            "the API answers 401 (Unauthorized): kubernetes http://127.0.0.1",
        ),
        (403, {"message": 'deployments.apps "api"\nis forbidden: User "u"'}, "unknown", 'is forbidden: User "u"): '),
        (404, {"message": 'deployments.apps "api" not found'}, "unknown", 'answers 404 (deployments.apps "api" not'),
        (404, b"404 page not found", "unknown", "the API answers 404: kubernetes http://"),
        (503, b"<html>gone</html>", "fail", "the API answers 503: kubernetes http://"),
        (302, b"", "fail", "the API answers 302: kubernetes http://"),
        (200, b"<html>hello</html>", "fail", "the answer is not JSON"),
        (200, [], "fail", "the answer is not one of Kubernetes"),
    ],
)
def test_answers_that_are_none(
    attempt: Attempt, api: StandIn, status: int, body: object, expected: str, words: str
) -> None:
    api.answers[f"{DEPLOYMENTS}/api"] = (status, body)
    outcome = attempt("kubernetes", host=api.url, api_key=TOKEN, workload="api")
    assert (outcome.status, words in outcome.reason) == (expected, True), outcome.reason
    assert outcome.reason.isprintable()
    assert TOKEN not in outcome.reason


def test_nobody_listens(attempt: Attempt) -> None:
    outcome = attempt("kubernetes", host="http://127.0.0.1:1", workload="api")
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no answer (")


def test_tls_where_there_is_none(attempt: Attempt, api: StandIn) -> None:
    outcome = attempt("kubernetes", host=api.url.replace("http", "https"), workload="api")
    assert outcome.status == "unknown"
    assert "TLS failed (" in outcome.reason


@pytest.mark.parametrize(
    "user",
    [
        {"token": TOKEN},
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "/bin/sh",
                "args": [
                    "-c",
                    'echo \'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", '
                    f'"status": {{"token": "{TOKEN}"}}}}\'',
                ],
            }
        },
    ],
    ids=["token", "exec plugin"],
)
def test_a_kubeconfig(attempt: Attempt, api: StandIn, tmp_path: Path, user: dict[str, Any]) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "config", api.url, user)
    outcome = attempt("kubernetes", kubeconfig=kubeconfig, context="x", workload="api")
    assert outcome.status == "pass", outcome.reason
    assert api.asked[0][2] == f"Bearer {TOKEN}"
    attempt("kubernetes", kubeconfig=kubeconfig, workload="api", api_key="another")
    assert api.asked[-1][2] == "Bearer another"


def test_the_default_kubeconfig(
    attempt: Attempt, api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "config", api.url, {"token": TOKEN})
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    assert attempt("kubernetes", workload="api").status == "pass"


def test_no_configuration_anywhere(attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    outcome = attempt("kubernetes", workload="api")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("no usable configuration of a cluster: kubernetes of the default configuration; ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no usable configuration of a cluster"),
        ("[]", "no usable configuration of a cluster"),
        ("{{{", "no usable configuration of a cluster"),
        ("\x00\x01", "no usable configuration of a cluster"),
        (f"users: [{{name: u, user: {{token: {TOKEN}}}}}]\ncontexts: [{{name: x}}]\ncurrent-context: x", "no usable"),
        (f"users: [{{user: {{token: {TOKEN}}}}}]\nclusters: 3\ncurrent-context: x", "no usable configuration"),
    ],
)
def test_a_kubeconfig_that_is_none(attempt: Attempt, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "config").write_text(content)
    outcome = attempt("kubernetes", kubeconfig=str(tmp_path / "config"), workload="api")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words)
    assert TOKEN not in outcome.reason
    assert outcome.reason.isprintable()


def test_a_kubeconfig_that_is_not_there(attempt: Attempt) -> None:
    outcome = attempt("kubernetes", kubeconfig="/nowhere/config", workload="api")
    assert outcome.status == "unknown"
    assert outcome.reason == "kubeconfig cannot be read: /nowhere/config; expected a file on the module's host"


@pytest.mark.parametrize("cluster", [{"tls-server-name": "api"}, {"proxy-url": "http://127.0.0.1:1"}])
def test_what_a_kubeconfig_may_not_want(
    attempt: Attempt, api: StandIn, tmp_path: Path, cluster: dict[str, str]
) -> None:
    if "proxy-url" in cluster and sys.version_info < (3, 10):
        pytest.skip("the newest client for this Python does not read proxy-url")
    kubeconfig = write_kubeconfig(tmp_path / "config", api.url, {"token": TOKEN}, **cluster)
    outcome = attempt("kubernetes", kubeconfig=kubeconfig, workload="api")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(f"{next(iter(cluster))} of a kubeconfig is not supported")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the following is required: workload, label_selector"),
        ({"workload": "a", "label_selector": "b=c"}, "mutually exclusive"),
        ({"workload": "a", "host": "https://x", "kubeconfig": "/y"}, "mutually exclusive"),
        ({"workload": "a", "workload_kind": "job"}, "workload_kind must be one of"),
        ({"workload": "a", "client_cert": "/x"}, "client_key"),
        ({"workload": "a", "min_available": "all"}, "min_available"),
    ],
)
def test_options_that_cannot_be(attempt: Attempt, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        attempt("kubernetes", **given)
    assert words in str(refused.value)


def test_a_host_that_is_no_url(attempt: Attempt) -> None:
    outcome = attempt("kubernetes", host="cluster:6443", api_key=TOKEN, workload="api")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("not a usable URL")
