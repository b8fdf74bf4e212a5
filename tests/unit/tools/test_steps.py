# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps run in order and stop at the first that fails, and the closing lines say so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tools.steps import Step, end_group, run_steps, status_of


def writes(path: Path) -> Step:
    return Step(path.name, (sys.executable, "-c", f"open({str(path)!r}, 'w').close()"))


def fails(status: int) -> Step:
    return Step("broken", (sys.executable, "-c", f"raise SystemExit({status})"))


def test_all_steps_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_steps([writes(tmp_path / "one"), writes(tmp_path / "two")]) == 0
    assert (tmp_path / "two").exists()
    assert capfd.readouterr().out.splitlines()[-1] == "steps: 2 passed, 0 failed, 0 skipped"


def test_stops_at_the_first_failure_with_its_status(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_steps([writes(tmp_path / "one"), fails(3), writes(tmp_path / "two")]) == 3
    assert not (tmp_path / "two").exists()
    assert capfd.readouterr().out.splitlines()[-1] == "steps: 1 passed, 1 failed, 1 skipped"


def test_lanes_run_beside_each_other_and_beside_the_rest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each of three steps waits for another."""
    first, second = tmp_path / "first", tmp_path / "second"
    os.mkfifo(first)
    os.mkfifo(second)
    write = "open({!r}, 'w').write('x'); print('has written')"
    read = "assert open({!r}).read() == 'x'"
    middle = Step("middle", (sys.executable, "-c", read.format(str(first)) + "; " + write.format(str(second))))
    writer = Step("writer", (sys.executable, "-c", write.format(str(first))))
    reader = Step("reader", (sys.executable, "-c", read.format(str(second))))
    assert run_steps([middle], [[writer], [reader]]) == 0
    said = capfd.readouterr().out
    assert "\n=== writer\nhas written\n=== writer: passed" in said
    assert said.splitlines()[-1] == "steps: 3 passed, 0 failed, 0 skipped"


def test_a_lane_that_fails_lets_the_others_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lanes = [[fails(4), writes(tmp_path / "never")], [writes(tmp_path / "beside")]]
    assert run_steps([writes(tmp_path / "main")], lanes) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside", "main"]
    assert capfd.readouterr().out.splitlines()[-1] == "steps: 2 passed, 1 failed, 1 skipped"


def test_lanes_take_what_the_processors_have_left(capfd: pytest.CaptureFixture[str]) -> None:
    lane = Step("lane", (sys.executable, "-c", "import os; print('nice', os.nice(0))"))
    assert run_steps([], [[lane]]) == 0
    assert "nice 12" in capfd.readouterr().out


def test_a_missing_program_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert status_of(["day2-no-such-program"]) == 127
    assert capfd.readouterr().out == "day2-no-such-program: No such file or directory\n"


def test_steps_have_no_standard_input() -> None:
    assert status_of([sys.executable, "-c", "import sys; sys.exit(len(sys.stdin.read()))"]) == 0


def test_ending_a_command_ends_what_it_started(tmp_path: Path) -> None:
    """The command and its child hold a pipe open, which ends when both are gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = ["sh", "-c", 'exec > "$0"; sleep 600 & echo started; wait', str(pipe)]
    with subprocess.Popen(command, process_group=0) as child, pipe.open(encoding="utf-8") as output:
        assert output.readline() == "started\n"
        end_group(child)
        assert output.read() == ""
        assert child.returncode == -signal.SIGTERM
