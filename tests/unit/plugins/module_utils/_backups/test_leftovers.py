# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passing folders: gone at the end with what runs in them, also those that a killed run has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.leftovers import (
    kill_inhabitants,
    passing_folder,
    remove_folder,
    sweep,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

PREFIX = ".passing-"
# Makes a folder with a program in it, says so, and waits to be killed.
HOLDER = f"""
import subprocess, sys, time
from pathlib import Path
from ansible_collections.day2.ops.plugins.module_utils._backups.leftovers import passing_folder
with passing_folder(Path(sys.argv[1]), {PREFIX!r}) as folder:
    (folder / "deep").mkdir()
    child = subprocess.Popen(["sleep", "600"], cwd=folder / "deep", stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def left_by_a_killed_run(parent: Path) -> int:
    """Return the id of the program that still runs in the folder that is left."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(parent)], stdout=subprocess.PIPE, text=True, env=environment
    ) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        assert sweep(parent, PREFIX) == []  # as its owner lives
        holder.kill()
    return child


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_is_ours_alone_and_gone_at_the_end(tmp_path: Path) -> None:
    with passing_folder(tmp_path, PREFIX) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.name.startswith(PREFIX)
        program = subprocess.Popen(["sleep", "600"], cwd=folder)
    assert program.wait(10) == -signal.SIGKILL
    assert not os.listdir(tmp_path)
    with pytest.raises(KeyError), passing_folder(tmp_path, PREFIX):
        raise KeyError
    assert not os.listdir(tmp_path)


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    child = left_by_a_killed_run(tmp_path)
    with passing_folder(tmp_path, PREFIX) as folder:
        assert os.listdir(tmp_path) == [folder.name]
    for _try in range(1000):
        if is_gone(child):
            break
        threading.Event().wait(0.01)
    assert is_gone(child)


def test_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "mine").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "victim")
    (tmp_path / f"{PREFIX}file").touch()
    (tmp_path / ".other").mkdir()
    assert sweep(tmp_path, PREFIX) == []
    assert len(os.listdir(tmp_path)) == 4
    assert (tmp_path / "victim" / "mine").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder somebody else's")
def test_folders_of_others_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}theirs").mkdir()
    os.chown(tmp_path / f"{PREFIX}theirs", 12345, 12345)
    assert sweep(tmp_path, PREFIX) == []


def test_runs_beside_each_other_do_not_sweep_each_other(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _time in range(30):
                with passing_folder(tmp_path, PREFIX) as folder:
                    (folder / "file").touch()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert not os.listdir(tmp_path)


def test_folders_that_forbid_to_write_are_removed(tmp_path: Path) -> None:
    deep = tmp_path / "top" / "closed" / "deeper"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (deep / "link").symlink_to(tmp_path)
    deep.chmod(0o555)
    deep.parent.chmod(0)
    remove_folder(tmp_path / "top")
    assert not (tmp_path / "top").exists()


def test_a_neighbour_with_a_longer_name_lives(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    with subprocess.Popen(["sleep", "600"], cwd=tmp_path / "ab") as program:
        kill_inhabitants(tmp_path / "a")
        assert program.poll() is None
        program.kill()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot make the folder"), passing_folder(tmp_path / "no", PREFIX):
        pass
