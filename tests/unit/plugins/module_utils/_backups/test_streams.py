# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains of programs: the status of each counts, nothing is left running, nothing is lost in silence."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import (
    Command,
    HashingFile,
    chain,
    copy,
    run_chain,
    written_through,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError, Unreachable

CAT = Command(["cat"])
TRUE = Command(["true"])


def python(code: str) -> Command:
    return Command([sys.executable, "-c", code])


MUCH = python("import sys; sys.stdout.write('x' * 1_000_000)")
HALF = python("import sys; sys.stdout.write('x' * 500_000); sys.stderr.write('error: out of paper\\n'); sys.exit(3)")
KILLED = python(
    "import os, signal, sys; sys.stdout.write('x'); sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)"
)


def test_what_the_last_one_writes(tmp_path: Path) -> None:
    target = HashingFile(tmp_path / "file")
    with chain([MUCH, CAT, CAT], 60, stdout=subprocess.PIPE) as running:
        copy(running.stdout, target)
    target.close()
    assert (target.size, target.sha256) == (1_000_000, hashlib.sha256(b"x" * 1_000_000).hexdigest())
    assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (HALF, "ended with status 3; error: out of paper"),
        (KILLED, "was ended by signal 9"),
        (Command(["/no/such/program"]), r"cannot run the program \(No such file or directory\): /no/such/program"),
    ],
)
def test_each_one_counts(place: int, bad: Command, words: str) -> None:
    commands = [MUCH, CAT, CAT]
    commands[place] = bad
    with pytest.raises(OpsError, match=words):
        run_chain(commands, 60)


def test_one_that_could_not_write_on_is_not_the_fault() -> None:
    endless = python("import sys\nwhile True: sys.stdout.write('x' * 10_000)")
    with pytest.raises(OpsError, match="status 3"):
        run_chain([endless, python("import sys; sys.stdin.read(10); sys.exit(3)")], 60)


def test_time_is_up() -> None:
    begin = time.monotonic()
    with pytest.raises(Unreachable, match=r"did not end within 0\.2 s"):
        run_chain([Command(["sleep", "600"]), CAT], 0.2)
    assert time.monotonic() - begin < 60


def test_nothing_is_left_running_when_we_fail(tmp_path: Path) -> None:
    with pytest.raises(KeyError), chain([Command(["sleep", "600"], folder=tmp_path), CAT], 600):
        raise KeyError
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and _works_in(pid, tmp_path)]


def _works_in(pid: str, folder: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder)
    except OSError:
        return False


def test_a_missing_program_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/no/such/folder")
    for program, package in (("age", "age"), ("gpg", "gnupg"), ("zstd", "zstd")):
        with pytest.raises(NotThere, match=f"cannot run the program .*: {program}; install the package {package}$"):
            run_chain([Command([program])], 60)


def test_an_account_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="no such account"):
        run_chain([Command(["true"], user="no-such-account")], 60)


def test_last_words_are_one_line_without_what_a_terminal_acts_upon() -> None:
    talker = python("import sys; sys.stderr.write('x' * 100_000 + '\\nfatal: \\x1b[31mno\\n\\n'); sys.exit(1)")
    with pytest.raises(OpsError, match=r"; fatal:  ?\[31mno$"):
        run_chain([talker], 60)


def test_the_line_that_tells_of_the_error_is_taken() -> None:
    said = "age: error: no identity matched\\nage: report unexpected or unhelpful errors at https://example.com\\n"
    with pytest.raises(OpsError, match=r"; age: error: no identity matched$"):
        run_chain([python(f"import sys; sys.stderr.write('{said}'); sys.exit(1)")], 60)


def test_what_is_written_goes_through(tmp_path: Path) -> None:
    target = HashingFile(tmp_path / "file")
    with written_through([CAT, CAT], 60, target) as sink:
        for _time in range(100):
            sink.write(b"x" * 10_000)
    target.close()
    assert target.size == 1_000_000


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([python("import sys; sys.stdin.read(10); sys.exit(3)"), CAT], "status 3"),
        ([CAT, KILLED], "signal 9"),
        ([python("import sys; sys.stdin.read(10)"), CAT], "ended before it had read all"),
        ([TRUE], "ended before it had read all"),
        ([Command(["sleep", "600"])], "did not end within 0.5 s"),
    ],
)
def test_what_does_not_come_through_is_told(tmp_path: Path, commands: list[Command], words: str) -> None:
    target = HashingFile(tmp_path / "file")
    slow = commands[0].argv[0] == "sleep"
    with pytest.raises(OpsError, match=words), written_through(commands, 0.5 if slow else 60, target) as sink:
        for _time in range(1000):
            sink.write(b"x" * 100_000)
    target.close()


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    class Full(HashingFile):
        def write(self, data: bytes) -> int:
            raise OpsError("cannot write the file (No space left on device)")

    target = Full(tmp_path / "file")
    with pytest.raises(OpsError, match="No space left"), written_through([CAT], 60, target) as sink:
        for _time in range(1000):
            sink.write(b"x" * 100_000)
    target.close()
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(pump)")]


def test_our_own_error_comes_through(tmp_path: Path) -> None:
    target = HashingFile(tmp_path / "file")
    with pytest.raises(KeyError), written_through([CAT], 60, target):
        raise KeyError
    target.close()


@pytest.mark.parametrize("plant", [lambda path: path.write_bytes(b"mine"), lambda path: path.symlink_to("victim")])
def test_what_is_there_is_never_written_to(tmp_path: Path, plant: object) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    plant(tmp_path / "file")  # type: ignore[operator]
    with pytest.raises(OpsError, match="File exists"):
        HashingFile(tmp_path / "file")
    assert (tmp_path / "victim").read_bytes() == b"mine"
