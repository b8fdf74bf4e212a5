# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letting old backups go: only those, only in the catalogue, with the lock held, gone on with after a kill."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.draft import LOCK
from ansible_collections.day2.ops.plugins.module_utils._backups.in_use import in_use
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import (
    FILE_NAME,
    parse,
    with_failure,
    write_manifest,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.retention_applying import (
    REMOVING,
    Outcome,
    apply_retention,
    planned,
    remove_here,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.files import exclusive
from ansible_collections.day2.ops.plugins.module_utils._core.periods import Rules

from .toy_kind import made_toy

HOUR = 3600.0


def apply(folder: Path, **rules: Any) -> Outcome:
    return apply_retention(Rules.of(rules), folder, None, True, time.time(), patience=0)


def names(folder: Path) -> list[str]:
    return [backup.folder.name for backup in read_catalog(folder).backups]


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    return [made_toy(tmp_path / "x", time.time() - hours * HOUR) for hours in (1, 2, 3)]


def test_old_ones_go_with_the_reason(tmp_path: Path, made: list[Path]) -> None:
    left = tmp_path / "x" / f"{REMOVING}{made[0].name}-old"
    left.mkdir()
    rules = Rules.of({"last": 2})
    foreseen = planned(rules, tmp_path / "x", None, True, time.time())
    assert [one["backup"] for one in foreseen.removed] == [made[2].name, made[1].name]  # as a new one comes
    done = apply(tmp_path / "x", last=2)
    assert done.removed == [{"backup": made[2].name, "where": str(tmp_path / "x"), "why": "no rule keeps it"}]
    assert names(tmp_path / "x") == [made[0].name, made[1].name]
    assert not left.exists() and not made[2].exists()
    assert apply(tmp_path / "x", last=2).removed == []


def test_what_cannot_be_read_stays_and_is_told(tmp_path: Path, made: list[Path]) -> None:
    (made[2] / FILE_NAME).write_bytes(b"{")
    done = apply(tmp_path / "x", last=1)
    assert [one["backup"] for one in done.removed] == [made[1].name]
    assert done.warnings == [f"kept, as it cannot be read: {made[2].name}: the manifest is cut or no JSON"]
    assert made[2].is_dir()


def test_failed_and_damaged_ones_stay_and_are_told(tmp_path: Path, made: list[Path]) -> None:
    (made[0] / "data").unlink()
    manifest = parse((made[2] / FILE_NAME).read_bytes())
    write_manifest(made[2], with_failure(manifest, "L2", "why", time.time(), 1.0))
    done = apply(tmp_path / "x", last=1)
    assert (done.removed, names(tmp_path / "x")) == ([], [one.name for one in made])
    told = f"kept and not counted: {made[0].name}: its files are not as they were written, and 1 more"
    assert done.warnings == [told]


def test_who_is_in_the_folder_of_a_backup_lives(tmp_path: Path, made: list[Path]) -> None:
    with subprocess.Popen(["sleep", "600"], cwd=made[2]) as shell:
        try:
            assert [one["backup"] for one in apply(tmp_path / "x", last=2).removed] == [made[2].name]
            assert shell.poll() is None
        finally:
            shell.kill()
    assert not made[2].exists()


def test_what_is_being_read_stays_and_is_told(tmp_path: Path, made: list[Path]) -> None:
    read = read_catalog(made[0].parent).backups[-1].folder
    with in_use(read):
        outcome = apply(read.parent, last=1)
    assert read.is_dir()
    assert f"{read.name} would be removed" in outcome.warnings[0] and "it is being read" in outcome.warnings[0]
    assert [one["backup"] for one in apply(read.parent, last=1).removed] == [read.name]
    with pytest.raises(NotThere, match="the backup is gone"), in_use(read):
        pass


def test_links_and_other_names_are_left_alone(tmp_path: Path, made: list[Path]) -> None:
    away = made_toy(tmp_path / "away", time.time() - 9 * HOUR)
    link = tmp_path / "x" / away.name
    link.symlink_to(away)
    (tmp_path / "x" / "notes").mkdir()
    swept = tmp_path / "x" / f"{REMOVING}x"
    swept.symlink_to(tmp_path / "away")
    apply(tmp_path / "x", last=1)
    assert (away / "data").exists() and link.is_symlink() and (tmp_path / "x" / "notes").is_dir()
    manifest = parse((away / FILE_NAME).read_bytes())
    with pytest.raises(OpsError, match="no backup's name"):
        remove_here(Backup(tmp_path / "x" / "..", manifest))


def test_nothing_goes_while_another_run_is_at_work(tmp_path: Path, made: list[Path]) -> None:
    with exclusive(tmp_path / "x" / LOCK):
        done = apply(tmp_path / "x", last=1)
    assert (done.removed, len(names(tmp_path / "x"))) == ([], 3)
    assert "another run is at work" in done.warnings[0]


def test_backups_from_the_future_are_told(tmp_path: Path, made: list[Path]) -> None:
    ahead = made_toy(tmp_path / "x", time.time() + 50 * HOUR)
    done = apply(tmp_path / "x", last=1)
    assert names(tmp_path / "x") == [ahead.name, made[0].name]
    assert f"{ahead.name} is kept: begun at " in done.warnings[0]


def test_without_rules_nothing_goes(tmp_path: Path, made: list[Path]) -> None:
    assert apply_retention(None, tmp_path / "x", None, True, time.time()) == Outcome()
    assert len(names(tmp_path / "x")) == 3
