# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a folder count, and moving them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._queues import directory_moves, directory_scan
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.directory_moves import Way, move
from ansible_collections.day2.ops.plugins.module_utils._queues.directory_scan import Folder


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("a.hl7", True),
        ("a.HL7", False),
        ("a.xml", False),
        (".a.hl7", False),
        ("a.tmp.hl7", False),
        ("a.hl7.error", False),
        (".day2-12345678.a.hl7", False),
    ],
)
def test_which_names_count(name: str, counts: bool) -> None:
    folder = Folder("/", "*.hl7*", (".*", "*.tmp.*"), sidecar=".error")
    assert folder.counts(name) is counts


def test_what_is_on_its_way_never_counts() -> None:
    assert not Folder("/").counts(".day2-12345678.a")
    assert Folder("/").counts(".a")


def test_a_folder_with_too_many_entries_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_scan, "MOST_ENTRIES", 3)
    for number in range(4):
        (tmp_path / str(number)).touch()
    with pytest.raises(OpsError, match="more than 3 entries"):
        Folder(str(tmp_path)).count()


def test_a_missing_folder_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        Folder(str(tmp_path / "x")).count()


@pytest.mark.parametrize("able", [True, False], ids=["kernel", "links"])
def test_a_move_replaces_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, able: bool) -> None:
    if not able:
        monkeypatch.setattr(directory_moves, "_kernels_rename", lambda: None)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    move(str(one), str(two))
    assert (two.read_text(), one.exists()) == ("1", False)
    one.write_text("other")
    with pytest.raises(FileExistsError):
        move(str(one), str(two))
    assert (one.read_text(), two.read_text()) == ("other", "1")
    with pytest.raises(FileNotFoundError):
        move(str(tmp_path / "three"), str(tmp_path / "four"))


def test_what_is_hidden_is_finished_only_on_its_own_way(tmp_path: Path) -> None:
    for name in ("dead", "queue", "other"):
        (tmp_path / name).mkdir()
    way = Way(str(tmp_path / "dead"), str(tmp_path / "queue"))
    hidden = os.path.basename(way._hidden("a"))
    (tmp_path / "dead" / hidden).write_text("1")
    assert Way(str(tmp_path / "dead"), str(tmp_path / "other")).finish(hidden) == ""
    assert (tmp_path / "dead" / hidden).exists()
    (tmp_path / "queue" / hidden).write_text("1")
    assert way.finish(hidden) == "a"
    assert ((tmp_path / "queue/a").read_text(), os.listdir(tmp_path / "dead")) == ("1", [])


def test_an_original_without_its_copy_was_published(tmp_path: Path) -> None:
    (tmp_path / "dead").mkdir()
    (tmp_path / "queue").mkdir()
    way = Way(str(tmp_path / "dead"), str(tmp_path / "queue"))
    hidden = os.path.basename(way._hidden("a"))
    (tmp_path / "dead" / hidden).write_text("1")
    assert way.finish(hidden) == "a"
    assert (os.listdir(tmp_path / "dead"), os.listdir(tmp_path / "queue")) == ([], [])


def test_wrong_descriptions(tmp_path: Path) -> None:
    def queue(**options: Any) -> Any:
        (one,) = described([{"name": "files", "kind": "directory", **options}], {})
        return one

    with pytest.raises(InputError, match="missing required arguments: path"):
        queue()
    with pytest.raises(InputError, match="names one folder twice"):
        queue(path=str(tmp_path), dead=f"{tmp_path}/.")
    assert queue(path=str(tmp_path)).capabilities == {"oldest_age"}
