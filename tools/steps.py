# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands one after the other or beside each other, each under a heading; stop at the first that fails."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, NamedTuple

from ansible_collections.day2.ops.tools.paths import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GRACE_SECONDS = 10.0
# How a step is run that shall hardly slow down what it runs beside, and end about when that does.
LEFT_OVER = ("nice", "-n", "12")


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


def status_of(
    argv: Sequence[str],
    cwd: os.PathLike[str] = ROOT,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    started: Callable[[subprocess.Popen[bytes]], None] = lambda _child: None,
) -> int:
    """Run one command, without standard input, and return its exit status (127: not found).

    Nothing of it is left running when this process is interrupted.

    output: takes what it says, instead of the screen. started: is told of the process.
    """
    try:
        child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            process_group=0,
        )
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", flush=True)
        return 127
    started(child)
    try:
        return child.wait()
    except BaseException:
        end_group(child)
        raise


def run_step(step: Step, number: int, total: int) -> Done:
    print(f"\n=== [{number}/{total}] {step.name}", flush=True)
    began = time.monotonic()
    status = status_of(step.argv)
    done = Done(step.name, time.monotonic() - began, status)
    print(verdict(done), flush=True)
    return done


def verdict(done: Done) -> str:
    """Return the line that ends a step's output."""
    how = "passed" if done.status == 0 else f"FAILED, exit status {done.status}"
    return f"=== {done.name}: {how} in {done.seconds:.1f} s"


class Lanes:
    """Lanes of steps, beside each other and beside all else, with what the processors have left.

    What a step says is shown in one piece at its end. A lane ends at its first step that fails, the others go on.
    """

    def __init__(self, lanes: Sequence[Sequence[Step]]) -> None:
        self._lock = threading.Lock()
        self._children: list[subprocess.Popen[bytes]] = []
        self._ended = False
        self._pool = ThreadPoolExecutor(max(1, len(lanes)))
        self._lanes = [self._pool.submit(self._lane, steps) for steps in lanes]

    def results(self) -> list[Done]:
        """Wait for the end of all lanes; return all steps that were run."""
        return [one for lane in self._lanes for one in lane.result()]

    def end(self) -> None:
        """End what was started; the threads then come to their end too."""
        with self._lock:
            self._ended = True
            children = list(self._children)
        for child in children:
            if child.poll() is None:
                end_group(child)
        self._pool.shutdown()

    def _lane(self, steps: Sequence[Step]) -> list[Done]:
        done: list[Done] = []
        for step in steps:
            done.append(self._step(step))
            if done[-1].status != 0:
                break
        return done

    def _step(self, step: Step) -> Done:
        began = time.monotonic()
        with tempfile.TemporaryFile() as output:
            status = status_of((*LEFT_OVER, *step.argv), output=output, started=self._note)
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        done = Done(step.name, time.monotonic() - began, status)
        with self._lock:
            print(f"\n=== {step.name}\n{said}{verdict(done)}", flush=True)
        return done

    def _note(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._children.append(child)
            late = self._ended
        if late:
            end_group(child)


def summary(done: Sequence[Done], total: int) -> str:
    """Return the closing lines: each step with its time, then how many passed, failed and were not reached."""
    lines = [f"  {one.seconds:7.1f} s  {'passed' if one.status == 0 else 'FAILED'}  {one.name}" for one in done]
    failed = sum(one.status != 0 for one in done)
    lines.append(f"steps: {len(done) - failed} passed, {failed} failed, {total - len(done)} skipped")
    return "\n".join(lines)


def run_in_order(steps: Sequence[Step], total: int) -> list[Done]:
    """Run the steps up to the first that fails; return all that were run."""
    done: list[Done] = []
    for number, step in enumerate(steps, start=1):
        done.append(run_step(step, number, total))
        if done[-1].status != 0:
            break
    return done


def run_steps(steps: Sequence[Step], beside: Sequence[Sequence[Step]] = ()) -> int:
    """Run the steps up to the first that fails; return the exit status of the first that failed, 0 when all passed.

    beside: lanes of steps that need not wait for these, nor for each other.
    """
    lanes = Lanes(beside)
    try:
        done = [*run_in_order(steps, len(steps)), *lanes.results()]
    except BaseException:
        lanes.end()
        raise
    print("\n" + summary(done, len(steps) + sum(map(len, beside))), flush=True)
    return next((one.status for one in done if one.status != 0), 0)
