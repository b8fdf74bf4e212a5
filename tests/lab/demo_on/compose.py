# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as a project of docker compose: a container of the API, and workers that scale.

Its image holds what files.py has put together. Containers have the host's network, as the lab's Redis and Postgres
listen on loopback.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

from ..demo import names
from ..docker_server import connect
from ..errors import LabError
from ..go_programs import COMPOSE, compose_argv
from ..service_server import WORKERS
from . import files
from .files import DemoFiles
from .place import CONFIG, STATE, Place

PROJECT = "demo"
IMAGE = "day2-lab/demo"
_GRACE = 10
_HEALTH = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)"
# Several containers with one host's network have one name.
_WORKER = 'exec "$@" "worker-$(cat /proc/sys/kernel/random/uuid)"'


class Compose(Place):
    """One project in a daemon of the lab's own."""

    kind = "compose"
    servers = ("redis", "postgres", "webhook", "docker")

    @staticmethod
    def missing() -> str:
        """See Place.missing."""
        reason = "" if COMPOSE.folder.is_dir() else f"{COMPOSE.missing()}; version 1 is no plugin of docker"
        return reason or files.missing()

    def start_service(self) -> None:
        """See Place.start_service."""
        self.describe()
        self._make_image()
        (self.folder / "project").mkdir()
        (self.folder / "project/compose.yml").write_text(json.dumps({"services": self._services()}), encoding="utf-8")
        plugins = self.folder / "docker/cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(compose_argv()[0])
        self._up()

    def runtime(self) -> dict[str, Any]:
        """See Place.runtime."""
        joined = {"name": "workers have joined", "kind": "worker", "heartbeat_key": f"{names.HEARTBEAT}*"}
        return {
            "kind": self.kind,
            "project_dir": str(self.folder / "project"),
            "project": PROJECT,
            "docker_host": self.home.facts["docker"]["url"],
            "parts": [
                {"name": "api", "grace": _GRACE},
                {"name": "worker", "grace": _GRACE, "max": 8, "joined": [{**joined, "min_workers": "{count}"}]},
            ],
        }

    def environment(self) -> dict[str, str]:
        """See Place.environment: docker looks for its plugins there."""
        return {"DOCKER_CONFIG": str(self.folder / "docker")}

    def new_image(self, tag: str) -> str:
        """Return the name of an image that is the same, under another tag: what an update changes to."""
        with connect(self.home.facts["docker"]) as client:
            client.images.get(f"{IMAGE}:1").tag(IMAGE, tag)
        return f"{IMAGE}:{tag}"

    def _make_image(self) -> None:
        root = DemoFiles(self.folder / "root").make()
        archive = shutil.make_archive(str(self.folder / "image"), "tar", root)
        with connect(self.home.facts["docker"], timeout=120) as client:
            changes = ["ENV PATH=/bin"]
            client.api.import_image_from_file(archive, repository=IMAGE, tag="1", changes=changes)

    def _services(self) -> dict[str, Any]:
        url = self.home.facts["service"]["url"]
        common = {
            "image": f"{IMAGE}:1",
            "pull_policy": "never",
            "network_mode": "host",
            "environment": files.ENVIRONMENT,
            "volumes": [f"{self.folder / 'config'}:{CONFIG}:ro"],
            "stop_grace_period": f"{_GRACE}s",
        }
        self.write_config()
        python = files.command("api")[0]
        health = {"test": ["CMD", python, "-c", _HEALTH, f"{url}/health"], "interval": "1s", "retries": 30}
        worker = ["sh", "-c", _WORKER.replace("$", "$$"), "sh", *files.command("worker", STATE)]
        return {
            "api": {**common, "command": files.command("api", STATE, url.rpartition(":")[2]), "healthcheck": health},
            "worker": {**common, "command": worker, "scale": WORKERS},
        }

    def _up(self) -> None:
        argv = ["docker", "compose", "--project-name", PROJECT, "up", "--detach"]
        environment = {**os.environ, **self.environment(), "DOCKER_HOST": self.home.facts["docker"]["url"]}
        done = subprocess.run(
            argv, cwd=self.folder / "project", env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LabError(f"docker compose up: {' '.join(done.stderr.split())[-500:]}")
