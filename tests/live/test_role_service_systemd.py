# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service on a host with a real systemd: a unit, and a template with instances."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.state import SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemd_host_server import run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Done
from ansible_collections.day2.ops.tests.live.runtime_help import serve

UNITS = {
    "shop-api.service": "exec sleep 600",
    "shop-worker@.service": "exec sleep 60%i",
    "shop-dead.service": "exit 3",
    "shop-again.service": "exit 3",
}
MORE = {"shop-again.service": "Restart=always\\nRestartSec=600\\n"}
RUNTIME = {
    "kind": "systemd",
    "parts": [
        {"name": "api", "unit": "shop-api.service"},
        {"name": "worker", "unit": "shop-worker@{number}.service", "count": 1, "max": 4},
        {"name": "dead", "unit": "shop-dead.service"},
        {"name": "again", "unit": "shop-again.service"},
    ],
}


@pytest.fixture
def host(systemd_host: SystemdHostFacts) -> Iterator[SystemdHostFacts]:
    for name, command in UNITS.items():
        text = f"[Service]\\nExecStart=/bin/sh -c '{command}'\\n{MORE.get(name, '')}"
        script = f'printf "%b" "$1" > /etc/systemd/system/{name}'
        assert run_in(systemd_host, ["sh", "-c", script, "sh", text])[0] == 0
    run_in(systemd_host, ["systemctl", "daemon-reload"])
    run_in(systemd_host, ["systemctl", "start", "shop-api", "shop-worker@1"])
    yield systemd_host
    run_in(systemd_host, ["sh", "-c", "systemctl stop 'shop-*'; systemctl reset-failed"])
    run_in(systemd_host, ["sh", "-c", "rm -rf /etc/systemd/system/shop-* /etc/systemd/system.control/shop-*"])
    run_in(systemd_host, ["systemctl", "daemon-reload"])


def done_to(host: SystemdHostFacts, folder: Path, do: str, part: str, **more: Any) -> tuple[Done, dict[str, Any]]:
    inventory = f"""
all:
  hosts:
    {host["container"]}:
      ansible_connection: community.docker.docker_api
      ansible_docker_docker_host: {host["docker_url"]}
      ansible_python_interpreter: /usr/bin/python3
"""
    given = {"service_runtime": RUNTIME, "service_do": do, "service_parts": [part], "service_timeout": 10, **more}
    return serve(folder, dict(os.environ), inventory=inventory, **given)


def shown(host: SystemdHostFacts, unit: str, name: str) -> str:
    return run_in(host, ["systemctl", "show", "--value", f"--property={name}", unit])[1].strip()


def test_instances_of_a_template(host: SystemdHostFacts, tmp_path: Path) -> None:
    first = shown(host, "shop-worker@1", "MainPID")
    done, result = done_to(host, tmp_path, "scaled", "worker", service_count=3)
    assert done.status == 0, done.output
    assert result["parts"][0]["after"]["instances"] == [f"shop-worker@{number}.service" for number in (1, 2, 3)]
    assert shown(host, "shop-worker@1", "MainPID") == first
    assert shown(host, "shop-worker@3", "ActiveState") == "active"


@pytest.mark.long
def test_what_would_come_back_by_itself_is_stopped(host: SystemdHostFacts, tmp_path: Path) -> None:
    run_in(host, ["systemctl", "start", "shop-again"])
    wait_for("it to wait for its next start", lambda: shown(host, "shop-again", "SubState") == "auto-restart", 10)
    done, result = done_to(host, tmp_path, "stopped", "again")
    assert done.status == 0 and result["changed"], done.output
    assert shown(host, "shop-again", "ActiveState") in ("inactive", "failed")
    assert not done_to(host, tmp_path, "stopped", "again")[1]["changed"]


@pytest.mark.long
def test_the_life_of_a_unit(host: SystemdHostFacts, tmp_path: Path) -> None:
    for do in ("restarted", "forced", "rolled", "recreated"):
        before = shown(host, "shop-api", "MainPID")
        done, result = done_to(host, tmp_path, do, "api")
        assert done.status == 0 and result["changed"], done.output
        assert shown(host, "shop-api", "MainPID") not in ("0", before)
    done, result = done_to(host, tmp_path, "limited", "api", service_limits={"cpus": 0.5, "memory": "64M"})
    assert done.status == 0, done.output
    assert (shown(host, "shop-api", "CPUQuotaPerSecUSec"), shown(host, "shop-api", "MemoryMax")) == (
        "500ms",
        "67108864",
    )
    assert not done_to(host, tmp_path, "limited", "api", service_limits={"cpus": 0.5, "memory": "64M"})[1]["changed"]
    done, result = done_to(host, tmp_path, "limited", "api", service_limits={"cpus": 0, "memory": "0"})
    assert (done.status, result["parts"][0]["after"]["cpus"], result["parts"][0]["after"]["memory"]) == (0, None, None)
    done, result = done_to(host, tmp_path, "stopped", "api")
    assert (done.status, shown(host, "shop-api", "ActiveState")) == (0, "inactive"), done.output
    assert not done_to(host, tmp_path, "stopped", "api")[1]["changed"]
    assert done_to(host, tmp_path, "started", "api")[1]["parts"][0]["after"]["ready"] == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("do", "part", "more", "told"),
    [
        ("scaled", "api", {"service_count": 2}, "api is one unit, shop-api.service, without {number} in its name"),
        ("scaled", "worker", {"service_count": 5}, "worker may have 4 at most, as its max says"),
        ("updated", "api", {"service_image": "shop:2"}, "api is a unit of systemd, which has no image"),
        ("started", "dead", {"service_timeout": 2}, "dead: 0 of 1 run (shop-dead.service does not run)"),
    ],
)
def test_what_cannot_be_done_is_told(
    host: SystemdHostFacts, tmp_path: Path, do: str, part: str, more: dict[str, Any], told: str
) -> None:
    done, _result = done_to(host, tmp_path, do, part, **more)
    assert done.status != 0 and told in done.text, done.output
