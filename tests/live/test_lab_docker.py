# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Docker daemon runs containers, survives being broken, and leaves nothing on the machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import docker.errors
import pytest
import requests
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.http_ready import status_of
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

_SERVE = ["httpd", "-f", "-p", "80", "-h", "/bin"]


def _rules() -> list[str]:
    """Return what a daemon might change of the machine's network."""
    told = [["iptables", "-S"], ["iptables", "-t", "nat", "-S"]] if shutil.which("iptables") else []
    said = [subprocess.run(argv, capture_output=True, text=True, check=False).stdout for argv in told]
    return [*said, Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="ascii")]


def _interfaces(facts: DockerFacts) -> set[str]:
    """Return the daemon's bridges and the containers' ends that hang on them."""
    with connect(facts) as client:
        networks = client.networks.list(filters={"driver": "bridge"})
    bridges = [Path(f"/sys/class/net/br-{(network.id or '')[:12]}") for network in networks]
    assert all(bridge.is_dir() for bridge in bridges)
    return {path.name for bridge in bridges for path in (bridge, *(bridge / "brif").iterdir())}


def _traces(facts: DockerFacts, interfaces: set[str]) -> list[str]:
    """Return what is there of the daemon: processes, interfaces, mounts, cgroups and files."""
    name = Path(facts["exec_root"]).name
    mounts = [line for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines() if name in line]
    cgroups = [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{name}")]
    processes = [" ".join(found["argv"]) for found in process.naming(facts["exec_root"])]
    left = interfaces & {known for _number, known in socket.if_nameindex()}
    return [*processes, *left, *mounts, *cgroups, *(str(path) for path in Path("/run").glob(name))]


def _start_web(facts: DockerFacts, name: str, port: int) -> None:
    with connect(facts) as client:
        client.containers.run(
            facts["image"],
            _SERVE,
            name=name,
            detach=True,
            stop_signal="KILL",
            network=facts["network"],
            ports={"80/tcp": (HOST, port)},
        )
    wait_for("an answer of the container", lambda: status_of(f"http://{HOST}:{port}/busybox") == 200)


def test_containers_run_and_reach_each_other_by_name(docker_server: DockerFacts) -> None:
    with connect(docker_server) as client:
        _start_web(docker_server, "web", free_ports(1)[0])
        try:
            fetch = ["wget", "-q", "-O", "/tmp/page", "http://web/busybox"]
            client.containers.run(docker_server["image"], fetch, network=docker_server["network"], remove=True)
        finally:
            client.containers.get("web").remove(force=True)


@pytest.mark.parametrize("broken", ["", "kill", "hang", "stop"])
def test_nothing_is_left_whatever_was_broken(docker_server: DockerFacts, lab_folder: Path, broken: str) -> None:
    rules = _rules()
    with Lab(lab_folder) as own:
        facts = own.up(["docker"])["docker"]
        _start_web(facts, "left-running", free_ports(1)[0])
        with connect(facts) as client:
            client.networks.create("left-too")
        interfaces = _interfaces(facts)
        assert len(interfaces) == 3  # two bridges, one container
        assert len(_traces(facts, interfaces)) >= 6
        if broken:
            own.break_server("docker", broken)
    assert _traces(facts, interfaces) == []
    assert _rules() == rules
    assert not lab_folder.exists()


def test_a_daemon_that_is_broken_does_not_answer_until_it_is_mended(lab: Lab, docker_server: DockerFacts) -> None:
    for how in ("hang", "kill", "stop"):
        lab.break_server("docker", how)
        with pytest.raises((requests.RequestException, docker.errors.DockerException)):
            _ping(docker_server)
        lab.mend("docker")
        _ping(docker_server)


def _ping(facts: DockerFacts) -> None:
    with connect(facts, timeout=2) as client:
        client.ping()
