# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.files import (
    atomic_write,
    exclusive,
    read_json,
    sha256,
    write_json,
)


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")
    atomic_write(path, b"new", mode=0o640)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("kept")
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert target.read_text() == "kept"
    assert not link.is_symlink()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OpsError, match=r"cannot write the file \(.*\): .*/folder"):
        atomic_write(folder, b"new")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="No such file or directory"):
        atomic_write(tmp_path / "nowhere" / "file", b"new")


def test_json_there_and_back(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1, None]})
    assert read_json(tmp_path / "a.json") == {"b": [1, None]}


def test_half_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"b": [1,')
    with pytest.raises(OpsError, match="not valid JSON"):
        read_json(path)
    with pytest.raises(OpsError, match="cannot read the file"):
        read_json(tmp_path / "nowhere")


def test_checksum(tmp_path: Path) -> None:
    path = tmp_path / "data"
    data = os.urandom(3 << 20)
    path.write_bytes(data)
    assert sha256(path) == hashlib.sha256(data).hexdigest()
    with pytest.raises(OpsError, match="cannot read the file"):
        sha256(tmp_path / "nowhere")


def test_a_lock_keeps_another_process_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    take = "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX)"
    program = f"{take}; print('held', flush=True); sys.stdin.read()"
    path.touch()
    argv = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Unreachable, match="another process holds the lock"), exclusive(path):
            pass
        holder.kill()
        holder.wait()
    with exclusive(path):
        assert path.exists()


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "lock"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OpsError, match="cannot make the lock file"), exclusive(link):
        pass
    assert not (tmp_path / "elsewhere").exists()
