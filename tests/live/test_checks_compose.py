# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind compose against projects that compose itself has started: complete, and short of something in each way."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.plugins.module_utils._checks.base import Outcome
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt

_SECONDS = 20


class Project:
    """A project of compose in a folder; ``compose`` runs the program in it."""

    def __init__(self, folder: Path, facts: DockerFacts, program: list[str]) -> None:
        self.program = program
        self.name = f"day2-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.facts = facts

    def compose(self, *arguments: str) -> None:
        environment = {**os.environ, "DOCKER_HOST": self.facts["url"], "COMPOSE_PROJECT_NAME": self.name}
        argv = [*self.program, *arguments]
        done = subprocess.run(argv, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def check(self, **options: object) -> Outcome:
        return attempt("compose", docker_host=self.facts["url"], project=self.name, **options)

    def container(self, service: str, state: str) -> None:
        """Wait until a container of a service is in a state, by its health if it has one."""

        def there() -> bool:
            with connect(self.facts) as client:
                labels = [f"com.docker.compose.project={self.name}", f"com.docker.compose.service={service}"]
                found = client.containers.list(all=True, filters={"label": labels})
                states = [one.attrs["State"] for one in found]
            return any(state in (one["Status"], (one.get("Health") or {}).get("Status")) for one in states)

        wait_for(f"{service} {state}", there, _SECONDS)


Services = dict[str, dict[str, Any]]
Make = Callable[[Services], Project]


@pytest.fixture(params=["version 1", "version 2"])
def program(request: pytest.FixtureRequest) -> list[str]:
    """Compose of either version: Debian's program of its own, and the plugin of docker; their labels are alike."""
    if request.param == "version 2":
        found: list[str] = request.getfixturevalue("compose")
        return found
    old = shutil.which("docker-compose")
    return [old] if old else pytest.skip("no docker-compose on PATH (Debian: docker-compose)")


@pytest.fixture
def make(docker_server: DockerFacts, tmp_path: Path, program: list[str]) -> Iterator[Make]:
    """Start a project with these services; it is taken down after the test."""
    made: list[Project] = []

    def start(services: Services) -> Project:
        common = {"image": docker_server["image"], "network_mode": "none", "stop_grace_period": "0s"}
        content = {"version": "3.7", "services": {name: {**common, **own} for name, own in services.items()}}
        (tmp_path / "docker-compose.yml").write_text(yaml.safe_dump(content))
        made.append(Project(tmp_path, docker_server, program))
        made[-1].compose("up", "-d")
        return made[-1]

    yield start
    for project in made:
        project.compose("down", "--volumes", "--remove-orphans")


SLEEP: dict[str, Any] = {"command": ["sleep", "600"]}
HEALTH = {"interval": "1s", "timeout": "1s", "retries": 1}


def test_a_project_that_is_up(make: Make) -> None:
    sure = {**SLEEP, "healthcheck": {"test": ["CMD", "true"], **HEALTH}}
    project = make({"api": sure, "worker": dict(SLEEP), "migrate": {"command": ["true"]}})
    project.container("api", "healthy")
    project.container("migrate", "exited")
    project.compose("up", "-d", "--no-recreate", "--scale", "worker=2", "api", "worker")
    outcome = project.check(services={"api": 1, "worker": 2}, completed=["migrate"], allow_other=False, max_restarts=0)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["services"]["worker"] == {"containers": 2, "ready": 2, "completed": 0, "restarts": 0}
    assert outcome.values["services"]["migrate"]["completed"] == 1
    bare = project.check()
    assert bare.status == "fail"
    assert "exited with 0'], expected []" in bare.reason


def test_a_service_that_is_short_and_one_that_is_gone(make: Make) -> None:
    project = make({"api": dict(SLEEP), "worker": dict(SLEEP)})
    wanted = {"api": 1, "worker": 2}
    assert project.check(services=wanted).reason == "services.worker.ready is 1, expected at least 2"
    project.compose("rm", "--stop", "--force", "worker")
    outcome = project.check(services=wanted)
    assert (outcome.status, outcome.reason) == ("fail", "services.worker.ready is 0, expected at least 2")
    assert project.check().status == "pass"  # docker does not know what else there should be
    assert project.check(services=["worker"], allow_other=False).reason.endswith(
        "other_services is ['api'], expected []"
    )


def test_containers_that_are_not_ready(make: Make) -> None:
    ill = {**SLEEP, "healthcheck": {"test": ["CMD", "false"], **HEALTH}}
    project = make({"api": ill, "worker": {"command": ["false"]}})
    project.container("api", "unhealthy")
    project.container("worker", "exited")
    outcome = project.check(services=["api", "worker"])
    assert outcome.status == "fail"
    assert outcome.reason.startswith("services.api.ready is 0, expected at least 1; services.worker.ready is 0, ")
    api, worker = outcome.values["not_ready"]
    assert api.endswith(": unhealthy")
    assert worker.endswith(": exited with 1")
    assert project.check(services=["api"], health="ignore").status == "pass"


def test_what_compose_run_has_left_does_not_count(make: Make) -> None:
    project = make({"api": dict(SLEEP)})
    project.compose("run", "-T", "api", "true")
    outcome = project.check(services=["api"])
    assert (outcome.status, outcome.values["containers"]) == ("pass", 1), outcome.reason


def test_a_project_that_is_down(make: Make) -> None:
    project = make({"api": dict(SLEEP)})
    project.compose("down")
    outcome = project.check()
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(f"no container belongs to the project {project.name}: docker unix:")
    assert project.check(services=["api"]).status == "fail"
