# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are run and measured: their time, their output, their end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import FigureError


@dataclass(frozen=True)
class Done:
    """How a program ended. output: standard output and error, mixed. wall, cpu: seconds, its children included."""

    argv: tuple[str, ...]
    status: int
    output: str
    wall: float
    cpu: float

    def require_success(self) -> Done:
        """Return this; raises FigureError, with the end of the output, when the exit status is not 0."""
        if self.status:
            lines = [line.strip() for line in self.output.splitlines() if line.strip()]
            said = next((line for line in lines if line.startswith(("fatal:", "[ERROR]", "ERROR"))), lines[-1:] or "")
            raise FigureError(f"{Path(self.argv[0]).name} ended with status {self.status}: {str(said)[:500]}")
        return self


def start(argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, both outputs in one pipe; raises FigureError when it cannot start."""
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise FigureError(f"cannot run {argv[0]}: {error.strerror}; run 'make setup'") from error


def run(argv: Sequence[str], cwd: Path, environment: Mapping[str, str], seconds: float = 600.0) -> Done:
    """Run a program to its end and measure it; raises FigureError when it cannot start or takes too long."""
    began, before = time.perf_counter(), _children_cpu()
    child = start(argv, cwd, environment)
    try:
        output, _nothing = child.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise FigureError(f"{argv[0]} did not end within {seconds:g} s") from error
        raise
    wall = time.perf_counter() - began
    text = output.decode("utf-8", "replace")
    return Done(tuple(argv), child.returncode, text, wall, _children_cpu() - before)


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system
