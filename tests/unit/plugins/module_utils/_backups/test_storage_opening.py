# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backup a restore gets when there is a storage, which is a folder here."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import opening
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup, Catalog, damage, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest, with_failure, write_manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opening import opened_backup
from ansible_collections.day2.ops.plugins.module_utils._backups.options import READING
from ansible_collections.day2.ops.plugins.module_utils._backups.storage import names_in, place_of
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere

from .toy_kind import made_toy


class FolderPlace:
    """A storage that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def where(self) -> str:
        return "elsewhere"

    def catalog(self) -> Catalog:
        found = read_catalog(self._folder)
        return Catalog([Backup(Path(one.folder.name), one.manifest) for one in found.backups], found.refused)

    def send(self, folder: Path) -> Mapping[str, Any]:
        shutil.copytree(folder, self._folder / folder.name)
        return {"sent": 1, "seconds": 0.0}

    def fetch(self, name: str, target: Path) -> None:
        shutil.copytree(self._folder / name, target)

    def remove(self, name: str) -> None:
        shutil.rmtree(self._folder / name)

    def sweep(self) -> list[str]:
        return []

    def update(self, folder: Path) -> None:
        shutil.copyfile(folder / "manifest.json", self._folder / folder.name / "manifest.json")

    def damage(self, backup: Backup) -> str:
        return damage(Backup(self._folder / backup.folder.name, backup.manifest))


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "away" / "x"
    folder.mkdir(parents=True)
    monkeypatch.setattr(opening, "place_of", lambda options, name: FolderPlace(folder) if options else None)
    return folder


def opened(path: Path, **options: Any) -> tuple[str, bytes]:
    """Return the folder in which it is read, and its data."""
    given = READING.validate({"path": str(path), "name": "x", "storage": {"bucket": "b"}, **options}, "test")
    with opened_backup(given, "toy") as found:
        return found.folder.parent.name, (found.folder / "data").read_bytes()


def warned(path: Path, own: bool = False, **options: Any) -> tuple[str, ...]:
    given = READING.validate({"path": str(path), "name": "x", "storage": {"bucket": "b"}, **options}, "test")
    with opened_backup(given, "toy", own=own) as found:
        return found.warnings


def test_the_newest_of_both_places(tmp_path: Path, away: Path) -> None:
    here, now = tmp_path / "here" / "x", time.time()
    old = made_toy(away, now - 60, b"old there")
    assert opened(tmp_path / "here")[1] == b"old there"
    assert list((tmp_path / "here").iterdir()) == []  # what was fetched is gone
    made_toy(here, now - 30, b"newer here")
    assert opened(tmp_path / "here") == ("x", b"newer here")
    newest = made_toy(away, now - 10, b"newest")
    assert opened(tmp_path / "here")[1] == b"newest"
    shutil.copytree(newest, here / newest.name)
    assert opened(tmp_path / "here") == ("x", b"newest")
    assert opened(tmp_path / "here", backup=old.name)[1] == b"old there"


def test_a_damaged_copy_here_is_not_taken_when_there_is_another(tmp_path: Path, away: Path) -> None:
    here = tmp_path / "here" / "x"
    backup = made_toy(here, time.time() - 60, b"the data")
    shutil.copytree(backup, away / backup.name)
    (backup / "data").write_bytes(b"cut")
    for wanted in ("newest", backup.name):
        where, data = opened(tmp_path / "here", backup=wanted)
        assert (where.startswith(".fetched-"), data) == (True, b"the data")
    assert opened(tmp_path / "here", storage=None) == ("x", b"cut")  # the caller compares checksums


def test_one_that_failed_is_not_the_newest_and_still_has_its_name(tmp_path: Path, away: Path) -> None:
    here = tmp_path / "here" / "x"
    made_toy(here, time.time() - 60, b"old")
    bad = made_toy(here, time.time() - 30, b"bad")
    manifest: Manifest = read_catalog(here).backups[0].manifest
    write_manifest(bad, with_failure(manifest, "L2", "why", time.time(), 1.0))
    assert opened(tmp_path / "here") == ("x", b"old")
    assert opened(tmp_path / "here", backup=bad.name) == ("x", b"bad")
    shutil.rmtree(read_catalog(here).backups[1].folder)
    with pytest.raises(NotThere, match=r"there is no backup: .*here/x, elsewhere; not counted: .*L2 failed on .*: why"):
        opened(tmp_path / "here")


def test_one_from_the_future_is_not_the_newest_and_told(tmp_path: Path, away: Path) -> None:
    made_toy(away, time.time() - 60, b"old")
    ahead = made_toy(away, time.time() + 7200, b"ahead")
    assert opened(tmp_path / "here")[1] == b"old"
    assert f"not taken: {ahead.name}: begun at " in warned(tmp_path / "here")[0]
    assert opened(tmp_path / "here", backup=ahead.name)[1] == b"ahead"


def test_the_newest_of_another_host_is_told_and_may_be_refused(tmp_path: Path, away: Path) -> None:
    theirs = made_toy(away, time.time() - 60, b"theirs", server={"made_on": "other"})
    (told,) = warned(tmp_path / "here")
    assert told.startswith(f"{theirs.name} in elsewhere was made on other, not on {socket.gethostname()}")
    with pytest.raises(InputError, match=r"made on other, this is .*name it as backup"):
        warned(tmp_path / "here", own=True)
    assert warned(tmp_path / "here", own=True, backup=theirs.name) == ()
    made_toy(away, time.time() - 30, b"ours", server={"made_on": socket.gethostname()})
    assert warned(tmp_path / "here", own=True) == ()


def test_storages_that_cannot_be_meant() -> None:
    assert place_of(None, "x") is None and place_of({}, "x") is None and names_in(None) == []
    for wrong in ({"kind": "tape"}, {"kind": "s3"}, {"bucket": "b", "other": 1}):
        with pytest.raises(InputError):
            place_of(wrong, "x")
