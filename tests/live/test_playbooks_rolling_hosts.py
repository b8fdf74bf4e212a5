# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An update over three hosts, of which two need the third: the first that fails goes back and ends it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of

HOSTS = ("api-1", "api-2", "store-1")
NEW = "day2-lab/rolled:2"


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, lab: Lab, compose: list[str]) -> Iterator[Project]:
    """A service for each host, as all of them are this machine."""
    with project_of(tmp_path, docker_server, lab.facts, compose) as made:
        sleeper = {"command": ["sleep", "600"], "init": True}
        made.write(**dict.fromkeys(HOSTS, sleeper))
        made.compose("up", "--detach", *HOSTS)
        with connect(docker_server) as client:
            client.images.get(docker_server["image"]).tag(*NEW.split(":"))
        yield made


@pytest.fixture
def operator(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(lab, tmp_path)


def inventory(folder: Path, **variables: Any) -> str:
    """Write an inventory in which the hosts of the API come after the store."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    api = {"hosts": dict.fromkeys(HOSTS[:2], here), "vars": {"day2_after": ["store"]}}
    groups = {"api": api, "store": {"hosts": {HOSTS[2]: here}}}
    file = folder / "hosts.yml"
    content = {"all": {"children": groups, "vars": {"day2_service": "shop", **variables}}}
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


def update(operator: Operator, project: Project, *arguments: str, **variables: Any) -> Done:
    """Update the part of each host; what is checked on one is whether its file of the folder is there."""
    for host in HOSTS:  # a folder for each, as each host of a service has its own
        shutil.copytree(project.folder, f"{project.folder}-{host}", dirs_exist_ok=True)
    part = {"name": "app", "unit": "{{ inventory_hostname }}", "grace": 2}
    check = ["test", "-e", f"{operator.folder}/{{{{ inventory_hostname }}}}.well"]
    log = ["sh", "-c", f"echo {{{{ inventory_hostname }}}} >> {operator.folder}/log"]
    hosts = inventory(
        operator.folder,
        day2_runtime=project.runtime(parts=[part], project_dir=f"{project.folder}-{{{{ inventory_hostname }}}}"),
        day2_checks=[
            {"name": "turn", "kind": "command", "argv": log},
            {"name": "well", "kind": "command", "argv": check},
        ],
    )
    return operator.run("rolling_update", *arguments, inventory=hosts, part="app", image=NEW, **variables)


def images(project: Project) -> dict[str, str]:
    """Return what each host runs."""
    return {host: next(iter(project.containers(host).values()))["Config"]["Image"] for host in HOSTS}


@pytest.mark.long
def test_a_host_that_fails_goes_back_and_the_others_are_left(
    operator: Operator, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    old = images(project)
    done, told = _spoiled(operator, project, day2_gate_timeout=2)
    assert "; not touched: api-2" in told, done.output
    turns = (operator.folder / "log").read_text(encoding="utf-8").split()
    assert list(dict.fromkeys(turns)) == [
        "store-1",
        "api-1",
    ]  # who is needed comes first
    assert images(project) == {**old, "store-1": NEW}


@pytest.mark.long
def test_of_three_hosts_at_once_one_may_fail(
    operator: Operator, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    old = images(project)
    done, told = _spoiled(operator, project, day2_gate_timeout=10, at_once=3, max_fail=40)
    assert "not touched" not in told, done.output
    assert images(project) == {**dict.fromkeys(HOSTS, NEW), "api-1": old["api-1"]}, done.output


def _spoiled(operator: Operator, project: Project, **variables: Any) -> tuple[Done, str]:
    """Update all hosts, of which api-1 is well until it runs the new image; return the run and its last words."""
    for host in HOSTS:
        (operator.folder / f"{host}.well").touch()
    spoil = {"name": "spoil", "kind": "command", "argv": ["sh", "-c", _spoil(project)]}
    done = update(operator, project, day2_checks__last=[spoil], **variables)
    assert done.status != 0
    told = done.of_task("Fail where it was not done")
    assert f"{NEW} was tried, app runs what it ran before, and all is well: " in told, done.output
    return done, told


def _spoil(project: Project) -> str:
    """Return a shell's words that fail on api-1 once it runs the new image."""
    told = f"docker --host {project.docker['url']} inspect {project.name}-api-1-1 | grep -q {NEW}"
    return f'test "{{{{ inventory_hostname }}}}" != api-1 || ! {{ {told}; }}'
