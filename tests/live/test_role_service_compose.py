# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service on a real project of docker compose: done, done already, and refused before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, Facts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.playbooks import Done
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of, serve


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, facts: Facts, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, facts, compose) as made:
        yield made


def done_to(project: Project, do: str, *arguments: str, **variables: Any) -> tuple[Done, dict[str, Any]]:
    runtime = project.runtime()
    given = {"service_runtime": runtime, "service_do": do, "service_parts": ["worker"], "service_timeout": 20}
    return serve(project.folder.parent, project.environment, *arguments, **given, **variables)


def ids(project: Project, service: str = "worker") -> dict[str, tuple[str, str]]:
    """Return of each container its id and when it began: what tells a restart and a new one apart."""
    found = project.containers(service)
    return {name: (one["Id"], one["State"]["StartedAt"]) for name, one in found.items()}


def test_more_and_fewer_workers(project: Project) -> None:
    before = ids(project)
    done, result = done_to(project, "scaled", service_count=3)
    assert done.status == 0, done.output
    assert result["msg"] == "worker scaled, all is as it is to be"
    assert [result["parts"][0][when]["running"] for when in ("before", "after")] == [1, 3]
    assert before.items() <= ids(project).items() and len(ids(project)) == 3  # the first was left alone
    again, result = done_to(project, "scaled", service_count=3)
    assert again.status == 0 and not result["changed"] and "changed=0" in again.text
    done, result = done_to(project, "scaled", "--check", service_count=1)
    assert (done.status, result["msg"]) == (0, "would be scaled: worker"), done.output
    assert len(ids(project)) == 3


@pytest.mark.long
def test_the_life_of_a_service(project: Project) -> None:
    first = ids(project)
    assert done_to(project, "started")[1]["changed"] is False
    for do in ("restarted", "forced", "rolled"):
        before = ids(project)
        done, result = done_to(project, do)
        assert done.status == 0 and result["changed"], done.output
        after = ids(project)
        assert {name: one[0] for name, one in after.items()} == {name: one[0] for name, one in first.items()}
        assert all(after[name][1] > began for name, (_id, began) in before.items())
    assert done_to(project, "recreated")[0].status == 0
    assert ids(project).keys() == first.keys() and not set(ids(project).values()) & set(first.values())
    done, result = done_to(project, "stopped")
    assert (done.status, result["parts"][0]["after"]["running"]) == (0, 0), done.output
    assert done_to(project, "stopped")[1]["changed"] is False
    done, result = done_to(project, "started")
    assert (done.status, result["parts"][0]["after"]["ready"]) == (0, 1), done.output


@pytest.mark.long
def test_what_would_come_back_by_itself_is_stopped(project: Project) -> None:
    project.write(worker={"command": ["false"], "restart": "always"})
    project.compose("up", "--detach", "worker")

    def states() -> set[str]:
        return {one["State"]["Status"] for one in project.containers("worker").values()}

    wait_for("it to wait for its next start", lambda: states() == {"restarting"}, 30)
    done, result = done_to(project, "stopped")
    assert done.status == 0 and result["changed"], done.output
    assert states() == {"exited"}


@pytest.mark.long
def test_limits_and_images_are_kept_for_whoever_is_next(project: Project, docker_server: DockerFacts) -> None:
    done, _result = done_to(project, "limited", service_limits={"cpus": 0.5, "memory": "64M"})
    assert done.status == 0, done.output
    (one,) = project.containers("worker").values()
    assert (one["HostConfig"]["NanoCpus"], one["HostConfig"]["Memory"]) == (500_000_000, 64 << 20)
    assert done_to(project, "limited", service_limits={"cpus": 0.5, "memory": "64M"})[1]["changed"] is False
    with connect(docker_server) as client:
        client.images.get(docker_server["image"]).tag("day2-lab/worker", "2")
    done, _result = done_to(project, "updated", service_image="day2-lab/worker:2")
    assert done.status == 0, done.output
    (one,) = project.containers("worker").values()
    assert (one["Config"]["Image"], one["HostConfig"]["Memory"]) == ("day2-lab/worker:2", 64 << 20)
    old = (project.folder / "compose.day2.yml").read_text(encoding="utf-8")
    done, _result = done_to(project, "updated", service_image="day2-lab/worker:none")
    assert done.status != 0 and "worker cannot be updated: " in done.text
    assert (project.folder / "compose.day2.yml").read_text(encoding="utf-8") == old
    assert project.containers("worker").keys() == {one["Name"].lstrip("/")}


def look(project: Project, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Result:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    return operate(SPEC.validate({"runtime": project.runtime(), **options}, "test"), False)


def test_what_cannot_be_done_is_told(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def told(**options: Any) -> str:
        with pytest.raises(OpsError) as error:
            look(project, monkeypatch, **options)
        return str(error.value)

    scaled = {"intent": "scaled", "count": 2}
    name = f"app has the fixed container name {project.name}-app: there can be no more than 1; nothing was touched"
    assert told(**scaled) == f"cannot be scaled: {name}"
    assert "worker may have 6 at most, as its max says" in told(parts=["worker"], intent="scaled", count=7)
    assert told(parts=["shop"]) == "no part shop is described; described are worker, app, lame"
    assert "the docker host has" in told(parts=["worker"], intent="limited", cpus=4096)
    assert "docker takes 6291456 at least" in told(parts=["worker"], intent="limited", memory="1M")
    assert "no limit is given" in told(intent="limited")
    assert "no service shop in the project" in told(runtime=project.runtime(parts=[{"name": "shop"}]))
    assert "Cannot connect to the Docker daemon" in told(runtime=project.runtime(docker_host="unix:///run/none.sock"))
    assert "no compose file" in told(runtime=project.runtime(project_dir=str(tmp_path)))
    assert "no such folder" in told(runtime=project.runtime(project_dir="/srv/none"))
    assert "cannot run the program" in told(runtime=project.runtime(docker_cli="/usr/bin/none"))
    project.write(worker={"network_mode": "none", "ports": ["127.0.0.1:18000-18002:80"]})
    assert "worker publishes the fixed ports 18000-18002: there can be no more than 3" in told(
        parts=["worker"], intent="scaled", count=4
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(OpsError, match="install the plugin compose of docker"):
        operate(SPEC.validate({"runtime": project.runtime()}, "test"), False)


def test_one_that_never_gets_ready_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.compose("up", "--detach", "lame")
    seen = look(project, monkeypatch, parts=["lame"], intent="started", wait=True, timeout=3)
    assert seen.failed
    assert seen.msg.endswith(f"lame: 0 of 1 are ready ({project.name}-lame-1: unhealthy)"), seen.msg
    # passwords are in the environment of workers
    assert project.facts["redis"]["admin_password"] not in str(look(project, monkeypatch))
