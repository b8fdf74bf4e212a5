# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain processes by files of their numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._runtimes import process
from ansible_collections.day2.ops.plugins.module_utils._runtimes.operation import SPEC, operate


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[int]]:
    """The numbers of two processes, each in a file."""
    waits = [sys.executable, "-c", "input()"]
    made = [subprocess.Popen(waits, stdin=subprocess.PIPE) for _number in range(2)]
    for number, one in enumerate(made, 1):
        (tmp_path / f"worker-{number}.pid").write_text(f"{one.pid}\n", encoding="ascii")
    yield [one.pid for one in made]
    for one in made:
        one.communicate(b"\n")


def ask(folder: Path, intent: str, **part: Any) -> dict[str, Any]:
    described = {"name": "worker", "unit": "worker-{number}", "max": 3, **part}
    commands = {"start": ["true"], "stop": ["true"], "pidfile": f"{folder}/{{unit}}.pid"}
    given = {"runtime": {"kind": "process", **commands, "parts": [described]}, "intent": intent}
    (found,) = operate(SPEC.validate(given, "service_info"), False).data["parts"]
    return dict(found)


@pytest.mark.usefixtures("workers")
def test_a_file_of_a_former_boot_tells_of_no_process(tmp_path: Path) -> None:
    assert ask(tmp_path, "started")["now"]["instances"] == ["worker-1", "worker-2"]
    os.utime(tmp_path / "worker-2.pid", (0, 0))
    found = ask(tmp_path, "started", count=2)
    assert (found["now"]["instances"], found["to_start"]) == (["worker-1"], ["worker-2"])


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("seconds", [5, -5, 300])
def test_a_clock_that_was_set_ends_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    assert ask(tmp_path, "stopped", count=2)["to_stop"] == ["worker-2", "worker-1"]


@pytest.mark.usefixtures("workers")
def test_where_nobody_tells_of_the_boot_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(tmp_path / "worker-2.pid", (0, 0))
    monkeypatch.setattr(process, "_FIRST", 0)
    assert ask(tmp_path, "started")["now"]["instances"] == ["worker-1", "worker-2"]


@pytest.mark.usefixtures("workers")
def test_several_without_a_count_are_not_stopped(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="worker has 2 instances and no count, so that nobody would know"):
        ask(tmp_path, "stopped")
    assert ask(tmp_path, "stopped", count=2)["to_stop"] == ["worker-2", "worker-1"]
    assert ask(tmp_path, "restarted")["change"]
    (tmp_path / "worker-2.pid").unlink()
    assert ask(tmp_path, "stopped")["to_stop"] == ["worker-1"]
