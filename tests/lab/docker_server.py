# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker daemon of the lab's own, beside any that the machine has, with one small image and one network.

It shares nothing with another daemon: data, sockets, cgroup and networks are its own, its mounts are in a
mount namespace that ends with it, and it neither writes firewall rules nor turns forwarding on. So containers
reach each other and are reached through ports published on loopback, and reach nothing outside. One that
shall reach the lab's other servers runs with the host's network.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import requests

from . import busybox_image, process
from .errors import LabError
from .privileges import lacking
from .server import Server
from .state import DockerFacts, ProcessFacts
from .waiting import wait_for

PROGRAMS = ("dockerd", "containerd", "runc", "unshare", "iptables")  # iptables: for the names in a network
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN")
NETWORK = "day2-lab"
# Networks are drawn from here; the daemon leaves out what the machine routes already.
ADDRESSES = "base=172.30.0.0/16,size=24"
_SECONDS = 30


class DockerServer(Server):
    """dockerd on PATH, run by root."""

    name = "docker"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        absent = [program for program in PROGRAMS if not shutil.which(program)]
        programs = f"no {', '.join(absent)} on PATH" if absent else ""
        return lacking(CAPABILITIES) or programs or busybox_image.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def start(self) -> None:
        """See Server.start."""
        if self.name not in self.home.facts:
            self.home.facts["docker"] = self._new_facts()
            self.home.save()
        facts = self.home.facts["docker"]
        self._launch(facts)
        with errors_of_docker(), connect(facts) as client:
            if not client.images.list(facts["image"]):
                busybox_image.load(client, facts["image"])
            if not client.networks.list(names=[facts["network"]]):
                client.networks.create(facts["network"], check_duplicate=True)

    def remove(self) -> None:
        """End every container and network with the daemon, started again for that where it was broken."""
        facts = self.home.facts["docker"]
        with contextlib.suppress(LabError, docker.errors.DockerException, requests.RequestException):
            process.resume(self.home.process(self.name))
            self._launch(facts)
            with connect(facts) as client:
                _remove_all(client)
        self.stop()
        _end_left_over(facts)
        shutil.rmtree(facts["exec_root"], ignore_errors=True)

    def _new_facts(self) -> DockerFacts:
        # A socket's path has at most 107 characters, and the daemon makes some below this folder.
        exec_root = tempfile.mkdtemp(prefix="day2-lab-", dir="/run")
        return {
            "socket": f"{exec_root}/docker.sock",
            "url": f"unix://{exec_root}/docker.sock",
            "image": busybox_image.NAME,
            "network": NETWORK,
            "exec_root": exec_root,
        }

    def _launch(self, facts: DockerFacts) -> None:
        if not self.home.runs(self.name):
            # Of a daemon that was killed: another process, or what is left of it, may have the number.
            for left in ("docker.pid", "exec/containerd/containerd.pid"):
                (Path(facts["exec_root"]) / left).unlink(missing_ok=True)
        server = self.home.launch(self.name, self._argv(facts))
        wait_for(f"an answer of {self.name}", lambda: self._answers(server, facts), _SECONDS)

    def _argv(self, facts: DockerFacts) -> list[str]:
        data = self.home.run_dir / self.name
        data.mkdir(mode=0o711, exist_ok=True)
        root = facts["exec_root"]
        # The machine's own configuration of a daemon is not for this one.
        config = self.home.server_file(data / "daemon.json", "{}")
        argv = ["unshare", "--mount", "--propagation=slave", "dockerd", f"--config-file={config}"]
        argv += [f"--data-root={data / 'data'}", f"--exec-root={root}/exec", f"--pidfile={root}/docker.pid"]
        argv += [f"--host={facts['url']}", f"--cgroup-parent={_cgroup(facts)}", f"--default-address-pool={ADDRESSES}"]
        argv += ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        # A machine's systemd would want to be asked for each cgroup: these are the lab's own to remove.
        return [*argv, "--exec-opt=native.cgroupdriver=cgroupfs", "--shutdown-timeout=5", "--log-level=warn"]

    def _answers(self, server: ProcessFacts, facts: DockerFacts) -> bool:
        process.require_alive(self.name, server)
        with connect(facts, timeout=2) as client:
            return bool(client.ping())


@contextlib.contextmanager
def connect(facts: DockerFacts, timeout: int = 30) -> Iterator[docker.DockerClient]:
    """Give a client of the daemon, closed at the end; timeout: of each call, in seconds."""
    client = docker.DockerClient(base_url=facts["url"], timeout=timeout)
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def errors_of_docker() -> Iterator[None]:
    """Say in one line what the daemon refused."""
    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise LabError(f"the lab's Docker: {' '.join(str(error).split())}") from error


def _remove_all(client: docker.DockerClient) -> None:
    for container in client.containers.list(all=True, ignore_removed=True):
        with contextlib.suppress(docker.errors.NotFound):
            container.remove(force=True, v=True)
    client.networks.prune()


def _end_left_over(facts: DockerFacts) -> None:
    """Kill what a daemon that was killed has left: each container hangs below a process that names our folder."""
    for shim in process.naming(facts["exec_root"]):
        process.kill(shim)
    for folder in Path("/sys/fs/cgroup").glob(f"**/{_cgroup(facts)}"):
        _remove_cgroup(folder)


def _remove_cgroup(folder: Path) -> None:
    for below in sorted(folder.rglob("*/"), reverse=True):
        with contextlib.suppress(OSError):
            below.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _cgroup(facts: DockerFacts) -> str:
    return Path(facts["exec_root"]).name
