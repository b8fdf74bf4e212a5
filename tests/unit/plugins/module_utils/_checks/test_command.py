# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real programs that end well, badly, late or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import wait_until

if TYPE_CHECKING:
    from .conftest import Attempt

SECRET = "hunter2"


def says(text: str, status: int = 0, errors: str = "") -> list[str]:
    """Return the command line of a program that writes so and ends so."""
    code = "import sys; sys.stdout.write(sys.argv[1]); sys.stderr.write(sys.argv[2]); sys.exit(int(sys.argv[3]))"
    return [sys.executable, "-c", code, text, errors, str(status)]


def test_a_program_that_ends_well(attempt: Attempt) -> None:
    outcome = attempt("command", argv=says("all is well\n"), contains="well", matches="^all", max_latency=5)
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["status"], outcome.values["bytes"]) == (0, 12)
    assert 0 < outcome.values["latency"] < 5
    assert set(outcome.values) == {"status", "bytes", "latency"}


def test_no_shell_and_no_argument_is_shown(attempt: Attempt) -> None:
    argv = [*says("", 3), f"--password={SECRET}; echo $HOME"]
    outcome = attempt("command", argv=argv)
    assert (outcome.status, outcome.reason) == (
        "fail",
        f"the program ended with status 3, expected 0: {sys.executable}",
    )
    assert SECRET not in str(outcome)


@pytest.mark.parametrize(
    ("argv", "options", "status", "words"),
    [
        (says("", 3), {"status": [0, 3]}, "pass", ""),
        (
            says("", 2, "first\nout of \x1b[31mpaper\n"),
            {"status": [0, 3]},
            "fail",
            "expected 0, 3: {py}; first out of ",
        ),
        (says("up"), {"contains": "down"}, "fail", "stdout is 'up', expected to contain 'down'"),
        (says("a\x1b[2J\nb"), {"matches": "(?m)^c$"}, "fail", "stdout is 'a [2J b', expected to match '(?m)^c$'"),
        (says("a\nb"), {"matches": "(?m)^b$"}, "pass", ""),
        (says("x" * 70000), {}, "fail", "the program wrote more than 65536 bytes: {py}; let it write less"),
        (says('{"a": [1, 7]}'), {"json": [{"path": "a[1]", "op": "lt", "value": 5}]}, "fail", "json a[1] is 7, expect"),
        (says('{"a": [1, 7]}'), {"json": [{"path": "a[1]", "op": "gt", "value": 5}]}, "pass", ""),
        (says('{"a": null}'), {"json": [{"path": "a", "op": "gt", "value": 5}]}, "unknown", "json a is null"),
        (says("{}"), {"json": [{"path": "a", "value": 5}]}, "unknown", "json a is not there"),
        (says("<html>"), {"json": [{"path": "a", "value": 5}]}, "fail", "not JSON: {py}; it begins with '<html>'"),
        (says(""), {"json": [{"path": "a", "value": 5}]}, "fail", "the output is not JSON: {py}; it is empty"),
        (says("[" * 60000), {"json": [{"path": "a", "value": 5}]}, "fail", "the output is not JSON: {py}; it begins"),
    ],
)
def test_each_end_gets_its_line(
    attempt: Attempt, argv: list[str], options: dict[str, Any], status: str, words: str
) -> None:
    outcome = attempt("command", argv=argv, **options)
    assert outcome.status == status, outcome.reason
    assert words.format(py=sys.executable) in outcome.reason
    assert outcome.reason.isprintable()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"argv": ["/nowhere/program"]}, "cannot run the program (No such file or directory): /nowhere/program"),
        ({"argv": ["/etc/passwd"]}, "cannot run the program (Permission denied): /etc/passwd"),
        ({"argv": ["true"], "chdir": "/nowhere"}, "no such folder to run the program in: /nowhere"),
        ({"argv": ["true", "a\0b"]}, "cannot run the program (embedded null byte): true"),
        ({"argv": ["true"], "environment": {"A=B": 1}}, "cannot run the program (illegal environment variable name)"),
        ({"argv": []}, "argv is empty; expected a program and its arguments"),
    ],
)
def test_what_cannot_be_run_is_unknown(attempt: Attempt, options: dict[str, Any], words: str) -> None:
    outcome = attempt("command", **options)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words)


