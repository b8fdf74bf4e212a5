# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BullMQ on database 9 of the lab's Redis: npm's package, with its own client and its own worker."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.node_programs import BULLMQ, BULLMQ_SOURCE
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .queue_help import Client

APP = BULLMQ_SOURCE / "app.mjs"
# By their names in package.json: major version 6, and 5, which keeps jobs of a paused queue elsewhere.
VERSIONS = ("bullmq", "bullmq5")


class BullBroker:
    """Adds jobs and works on them. `processed` is what its workers have done."""

    def __init__(self, facts: RedisFacts, server: Client, version: str = "bullmq") -> None:
        if BULLMQ.missing():
            pytest.skip(BULLMQ.missing())
        self._environment = {
            **os.environ,
            "BULLMQ_FOLDER": str(BULLMQ.folder),
            "BULLMQ": version,
            "REDIS_HOST": facts["host"],
            "REDIS_PORT": str(facts["port"]),
            "REDIS_USER": facts["user"],
            "REDIS_PASSWORD": facts["password"],
            "REDIS_DB": "9",
        }
        self._server = server

    def do(self, *command: object) -> None:
        """Run a command of the program to its end."""
        subprocess.run(["node", str(APP), *map(str, command)], env=self._environment, check=True, timeout=60)

    def fill(self, queue: str, count: int, **options: Any) -> None:
        """Add jobs with BullMQ's client."""
        self.do("fill", queue, count, json.dumps(options))

    @contextmanager
    def working(self, queue: str, mode: str, concurrency: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """Have a worker of BullMQ at work; it is connected when this returns."""
        argv = ["node", str(APP), "work", queue, mode, str(concurrency)]
        worker = subprocess.Popen(argv, env=self._environment)
        try:
            wait_for("a worker", lambda: any(one["name"].startswith("bull:") for one in self._server.client_list()))
            yield worker
        finally:
            worker.terminate()
            worker.wait(60)

    def kill(self, queue: str, count: int, **options: Any) -> None:
        """Add jobs and have a worker fail with each: they are in the set of failed jobs then."""
        failed = self._server.zcard(f"bull:{queue}:failed")
        self.fill(queue, count, **options)
        with self.working(queue, "fail"):
            wait_for("failed jobs", lambda: self._server.zcard(f"bull:{queue}:failed") == failed + count, seconds=30)

    def await_processed(self, count: int) -> None:
        """Wait until workers have succeeded with so many jobs in all."""
        wait_for("jobs to be processed", lambda: self._server.llen("processed") >= count, seconds=30)

    def work_off(self, queue: str, count: int) -> None:
        """Have a worker succeed with all jobs of a queue, until it has done so many in all."""
        with self.working(queue, "ok"):
            self.await_processed(count)
            wait_for("nothing to do", lambda: not self._server.exists(f"bull:{queue}:wait", f"bull:{queue}:active"))

    def processed(self) -> list[list[Any]]:
        """Return id, number, amount and big number of each job that was done, in order of numbers."""
        done = [json.loads(text) for text in self._server.lrange("processed", 0, -1)]
        return sorted(done, key=lambda one: one[1])
