# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands one after the other, each under a heading, and stop at the first that fails."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.day2.ops.tools.paths import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE_SECONDS = 10.0


class Step(NamedTuple):
    """One command: its name on screen and its arguments, the program first."""

    name: str
    argv: tuple[str, ...]


class Done(NamedTuple):
    """A finished step: its wall time in seconds and its exit status."""

    name: str
    seconds: float
    status: int


def environment() -> dict[str, str]:
    """Return this process's environment with the programs of the virtual environment first."""
    return {**os.environ, "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])}


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End a command and all that it started: first ask, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=GRACE_SECONDS)


def status_of(argv: Sequence[str], cwd: os.PathLike[str] = ROOT, env: Mapping[str, str] | None = None) -> int:
    """Run one command on screen, without standard input, and return its exit status (127: not found).

    Nothing of it is left running when this process is interrupted.
    """
    try:
        child = subprocess.Popen(argv, cwd=cwd, env=env or environment(), stdin=subprocess.DEVNULL, process_group=0)
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", flush=True)
        return 127
    try:
        return child.wait()
    except BaseException:
        end_group(child)
        raise


def run_step(step: Step, number: int, total: int) -> Done:
    print(f"\n=== [{number}/{total}] {step.name}", flush=True)
    began = time.monotonic()
    status = status_of(step.argv)
    seconds = time.monotonic() - began
    print(
        f"=== {step.name}: {'passed' if status == 0 else f'FAILED, exit status {status}'} in {seconds:.1f} s",
        flush=True,
    )
    return Done(step.name, seconds, status)


def summary(done: Sequence[Done], total: int) -> str:
    """Return the closing lines: each step with its time, then how many passed, failed and were not reached."""
    lines = [f"  {one.seconds:7.1f} s  {'passed' if one.status == 0 else 'FAILED'}  {one.name}" for one in done]
    failed = sum(one.status != 0 for one in done)
    lines.append(f"steps: {len(done) - failed} passed, {failed} failed, {total - len(done)} skipped")
    return "\n".join(lines)


def run_steps(steps: Sequence[Step]) -> int:
    """Run the steps up to the first that fails; return its exit status, 0 when all passed."""
    done: list[Done] = []
    for number, step in enumerate(steps, start=1):
        done.append(run_step(step, number, len(steps)))
        if done[-1].status != 0:
            break
    print("\n" + summary(done, len(steps)), flush=True)
    return done[-1].status if done else 0
