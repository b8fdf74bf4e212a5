# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host with systemd as its first process, in a container of the lab's Docker: units, timers and a journal are real.

Modules run in it through `community.docker.docker_api` or `community.docker.docker`; it has no network.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from .docker_server import connect, errors_of_docker
from .errors import LabError
from .host_image import ARCHIVE, HOST_IMAGE
from .server import Server
from .state import DockerFacts, SystemdHostFacts
from .waiting import wait_for

IMAGE = "day2-lab/host:latest"
CONTAINER = "day2-host"
_CHANGES = ['CMD ["/lib/systemd/systemd"]', "ENV container=docker"]
_SECONDS = 60
# What systemd needs of a container: places of its own for what it writes at boot, and its own cgroups.
_SYSTEMD: dict[str, Any] = {
    "cap_add": ["SYS_ADMIN"],
    "security_opt": ["seccomp=unconfined"],
    "cgroupns": "private",
    "tmpfs": {"/run": "", "/run/lock": "", "/tmp": "exec"},
    "network_mode": "none",
    "stop_signal": "SIGRTMIN+3",
    "restart_policy": {"Name": "always"},
}


class SystemdHostServer(Server):
    """One container that starts again with its daemon."""

    name = "systemd_host"
    needs = ("docker",)
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return HOST_IMAGE.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names: its processes are the daemon's."""
        return ()

    def is_up(self) -> bool:
        """See Server.is_up."""
        if self.name not in self.home.facts:
            return False
        with connect(self.home.facts["docker"]) as client, contextlib.suppress(docker.errors.NotFound):
            return str(client.containers.get(CONTAINER).status) == "running"
        return False

    def start(self) -> None:
        """See Server.start."""
        facts = self.home.facts["docker"]
        with errors_of_docker(), connect(facts, timeout=_SECONDS) as client:
            _load(client)
            _run(client, CONTAINER)
        self.home.facts["systemd_host"] = {"container": CONTAINER, "docker_url": facts["url"], "image": IMAGE}
        self.home.save()


@contextlib.contextmanager
def another_host(facts: DockerFacts, name: str) -> Iterator[SystemdHostFacts]:
    """Give one more host, of that name, for as long as the block lasts: for a test that breaks its host."""
    with connect(facts, timeout=_SECONDS) as client:
        _load(client)
        try:
            _run(client, name)
            yield {"container": name, "docker_url": facts["url"], "image": IMAGE}
        finally:
            with contextlib.suppress(docker.errors.NotFound):
                client.containers.get(name).remove(force=True, v=True)


def host_in(facts: DockerFacts, name: str, mounts: Mapping[Path, str]) -> SystemdHostFacts:
    """Start one more host, of that name, on the machine's network; it ends with the daemon.

    mounts: folders of this machine, and where the host has them.
    """
    volumes = {str(folder): {"bind": place, "mode": "rw"} for folder, place in mounts.items()}
    with errors_of_docker(), connect(facts, timeout=_SECONDS) as client:
        _load(client)
        _run(client, name, network_mode="host", volumes=volumes)
    return {"container": name, "docker_url": facts["url"], "image": IMAGE}


def run_in(facts: SystemdHostFacts, argv: Sequence[str]) -> tuple[int, str]:
    """Run a command in the host as root; returns its exit status and its output."""
    client = docker.DockerClient(base_url=facts["docker_url"], timeout=_SECONDS)
    try:
        return _run_in(client.containers.get(facts["container"]), argv)
    finally:
        client.close()


def _run_in(host: Container, argv: Sequence[str]) -> tuple[int, str]:
    status, output = host.exec_run(list(argv))
    # Either may be otherwise only when the output is asked for as a stream.
    text = output if isinstance(output, bytes) else b"".join(output)
    return -1 if status is None else status, text.decode(errors="replace")


def _load(client: docker.DockerClient) -> None:
    if client.images.list(IMAGE):
        return
    repository, _colon, tag = IMAGE.rpartition(":")
    archive: Path = HOST_IMAGE.folder / ARCHIVE
    client.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=_CHANGES)


def _run(client: docker.DockerClient, name: str, **more: Any) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        client.containers.get(name).remove(force=True, v=True)
    host = client.containers.run(IMAGE, name=name, detach=True, **{**_SYSTEMD, "hostname": name, **more})

    def running() -> bool:
        host.reload()
        if host.status != "running":
            raise LabError(f"the host {name} ended while it was starting: {host.logs(tail=1).decode()}")
        return _run_in(host, ["systemctl", "is-system-running"])[1].strip() in {"running", "degraded"}

    wait_for(f"systemd in {name}", running, _SECONDS)
