# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that hold windows in tests: real ones, that can be killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

Work = Callable[[Connection], None]


class Holder:
    """A forked process that runs ``work(connection)``, then lives on until it is killed."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("fork")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def said(self) -> Any:
        """Return what it sends next."""
        assert self._ours.poll(30), "it says nothing"
        return self._ours.recv()

    def tell(self, what: str) -> None:
        """Send it something."""
        self._ours.send(what)

    def kill(self) -> None:
        """Kill it as the kernel would; return once it is dead, and not yet reaped."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def reap(self) -> None:
        """Kill it if it lives, and take it out of the list of processes."""
        self._process.kill()
        self._process.join()


def _work(work: Work, connection: Connection) -> None:
    work(connection)
    signal.pause()


@pytest.fixture
def hold() -> Iterator[Callable[[Work], Holder]]:
    """Return what starts a process that works and then lives on; all are gone after the test."""
    started: list[Holder] = []

    def start(work: Work) -> Holder:
        started.append(Holder(work))
        return started[-1]

    yield start
    for holder in started:
        holder.reap()
