# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role service on plain processes whose commands do not do what they are to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.live.playbooks import Done
from ansible_collections.day2.ops.tests.live.runtime_help import serve

NOTE = 'echo "$0 $1" >> "$2/log"; '


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[None]:
    """Two processes, each with a file of its number."""
    waits = [sys.executable, "-c", "input()"]
    made = [subprocess.Popen(waits, stdin=subprocess.PIPE) for _number in range(2)]
    for number, one in enumerate(made, 1):
        (tmp_path / f"worker-{number}.pid").write_text(f"{one.pid}\n", encoding="ascii")
    yield
    for one in made:
        one.communicate(b"\n")


def command(name: str, what: str, folder: Path) -> list[str]:
    return ["sh", "-c", NOTE + what, name, "{unit}", str(folder)]


def done_to(folder: Path, do: str, stop: str, timeout: float | str = 2, **options: Any) -> tuple[Done, list[str]]:
    """Do it to two workers; return how it ended and which commands were run. :param options: more of the runtime."""
    runtime: dict[str, Any] = {
        "kind": "process",
        "start": command("start", "true", folder),
        "stop": command("stop", stop, folder),
        "pidfile": f"{folder}/{{unit}}.pid",
        "parts": [{"name": "worker", "unit": "worker-{number}", "count": 2, "max": 2, "grace": 1}],
        **options,
    }
    log = folder / "log"
    log.touch()
    done, _result = serve(folder, dict(os.environ), service_runtime=runtime, service_do=do, service_timeout=timeout)
    return done, log.read_text(encoding="utf-8").splitlines()


@pytest.mark.usefixtures("workers")
def test_the_next_one_is_left_alone_when_one_does_not_get_ready(tmp_path: Path) -> None:
    done, commands = done_to(tmp_path, "rolled", 'rm "$2/$1.pid"')
    assert done.status != 0 and "worker: 1 of 2 run (worker-1 does not run)" in done.text, done.output
    assert commands == ["stop worker-1", "start worker-1"]


@pytest.mark.usefixtures("workers")
def test_a_time_may_come_as_text(tmp_path: Path) -> None:
    one = {"name": "worker", "unit": "worker-1"}
    done, commands = done_to(tmp_path, "restarted", "true", timeout="2", parts=[one])
    assert done.status == 0, done.output
    assert commands == ["stop worker-1", "start worker-1"]


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"chdir": "/nowhere"}, "was not run (by the program timeout in /nowhere): Unable to change directory"),
        ({"environment": {"PATH": "/nowhere"}}, "was not run (by the program timeout): "),
    ],
)
def test_a_command_that_was_not_run_is_not_done(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    done, commands = done_to(tmp_path, "restarted", "true", **options)
    assert done.status != 0 and f"worker-1: the command that was to stop it {told}" in done.text, done.output
    assert commands == []


@pytest.mark.usefixtures("workers")
def test_a_command_that_is_ended_by_the_timeout_of_busybox_is_told(tmp_path: Path) -> None:
    program = tmp_path / "timeout"
    program.write_text("#!/bin/sh\nkill -TERM $$\n", encoding="ascii")
    program.chmod(0o755)
    done, _commands = done_to(tmp_path, "restarted", "true", environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    told = "worker-1: the command that was to stop it was killed, as one is that does not end within 11 s"
    assert done.status != 0 and told in done.text, done.output


@pytest.mark.long
@pytest.mark.usefixtures("workers")
def test_a_stop_that_hangs_comes_to_an_end(tmp_path: Path) -> None:
    done, commands = done_to(tmp_path, "restarted", 'echo $$ > "$2/hangs"; exec sleep 60')
    assert done.status != 0 and "worker-1: the command that was to stop it did not end within 11 s" in done.text
    assert commands == ["stop worker-1"]
    assert not Path(f"/proc/{(tmp_path / 'hangs').read_text(encoding='ascii').strip()}").exists()
