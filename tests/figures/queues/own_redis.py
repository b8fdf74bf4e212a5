# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis of a figure's own, on a Unix socket: as it comes from Debian, or the lab's; without a password."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from ansible_collections.day2.ops.tests.lab.redis_server import find_program
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..errors import FigureError

Client = Any  # redis-py's annotations mix its two clients, one of which answers with awaitables
Options = dict[str, Any]

# Of redis-py: bytes that it sends at once.
_CUTOFF = 6000

# Nothing is written to disk.
NO_FILES = ("--save", "", "--appendonly", "no")


class OwnRedis:
    """A server in a folder. Use `running`."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self._settings = settings or NO_FILES
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it answers and has loaded its data."""
        with (self.folder / "redis.log").open("ab") as log:
            argv = [program(), "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
            self._process = subprocess.Popen([*argv, *self._settings], stdout=log, stderr=log, start_new_session=True)

        def answers() -> bool:
            if self._process is None or self._process.poll() is not None:
                raise FigureError(f"{argv[0]} ended while it was starting, see {log.name}")
            with self.client() as client:
                return bool(client.ping())

        wait_for("an answer of redis", answers, 60, every=0.01)

    def kill(self) -> None:
        """End it at once, without a chance to write anything."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def client(self, **options: Any) -> Client:
        """Return a client, which waits long."""
        return redis.Redis(unix_socket_path=str(self.socket), **{"socket_timeout": 120, **options})

    def plain_client(self) -> Client:
        """Return a client as ``pip install redis`` brings it, without the C library that some environments have."""
        parts: Any = redis.connection
        encode = parts.Encoder("utf-8", "strict", False).encode
        pool = redis.ConnectionPool(
            connection_class=parts.UnixDomainSocketConnection,
            path=str(self.socket),
            socket_timeout=120,
            parser_class=parts._RESP2Parser,
            command_packer=parts.PythonRespSerializer(_CUTOFF, encode),
        )
        return redis.Redis(connection_pool=pool)

    @property
    def login(self) -> Options:
        """Return a module's options for the connection."""
        return {"login_unix_socket": str(self.socket), "timeout": 60.0}


@contextmanager
def running(folder: Path, *settings: str) -> Iterator[OwnRedis]:
    """Have a server; settings: of its command line (default: it keeps nothing on disk)."""
    server = OwnRedis(folder, *settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def program() -> str:
    """Return the server's program; raises FigureError where there is none."""
    found = shutil.which("redis-server") or find_program()
    if found is None:
        raise FigureError("no redis-server on PATH: run 'make servers'")
    return str(found)


def benchmark_program() -> str:
    """Return redis-benchmark; raises FigureError where there is none."""
    found = shutil.which("redis-benchmark") or shutil.which("valkey-benchmark")
    if found is None:
        raise FigureError("no redis-benchmark on PATH, which is what a redrive is measured against: 'make servers'")
    return found
