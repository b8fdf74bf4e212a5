# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""asynq itself, its client, server and inspector, by the program in tests/lab/brokers/asynq."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

_SOURCE = Path(__file__).parents[1] / "lab" / "brokers" / "asynq"


def built(folder: Path) -> Path:
    """Return the program, built into the folder; skips the test where that cannot be."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("asynq is a Go library, and there is no go on PATH")
    program = folder / "asynq"
    subprocess.run([go, "build", "-buildvcs=false", "-o", str(program), "."], cwd=_SOURCE, check=True)
    return program


class AsynqBroker:
    """asynq on database 9 of the lab's Redis."""

    def __init__(self, program: Path, facts: RedisFacts) -> None:
        self._program = program
        self._environment = {
            **os.environ,
            "REDIS_ADDR": f"{facts['host']}:{facts['port']}",
            "REDIS_USER": facts["user"],
            "REDIS_PASSWORD": facts["password"],
            "REDIS_DB": "9",
        }

    def do(self, *command: object) -> str:
        """Run a command of the program to its end; returns what it printed."""
        argv = [str(self._program), *map(str, command)]
        done = subprocess.run(
            argv, env=self._environment, check=True, timeout=60, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return done.stdout

    @contextmanager
    def working(self, queue: str, quick: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        """Have a server of asynq at work on the queue.

        quick: what failed is tried again at once.
        """
        environment = {**self._environment, **({"QUICK": "1"} if quick else {})}
        with subprocess.Popen([str(self._program), "work", queue], env=environment) as server:
            try:
                yield server
            finally:
                server.terminate()
                server.wait(60)
