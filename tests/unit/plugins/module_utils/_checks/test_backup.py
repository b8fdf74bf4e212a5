# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest backup of real folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.unit.plugins.module_utils._backups.catalogs import add_backup

if TYPE_CHECKING:
    from .conftest import Attempt

HOUR = 3600.0


def test_fresh_proven_and_whole(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, 30 * HOUR, size=100)
    newest = add_backup(tmp_path, 6 * HOUR, size=90)
    outcome = attempt("backup", path=str(tmp_path), min_level="L2", max_shrink_percent=10, min_count=2)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert (values["newest"], values["backups"], values["level"]) == (newest.name, 2, "L2")
    assert (values["size"], values["previous_size"], values["shrink_percent"]) == (90, 100, 10.0)
    assert values["age"] == pytest.approx(6 * HOUR, abs=60)


def test_older_than_the_objective(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, 30 * HOUR)
    outcome = attempt("backup", path=str(tmp_path))
    assert (outcome.status, outcome.reason) == ("fail", "age is 1 d 6 h, expected at most 1 d 2 h")


def test_of_too_low_a_level(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, level="L0", verified_at=None)
    outcome = attempt("backup", path=str(tmp_path), min_level="L3")
    assert (outcome.status, outcome.reason) == ("fail", "level is 'L0', expected one of ['L3', 'L4']")
    assert outcome.values["verified_at"] is None


def test_shrunken_and_too_few(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, 2 * HOUR, size=1000)
    add_backup(tmp_path, 1 * HOUR, size=400)
    outcome = attempt("backup", path=str(tmp_path), max_shrink_percent=30, min_count=3)
    assert outcome.status == "fail"
    assert outcome.reason == "backups is 2, expected at least 3; shrink_percent is 60 %, expected at most 30 %"


def test_the_first_has_not_shrunk(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path)
    assert attempt("backup", path=str(tmp_path), max_shrink_percent=30).status == "pass"


def test_a_manifest_that_is_cut_is_no_backup(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, 2 * HOUR)
    newest = add_backup(tmp_path, 1 * HOUR)
    manifest = newest / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:100])
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.status == "fail"
    assert outcome.reason.startswith(f"newer_not_counted is ['{newest.name}: the manifest is cut or no JSON']")
    assert outcome.values["backups"] == 1


def test_an_old_one_that_does_not_count_is_told_and_does_no_harm(attempt: Attempt, tmp_path: Path) -> None:
    old = add_backup(tmp_path, 2 * HOUR)
    (old / "manifest.json").unlink()
    add_backup(tmp_path, 1 * HOUR)
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["not_counted"] == [f"{old.name}: it has no manifest"]


def test_none_that_counts(attempt: Attempt, tmp_path: Path) -> None:
    folder = add_backup(tmp_path, format=2)
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.status == "fail"
    assert outcome.reason.startswith(f"there is no backup: {tmp_path}; 1 not counted: {folder.name}: ")
    assert "has the format 2" in outcome.reason


def test_an_unfinished_one_is_not_looked_at(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path).rename(tmp_path / ".20260301T020000Z-7f3a.partial")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "20260301T020000Z-file").write_text("")
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.status == "fail"
    assert outcome.reason == f"there is no backup: {tmp_path}; nothing in there has the name of a backup"


def test_files_that_are_missing_or_cut(attempt: Attempt, tmp_path: Path) -> None:
    data = add_backup(tmp_path, size=10) / "orders.dump"
    data.write_bytes(b"x")
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.reason == "damage is 'orders.dump has 1 bytes, the manifest says 10', expected 'none'"
    data.unlink()
    assert "orders.dump: No such file" in attempt("backup", path=str(tmp_path)).reason


def test_from_the_future(attempt: Attempt, tmp_path: Path) -> None:
    add_backup(tmp_path, -2 * HOUR)
    outcome = attempt("backup", path=str(tmp_path))
    assert outcome.status == "fail"
    assert "ahead of this host's clock" in outcome.reason


def test_no_folder_is_unknown(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("backup", path=str(tmp_path / "nowhere"))
    assert (outcome.status, outcome.reason) == ("unknown", f"no such folder of backups: {tmp_path}/nowhere")


def test_a_level_that_is_none(attempt: Attempt) -> None:
    with pytest.raises(InputError, match="min_level must be one of: L0, L1, L2, L3, L4"):
        attempt("backup", path="/tmp", min_level="L5")
