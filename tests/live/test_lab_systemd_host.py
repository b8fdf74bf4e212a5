# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's host has a systemd that runs units and keeps a journal, and takes Ansible's modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemd_host_server import another_host, run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for


def _ansible(host: SystemdHostFacts, module: str, arguments: str) -> subprocess.CompletedProcess[str]:
    name = host["container"]
    argv = [str(Path(sys.executable).parent / "ansible"), name, "-i", f"{name},", "-m", module, "-a", arguments]
    argv += ["-c", "community.docker.docker_api", "-e", f"ansible_docker_docker_host={host['docker_url']}"]
    argv += ["-e", "ansible_python_interpreter=/usr/bin/python3"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_a_unit_runs_fails_and_is_in_the_journal(systemd_host: SystemdHostFacts) -> None:
    assert run_in(systemd_host, ["systemctl", "is-active", "cron"]) == (0, "active\n")
    try:
        say_and_fail = ["systemd-run", "--unit=lab-fails", "--wait", "sh", "-c", "echo was here; exit 3"]
        assert run_in(systemd_host, say_and_fail)[0] == 3
        assert run_in(systemd_host, ["systemctl", "is-failed", "lab-fails"]) == (0, "failed\n")
        wait_for("the journal", lambda: "was here" in run_in(systemd_host, ["journalctl", "--unit=lab-fails"])[1])
    finally:
        run_in(systemd_host, ["systemctl", "reset-failed"])


def test_a_module_of_ansible_restarts_a_service(systemd_host: SystemdHostFacts) -> None:
    def started() -> str:
        return run_in(systemd_host, ["systemctl", "show", "cron", "--property=MainPID"])[1]

    before = started()
    done = _ansible(systemd_host, "ansible.builtin.systemd_service", "name=cron state=restarted")
    assert done.returncode == 0, done.stdout + done.stderr
    assert started() != before


def test_a_host_of_a_tests_own_goes_with_it(docker_server: DockerFacts, systemd_host: SystemdHostFacts) -> None:
    with another_host(docker_server, "lab-own") as host:
        run_in(host, ["systemctl", "stop", "cron"])
        assert run_in(host, ["systemctl", "is-active", "cron"]) == (3, "inactive\n")
        assert run_in(systemd_host, ["systemctl", "is-active", "cron"]) == (0, "active\n")
    with connect(docker_server) as client:
        assert [found.name for found in client.containers.list(filters={"name": "lab-own"}, all=True)] == []


@pytest.mark.usefixtures("docker_server")
def test_it_comes_back_with_its_daemon(lab: Lab, systemd_host: SystemdHostFacts) -> None:
    lab.break_server("docker", "kill")
    lab.mend("docker")
    up = ["systemctl", "is-system-running", "--wait"]
    wait_for("the host", lambda: run_in(systemd_host, up)[1].strip() == "running", seconds=60)
