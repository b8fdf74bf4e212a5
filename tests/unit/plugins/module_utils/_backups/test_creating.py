# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a backup, by a source and a kind that need no server: whole and proven under its name, or not there."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import creating, kinds
from ansible_collections.day2.ops.plugins.module_utils._backups.base import Made
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.creating import back_up
from ansible_collections.day2.ops.plugins.module_utils._backups.draft import PARTIAL, Draft
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.options import MAKING, catalog_name
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command
from ansible_collections.day2.ops.plugins.module_utils._core.argspec import ArgSpec
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

from .test_storage_opening import FolderPlace


@dataclass
class Words:
    """A source that holds some words."""

    words: bytes = b"some words"
    command: tuple[str, ...] = (sys.executable, "-c", "print('said')")
    same: bool = False
    needs: int = 10
    kind: str = "words"

    def subject(self) -> str:
        return "words"

    def estimate(self) -> int:
        return self.needs

    def plan(self) -> Mapping[str, Any]:
        return {"words": 2}

    def unchanged(self, newest: Manifest) -> bool:
        return self.same

    def write(self, draft: Draft) -> Made:
        draft.write("words", self.words)
        draft.receive("said", [Command(self.command)])
        (draft.folder / "parts").mkdir()
        (draft.folder / "parts" / "one").write_bytes(b"1")
        draft.adopt("parts")
        return Made(server={"version": "1"}, facts={"words": 2})


def read_in_full(backup: Opened) -> Mapping[str, Any]:
    with backup.reading("words") as stream:
        return {"bytes": len(stream.read())}


@contextmanager
def rehearsed(backup: Opened, options: Mapping[str, Any]) -> Iterator[Any]:
    def compare() -> Mapping[str, Any]:
        if options["expected"] != backup.manifest.facts["words"]:
            raise OpsError("it holds 2 words, not what was expected")
        return {"equal": True}

    yield SimpleNamespace(found={"restored": 1}, compare=compare)


WORDS = SimpleNamespace(
    REHEARSAL=ArgSpec(options={"expected": {"type": "int", "default": 2}}),
    read_in_full=read_in_full,
    rehearsed=rehearsed,
)


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", {"words": lambda: WORDS})


def make(path: Path, source: Words | None = None, check_mode: bool = False, **options: Any) -> Result:
    given = MAKING.validate({"path": str(path), **options}, "test")
    return back_up(source or Words(), given, check_mode, "my words")


def test_a_backup_is_whole_and_ours_alone(tmp_path: Path) -> None:
    result = make(tmp_path)
    assert result.changed
    (backup,) = read_catalog(tmp_path / "my%20words").backups
    assert str(backup.folder) == result.data["path"]
    assert [file.path for file in backup.manifest.files] == ["words", "said", "parts/one"]
    assert (backup.manifest.level, backup.manifest.facts) == ("L2", {"words": 2})
    assert [proof.level for proof in backup.manifest.proofs] == ["L0", "L1", "L2"]
    modes = {stat.S_IMODE(os.lstat(path).st_mode) for path in backup.folder.iterdir() if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(backup.folder.stat().st_mode) == 0o700


def test_check_mode_makes_nothing(tmp_path: Path) -> None:
    result = make(tmp_path, check_mode=True)
    assert (result.changed, result.data["plan"], list(tmp_path.iterdir())) == (True, {"words": 2}, [])


def test_what_is_unchanged_is_not_made_again(tmp_path: Path) -> None:
    first = make(tmp_path)
    second = make(tmp_path, Words(same=True))
    assert (second.changed, second.data["backup"]) == (False, first.data["backup"])


@pytest.mark.parametrize(
    "command",
    [
        (sys.executable, "-c", "import sys; print('half'); sys.exit(3)"),
        (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        ("/no/such/program",),
    ],
)
def test_a_program_that_fails_leaves_nothing_and_the_last_good_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    first = make(tmp_path)
    with pytest.raises(OpsError):
        make(tmp_path, Words(command=command))
    catalog = tmp_path / "my%20words"
    assert [backup.folder.name for backup in read_catalog(catalog).backups] == [first.data["backup"]]
    assert not list(catalog.glob(f"{PARTIAL}*"))


def test_levels_are_proven_up_to_what_was_asked_for(tmp_path: Path) -> None:
    assert make(tmp_path, verify="L4").data["level"] == "L4"
    with pytest.raises(OpsError, match="L4 failed: it holds 2 words") as failed:
        make(tmp_path, verify="L4", rehearsal={"expected": 3})
    assert failed.value.details["level_failed"] == "L4"
    assert len(read_catalog(tmp_path / "my%20words").backups) == 1


def test_what_a_killed_run_left_is_removed_with_what_still_runs_in_it(tmp_path: Path) -> None:
    catalog = tmp_path / "my%20words"
    left = catalog / f"{PARTIAL}20260101T000000Z-x"
    left.mkdir(parents=True, mode=0o700)
    os.chmod(catalog, 0o700)
    with subprocess.Popen(["sleep", "600"], cwd=left) as program:
        make(tmp_path)
        assert program.wait(10) == -9
    assert not left.exists()


def test_a_link_in_the_place_of_the_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "my%20words").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OpsError, match="is a link or a file"):
        make(tmp_path)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_too_little_space_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="too little space"):
        make(tmp_path, Words(needs=1 << 60))


