# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KEDA: its real operator, and its real server of external metrics (adapter), beside the lab's API of Kubernetes.

Both serve the whole cluster, and a cluster that knows KEDA is another one for whoever looks what scales a workload:
whoever asks for it has it removed again (`withdraw`).
"""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import requests

from . import process
from .certificates import make_authority, make_pair
from .go_programs import KEDA
from .keda_objects import HOST_IN_CLUSTER, NAMESPACE, KedaObjects
from .kubernetes_server import API
from .ports import HOST
from .server import Server
from .state import KedaFacts
from .waiting import wait_for

OPERATOR, ADAPTER = "keda-operator", "keda-adapter"
_SECONDS = 120  # on a machine that is busy with other tests
_AUTHORITY, _CERTIFICATE, _KEY = "ca.crt", "tls.crt", "tls.key"  # as KEDA looks for them in --cert-dir


class KedaServer(Server):
    """KEDA's programs from the user's cache."""

    name = "keda"
    needs = ("kubernetes",)
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return KEDA.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (OPERATOR, ADAPTER)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts["keda"])
        else:
            self.home.on_free_ports(4, self._first_start)

    def withdraw(self) -> None:
        """Have the cluster know nothing of it, and stop it; nothing to do when it was not started."""
        if self.name in self.home.facts and self.home.runs(API):
            self._objects().remove()
        self.stop()

    def _first_start(self, ports: list[int]) -> None:
        metrics, health, between, page = ports
        facts: KedaFacts = {"metrics_port": metrics, "health_port": health, "between_port": between, "page_port": page}
        self._certify()
        self._launch(facts)
        self.home.facts["keda"] = facts
        self.home.save()

    def _certify(self) -> None:
        authority, until = make_authority("KEDA"), datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365)
        folder = self.home.server_folder(self.name)
        with tempfile.TemporaryDirectory(dir=self.home.folder) as name:
            made = Path(name)
            make_pair(authority, made, "tls", [HOST_IN_CLUSTER, "localhost", HOST], until)
            self.home.server_file(folder / _CERTIFICATE, (made / "tls.pem").read_text(encoding="ascii"))
            self.home.server_file(folder / _KEY, (made / "tls.key").read_text(encoding="ascii"))
        self.home.server_file(folder / _AUTHORITY, authority.pem().decode())

    def _launch(self, facts: KedaFacts) -> None:
        objects, folder = self._objects(), self.home.server_folder(self.name)
        objects.put_kinds()
        operator = self.home.launch(OPERATOR, self._argv("operator", _operator_flags(facts, folder)), unprivileged=True)

        def healthy() -> bool:
            process.require_alive(OPERATOR, operator)
            return requests.get(f"http://{HOST}:{facts['health_port']}/readyz", timeout=5).status_code == 200

        wait_for("KEDA's operator", healthy, _SECONDS)
        flags = _adapter_flags(facts, folder, self.home.facts["kubernetes"]["kubeconfig"])
        adapter = self.home.launch(ADAPTER, self._argv("adapter", flags), unprivileged=True)
        objects.put_metrics(facts["metrics_port"], (folder / _AUTHORITY).read_bytes())

        def serving() -> bool:
            process.require_alive(ADAPTER, adapter)
            return objects.serves_metrics()

        wait_for("KEDA's external metrics", serving, _SECONDS)

    def _objects(self) -> KedaObjects:
        return KedaObjects(self.home.facts["kubernetes"]["kubeconfig"], KEDA.folder / "definitions")

    def _argv(self, part: str, flags: list[str]) -> list[str]:
        program = self.home.program_folder(KEDA.folder) / part
        kubeconfig = self.home.facts["kubernetes"]["kubeconfig"]
        # What a pod is told by its environment; every namespace is watched.
        told = [f"KUBECONFIG={kubeconfig}", "WATCH_NAMESPACE=", f"POD_NAMESPACE={NAMESPACE}"]
        return ["env", *told, f"KEDA_CLUSTER_OBJECT_NAMESPACE={NAMESPACE}", str(program), *flags]


def _operator_flags(facts: KedaFacts, folder: Path) -> list[str]:
    flags = ["--leader-elect=false", "--enable-prometheus-metrics=false", "--enable-cert-rotation=false"]
    flags += [f"--cert-dir={folder}", f"--health-probe-bind-address={HOST}:{facts['health_port']}"]
    return [*flags, f"--metrics-service-bind-address={HOST}:{facts['between_port']}"]


def _adapter_flags(facts: KedaFacts, folder: Path, kubeconfig: str) -> list[str]:
    flags = [f"--{use}-kubeconfig={kubeconfig}" for use in ("lister", "authentication", "authorization")]
    flags += [f"--bind-address={HOST}", f"--secure-port={facts['metrics_port']}", f"--cert-dir={folder}"]
    flags += [f"--tls-cert-file={folder / _CERTIFICATE}", f"--tls-private-key-file={folder / _KEY}"]
    # Its page of figures about itself is the only one of the lab that cannot be bound to loopback.
    return [*flags, f"--port={facts['page_port']}", f"--metrics-service-address={HOST}:{facts['between_port']}"]
