# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running programs: no shell, bounded, explained."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.command import run
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import wait_until


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_program_says() -> None:
    done = run(python("import sys; print(sys.stdin.read()); print('no', file=sys.stderr)"), 30, stdin=b"hello")
    assert (done.status, done.stdout, done.stderr) == (0, "hello\n", "no\n")


def test_no_shell_reads_the_arguments() -> None:
    code = "import sys; print(sys.argv[1])"
    assert run([*python(code), "$HOME; echo x"], 30).stdout == "$HOME; echo x\n"


def test_the_environment_is_added_to() -> None:
    code = "import os; print(os.environ['DAY2_TEST'], 'PATH' in os.environ)"
    assert run(python(code), 30, environment={"DAY2_TEST": "yes"}).stdout == "yes True\n"


def test_a_bad_status_comes_with_the_last_words() -> None:
    with pytest.raises(OpsError, match=r"ended with status 3.*; out of paper"):
        run(python("import sys; print('out of paper', file=sys.stderr); sys.exit(3)"), 30)
    assert run(python("raise SystemExit(3)"), 30, expect_status=None).status == 3


def test_no_such_program() -> None:
    with pytest.raises(NotThere, match="/nowhere/program"):
        run(["/nowhere/program"], 1)


def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = (
        "import subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); open({str(told)!r}, 'w')"
        ".write(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(Unreachable, match="did not end within 3 s"):
        run(python(code), 3)
    pid = int(told.read_text())
    assert wait_until(lambda: _gone(pid), bool, timeout=30, interval=0.01).done


def _gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has waited for yet counts too."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_program_that_wants_no_input_and_one_that_wants_much() -> None:
    assert run(python("print('hello')"), 30, stdin=b"x" * 1_000_000).stdout == "hello\n"
    assert run(python("import sys; print(len(sys.stdin.read()))"), 30, stdin=b"x" * 1_000_000).stdout == "1000000\n"


def test_the_folder_to_run_in(tmp_path: Path) -> None:
    assert run(python("import os; print(os.getcwd())"), 30, chdir=str(tmp_path)).stdout == f"{tmp_path}\n"
    with pytest.raises(NotThere, match="no such folder to run the program in: /nowhere"):
        run(python(""), 30, chdir="/nowhere")


def test_an_argument_that_no_system_takes() -> None:
    with pytest.raises(InputError, match="cannot run the program \\(embedded null byte\\)"):
        run(["true", "a\0b"], 30)


def test_a_signal_is_a_negative_status() -> None:
    assert run(python("import os; os.kill(os.getpid(), 15)"), 30, expect_status=None).status == -15


def test_a_closed_stream_is_not_the_end() -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with pytest.raises(Unreachable, match="did not end within 1 s"):
        run(python(code), 1)


def test_only_the_end_of_a_flood_is_kept() -> None:
    done = run(python("import sys; sys.stdout.write('x' * 1_000_000 + 'end')"), 60)
    assert (len(done.stdout), done.stdout_bytes) == (64 * 1024, 1_000_003)
    assert done.stdout.endswith("xend")
