# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real API, controllers and scheduler of Kubernetes over etcd; its nodes are stand-ins (nodes.py): no pod runs.

All that Kubernetes decides is real: rollouts, quotas, evictions, rights. What containers do is played by the tags
of their images.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from pathlib import Path

import requests

from . import process
from .go_programs import CONTROL_PLANE
from .ports import HOST
from .server import Server
from .state import KubernetesFacts
from .waiting import wait_for

ETCD, API, CONTROLLERS, SCHEDULER, NODES = "etcd", "kube-api", "kube-controllers", "kube-scheduler", "kube-nodes"
_NODE_NAMES = ("node-1", "node-2")
_SECONDS = 120  # on a machine that is busy with other tests


class KubernetesServer(Server):
    """etcd on PATH and the control plane from the user's cache."""

    name = "kubernetes"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return CONTROL_PLANE.missing() or ("" if shutil.which("etcd") else "no etcd on PATH (Debian: etcd-server)")

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (ETCD, API, CONTROLLERS, SCHEDULER, NODES)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts["kubernetes"])
        else:
            self.home.on_free_ports(3, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        folder = self.home.server_folder(self.name)
        shutil.rmtree(folder / "etcd", ignore_errors=True)  # of a first start that lost its port
        facts: KubernetesFacts = {
            "url": f"https://{HOST}:{ports[0]}",
            "etcd_ports": ports[1:],
            "token": secrets.token_hex(16),
            "powerless_token": secrets.token_hex(16),
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
            "kubeconfig": str(folder / "kubeconfig"),
            "nodes": list(_NODE_NAMES),
        }
        self._write(folder, facts)
        self._launch(facts)
        self.home.facts["kubernetes"] = facts
        self.home.save()

    def _write(self, folder: Path, facts: KubernetesFacts) -> None:
        for part in ("ca.pem", "server.pem", "server.key"):
            self.home.server_file(folder / part, (self.home.folder / part).read_text(encoding="utf-8"))
        users = f'{facts["token"]},admin,1,"system:masters"\n{facts["powerless_token"]},powerless,2\n'
        self.home.server_file(folder / "tokens.csv", users)
        self.home.server_file(folder / "kubeconfig", json.dumps(_kubeconfig(facts)))  # JSON is YAML too

    def _launch(self, facts: KubernetesFacts) -> None:
        folder = self.home.server_folder(self.name)
        program = str(self.home.program(CONTROL_PLANE.folder / "control_plane"))
        self.home.launch(ETCD, _etcd_argv(facts, folder), unprivileged=True)
        self.home.launch(API, [program, "apiserver", *_api_flags(facts, folder)], unprivileged=True)
        self._await(facts, "/readyz", (ETCD, API))
        controllers = [program, "controller-manager", *_controller_flags(folder)]
        self.home.launch(CONTROLLERS, controllers, unprivileged=True)
        scheduler = [program, "scheduler", f"--kubeconfig={folder / 'kubeconfig'}", "--leader-elect=false"]
        self.home.launch(SCHEDULER, [*scheduler, "--secure-port=0"], unprivileged=True)
        self.home.launch(NODES, process.python_argv("nodes", facts["kubeconfig"], *facts["nodes"]))
        # Without it no pod can be made; it is the controllers' first work.
        self._await(facts, "/api/v1/namespaces/default/serviceaccounts/default", self.process_names())
        for node in facts["nodes"]:
            self._await(facts, f"/api/v1/nodes/{node}", self.process_names())

    def _await(self, facts: KubernetesFacts, path: str, parts: tuple[str, ...]) -> None:
        headers = {"Authorization": f"Bearer {facts['token']}"}

        def answers() -> bool:
            for part in parts:
                process.require_alive(part, self.home.process(part))
            found = requests.get(f"{facts['url']}{path}", headers=headers, verify=facts["ca_certs"], timeout=5)
            return found.status_code == 200

        wait_for(f"{path} of {self.name}", answers, _SECONDS)


def _kubeconfig(facts: KubernetesFacts) -> dict[str, object]:
    # The authority itself, not its path: servers may not look into the lab's folder.
    authority = base64.b64encode(Path(facts["ca_certs"]).read_bytes()).decode()
    cluster = {"server": facts["url"], "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": facts["token"]}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "admin"}}],
        "current-context": "lab",
    }


def _etcd_argv(facts: KubernetesFacts, folder: Path) -> list[str]:
    client, peer = (f"http://{HOST}:{port}" for port in facts["etcd_ports"])
    argv = ["etcd", f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"]
    argv += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}"]
    return [*argv, f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}"]


def _api_flags(facts: KubernetesFacts, folder: Path) -> list[str]:
    flags = [f"--etcd-servers=http://{HOST}:{facts['etcd_ports'][0]}", f"--bind-address={HOST}"]
    flags += [f"--secure-port={facts['url'].rpartition(':')[2]}", f"--cert-dir={folder / 'made'}"]
    flags += [f"--tls-cert-file={folder / 'server.pem'}", f"--tls-private-key-file={folder / 'server.key'}"]
    flags += ["--service-cluster-ip-range=10.96.0.0/24", "--service-account-issuer=https://kubernetes.default.svc"]
    flags += [f"--service-account-key-file={folder / 'server.pem'}"]  # a certificate holds a public key
    flags += [f"--service-account-signing-key-file={folder / 'server.key'}"]
    flags += [f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC"]
    # Servers behind it (the aggregation layer) believe it who asks.
    flags += [f"--proxy-client-cert-file={folder / 'server.pem'}", f"--proxy-client-key-file={folder / 'server.key'}"]
    flags += [f"--requestheader-client-ca-file={folder / 'ca.pem'}", "--requestheader-username-headers=X-Remote-User"]
    flags += ["--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-"]
    return [*flags, "--endpoint-reconciler-type=none"]


def _controller_flags(folder: Path) -> list[str]:
    flags = [f"--kubeconfig={folder / 'kubeconfig'}", "--leader-elect=false", "--secure-port=0"]
    flags += [f"--service-account-private-key-file={folder / 'server.key'}", f"--root-ca-file={folder / 'ca.pem'}"]
    # The nodes send no heartbeats.
    flags += ["--node-monitor-grace-period=24h"]
    # Autoscalers look every 15 s by themselves, and take back five minutes after the last peak.
    flags += ["--horizontal-pod-autoscaler-sync-period=1s", "--horizontal-pod-autoscaler-downscale-stabilization=3s"]
    return [*flags, "--controllers=*,-node-ipam-controller,-service-lb-controller"]
