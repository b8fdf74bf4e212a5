# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a diagnosis sees of parts on real runtimes: docker compose, the API of Kubernetes, systemd."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._diagnose.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, Facts, KubernetesFacts, SystemdHostFacts
from ansible_collections.day2.ops.tests.lab.systemd_host_server import run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.kubernetes_help import Place, place_on
from ansible_collections.day2.ops.tests.live.playbooks import CHECKOUT
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of


def look(**options: Any) -> dict[str, Any]:
    return operate(SPEC.validate({"disks": [], **options}, "test")).data


def whats(seen: dict[str, Any], about: str) -> list[str]:
    return [one["what"] for one in seen["findings"] if one["about"] == about]


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, facts: Facts, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, facts, compose) as made:
        yield made


@pytest.mark.long
def test_containers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "echo ready; echo password=hush-hush >&2; exit 7"
    project.write(
        app={"environment": {"A": "hush-hush", "EMPTY": ""}},
        broken={"command": ["sh", "-c", said]},
        hungry={"command": ["tail", "/dev/zero"], "mem_limit": "16m"},
        never={"command": ["true"], "environment": {"B": "1"}},
    )
    project.compose("up", "--detach", "worker", "app", "broken", "hungry")
    names = ("app", "broken", "hungry")
    wait_for("both to end", lambda: not any(is_up(project, name) for name in names[1:]), seconds=120)
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    parts = [{"name": name} for name in (*names, "never", "gone")]
    environment = {"app": ["PATH", "A", "EMPTY", "C"], "never": ["B", "D"]}
    seen = look(runtime={**project.runtime(), "parts": parts}, environment=environment, lines=5)
    container = f"{project.name}-app"
    assert whats(seen, "environment") == [f"{container} lacks C and has an empty EMPTY", "never lacks D"]
    assert any("ended with 7" in what for what in whats(seen, "stopped"))
    assert any(what.startswith("hungry (") for what in whats(seen, "out_of_memory"))
    told = {one["part"]: one for one in seen["parts"]}
    assert set(told["broken"]["lines"]) == {"ready", "password=***"} and told["app"]["pids"]
    assert "no service gone in the project" in {one["source"]: one["why"] for one in seen["unknown"]}["part gone"]
    assert "hush" not in json.dumps(seen)


def is_up(project: Project, service: str) -> bool:
    found = project.containers(service).values()
    return not found or any(one["State"]["Status"] in ("running", "created") for one in found)


@pytest.fixture
def place(kubernetes: KubernetesFacts) -> Iterator[Place]:
    with place_on(kubernetes) as made:
        made.fill()
        yield made


@pytest.mark.long
def test_pods(place: Place) -> None:
    name = place.runtime["parts"][0]["name"]
    seen = look(runtime=place.runtime, environment={name: ["NO_SUCH"]})
    mine = [one for one in seen["parts"] if one["part"] == name]
    assert len(mine) == 2 and all(one["runs"] for one in mine), mine
    assert [what for what in whats(seen, "environment") if "lacks NO_SUCH" in what]
    assert any(one["source"].startswith("last lines of ") for one in seen["unknown"])  # these nodes are stand-ins


UNIT = """[Service]
Environment=A=hush-hush EMPTY=
ExecStart=/bin/sh -c 'echo token=hush-hush; exit 3'
"""


@pytest.mark.long
def test_units(systemd_host: SystemdHostFacts, tmp_path: Path) -> None:
    file = "/etc/systemd/system/day2-ill.service"
    assert run_in(systemd_host, ["sh", "-c", f'printf "%s" "$1" > {file}', "sh", UNIT])[0] == 0
    try:
        run_in(systemd_host, ["systemctl", "daemon-reload"])
        run_in(systemd_host, ["systemctl", "start", "day2-ill"])

        def failed() -> bool:
            return "failed" in run_in(systemd_host, ["systemctl", "is-active", "day2-ill"])[1]

        wait_for("the unit to fail", failed)
        parts = [{"name": "ill", "unit": "day2-ill.service"}, {"name": "gone", "unit": "day2-gone.service"}]
        options = {"runtime": {"kind": "systemd", "parts": parts}, "environment": {"ill": ["A", "EMPTY", "B"]}}
        seen = ask(systemd_host, tmp_path, options)
    finally:
        run_in(systemd_host, ["sh", "-c", f"rm {file}; systemctl daemon-reload; systemctl reset-failed"])
    assert whats(seen, "environment") == ["day2-ill.service lacks B and has an empty EMPTY"]
    assert any("ill (day2-ill.service) is failed (failed), it ended with 3" in what for what in whats(seen, "stopped"))
    assert any("gone (day2-gone.service) is not there" in what for what in whats(seen, "stopped"))
    assert "token=***" in seen["parts"][0]["lines"] and "hush" not in json.dumps(seen)


def ask(host: SystemdHostFacts, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Return what the module tells on a host that is a container."""
    result = folder / "result.json"
    keep = {
        "ansible.builtin.copy": {"dest": str(result), "content": "{{ seen | to_json }}"},
        "delegate_to": "localhost",
    }
    tasks = [{"day2.ops.diagnose_info": options, "register": "seen"}, keep]
    (folder / "play.json").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    variables = {
        "ansible_connection": "community.docker.docker_api",
        "ansible_docker_docker_host": host["docker_url"],
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    inventory = {"all": {"hosts": {host["container"]: variables}}}
    (folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    program = str(Path(sys.executable).parent / "ansible-playbook")
    argv = [program, "-i", str(folder / "hosts.json"), str(folder / "play.json")]
    done = subprocess.run(
        argv, cwd=CHECKOUT, env={**os.environ}, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return seen
