# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Redis servers that belong together have in common: the program, a configuration each, TLS if built in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import redis

from . import process
from .home import Home
from .ports import HOST
from .redis_server import find_program
from .redis_tls_server import PROGRAM, has_tls, tls_config
from .state import ProcessFacts, RedisNodeFacts
from .waiting import wait_for


class Account(NamedTuple):
    """A user of the servers, or of the sentinels, who may do everything."""

    user: str
    password: str

    def lines(self) -> str:
        """Return the lines of a configuration that let this user in and nobody else."""
        return f"user default off\nuser {self.user} on >{self.password} ~* &* +@all\n"


def missing() -> str:
    """Return why this machine has no such servers, or an empty text."""
    return "" if _program() else f"no valkey-server in this environment and no {PROGRAM} on PATH"


def speaks_tls() -> bool:
    """Tell whether the program was built with TLS; else the nodes have plain ports only."""
    program = shutil.which(PROGRAM)
    return program is not None and has_tls(program)


def _program() -> Path | None:
    """Return a program with TLS where there is one."""
    return Path(shutil.which(PROGRAM) or PROGRAM) if speaks_tls() else find_program()


def new_nodes(ports: Sequence[int]) -> list[RedisNodeFacts]:
    """Return nodes with these ports, two for each: a plain one, and one for TLS (0 where the program has none)."""
    tls = speaks_tls()
    return [
        {"port": port, "tls_port": other if tls else 0} for port, other in zip(ports[::2], ports[1::2], strict=True)
    ]


def launch(home: Home, name: str, node: RedisNodeFacts, settings: str, *options: str) -> ProcessFacts:
    """Start a node of that name unless it runs. What it has written into its configuration itself is kept."""
    folder = home.server_folder(name)
    config = folder / "redis.conf"
    if not config.exists():
        tls = tls_config(home, folder, node["tls_port"]) if node["tls_port"] else ""
        home.server_file(config, f"bind {HOST}\nport {node['port']}\ndir {folder}\n{tls}{settings}")
    program = _program() or Path(PROGRAM)
    return home.launch(name, [str(home.program(program)), str(config), *options], unprivileged=True)


def forget(home: Home, names: Sequence[str]) -> None:
    """Remove what nodes of these names have written: others, with other ports, take their names."""
    for name in names:
        shutil.rmtree(home.run_dir / name, ignore_errors=True)


def connect(node: RedisNodeFacts, account: Account, **options: Any) -> Any:
    """Return a client of one node's plain port; options go to redis-py."""
    login = {"username": account.user, "password": account.password, "socket_timeout": 5}
    return redis.Redis(host=HOST, port=node["port"], **{**login, **options})


def await_answer(name: str, server: ProcessFacts, node: RedisNodeFacts, account: Account) -> None:
    """Return when the node answers; raises LabError when it has ended."""

    def ready() -> bool:
        process.require_alive(name, server)
        with connect(node, account) as client:
            return bool(client.execute_command("PING"))

    wait_for(f"an answer of {name}", ready)
