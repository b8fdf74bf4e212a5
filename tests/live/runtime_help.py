# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services for the tests of runtimes: a project of docker compose whose workers tell Redis that they are there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.day2.ops.tests.lab.docker_server import connect
from ansible_collections.day2.ops.tests.lab.go_programs import COMPOSE
from ansible_collections.day2.ops.tests.lab.state import DockerFacts, Facts

from .playbooks import CHECKOUT, Done

PLAY = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.include_role": {"name": "day2.ops.service"}},
            {
                "ansible.builtin.copy": {"dest": "{{ result_file }}", "content": "{{ service_result | to_json }}"},
                "delegate_to": "localhost",
                "check_mode": False,
                "changed_when": False,
            },
        ],
    }
]
INVENTORY = """
all:
  hosts:
    here: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
# Tells Redis every half second that it is there, and says so for two; ends at once when told to.
_BEAT = """
trap 'exit 0' TERM
name="$KEY:$$-$(cat /proc/sys/kernel/random/uuid)"
while true; do
  printf 'AUTH %s %s\\r\\nSET %s 1 EX 2\\r\\nQUIT\\r\\n' "$REDIS_USER" "$REDIS_PASSWORD" "$name" |
    nc -w 2 127.0.0.1 "$REDIS_PORT" > /dev/null
  sleep 0.5 & wait $!
done
"""


@dataclass
class Project:
    """A project of compose: a worker that scales, an app that cannot, and a worker that never gets ready."""

    folder: Path
    docker: DockerFacts
    facts: Facts
    environment: dict[str, str]
    name: str = field(default_factory=lambda: f"day2-{uuid.uuid4().hex[:8]}")

    @property
    def key(self) -> str:
        """Return what the workers' keys begin with."""
        return f"beat:{self.name}"

    def runtime(self, **options: Any) -> dict[str, Any]:
        """Return the description of what runs it."""
        beat = {"name": "workers have joined", "kind": "worker", "heartbeat_key": f"{self.key}:*"}
        joined = {**beat, "min_workers": "{count}"}
        return {
            "kind": "compose",
            "project_dir": str(self.folder),
            "project": self.name,
            "docker_host": self.docker["url"],
            "parts": [
                {"name": "worker", "grace": 5, "max": 6, "joined": [joined]},
                {"name": "app", "grace": 2},
                {"name": "lame", "grace": 1},
            ],
            **options,
        }

    def write(self, **services: dict[str, Any]) -> None:
        """Write the project's file; services add to what each has, or to what there is."""
        redis = self.facts["redis"]
        common = {"image": self.docker["image"], "network_mode": "host", "pull_policy": "never"}
        login = {
            "REDIS_PORT": redis["port"],
            "REDIS_USER": redis["admin_user"],
            "REDIS_PASSWORD": redis["admin_password"],
        }
        beat = ["sh", "-c", _BEAT.replace("$", "$$")]
        every: dict[str, dict[str, Any]] = {
            "worker": {"command": beat, "environment": {**login, "KEY": self.key}},
            "app": {"command": ["sleep", "600"], "container_name": f"{self.name}-app", "init": True},
            "lame": {
                "command": ["sleep", "600"],
                "init": True,
                "healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1},
            },
        }
        content = {name: {**common, **every.get(name, {}), **services.get(name, {})} for name in {**every, **services}}
        (self.folder / "compose.yml").write_text(yaml.safe_dump({"services": content}), encoding="utf-8")

    def compose(self, *arguments: str) -> None:
        """Run docker compose in it."""
        argv = ["docker", "compose", "--project-name", self.name, *arguments]
        environment = {**self.environment, "DOCKER_HOST": self.docker["url"]}
        done = subprocess.run(argv, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def containers(self, service: str) -> dict[str, dict[str, Any]]:
        """Return what the daemon knows of each container of a service, by its name."""
        labels = [f"com.docker.compose.project={self.name}", f"com.docker.compose.service={service}"]
        with connect(self.docker) as client:
            found = client.containers.list(all=True, filters={"label": labels})
            return {str(one.name): one.attrs for one in found}


@contextmanager
def project_of(folder: Path, docker: DockerFacts, facts: Facts, compose: list[str]) -> Iterator[Project]:
    """Have a project with one of each, which is taken down afterwards; docker finds the plugin that was built."""
    if not COMPOSE.folder.is_dir():
        pytest.skip("docker compose of version 2 is not here, and version 1 is no plugin of docker: make compose")
    plugins = folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(shutil.which(compose[0]) or compose[0])
    place = folder / "project"
    place.mkdir()
    project = Project(place, docker, facts, {**os.environ, "DOCKER_CONFIG": str(plugins.parent)})
    project.write()
    project.compose("up", "--detach", "worker", "app")
    try:
        yield project
    finally:
        project.compose("down", "--timeout", "1", "--volumes", "--remove-orphans")


def serve(folder: Path, environment: dict[str, str], *arguments: str, **variables: Any) -> tuple[Done, dict[str, Any]]:
    """Run the role service on this machine; return how it ended and its result, empty where it left none."""
    (folder / "hosts.yml").write_text(variables.pop("inventory", INVENTORY), encoding="utf-8")
    (folder / "play.json").write_text(json.dumps(PLAY), encoding="utf-8")
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    (folder / "given.json").write_text(json.dumps({**variables, "result_file": str(result)}), encoding="utf-8")
    program = str(Path(sys.executable).parent / "ansible-playbook")
    argv = [program, "-i", str(folder / "hosts.yml"), str(folder / "play.json"), "-e", f"@{folder / 'given.json'}"]
    given = {**environment, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"}
    ended = subprocess.run(
        [*argv, *arguments],
        cwd=CHECKOUT,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    done = Done(ended.returncode, ended.stdout + ended.stderr)
    return done, json.loads(result.read_text(encoding="utf-8")) if result.exists() else {}
