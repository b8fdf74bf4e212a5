# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that really run."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt

SECRET = "--password=hunter2"


@pytest.fixture
def mark() -> str:
    """A word that no other command line holds."""
    return f"day2-test-{uuid.uuid4()}"


@pytest.fixture
def two(mark: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes with the mark and a secret on their command lines, both seen to run."""
    argv = [sys.executable, "-c", "print(1, flush=True); import sys; sys.stdin.read()", mark, SECRET]
    processes = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _number in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_they_are_counted_and_their_command_lines_kept(
    attempt: Attempt, mark: str, two: list[subprocess.Popen[bytes]]
) -> None:
    outcome = attempt("process", pattern=f"python.* {mark}", min_count=2, max_count=2)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["count"] == 2
    assert outcome.values["pids"] == sorted(process.pid for process in two)
    assert 0 <= outcome.values["youngest_age"] <= outcome.values["oldest_age"] < 600
    assert outcome.values["rss_bytes"] > 0
    assert "hunter2" not in str(outcome)


@pytest.mark.usefixtures("two")
def test_too_many_and_too_few(attempt: Attempt, mark: str) -> None:
    assert attempt("process", pattern=mark, max_count=1).reason == "count is 2, expected at most 1"
    assert attempt("process", pattern=mark, min_count=3).reason == "count is 2, expected at least 3"


@pytest.mark.usefixtures("two")
def test_a_process_that_has_just_begun_is_too_young(attempt: Attempt, mark: str) -> None:
    outcome = attempt("process", pattern=mark, min_age="1h")
    assert outcome.status == "fail"
    assert outcome.reason.endswith("s, expected at least 1 h")


@pytest.mark.usefixtures("two")
def test_only_those_of_a_user(attempt: Attempt, mark: str) -> None:
    us = pwd.getpwuid(os.getuid()).pw_name
    another = next(one.pw_name for one in pwd.getpwall() if one.pw_uid != os.getuid())
    assert attempt("process", pattern=mark, user=us).values["count"] == 2
    assert attempt("process", pattern=mark, user=another, min_count=0).values["count"] == 0


def test_none(attempt: Attempt, mark: str) -> None:
    outcome = attempt("process", pattern=mark)
    assert (outcome.status, outcome.reason) == ("fail", "count is 0, expected at least 1")
    assert attempt("process", pattern=mark, max_count=0).status == "pass"


def test_we_and_those_who_started_us_do_not_count(attempt: Attempt) -> None:
    outcome = attempt("process", pattern="", min_count=0)
    assert os.getpid() not in outcome.values["pids"]
    assert os.getppid() not in outcome.values["pids"]


def test_an_ended_process_that_nobody_waited_for_does_not_count(
    attempt: Attempt, mark: str, two: list[subprocess.Popen[bytes]]
) -> None:
    two[0].kill()
    os.waitid(os.P_PID, two[0].pid, os.WEXITED | os.WNOWAIT)
    assert attempt("process", pattern=mark).values["count"] == 1


def test_no_such_user(attempt: Attempt) -> None:
    outcome = attempt("process", pattern="x", user="nobody-of-that-name")
    assert (outcome.status, outcome.reason) == ("unknown", "no such user on this host: nobody-of-that-name")


def test_a_bad_pattern(attempt: Attempt) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): .*pattern"):
        attempt("process", pattern="(")
