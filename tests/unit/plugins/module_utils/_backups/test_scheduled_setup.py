# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and their program as they are put on a host: checked first, changed only where they differ, taken away whole."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import ansible.module_utils
import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import scheduled, scheduled_setup
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_program import our_archive, program
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

USER = pwd.getpwuid(os.geteuid()).pw_name
OURS = "ansible_collections/day2/ops/plugins/module_utils"
SECRET = "tell-nobody-57"
JOB: dict[str, Any] = {
    "name": "main",
    "module": "pgbackrest",
    "schedule": "0 2 * * *",
    "user": USER,
    "options": {"stanza": "main"},
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Ansible brings with a module: here all of the library."""
    path = tmp_path_factory.mktemp("archive") / "payload.zip"
    ours = Path(scheduled.__file__).parents[1]
    theirs = Path(ansible.module_utils.__file__).parent
    made: set[Path] = set()
    with zipfile.ZipFile(path, "w") as target:
        for root, name in (
            (ours, "ansible_collections/day2/ops/plugins/module_utils"),
            (theirs, "ansible/module_utils"),
        ):
            for folder in {Path(name), *Path(name).parents} - made:
                target.writestr(str(folder / "__init__.py"), "")
                made.add(folder)
            for file in root.rglob("*.py"):
                if file.parent != root or file.name != "__init__.py":
                    target.write(file, f"{name}/{file.relative_to(root)}")
        target.writestr("sitecustomize.py", "raise SystemExit('not ours')")
    return path


@pytest.fixture(autouse=True)
def _archive(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    monkeypatch.setattr(scheduled_setup, "our_archive", lambda: archive)


def put(folder: Path, *jobs: dict[str, Any], check_mode: bool = False, **options: Any) -> Result:
    (folder / "metrics").mkdir(exist_ok=True)
    given = {
        "jobs": list(jobs),
        "program": str(folder / "bin" / "day2-backup"),
        "config_dir": str(folder / "etc" / "backups"),
        "state_dir": str(folder / "state"),
        "textfile_dir": str(folder / "metrics"),
        **options,
    }
    return scheduled_setup.operate(scheduled_setup.SPEC.validate(given, "test"), check_mode)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_program_runs_by_itself(tmp_path: Path) -> None:
    result = put(tmp_path, JOB)
    program_file = tmp_path / "bin" / "day2-backup"
    assert stat.S_IMODE(program_file.stat().st_mode) == 0o755
    done = subprocess.run(
        [program_file, "run", "main"], capture_output=True, text=True, check=False, env={"PATH": "/none"}, cwd="/"
    )
    said = "main: failed: cannot run the program (No such file or directory): pgbackrest\n"
    assert (done.stderr, done.stdout, done.returncode) == ("", said, 1)
    assert result.data["program"] == str(program_file)


def test_files_are_ours_alone_and_tell_what_is_to_run(tmp_path: Path) -> None:
    result = put(tmp_path, {**JOB, "jitter": "10m"})
    assert result.changed
    assert result.data["jobs"] == [
        {"name": "main", "cron": "0 2 * * *", "calendar": ["*-*-* 02:00:00"], "jitter": 600.0, "timeout": 43200.0}
    ]
    file = tmp_path / "etc" / "backups" / "main.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text())["options"] == {"stanza": "main"}


def test_a_second_run_changes_nothing_and_check_mode_neither(tmp_path: Path) -> None:
    planned = put(tmp_path, JOB, check_mode=True)
    assert (planned.changed, files(tmp_path)) == (True, {})
    made = put(tmp_path, JOB)
    assert planned.diff == made.diff
    before = files(tmp_path)
    assert not put(tmp_path, JOB).changed
    assert files(tmp_path) == before


def test_the_program_is_the_same_however_it_was_packed(tmp_path: Path, archive: Path, monkeypatch: Any) -> None:
    put(tmp_path, JOB)
    again = tmp_path / "again.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    monkeypatch.setattr(scheduled_setup, "our_archive", lambda: again)
    assert not put(tmp_path, JOB).changed
    with zipfile.ZipFile(again, "a") as new:
        new.writestr("ansible_collections/day2/ops/plugins/more.py", "")
    assert put(tmp_path, JOB).changed


def test_what_is_not_listed_any_more_goes_with_its_metrics_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, JOB, {**JOB, "name": "old"})
    for made in (
        "metrics/day2_backup_old.prom",
        "metrics/day2_backup_main.prom",
        "state/old.success",
        "state/old.json",
    ):
        (tmp_path / made).touch()
    (tmp_path / "etc/backups/mine.json").write_text('{"name": "mine"}')
    (tmp_path / "etc/backups/note.json").write_text("no JSON")
    planned = put(tmp_path, JOB, check_mode=True)
    assert (planned.data["removed"], "metrics/day2_backup_old.prom" in files(tmp_path)) == (["old"], True)
    assert put(tmp_path, JOB).data["removed"] == ["old"]
    left = set(files(tmp_path))
    assert {"etc/backups/mine.json", "etc/backups/note.json", "etc/backups/main.json"} <= left
    assert not [name for name in left if "old" in name]


def test_all_of_it_goes_and_a_second_run_finds_nothing(tmp_path: Path) -> None:
    put(tmp_path, JOB)
    gone = put(tmp_path, state="absent")
    assert (gone.changed, gone.data["removed"], files(tmp_path)) == (True, ["main"], {})
    assert not put(tmp_path, state="absent").changed


def test_jobs_of_another_service_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, JOB)
    shop = {**JOB, "name": "shop"}
    made = put(tmp_path, shop, service="shop")
    assert (made.changed, made.data["removed"]) == (True, [])
    (tmp_path / "metrics/day2_backup_main.prom").touch()
    before = files(tmp_path)
    assert not put(tmp_path, JOB).changed
    assert not put(tmp_path, shop, service="shop").changed
    assert files(tmp_path) == before
    assert put(tmp_path, service="shop", state="absent").data["removed"] == ["shop"]
    assert {"bin/day2-backup", "etc/backups/main.json", "metrics/day2_backup_main.prom"} <= set(files(tmp_path))
    assert put(tmp_path, state="absent").data["removed"] == ["main"]
    assert "bin/day2-backup" not in files(tmp_path)


@pytest.mark.parametrize(("first", "second"), [("day2", "shop"), ("shop", "day2"), ("shop", "shop2")])
def test_a_job_of_another_service_with_the_same_name_is_refused(tmp_path: Path, first: str, second: str) -> None:
    put(tmp_path, JOB, service=first)
    before = files(tmp_path)
    with pytest.raises(InputError, match=f"the service {first} has a job of this name on this host: main; name it"):
        put(tmp_path, {**JOB, "name": "other"}, JOB, service=second)
    assert files(tmp_path) == before


@pytest.mark.parametrize("service", ["", "a b", "../x", "a:b", "x" * 33, "a\n"])
def test_a_service_has_a_plain_name(tmp_path: Path, service: str) -> None:
    with pytest.raises(InputError, match="service: expected 1 to 32 letters"):
        put(tmp_path, JOB, service=service)
    assert files(tmp_path) == {}


def test_a_program_of_somebody_else_stays(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/day2-backup").write_text("#!/bin/sh\n")
    assert not put(tmp_path, state="absent").changed
    assert (tmp_path / "bin/day2-backup").exists()


def test_no_secret_is_in_the_diff_and_a_new_one_is_told(tmp_path: Path) -> None:
    def job(secret: str) -> dict[str, Any]:
        mail = {"to": ["a@b"], "host": "h", "username": "u", "password": secret}
        notify = {"webhook_url": f"https://hooks.example.org/{secret}", "mail": mail}
        return {**JOB, "notify": notify}

    first = put(tmp_path, job(SECRET))
    second = put(tmp_path, job("another-one-58"))
    assert second.changed
    assert second.diff is not None
    assert second.diff["after"].endswith("a secret, or the file's mode, differs\n")
    assert SECRET not in str(first.diff) + str(second.diff)
    assert "another-one-58" not in str(second.diff)


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"name": "a b"}, "a job's name has"),
        ({"name": "../x"}, "a job's name has"),
        ({"schedule": "0 25 * * *"}, "schedule: hour '25' is not 0 to 23"),
        ({"options": {}}, "options: missing required arguments: stanza"),
        ({"options": {"stanza": "main", "more": 1}}, "options: unknown option more"),
        ({"user": "no-such-account"}, "user: no such account on this host"),
        ({"timeout": "long"}, "timeout: expected seconds"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(tmp_path: Path, job: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=r"jobs\[1\].*" + told):
        put(tmp_path, {**JOB, "name": "first"}, {**JOB, **job})
    assert files(tmp_path) == {}


def test_two_jobs_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"jobs\[1\] \(main\): another job has this name"):
        put(tmp_path, JOB, JOB)


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a b", "/a%b", "/a\nb", "/a;b", "/a$(b)"])
def test_a_place_that_a_crontab_would_read_otherwise_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="program: expected an absolute path"):
        put(tmp_path, JOB, program=path)


def test_a_link_in_the_place_of_a_job_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, JOB)
    file = tmp_path / "etc/backups/main.json"
    file.unlink()
    (tmp_path / "elsewhere").write_text("mine")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OpsError, match="cannot read the file"):
        put(tmp_path, JOB)
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_no_folder_for_metrics_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="textfile_dir: no such folder"):
        put(tmp_path, JOB, textfile_dir=str(tmp_path / "none"))


def test_a_program_needs_an_archive_and_a_plain_interpreter(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="not started by Ansible in the usual way"):
        our_archive()
    for interpreter in ("/opt/my python/bin/python", "/" + "x" * 130):
        with pytest.raises(InputError, match="too long or has blanks"):
            program(archive, interpreter, "/etc")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(OpsError, match="cannot be read"):
        program(tmp_path / "broken.zip", sys.executable, "/etc")
