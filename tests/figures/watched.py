# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program whose lines are read as they come, so that something can be done at a certain one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.day2.ops.tests.lab import process as family
from ansible_collections.day2.ops.tests.lab.state import ProcessFacts

from .errors import FigureError
from .processes import start


@dataclass(frozen=True)
class Line:
    """A line of output, and when it came (time.monotonic)."""

    at: float
    text: str


class Watched:
    """A running program. Make one with `watch`."""

    def __init__(self, child: subprocess.Popen[bytes], argv: Sequence[str]) -> None:
        self.lines: list[Line] = []
        self._child = child
        self._argv = list(argv)
        self._started = family.start_time(child.pid)
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that it said so far."""
        return "\n".join(line.text for line in self.lines)

    def await_line(self, pattern: str, seconds: float) -> Line:
        """Return the first line with the pattern; raises FigureError when the program ends, or time does, without."""
        deadline = time.monotonic() + seconds
        seen = 0
        with self._news:
            while True:
                found = next((line for line in self.lines[seen:] if re.search(pattern, line.text)), None)
                if found:
                    return found
                seen = len(self.lines)
                if self._ended or not self._news.wait(deadline - time.monotonic()):
                    raise FigureError(f"{self._name} said no line with '{pattern}'")

    def await_condition(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        """Return once `holds()`; raises FigureError when the program ends, or time does, before."""
        deadline = time.monotonic() + seconds
        while not holds():
            if self._ended or time.monotonic() > deadline:
                raise FigureError(f"{self._name} ended, or {seconds:g} s passed, before {what}")
            time.sleep(0.002)

    def wait(self, seconds: float) -> int:
        """Return the exit status; raises FigureError when it does not end in time."""
        self._reader.join(seconds)
        try:
            return self._child.wait(1)
        except subprocess.TimeoutExpired as error:
            raise FigureError(f"{self._name} did not end within {seconds:g} s") from error

    def kill(self) -> None:
        """End it and all below it at once, without a chance to tidy up.

        Ansible's workers are in sessions of their own, so its process group is not all of it.
        """
        facts: ProcessFacts = {
            "pid": self._child.pid,
            "started": self._started,
            "argv": self._argv,
            "log": os.devnull,
            "unprivileged": False,
            "stop_signal": signal.SIGTERM,
        }
        family.kill(facts)
        self._reader.join(10)

    @property
    def _name(self) -> str:
        return Path(self._argv[0]).name

    def _read(self) -> None:
        assert self._child.stdout is not None
        for text in self._child.stdout:
            with self._news:
                self.lines.append(Line(time.monotonic(), text.decode("utf-8", "replace").rstrip("\n")))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


@contextlib.contextmanager
def watch(argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Iterator[Watched]:
    """Start a program; at the end of the block it is killed, if it still runs."""
    child = start(argv, cwd, environment)
    watched = Watched(child, argv)
    try:
        yield watched
    finally:
        watched.kill()
