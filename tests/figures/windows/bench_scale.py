# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scale.yml takes beside the runtime's own command, the start of the instances and that of Ansible.

The runtime's own command is `docker compose up --scale`, or the API's change of a Deployment's replicas; the start of
the instances is in it: compose ends when they are started, and pods are waited for until they are ready.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kubernetes as kubernetes_package
from ansible_collections.day2.ops.tests.lab.go_programs import COMPOSE, compose_argv
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .. import rounds
from ..plays import Plays
from ..rows import Goal, Row, at_most
from ..run import CHECKOUT, Run

AREA = "windows"
_FEW, _MANY = 1, 4
_SECONDS = 120.0
_kubernetes: Any = kubernetes_package  # its annotations know no dictionaries


class Scaled(ABC):
    """A part of a service that is scaled by its runtime's own means."""

    name: str
    variables: Mapping[str, str]  # more of the environment

    @abstractmethod
    def runtime(self) -> dict[str, Any]:
        """Return `day2_runtime`."""

    @abstractmethod
    def scale(self, count: int) -> None:
        """Have so many, and wait until they have started."""


@dataclass
class Compose(Scaled):
    """A project of compose with one service."""

    folder: Path
    url: str
    image: str
    name = "compose"
    variables: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        plugins = self.folder / "docker/cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(shutil.which(compose_argv()[0]) or compose_argv()[0])
        self.variables = {"DOCKER_CONFIG": str(plugins.parent), "DOCKER_HOST": self.url}
        worker = {"image": self.image, "command": ["sleep", "600"], "init": True, "network_mode": "host"}
        services = {"services": {"worker": {**worker, "pull_policy": "never"}}}
        (self.folder / "compose.yml").write_text(json.dumps(services), encoding="utf-8")

    def runtime(self) -> dict[str, Any]:
        """See Scaled."""
        parts = [{"name": "worker", "grace": 5}]
        return {"kind": "compose", "project_dir": str(self.folder), "docker_host": self.url, "parts": parts}

    def scale(self, count: int) -> None:
        """See Scaled."""
        self.call("up", "--detach", "--no-recreate", "--timeout", "5", "--scale", f"worker={count}", "worker")

    def call(self, *words: str) -> None:
        """Run docker compose in the project."""
        environment = {**os.environ, **self.variables}
        argv = ["docker", "compose", *words]
        subprocess.run(argv, cwd=self.folder, env=environment, check=True, capture_output=True, timeout=_SECONDS)


@dataclass
class Kubernetes(Scaled):
    """A Deployment; its pods run in name only."""

    kubeconfig: str
    name = "kubernetes"
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        api = _kubernetes.config.new_client_from_config(self.kubeconfig)
        self.apps, core = _kubernetes.client.AppsV1Api(api), _kubernetes.client.CoreV1Api(api)
        wait_for("the account of pods", lambda: bool(core.read_namespaced_service_account("default", "default")), 60)
        labels = {"app": "worker"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "shop:1"}]}}
        spec = {"replicas": _FEW, "selector": {"matchLabels": labels}, "template": template}
        self.apps.create_namespaced_deployment("default", {"metadata": {"name": "worker"}, "spec": spec})
        self.scale(_FEW)

    def runtime(self) -> dict[str, Any]:
        """See Scaled."""
        parts = [{"name": "worker", "unit": "deployment/worker"}]
        return {"kind": "kubernetes", "kubeconfig": self.kubeconfig, "timeout": 30, "parts": parts}

    def scale(self, count: int) -> None:
        """See Scaled."""
        self.apps.patch_namespaced_deployment_scale("worker", "default", {"spec": {"replicas": count}})
        wait_for(f"{count} pods", lambda: self._ready() == (count, count), _SECONDS)

    def _ready(self) -> tuple[int, int]:
        status = self.apps.read_namespaced_deployment("worker", "default").status
        return status.ready_replicas or 0, status.replicas or 0


@dataclass(frozen=True)
class Contest:
    """The playbook against the runtime's own command, and a ping play."""

    run: Run
    plays: Plays
    scaled: Scaled

    def ours(self) -> float:
        """Return the seconds of the playbook."""
        self.scaled.scale(_FEW)
        return self._play(CHECKOUT / "playbooks/scale.yml", "-e", "part=worker", "-e", f"count={_MANY}")

    def peer(self) -> float:
        """Return the seconds of the runtime's own command."""
        self.scaled.scale(_FEW)
        began = time.monotonic()
        self.scaled.scale(_MANY)
        return time.monotonic() - began

    def ping(self) -> float:
        """Return the seconds of a play that only pings."""
        return self._play(self.plays.play("ping", [{"name": "ping", "ansible.builtin.ping": {}}]))

    def _play(self, playbook: Path, *options: str) -> float:
        inventory = self.plays.inventory(1)
        given = self.plays.folder / "scale.json"
        reports = str(self.plays.folder / "reports")
        variables = {"day2_service": "shop", "day2_runtime": self.scaled.runtime(), "day2_report_dir": reports}
        given.write_text(json.dumps(variables), encoding="utf-8")
        done = self.plays.run(playbook, inventory, "-e", f"@{given}", *options, **self.scaled.variables)
        return done.require_success().wall

    def row(self) -> Row:
        """Return the figure."""
        tries = 1 if self.run.short else 5
        measured = rounds.in_turn(tries, {"ours": self.ours, "peer": self.peer, "ping": self.ping})
        ours, peer, ping = (measured[name] for name in ("ours", "peer", "ping"))
        work = f"scale.yml on {self.scaled.name}: beside the runtime's own command and a ping play"
        seconds = ours.median - peer.median - ping.median
        facts = {**rounds.ratio_facts(ours, peer, "s"), "ping": round(ping.median, 4)}
        return Row.of(AREA, work, _goal(self.run), seconds, **facts)


def rows(run: Run) -> Iterator[Row]:
    """Yield the figures of the runtimes that this machine has."""
    with run.folder() as folder, run.lab(folder, ["redis"]) as lab:  # which servers can be had, a lab that is up tells
        for name, make in (("docker", _compose), ("kubernetes", _on_kubernetes)):
            missing = lab.missing(name)
            if name == "docker" and not COMPOSE.folder.is_dir():
                missing = missing or COMPOSE.missing()
            if missing:
                run.say(f"  scale.yml on {name} is left out: {missing}")
                continue
            lab.up([name])
            with make(folder, lab) as scaled:
                yield Contest(run, Plays(folder), scaled).row()


@contextmanager
def _compose(folder: Path, lab: Lab) -> Iterator[Scaled]:
    project = folder / "project"
    project.mkdir()
    made = Compose(project, lab.facts["docker"]["url"], lab.facts["docker"]["image"])
    try:
        yield made
    finally:
        made.call("down", "--timeout", "1")


@contextmanager
def _on_kubernetes(_folder: Path, lab: Lab) -> Iterator[Scaled]:
    yield Kubernetes(lab.facts["kubernetes"]["kubeconfig"])


def _goal(run: Run) -> Goal:
    return at_most(6, "s (short slice)") if run.short else at_most(2, "s")
