# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook scale on a project of compose whose workers tell Redis that they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, lab: Lab, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, lab.facts, compose) as made:
        yield made


@pytest.fixture
def operator(lab: Lab, tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    return Operator(lab, tmp_path)


def scale(operator: Operator, project: Project, *arguments: str, **variables: Any) -> Done:
    given = {"day2_runtime": project.runtime(), "day2_gate_timeout": 8, "part": "worker", **variables}
    return operator.run("scale", *arguments, **given)


def count(project: Project) -> int:
    return sum(one["State"]["Running"] for one in project.containers("worker").values())


def test_workers_are_seen_to_have_joined(operator: Operator, project: Project) -> None:
    done = scale(operator, project, count=3)
    assert done.status == 0, done.output
    assert "worker was scaled from 1 to 3, all have joined" in done.text
    assert count(project) == 3
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []
    (page,) = operator.reports.glob("scale-demo-*Z.html")
    assert "worker was scaled from 1 to 3" in page.read_text(encoding="utf-8")


@pytest.mark.long
def test_what_does_not_join_is_undone(operator: Operator, project: Project) -> None:
    runtime = project.runtime()
    runtime["parts"][0]["joined"][0]["heartbeat_key"] = "beat:of-nobody:*"
    done = scale(operator, project, count=2, day2_runtime=runtime)
    assert done.status != 0
    assert "worker was scaled from 1 to 2 and is as before again: " in done.of_task("Fail where it was not done")
    assert "workers have joined" in done.of_task("Fail where it was not done")
    assert count(project) == 1
    again = scale(operator, project, count=1, day2_runtime=runtime)
    assert again.status != 0 and "changed=0" in again.text
    assert "worker: " in again.of_task("Fail where it was not done") and "workers have joined" in again.text


@pytest.mark.long
def test_limits_are_seen_and_undone(operator: Operator, project: Project) -> None:
    done = scale(operator, project, cpus="0.5", memory="64M")
    assert done.status == 0, done.output
    runtime = project.runtime()
    runtime["parts"][0]["joined"][0]["heartbeat_key"] = "beat:of-nobody:*"
    done = scale(operator, project, cpus="1", memory="32M", day2_runtime=runtime)
    assert done.status != 0 and "is as before again" in done.text
    (one,) = project.containers("worker").values()
    assert (one["HostConfig"]["NanoCpus"], one["HostConfig"]["Memory"]) == (500_000_000, 64 << 20)
    again = scale(operator, project, cpus="0.5", memory="64M")
    assert again.status == 0 and "worker is so already" in again.text and "changed=0" in again.text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"part": "app", "count": 2}, "app: cannot be scaled: app has the fixed container name"),
        pytest.param({"part": "shop", "count": 2}, "no part shop is described", marks=pytest.mark.long),
        pytest.param({"count": "many"}, "count is many, expected a number of 0 or more", marks=pytest.mark.long),
        pytest.param({}, "neither count, nor cpus and memory, nor min", marks=pytest.mark.long),
        pytest.param({"count": 2, "cpus": 1}, "count and limits are given", marks=pytest.mark.long),
        pytest.param({"min": 1, "max": 4}, "worker: cannot be autoscaled: compose has no", marks=pytest.mark.long),
        pytest.param({"min": 4, "max": 1}, "an autoscaler needs min and max, whole", marks=pytest.mark.long),
        pytest.param({"count": 2, "day2_runtime": {}}, "day2_runtime is empty on every host", marks=pytest.mark.long),
    ],
)
def test_what_cannot_be_scaled_is_told_and_left(
    operator: Operator, project: Project, given: dict[str, Any], told: str
) -> None:
    done = scale(operator, project, **given)
    assert done.status != 0 and told in done.text, done.output
    assert "changed=0" in done.text and count(project) == 1
