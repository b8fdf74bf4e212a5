# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis of its own for figures of queues, on a Unix socket, which may be killed and started again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis
from ansible_collections.day2.ops.tests.lab.redis_server import find_program
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..errors import FigureError

DEAD, QUEUE, DONE = "orders:dead", "orders", "orders:done"
Client = Any  # redis-py's annotations mix its two clients, one of which answers with awaitables


class KillableRedis:
    """`with KillableRedis(folder, "always") as server`: appendfsync as given, or nothing on disk at all."""

    def __init__(self, folder: Path, appendfsync: str = "") -> None:
        program = find_program()
        if program is None:
            raise FigureError("there is no redis-server here")
        self.socket = str(folder / "redis.sock")
        kept = ["--appendonly", "yes", "--appendfsync", appendfsync] if appendfsync else ["--appendonly", "no"]
        self._argv = [
            str(program),
            "--port",
            "0",
            "--unixsocket",
            self.socket,
            "--dir",
            str(folder),
            "--save",
            "",
            *kept,
        ]
        self._child: subprocess.Popen[bytes] | None = None
        self.client: Client = redis.Redis(unix_socket_path=self.socket, socket_timeout=60)

    def __enter__(self) -> KillableRedis:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self.client.close()

    def start(self) -> None:
        """Start it; it answers when this returns."""
        self._child = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL)
        wait_for("redis-server", self._answers)

    def kill(self) -> None:
        """Kill it at once."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self.client.connection_pool.disconnect()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def fill(self, items: Sequence[bytes], key: str = DEAD) -> None:
        """Empty the database, and put these items at the end of a list."""
        self.client.flushall()
        for start in range(0, len(items), 1000):
            self.client.rpush(key, *items[start : start + 1000])

    def items(self, *keys: str) -> Iterator[bytes]:
        """Yield what is in the lists of these keys."""
        for key in keys:
            yield from self.client.lrange(key, 0, -1)
