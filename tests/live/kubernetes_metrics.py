# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STAND-IN for the metrics server: pods of the lab run in name only, so how much CPU they use is what a test says.

It serves metrics.k8s.io/v1beta1 as that API is documented, and is registered with the aggregation layer as the real one
is (an APIService and a Service): who asks is the real controller of autoscalers, by way of the real API server.
"""

from __future__ import annotations

import base64
import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes as kubernetes_package
from ansible_collections.day2.ops.tests.lab.certificates import make_authority, make_pair
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from cryptography.hazmat.primitives.serialization import Encoding

from .kubernetes_help import Place

_kubernetes: Any = kubernetes_package
GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_ROOT = f"/apis/{GROUP}/{VERSION}"
_SERVICE = "metrics-server"
_RESOURCES = [{"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["get", "list"]}]


class Metrics:
    """How much CPU each pod of the place uses, in thousandths; None as long as nobody measures."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.used: int | None = None

    def pods(self, namespace: str, selector: str) -> list[dict[str, Any]]:
        """Return what is measured of the pods that the labels select."""
        if self.used is None:
            return []
        found = self.place.core.list_namespaced_pod(namespace, label_selector=selector).items
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        usage = {"cpu": f"{self.used}m", "memory": "64Mi"}
        return [
            {
                "metadata": {"name": pod.metadata.name, "namespace": namespace, "labels": pod.metadata.labels},
                "timestamp": now,
                "window": "1s",
                "containers": [{"name": one.name, "usage": usage} for one in pod.spec.containers],
            }
            for pod in found
        ]


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = _answer(metrics, parts.path, parse_qs(parts.query).get("labelSelector", [""])[0])
            data = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "code": 404}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


def _answer(metrics: Metrics, path: str, selector: str) -> dict[str, Any] | None:
    version = f"{GROUP}/{VERSION}"
    if path == _ROOT:
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": _RESOURCES}
    words = path.removeprefix(f"{_ROOT}/namespaces/").split("/")
    if path.startswith(_ROOT) and len(words) == 2 and words[1] == "pods":
        items = metrics.pods(words[0], selector)
        return {"kind": "PodMetricsList", "apiVersion": version, "metadata": {}, "items": items}
    return None


@contextmanager
def metrics_of(place: Place, folder: Path) -> Iterator[Metrics]:
    """Serve metrics of the place, and have the cluster know it."""
    metrics = Metrics(place)
    authority = make_authority("metrics")
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    make_pair(authority, folder, "metrics", [f"{_SERVICE}.{place.name}.svc"], until)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(metrics))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "metrics.pem", folder / "metrics.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with _registered(place, server.server_port, authority.certificate.public_bytes(Encoding.PEM)):
            yield metrics
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _registered(place: Place, port: int, authority: bytes) -> Iterator[None]:
    services = _kubernetes.client.ApiregistrationV1Api(place.api)
    name = f"{VERSION}.{GROUP}"
    # By name, as the API server reaches no addresses of the cluster: it runs beside it.
    service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    place.core.create_namespaced_service(place.name, {"metadata": {"name": _SERVICE}, "spec": service})
    spec = {
        "group": GROUP,
        "version": VERSION,
        "service": {"namespace": place.name, "name": _SERVICE, "port": port},
        "caBundle": base64.b64encode(authority).decode(),
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
    }
    services.create_api_service({"metadata": {"name": name}, "spec": spec})

    def available() -> bool:
        conditions = services.read_api_service(name).status.conditions or []
        return any(one.type == "Available" and one.status == "True" for one in conditions)

    try:
        wait_for("the API of metrics", available, seconds=60)
        yield
    finally:
        services.delete_api_service(name)
