# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as units of a host with a real systemd: one of the API, and a template of workers.

What files.py has put together is the units' root. The host, a container, has the machine's network, as the lab's Redis
and Postgres listen on loopback.
"""

from __future__ import annotations

import shlex
from typing import Any

from ..demo import names
from ..errors import LabError
from ..host_image import HOST_IMAGE
from ..service_server import WORKERS
from ..state import SystemdHostFacts
from ..systemd_host_server import host_in, run_in
from . import files
from .files import DemoFiles
from .place import CONFIG, STATE, Place

_HOST = "demo-host"
_ROOT = "/opt/demo-root"
_API, _WORKER = "demo-api.service", "demo-worker@{number}.service"
_GRACE = 10
_UNIT = """\
[Service]
RootDirectory={root}
{environment}
ExecStart={command}
TimeoutStopSec={grace}
Restart=on-failure
"""


class Systemd(Place):
    """One host, which modules reach as they reach a container."""

    kind = "systemd"
    servers = ("redis", "postgres", "webhook", "docker")

    @staticmethod
    def missing() -> str:
        """See Place.missing."""
        return HOST_IMAGE.missing() or files.missing()

    def start_service(self) -> None:
        """See Place.start_service."""
        self.describe()
        config = self.write_config()
        root = DemoFiles(self.folder / "root").make()
        host = host_in(self.home.facts["docker"], _HOST, {root: _ROOT, config: f"{_ROOT}{CONFIG}"})
        port = self.home.facts["service"]["url"].rpartition(":")[2]
        units = {
            _API: files.command("api", STATE, port),
            _WORKER.replace("{number}", ""): [*files.command("worker", STATE), "worker-%i"],
        }
        for name, command in units.items():
            write = ["sh", "-c", 'printf %s "$1" > "/etc/systemd/system/$2"', "sh", _unit(command), name]
            _done(host, write)
        workers = [_WORKER.format(number=number) for number in range(1, WORKERS + 1)]
        _done(host, ["systemctl", "daemon-reload"])
        _done(host, ["systemctl", "start", _API, *workers])

    def runtime(self) -> dict[str, Any]:
        """See Place.runtime."""
        joined = {"name": "workers have joined", "kind": "worker", "heartbeat_key": f"{names.HEARTBEAT}*"}
        worker = {"name": "worker", "unit": _WORKER, "count": WORKERS, "max": 8, "grace": _GRACE}
        return {
            "kind": self.kind,
            "parts": [
                {"name": "api", "unit": _API, "grace": _GRACE},
                {**worker, "joined": [{**joined, "min_workers": "{count}"}]},
            ],
        }

    def variables(self) -> dict[str, Any]:
        """See Place.variables: the units are there, what clients meet is seen from here."""
        return {
            **super().variables(),
            "ansible_connection": "community.docker.docker_api",
            "ansible_host": _HOST,
            "ansible_docker_docker_host": self.home.facts["docker"]["url"],
            "ansible_python_interpreter": "/usr/bin/python3",
            "day2_run_from": "controller",
        }


def _unit(command: list[str]) -> str:
    environment = "\n".join(f"Environment={name}={value}" for name, value in files.ENVIRONMENT.items())
    return _UNIT.format(root=_ROOT, environment=environment, command=shlex.join(command), grace=_GRACE)


def _done(host: SystemdHostFacts, argv: list[str]) -> None:
    status, output = run_in(host, argv)
    if status:
        raise LabError(f"{argv[0]} in {host['container']}: {' '.join(output.split())[-500:]}")
