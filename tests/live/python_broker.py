# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs in tests/lab/brokers, clients and workers of Python's libraries, on database 9 of the lab's Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.state import RedisFacts

BROKERS = Path(__file__).parents[1] / "lab" / "brokers"


class PythonBroker:
    """The program of a library; see its file for the commands that it knows."""

    def __init__(self, name: str, facts: RedisFacts) -> None:
        self._program = [sys.executable, str(BROKERS / name / "broker.py")]
        self._environment = {
            **os.environ,
            "REDIS_HOST": facts["host"],
            "REDIS_PORT": str(facts["port"]),
            "REDIS_USER": facts["user"],
            "REDIS_PASSWORD": facts["password"],
            "REDIS_DB": "9",
            "PYTHONPATH": str(BROKERS / name),
        }

    def do(self, *command: object) -> None:
        """Run a command of the program to its end."""
        subprocess.run([*self._program, *map(str, command)], env=self._environment, check=True, timeout=60)

    @contextmanager
    def working(self, *command: object) -> Iterator[subprocess.Popen[bytes]]:
        """Have a worker at work, which is told to end at the end, and is killed when its task does not let it."""
        with subprocess.Popen([*self._program, *map(str, command)], env=self._environment) as worker:
            try:
                yield worker
            finally:
                worker.terminate()
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(15)
                worker.kill()
