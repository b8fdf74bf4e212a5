# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The month's update of images as a step of a window, on a project of compose: new ones stay, or the old ones run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.live.own_plays import play
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("service")]
UPDATE: dict[str, Any] = {
    "name": "update images",
    "role": "day2.ops.update_images",
    "undo": {"role": "day2.ops.update_images", "tasks_from": "undo"},
}


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, lab: Lab, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, lab.facts, compose) as made:
        dockerfile = f"FROM {docker_server['image']}\nCOPY version /version\n"
        (made.folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
        (made.folder / "version").write_text("1", encoding="utf-8")
        page = {"build": ".", "image": f"day2-lab/{made.name}:1", "command": ["sleep", "600"], "init": True}
        made.write(page=page)
        made.compose("up", "--detach", "--build", "page")
        yield made


@pytest.fixture
def operator(lab: Lab, tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    return Operator(lab, tmp_path)


def window(operator: Operator, project: Project, *more: dict[str, Any], **variables: Any) -> Done:
    # without a registry there are no newer base images
    given = {"update_images_parts": ["page"], "update_images_newer": False, **variables}
    runtime = project.runtime(parts=[{"name": "page", "grace": 2}, {"name": "worker", "grace": 5}])
    return operator.run("maintenance", day2_runtime=runtime, day2_maintenance_steps=[UPDATE, *more], **given)


def running(project: Project) -> str:
    """Return the id of the image that the page runs."""
    (one,) = project.containers("page").values()
    assert one["State"]["Running"]
    return str(one["Image"])


def test_the_new_one_stays_or_the_old_one_runs(
    operator: Operator, project: Project, docker_server: DockerFacts
) -> None:
    first, others = running(project), project.containers("worker")
    (project.folder / "version").write_text("2", encoding="utf-8")
    done = window(operator, project)
    assert done.status == 0 and "page renewed, all is as it is to be" in done.text, done.output
    second = running(project)
    assert second != first
    (project.folder / "version").write_text("3", encoding="utf-8")
    done = window(operator, project, {"name": "broken", "command": ["ls", "/nowhere"]})
    assert done.status != 0
    assert "(undone: update images; the ingress is open again)" in done.of_task("Tell how the window ended")
    assert running(project) == second
    with connect(docker_server) as client:
        names = [tag for image in client.images.list(f"day2-lab/{project.name}") for tag in image.tags]
        assert client.images.get(f"day2-lab/{project.name}:1").id == second
    kept = [name for name in names if ":day2-before-" in name]
    assert len(kept) == 1  # the second window's, whose step was done before another failed
    assert project.containers("worker").keys() == others.keys()


def test_what_cannot_be_had_is_told_and_nothing_is_changed(operator: Operator, project: Project) -> None:
    first = running(project)
    (project.folder / "Dockerfile").write_text("FROM day2-lab/nothing:1\n", encoding="utf-8")
    done = window(operator, project)
    told = done.of_task("Tell how the window ended")
    assert done.status != 0 and "step: update images: Build those that the project builds: " in told, done.output
    assert running(project) == first


def half_renewed(project: Project) -> None:
    """Have two pages, of which the second runs a newer image, as where the step of a window was ended."""
    (project.folder / "version").write_text("2", encoding="utf-8")
    project.compose("build", "page")
    project.compose("up", "--detach", "--no-recreate", "--scale", "page=2", "page")


@pytest.mark.parametrize(("tasks", "runs"), [("undo", "first"), ("main", "second")])
def test_what_came_half_the_way_goes_back_or_is_tried_again(
    project: Project, docker_server: DockerFacts, tmp_path: Path, tasks: str, runs: str
) -> None:
    with connect(docker_server) as client:
        images = client.images
        first = images.get(f"day2-lab/{project.name}:1")
        first.tag(f"day2-lab/{project.name}", "day2-before-alone-1")
        half_renewed(project)
        ids = {"first": first.id, "second": images.get(f"day2-lab/{project.name}:1").id}
        assert {one["Image"] for one in project.containers("page").values()} == set(ids.values())
        runtime = project.runtime(parts=[{"name": "page", "grace": 2}])
        variables = {"update_images_runtime": runtime, "update_images_newer": False}
        role = {"ansible.builtin.include_role": {"name": "day2.ops.update_images", "tasks_from": tasks}}
        text = json.dumps([{"hosts": "good", "gather_facts": False, "vars": variables, "tasks": [role]}])
        status, output = play(tmp_path, text, DOCKER_CONFIG=project.environment["DOCKER_CONFIG"])
        assert status == 0, output
        assert [one["Image"] for one in project.containers("page").values()] == [ids[runs]] * 2
        assert images.get(f"day2-lab/{project.name}:day2-before-last-1").id == first.id