def test_folder_and_environment(attempt: Attempt, tmp_path: Path) -> None:
    code = "import json, os; print(json.dumps([os.getcwd(), os.environ['LEVEL'], 'PATH' in os.environ]))"
    wanted = [{"path": "", "value": [str(tmp_path), "5", True]}]
    argv = [sys.executable, "-c", code]
    outcome = attempt("command", argv=argv, chdir=str(tmp_path), environment={"LEVEL": 5}, json=wanted)
    assert outcome.status == "pass", outcome.reason


def test_one_that_hangs_is_ended_with_its_children(attempt: Attempt, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    outcome = attempt("command", argv=["sh", "-c", f"sleep 600 & echo $! > {told}; wait"], timeout=1)
    assert (outcome.status, outcome.reason) == ("fail", "the program did not end within 1 s: sh")
    pid = int(told.read_text(encoding="ascii"))
    assert wait_until(lambda: _has_ended(pid), bool, timeout=30, interval=0.01).done


def _has_ended(pid: int) -> bool:
    """Tell whether the process is gone, or only waits for its parent to be told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_one_that_ends_by_a_signal(attempt: Attempt) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    outcome = attempt("command", argv=[sys.executable, "-c", code])
    assert outcome.reason == f"the program was ended by signal 15, expected 0: {sys.executable}"


@pytest.mark.parametrize(
    ("argv", "status", "reason"),
    [
        (says("LOAD WARNING - 9.1 | load1=9.1;5;10;0;\n", 1), "fail", "warning: LOAD WARNING - 9.1"),
        (says("DISK CRITICAL - /data 97%\nmore\n", 2), "fail", "DISK CRITICAL - /data 97%"),
        (says("\x1b[31mno answer\r\n", 3), "unknown", "[31mno answer"),
        (says("", 2), "fail", "the plugin ended with status 2 and said nothing: {py}"),
        (says("usage", 64), "unknown", "the plugin ended with status 64, expected 0 to 3: {py}; usage"),
        (says("", 127, "no perl"), "unknown", "the plugin ended with status 127, expected 0 to 3: {py}; no perl"),
    ],
)
def test_a_plugin_speaks_for_itself(attempt: Attempt, argv: list[str], status: str, reason: str) -> None:
    outcome = attempt("command", argv=argv, nagios=True)
    assert (outcome.status, outcome.reason) == (status, reason.format(py=sys.executable))


def test_a_plugins_performance_data_are_values(attempt: Attempt) -> None:
    first = "DISK OK - free | /=2643MB;5948;5958;0;5968 '/it''s here'=69,5%;;"
    text = f"{first}\nmore text\nand more | a=U b=1e999 c=1.2.3\nd=.5s;1"
    above = {"path": 'perfdata."/"', "op": "gt", "value": 2600}
    outcome = attempt("command", argv=says(text), nagios=True, expect=[above])
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["output"] == "DISK OK - free"
    assert outcome.values["perfdata"] == {"/": 2643, "/it's here": 69.5, "a": None, "b": None, "d": 0.5}


def test_performance_data_are_bounded(attempt: Attempt) -> None:
    text = "OK |" + " ".join(f"{'x' * 100}{number}=1" for number in range(200))
    unlike = "OK |" + " ".join(f"{number}{'x' * 100}=1" for number in range(200))
    assert len(attempt("command", argv=says(text), nagios=True).values["perfdata"]) == 1
    assert len(attempt("command", argv=says(unlike), nagios=True).values["perfdata"]) == 50


@pytest.mark.parametrize(
    "options",
    [{}, {"argv": ["true"], "matches": "("}, {"argv": ["true"], "nagios": True, "status": [0, 1]}],
)
def test_options_that_cannot_be(attempt: Attempt, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("command", **options)


def test_many_at_once_leave_nothing_open(attempt: Attempt) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _time in range(20):
        assert attempt("command", argv=["true"]).status == "pass"
    assert len(os.listdir("/proc/self/fd")) == before
