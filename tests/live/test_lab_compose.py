# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docker compose runs a project of two services in the lab's Docker, and takes it away again."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.state import DockerFacts


@pytest.fixture
def project(tmp_path: Path, docker_server: DockerFacts) -> Path:
    """A compose file of two services that never end by themselves."""
    service = {"image": docker_server["image"], "command": ["sleep", "1000"], "stop_signal": "KILL"}
    file = tmp_path / "compose.yml"
    content = {"version": "3.7", "services": {"web": service, "worker": service}}
    file.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML too
    return file


def _running(facts: DockerFacts) -> list[str]:
    with connect(facts) as client:
        found = client.containers.list(filters={"label": "com.docker.compose.project=lab-test"})
        return sorted(one.labels["com.docker.compose.service"] for one in found)


def test_a_project_comes_up_scales_and_goes(compose: list[str], docker_server: DockerFacts, project: Path) -> None:
    def call(*arguments: str) -> None:
        argv = [*compose, "-f", str(project), "-p", "lab-test", *arguments]
        env = {**os.environ, "DOCKER_HOST": docker_server["url"]}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    try:
        call("up", "-d", "--scale", "worker=2")
        assert _running(docker_server) == ["web", "worker", "worker"]
    finally:
        call("down", "--timeout", "1")
    assert _running(docker_server) == []
