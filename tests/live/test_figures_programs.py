# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What figures do with programs: run them to the end, read them as they speak, kill them, judge what they said."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.figures import processes
from ansible_collections.day2.ops.tests.figures.checks.cases import Case
from ansible_collections.day2.ops.tests.figures.checks.verdicts import RESULT_ON_ONE_LINE, Verdict
from ansible_collections.day2.ops.tests.figures.errors import FigureError
from ansible_collections.day2.ops.tests.figures.plays import APART, Plays
from ansible_collections.day2.ops.tests.figures.watched import watch
from ansible_collections.day2.ops.tests.lab.ports import free_ports
from ansible_collections.day2.ops.tests.lab.process import start_time

_PARENT = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(600)"""


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_program_is_measured_with_its_children(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    done = processes.run(
        _python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"), tmp_path, {}
    )
    assert done.status == 0
    assert done.cpu >= 0.2
    assert done.wall > 0


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    done = processes.run(
        _python("print('PLAY'); print('fatal: [a]: no such thing'); print('RECAP'); exit(3)"), tmp_path, {}
    )
    with pytest.raises(FigureError, match=r"ended with status 3: fatal: \[a\]: no such thing"):
        done.require_success()


def test_a_program_that_is_not_there_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(FigureError, match="cannot run /no/such: No such file or directory; run 'make setup'"):
        processes.run(["/no/such"], tmp_path, {})


def test_a_program_that_does_not_end_is_killed(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(FigureError, match="did not end within 1 s"):
        processes.run(_python(code), tmp_path, {}, seconds=1)
    assert start_time(int((tmp_path / "pid").read_text())) == 0


def test_killing_takes_children_in_sessions_of_their_own(tmp_path: Path) -> None:
    with watch(_python(_PARENT), tmp_path, {}) as parent:
        child = int(parent.await_line("^child ", 30).text.split()[1])
        assert start_time(child) != 0
        parent.kill()
        assert start_time(child) == 0


def test_a_line_that_never_comes_is_told(tmp_path: Path) -> None:
    with (
        watch(_python("print('one'); print('two')"), tmp_path, {}) as program,
        pytest.raises(FigureError, match="said no line with 'three'"),
    ):
        program.await_line("three", 30)
    assert program.output == "one\ntwo"


def test_a_condition_that_comes_too_late_is_told(tmp_path: Path) -> None:
    with (
        watch(_python("pass"), tmp_path, {}) as program,
        pytest.raises(FigureError, match="ended, or 30 s passed, before the file was there"),
    ):
        program.await_condition("the file was there", (tmp_path / "file").exists, 30)


def test_lines_have_their_time(tmp_path: Path) -> None:
    before = time.monotonic()
    with watch(_python("print('now')"), tmp_path, {}) as program:
        line = program.await_line("now", 30)
    assert before < line.at < time.monotonic()


CLOSED = free_ports(1)[0]
PASSWORD = "hunter-Qz81"


def _look(folder: Path, **options: object) -> Verdict:
    """Return what the gate says of a closed port, and of a store whose password is given."""
    plays = Plays(folder)
    checks = [
        {"name": "port", "kind": "tcp", "port": CLOSED},
        {"name": "store", "kind": "redis", "login_port": CLOSED, "login_password": PASSWORD},
        {"name": "load", "kind": "load", "max_per_cpu": 1000},
    ]
    tasks = [{"name": "check", "day2.ops.health_gate": {"checks": checks, **options}}]
    playbook = plays.play("look", tasks, **APART)
    return Verdict.of_gate(plays.run(playbook, plays.inventory(1), "-vvv", **RESULT_ON_ONE_LINE))


def test_a_verdict_is_held_against_the_fault(tmp_path: Path) -> None:
    verdict = _look(tmp_path)
    assert set(verdict.reasons) == {"port", "store"}
    assert '"invocation"' in verdict.output  # else no secret could show
    fitting = Case("port closed", {"port": "^fail: no connection"}, frozenset({"store"}))
    assert verdict.problems(fitting, [PASSWORD]) == []
    assert verdict.problems(fitting, [str(CLOSED)]) == ["a secret is shown"]
    assert "store does not pass either" in verdict.problems(Case("x", {"port": "no connection"}), [])[0]
    assert "load says 'pass', expected 'per_cpu'" in verdict.problems(
        Case("x", {"load": "per_cpu"}, frozenset({"port", "store"})), []
    )
    assert len(verdict.problems(Case("x", message="^all is well"), [])) == 3


def test_a_gate_that_passes_where_it_should_not_is_a_problem(tmp_path: Path) -> None:
    verdict = _look(tmp_path, report_only=True)
    assert "exit status 0" in verdict.problems(Case("x"), [])


def test_a_folder_of_plays_hides_them(tmp_path: Path) -> None:
    path = Plays(tmp_path).play("secret", [{"name": "a", "ansible.builtin.debug": {"msg": PASSWORD}}])
    assert os.stat(path).st_mode & 0o777 == 0o600
