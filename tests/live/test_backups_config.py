# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules config_backup and config_restore as playbooks run them, on real files; killed in the middle; memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog

from .own_plays import play

PLAY = """
- hosts: good
  gather_facts: false
  module_defaults:
    day2.ops.config_backup: {{path: {folder}/backups, name: web}}
    day2.ops.config_restore: {{path: {folder}/backups, name: web}}
  tasks:
    - name: Planned
      day2.ops.config_backup: {{paths: ["{folder}/etc"], excludes: ["*.bak"]}}
      check_mode: true
      register: planned
    - name: Backed up
      day2.ops.config_backup:
        paths: ["{folder}/etc"]
        excludes: ["*.bak"]
        verify: L4
        rehearsal:
          assertions: [{{path: "{folder}/etc/app.conf", contains: "port"}}]
          command: ["test", "-f", "{below}/etc/app.conf"]
      register: made
    - name: Not again
      day2.ops.config_backup: {{paths: ["{folder}/etc"], excludes: ["*.bak"]}}
      register: again
    - name: Somebody edits
      ansible.builtin.copy:
        dest: "{folder}/etc/app.conf"
        content: "port: 81\\npassword: hidden-new\\n"
        mode: "0644"
      no_log: true
    - name: Seen
      day2.ops.config_restore: {{to: /, in_place: true}}
      check_mode: true
      diff: true
      register: seen
    - name: Restored
      day2.ops.config_restore: {{to: /, in_place: true}}
      diff: true
      register: restored
    - name: Not twice
      day2.ops.config_restore: {{to: /, in_place: true}}
      register: twice
    - name: Hold them to it
      ansible.builtin.assert:
        that:
          - planned is changed
          - planned.plan.files == 3
          - made is changed
          - made.level == 'L4'
          - again is not changed
          - again.backup == made.backup
          - seen is changed
          - seen.kept is none
          - restored is changed
          - restored.changes | map(attribute='change') | list == ['content']
          - restored.kept is search('web-before-restore')
          - twice is not changed
"""


def test_a_playbook(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "app.conf").write_text("port: 80\npassword: hidden-old\n")
    (etc / "new\nline").write_text("x")
    (etc / os.fsdecode(b"no utf-8 \xff")).write_text("x")
    (etc / "old.bak").write_text("x")
    text = PLAY.format(folder=tmp_path, below=str(tmp_path).lstrip("/"))
    status, said = play(tmp_path, text, "", "-vvv")
    assert status == 0, said
    assert (etc / "app.conf").read_text() == "port: 80\npassword: hidden-old\n"
    assert "-port: 81" in said
    assert "+port: 80" in said
    assert "hidden-old" not in said
    assert "hidden-new" not in said
    for file in (tmp_path / "backups").rglob("manifest.json"):
        assert "app.conf" not in file.read_text()


RUN = r"""
import re, sys
from ansible_collections.day2.ops.plugins.module_utils._backups import config_backup, config_restore
import json
given = json.loads(sys.argv[2])
module = {"backup": config_backup, "restore": config_restore}[sys.argv[1]]
made = module.operate(module.SPEC.validate(given, "test"), False)
print(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])  # not what it inherited
"""


def start(verb: str, **given: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", RUN, verb, json.dumps(given)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that takes a while."""
    folder = tmp_path_factory.mktemp("large")
    noise = os.urandom(1 << 20)
    with (folder / "image").open("wb") as image:
        for number in range(120):
            image.write(noise[number:] + noise[:number])
    for number in range(300):
        (folder / f"{number}.conf").write_text(f"number {number}\n")
    return folder


def test_memory_does_not_grow_with_the_files(large: Path, tmp_path: Path) -> None:
    with start("backup", path=str(tmp_path / "backups"), paths=[str(large)]) as backing:
        told = str(backing.communicate(timeout=300)[0]).split()
    assert backing.returncode == 0
    with start("restore", path=str(tmp_path / "backups"), to=str(tmp_path / "out")) as restoring:
        said = str(restoring.communicate(timeout=300)[0]).split()
    assert restoring.returncode == 0
    assert max(int(told[-1]), int(said[-1])) < 80_000  # KiB


def test_a_run_that_is_killed_leaves_the_last_good_one(large: Path, tmp_path: Path) -> None:
    backups, catalog = tmp_path / "backups", tmp_path / "backups" / "config"
    paths = [str(large / "1.conf")]
    with start("backup", path=str(backups), paths=paths) as first:
        first.wait(300)
    (good,) = [backup.folder.name for backup in read_catalog(catalog).backups]
    for delay in (0.0, 0.1, 0.4):
        with start("backup", path=str(backups), paths=[str(large)], verify="L4") as killed:
            _until(lambda: any(catalog.glob(".partial-*/files*")))
            time.sleep(delay)  # anywhere in the middle
            killed.send_signal(signal.SIGKILL)
        assert [backup.folder.name for backup in read_catalog(catalog).backups] == [good]
        assert not read_catalog(catalog).refused
    with start("backup", path=str(backups), paths=[str(large / "2.conf")]) as last:
        last.wait(300)
    assert len(read_catalog(catalog).backups) == 2
    left = sorted(path.name for path in catalog.iterdir() if path.name.startswith("."))
    assert left == [".lock"]


def _until(holds: Callable[[], bool]) -> None:
    for _try in range(10_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not begin")
