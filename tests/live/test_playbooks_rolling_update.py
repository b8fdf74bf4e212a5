# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook rolling_update on a project of compose: an image that does, and one whose workers are not heard of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import DockerFacts
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator
from ansible_collections.day2.ops.tests.live.runtime_help import Project, project_of


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts, lab: Lab, compose: list[str]) -> Iterator[Project]:
    with project_of(tmp_path, docker_server, lab.facts, compose) as made:
        yield made


@pytest.fixture
def operator(lab: Lab, tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("DOCKER_CONFIG", project.environment["DOCKER_CONFIG"])
    return Operator(lab, tmp_path)


def update(operator: Operator, project: Project, image: str, *arguments: str, **variables: Any) -> Done:
    beat = {"name": "a worker is heard of", "kind": "worker", "heartbeat_key": f"{project.key}:*"}
    given = {"day2_runtime": project.runtime(), "day2_checks__beat": [beat], "part": "worker", **variables}
    # 15 looks take longer than a sign of life lives, so that those of the workers before are over
    gate: dict[str, Any] = {"day2_gate_timeout": 20, "day2_gate_consecutive": 15}
    return operator.run("rolling_update", *arguments, image=image, **gate, **given)


def images(project: Project) -> set[str]:
    return {str(one["Config"]["Image"]) for one in project.containers("worker").values()}


@pytest.mark.usefixtures("service")
def test_an_image_that_does_stays_and_one_that_does_not_goes(
    operator: Operator, project: Project, docker_server: DockerFacts
) -> None:
    with connect(docker_server) as client:
        client.images.get(docker_server["image"]).tag("day2-lab/worker", "2")
        dumb = client.containers.create(docker_server["image"], "true")
        # workers of this image can tell nobody that they are there
        dumb.commit("day2-lab/worker", "dumb", changes='ENTRYPOINT ["sh", "-c", "sleep 600"]')
        dumb.remove()
    done = update(operator, project, "day2-lab/worker:2")
    assert done.status == 0, done.output
    assert "worker runs day2-lab/worker:2" in done.text and images(project) == {"day2-lab/worker:2"}
    done = update(operator, project, "day2-lab/worker:dumb")
    assert done.status != 0
    told = done.of_task("Fail where it was not done")
    assert "day2-lab/worker:dumb was tried, worker runs what it ran before, and all is well: " in told, done.output
    assert "a worker is heard of" in told and images(project) == {"day2-lab/worker:2"}


@pytest.mark.long
@pytest.mark.usefixtures("service")
def test_what_is_so_already_and_what_cannot_be(operator: Operator, project: Project) -> None:
    image = images(project).pop()
    done = update(operator, project, image)
    assert done.status == 0 and f"worker runs already {image}" in done.text and "changed=0" in done.text, done.output
    done = update(operator, project, "day2-lab/worker:3", "--check")
    assert done.status == 0 and "worker would run day2-lab/worker:3" in done.text, done.output
    sick: dict[str, Any] = {
        "day2_checks__sick": [{"name": "sick", "kind": "file_age", "path": "/no/such", "max_age": 1}]
    }
    done = update(operator, project, "day2-lab/worker:3", "--check", **sick)
    assert done.status != 0 and "nothing was touched: " in done.text, done.output
    done = update(operator, project, "day2-lab/worker:3", "--check", "-e", "anyway=true", **sick)
    assert done.status == 0 and "worker would run day2-lab/worker:3" in done.text, done.output
    done = update(operator, project, "day2-lab/worker:none")
    assert done.status != 0 and "worker runs what it ran before, and all is well" in done.text, done.output
    assert images(project) == {image}
    done = update(operator, project, "day2-lab/worker:3", part="shop")
    assert "no part shop is described; described are: worker, app, lame" in done.text, done.output
