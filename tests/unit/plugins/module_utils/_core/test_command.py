# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running programs: no shell, bounded, explained."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.command import run
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError, Unreachable
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


def test_only_the_end_of_a_flood_is_kept() -> None:
    done = run(python("import sys; sys.stdout.write('x' * 1_000_000 + 'end')"), 60)
    assert len(done.stdout) == 64 * 1024
    assert done.stdout.endswith("xend")
