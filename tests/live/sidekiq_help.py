# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sidekiq on database 9 of the lab's Redis: Debian's package, with its own client and its own program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .queue_help import Client

APP = Path(__file__).parents[1] / "lab" / "brokers" / "sidekiq" / "app.rb"


class SidekiqBroker:
    """Enqueues and works. `processed` is what its workers have done."""

    def __init__(self, facts: RedisFacts, server: Client) -> None:
        absent = [program for program in ("ruby", "sidekiq") if not shutil.which(program)]
        if absent:
            pytest.skip(f"no {' and no '.join(absent)} on PATH; Debian's package ruby-sidekiq has it")
        user, password = quote(facts["user"], safe=""), quote(facts["password"], safe="")
        self._environment = {
            **os.environ,
            "REDIS_URL": f"redis://{user}:{password}@{facts['host']}:{facts['port']}/9",
        }
        self._server = server

    def fill(self, queue: str, count: int, name: str = "Mortal", *seconds: int) -> None:
        """Enqueue jobs with Sidekiq's client."""
        argv = ["ruby", str(APP), "fill", queue, str(count), name, *map(str, seconds)]
        subprocess.run(argv, env=self._environment, check=True, timeout=60)

    @contextmanager
    def working(self, queue: str, mode: str, threads: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """Have a process of Sidekiq at work; it has said so when this returns."""
        argv = ["sidekiq", "-r", str(APP), "-q", queue, "-c", str(threads)]
        environment = {**self._environment, "MODE": mode}
        before = self._server.smembers("processes")
        with tempfile.TemporaryFile() as said:
            worker = subprocess.Popen(argv, env=environment, stdout=said, stderr=said)
            try:
                wait_for("Sidekiq's first beat", lambda: self._server.smembers("processes") > before, seconds=30)
                yield worker
            finally:
                worker.terminate()
                worker.wait(60)

    def kill(self, queue: str, count: int) -> None:
        """Fill a queue and have a worker fail with each job: they are dead then."""
        dead = self._server.zcard("dead")
        self.fill(queue, count)
        with self.working(queue, "fail"):
            wait_for("dead jobs", lambda: self._server.zcard("dead") == dead + count, seconds=30)

    def work_off(self, queue: str, count: int) -> None:
        """Have a worker succeed with all jobs of a queue, until it has done so many in all."""
        with self.working(queue, "ok"):
            wait_for("jobs to be processed", lambda: self._server.llen("processed") >= count, seconds=30)
            wait_for("an empty queue", lambda: not self._server.exists(f"queue:{queue}"))

    def processed(self) -> list[list[Any]]:
        """Return id and arguments of each job that a worker has succeeded with, in order of their first argument."""
        done = [json.loads(text) for text in self._server.lrange("processed", 0, -1)]
        return sorted(done, key=lambda one: one[1])