@pytest.mark.parametrize("name", ["..", "a/../b", 'x"; DROP TABLE t; --', "$(touch x)", "a b\nc'", "é", "~", ".x"])
def test_any_name_is_one_folder_of_its_own(tmp_path: Path, name: str) -> None:
    made = make(tmp_path, name=name)
    assert Path(made.data["path"]).parent.parent == tmp_path
    assert catalog_name(name, "") not in (".", "..")


@pytest.mark.parametrize(("path", "name"), [("relative", "x"), ("/a/../b", "x"), ("/tmp", ""), ("/tmp", "x" * 201)])
def test_a_place_that_cannot_be_meant_is_refused(path: str, name: str) -> None:
    with pytest.raises(InputError):
        back_up(Words(), MAKING.validate({"path": path, "name": name}, "test"), False, "words")


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A storage that is a folder, for backups that are given ``storage``."""
    folder = tmp_path / "away"
    folder.mkdir()
    monkeypatch.setattr(creating, "place_of", lambda options, name: FolderPlace(folder) if options else None)
    return folder


def stored(away: Path) -> list[str]:
    return [backup.folder.name for backup in read_catalog(away).backups]


def test_a_newer_backup_of_another_host_keeps_ours_from_nothing(
    tmp_path: Path, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"storage": {"bucket": "b"}}
    here, there = tmp_path / "here", tmp_path / "there"
    ours = [make(here, **options).data["backup"]]
    unsent = make(here).data["backup"]
    monkeypatch.setattr(socket, "gethostname", lambda: "other")
    theirs = make(there, **options)
    assert theirs.warnings[0].startswith(f"{ours[0]} in elsewhere was made on ")
    monkeypatch.undo()
    monkeypatch.setattr(kinds, "KINDS", {"words": lambda: WORDS})
    monkeypatch.setattr(creating, "place_of", lambda options, name: FolderPlace(away) if options else None)
    done = make(here, Words(same=True), **options)
    assert done.data["storage"]["backups"] == [unsent]
    assert sorted(stored(away)) == sorted([*ours, unsent, theirs.data["backup"]])
    assert f"{theirs.data['backup']} in elsewhere was made on other, not on " in done.warnings[0]
    assert "give each host a prefix" in done.warnings[0]


def test_what_is_unchanged_is_let_go_here_too(tmp_path: Path, away: Path) -> None:
    options: dict[str, Any] = {"storage": {"bucket": "b"}}
    here = tmp_path / "here"
    first, second = make(here, **options), make(here, **options)
    again = {**options, "retention": {"last": 1}, "keep_local": False}
    planned = make(here, Words(same=True), check_mode=True, **again)
    assert (planned.changed, len(planned.data["removed"])) == (True, 3)
    assert stored(here / "my%20words") == [second.data["backup"], first.data["backup"]]
    done = make(here, Words(same=True), **again)
    assert (done.changed, done.data["path"], len(done.data["removed"])) == (True, None, 3)
    assert (stored(here / "my%20words"), stored(away)) == ([], [second.data["backup"]])
    assert not make(here, Words(same=True), **again).changed


def test_one_that_is_damaged_in_the_storage_is_made_again(tmp_path: Path, away: Path) -> None:
    options: dict[str, Any] = {"storage": {"bucket": "b"}, "keep_local": False}
    first = make(tmp_path / "here", **options)
    assert not make(tmp_path / "here", Words(same=True), **options).changed
    (away / first.data["backup"] / "words").unlink()
    again = make(tmp_path / "here", Words(same=True), **options)
    assert (again.changed, again.data["backup"] != first.data["backup"]) == (True, True)
