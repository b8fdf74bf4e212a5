# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods that are processes: started, told of, started again when they end, stopped with the time they are granted."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.day2.ops.tests.lab.pod_processes import IMAGE, PodProcesses, is_process
from ansible_collections.day2.ops.tests.lab.waiting import wait_for


class Seen:
    """What the processes told of one pod."""

    def __init__(self, script: str, folder: Path) -> None:
        self.pids = folder / "pids"
        command = ["sh", "-c", f"echo $$ $HOSTNAME $SHOP >> {self.pids}; {script}"]
        env = [SimpleNamespace(name="SHOP", value="orders")]
        container = SimpleNamespace(image=f"{IMAGE}:1", command=command, args=None, env=env, readiness_probe=None)
        metadata = SimpleNamespace(name="shop-1", uid=uuid.uuid4().hex, deletion_grace_period_seconds=1)
        self.pod: Any = SimpleNamespace(metadata=metadata, spec=SimpleNamespace(containers=[container]))
        self.told: list[tuple[bool, int]] = []
        self.gone: list[Any] = []
        self.processes = PodProcesses(
            lambda _pod, ready, restarts: self.told.append((ready, restarts)), self.gone.append
        )

    def lines(self) -> list[list[str]]:
        """Return of each start the process, and what it was given."""
        text = self.pids.read_text(encoding="utf-8") if self.pids.exists() else ""
        return [line.split() for line in text.splitlines()]

    def ends(self) -> None:
        """Have it removed, and wait until nothing of it runs."""
        self.processes.stop(self.pod)
        wait_for("the end of the pod", lambda: self.gone == [self.pod])
        assert not any(os.path.exists(f"/proc/{pid}") for pid, *_given in self.lines())


def test_one_that_runs_is_ready_and_ends_when_told(tmp_path: Path) -> None:
    seen = Seen("exec sleep 600", tmp_path)
    assert is_process(seen.pod)
    seen.processes.start(seen.pod)
    seen.processes.start(seen.pod)
    wait_for("readiness", lambda: seen.told == [(False, 0), (True, 0)])
    assert [given for _pid, *given in seen.lines()] == [["shop-1", "orders"]]
    seen.ends()


def test_one_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    seen = Seen("exit 3", tmp_path)
    seen.processes.start(seen.pod)
    wait_for("another start", lambda: len(seen.lines()) > 1 and (False, 1) in seen.told)
    seen.ends()


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    seen = Seen("trap '' TERM; while true; do sleep 0.1; done", tmp_path)
    seen.processes.start(seen.pod)
    wait_for("its start", lambda: bool(seen.lines()) and (True, 0) in seen.told)
    seen.ends()
