# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of their own for tests of backups of Redis: with files, users, an append-only file, stopped and started."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_backup, redis_restore
from ansible_collections.day2.ops.plugins.module_utils._core.command import run
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.redis_server import find_program
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

PASSWORD = "s3cret-of-the-backup"
ADMIN = "s3cret-of-the-admin"
_USERS = f"""\
user default off
user admin on >{ADMIN} ~* &* +@all
user backup on >{PASSWORD} -@all +ping +info +sync +replconf
user restore on >{PASSWORD} -@all +ping +info +time +bgsave +config|get +select +scan +type +evalsha +script|load ~*
user replay on >{PASSWORD} -@all +ping +info +select +restore +flushall +function ~*
"""


@dataclass(frozen=True)
class Own:
    """A server that a test may stop, start and break. :param program: its program."""

    folder: Path
    program: str

    @property
    def socket(self) -> str:
        return str(self.folder / "socket")

    @property
    def login(self) -> dict[str, Any]:
        """Options of a module, as the administrator."""
        return {"login_unix_socket": self.socket, "login_user": "admin", "login_password": ADMIN}

    @property
    def commands(self) -> dict[str, Any]:
        """How a module stops and starts it."""
        stop = ["/bin/sh", "-c", f"kill $(cat {self.folder}/pid)"]
        return {"stop_command": stop, "start_command": self.start_command, "wait": "20s"}

    @property
    def start_command(self) -> list[str]:
        return [self.program, str(self.folder / "conf")]

    def client(self, db: int = 0) -> Any:
        return redis.Redis(unix_socket_path=self.socket, username="admin", password=ADMIN, db=db)

    def start(self) -> None:
        run(self.start_command, 20)
        wait_for("an answer", self.answers)

    def answers(self) -> bool:
        with suppress(redis.ConnectionError, redis.BusyLoadingError), self.client() as client:
            return bool(client.ping())
        return False

    def end(self) -> None:
        """End it, however it is."""
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)
        wait_for("the end of the server", lambda: not self.answers())


@contextmanager
def own_server(folder: Path, *settings: str, program: str = "redis-server") -> Iterator[Own]:
    """Give a server with its data in ``folder``; settings are lines of its configuration."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} on PATH")
    folder.mkdir()
    (folder / "data").mkdir()
    (folder / "users.acl").write_text(_USERS)
    lines = [
        "port 0",
        f"unixsocket {folder}/socket",
        f"dir {folder}/data",
        f"pidfile {folder}/pid",
        f"logfile {folder}/log",
        f"aclfile {folder}/users.acl",
        "daemonize yes",
        "databases 20",
        "enable-debug-command yes",
        *settings,
    ]
    (folder / "conf").write_text("\n".join(lines) + "\n")
    server = Own(folder, found)
    try:
        server.start()
        yield server
    finally:
        server.end()


@contextmanager
def programs_of_valkey(folder: Path) -> Iterator[Path]:
    """Give a folder with valkey-server, where this machine has it."""
    found = find_program()
    if found is None or found.name != "valkey-server":
        pytest.skip("no valkey-server in this environment")
    folder.mkdir()
    (folder / "valkey-server").symlink_to(found)
    yield folder


def fill(server: Own) -> None:
    """Write keys of all types into two databases, some of which expire, one long ago."""
    with server.client() as client, server.client(13) as other:
        pipeline = client.pipeline(transaction=False)
        for number in range(300):
            pipeline.set(f"text:{number}", "x" * number)
            pipeline.set(f"number:{number}", number * 1000)
        pipeline.set("y" * 70_000, "z" * 70_000)
        pipeline.rpush("list", *range(2000))
        pipeline.rpush("long", *("w" * 9000 for _each in range(5)))
        pipeline.sadd("numbers", *range(100))
        pipeline.sadd("set", *(f"member {number}" for number in range(1000)))
        pipeline.zadd("scores", {f"m{number}": number / 3 for number in range(1000)})
        pipeline.zadd("few", {"a": 1})
        pipeline.hset("hash", mapping={f"field {number}": "v" * 70 for number in range(1000)})
        pipeline.hset("object", mapping={"a": 1, "b": 2})
        pipeline.execute()
        for number in range(200):
            client.xadd("stream", {"n": number})
        client.xgroup_create("stream", "group", "0")
        client.xreadgroup("group", "me", {"stream": ">"}, count=50)
        client.set("expires", "later", ex=3600)
        client.hset("session", "user", "1")
        client.expire("session", 7200)
        other.set("other", "database")


FILLED = {"list": 2, "string": 602, "set": 2, "zset": 2, "hash": 3, "stream": 1}


def digest(server: Own) -> bytes:
    """Return a checksum over all that the server holds."""
    with server.client() as client:
        return bytes(client.execute_command("DEBUG", "DIGEST"))


def backed_up(server: Own, path: Path, check_mode: bool = False, **options: Any) -> Result:
    """Return what redis_backup returns."""
    given = {**server.login, "path": str(path), "name": "own", **options}
    return redis_backup.operate(redis_backup.SPEC.validate(given, "redis_backup"), check_mode)


def restored(server: Own, path: Path, check_mode: bool = False, **options: Any) -> Result:
    """Return what redis_restore returns; None leaves an option out."""
    commands = {} if options.get("method") == "replay" else server.commands
    given = {**server.login, **commands, "path": str(path), "name": "own", **options}
    given = {name: value for name, value in given.items() if value is not None}
    return redis_restore.operate(redis_restore.SPEC.validate(given, "redis_restore"), check_mode)
