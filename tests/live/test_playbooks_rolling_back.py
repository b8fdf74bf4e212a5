# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a rolling update, where the image of one of the parts is gone meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.live.own_plays import play
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of

pytestmark = pytest.mark.long


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, lab: Lab, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, lab.facts, compose) as made:
        yield made


def test_a_part_that_cannot_go_back_keeps_none_from_it(
    project: Project, docker_server: DockerFacts, tmp_path: Path
) -> None:
    with connect(docker_server) as client:
        client.images.get(docker_server["image"]).tag("day2-lab/app", "1")
    now = {str(one["Config"]["Image"]) for one in project.containers("worker").values()}.pop()
    variables = {
        "rolling_update_service": "shop",
        "rolling_update_runtime": project.runtime(),
        "rolling_update_image": now,
        "rolling_update_mine": ["app", "worker"],
        # what a run that fails has written down: the worker comes first on the way back
        "rolling_update_changed": [
            {"name": "app", "image": "day2-lab/app:1"},
            {"name": "worker", "image": "day2-lab/worker:gone"},
        ],
        "rolling_update_why": "it is not well",
        "rolling_update_checks": [{"name": "room", "kind": "disk", "path": "/", "max_used_percent": 100}],
        "rolling_update_gate_consecutive": 1,
    }
    role = {"name": "day2.ops.rolling_update", "tasks_from": "back"}
    tasks = [
        {"ansible.builtin.include_role": role, "vars": variables},
        {"ansible.builtin.debug": {"msg": "{{ rolling_update_account.summary }}"}},
    ]
    docker = {"DOCKER_CONFIG": project.environment["DOCKER_CONFIG"]}
    status, said = play(tmp_path, json.dumps([{"hosts": "good", "gather_facts": False, "tasks": tasks}]), **docker)
    assert status == 0, said
    told = " ".join(said.split())
    assert f"AND THE WAY BACK FAILED: worker runs {now}: worker cannot be updated: " in told, said
    assert "; app runs day2-lab/app:1" in told
    (app,) = project.containers("app").values()
    assert app["Config"]["Image"] == "day2-lab/app:1"
