# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proving backups now: what is told, what the manifest says after, what objectives make of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import kinds, opening, verification_drill
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import damage, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import (
    FILE_NAME,
    failure,
    with_failure,
    write_manifest,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command
from ansible_collections.day2.ops.plugins.module_utils._backups.verification import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result

from .toy_kind import TOY, made_toy


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "KINDS", {"toy": lambda: TOY})


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return made_toy(tmp_path / "x", time.time() - 3600)


def verify(path: Path, check_mode: bool = False, **options: Any) -> Result:
    given = {"path": str(path), **({} if options.get("all") else {"name": "x"}), **options}
    return operate(SPEC.validate(given, "test"), check_mode)


def test_levels_are_proven_and_written_down(tmp_path: Path, backup: Path) -> None:
    done = verify(tmp_path, level="L4", objectives={"rto": "15m", "rpo": "2h"})
    assert (done.changed, done.failed, done.data["level"], done.data["where"]) == (True, False, "L4", "local")
    assert [proof["level"] for proof in done.data["proofs"]] == ["L0", "L1", "L2", "L3", "L4"]
    assert 0 <= done.data["rto_seconds"] < 60
    assert 3600 <= done.data["rpo_seconds"] < 3700
    assert {name: one["met"] for name, one in done.data["objectives"].items()} == {"rto": True, "rpo": True}
    (known,) = read_catalog(tmp_path / "x").backups
    assert (known.manifest.level, [one.level for one in known.manifest.proofs][-1]) == ("L4", "L4")
    assert done.diff == {"before": "L1 (L1 held)\n", "after": "L4 (L0 held, L1 held, L2 held, L3 held, L4 held)\n"}


def test_without_a_level_all_is_read(tmp_path: Path, backup: Path) -> None:
    done = verify(tmp_path)
    assert (done.data["level"], done.data["rto_seconds"]) == ("L2", None)


def test_objectives_that_are_missed_fail(tmp_path: Path, backup: Path) -> None:
    done = verify(tmp_path, level="L3", objectives={"rto": 0, "rpo": "10m"})
    assert (done.failed, done.data["level"]) == (True, "L3")
    assert "RTO" in done.msg and "RPO 1 h of 10 min, missed" in done.msg


@pytest.mark.parametrize(
    ("data", "options", "level_failed", "left"),
    [
        (b"unreadable", {"level": "L4"}, "L2", "L1"),
        (b"good", {"level": "L4"}, "L4", "L3"),
    ],
)
def test_a_broken_backup_is_marked(
    tmp_path: Path, data: bytes, options: dict[str, Any], level_failed: str, left: str
) -> None:
    old = made_toy(tmp_path / "x", time.time() - 7200)
    facts = {"words": 3 if level_failed == "L4" else 2}
    new = made_toy(tmp_path / "x", time.time() - 3600, data, level="L4", facts=facts)
    done = verify(tmp_path, **options)
    assert (done.failed, done.data["level_failed"], done.data["level"]) == (True, level_failed, left)
    assert f"{new.name}: {level_failed} failed" in done.msg
    known = read_catalog(tmp_path / "x").backups[0]
    assert failure(known.manifest).startswith(f"{level_failed} failed on ")
    assert damage(known) == failure(known.manifest)
    passed = verify(tmp_path, level="L1")
    assert passed.data["backup"] == old.name  # it is not the newest any more
    assert passed.warnings[0].startswith(f"newer than {old.name}, and not taken: {new.name}: {level_failed} failed on ")
    assert verify(tmp_path, level="L1", backup=new.name).data["level"] == left  # that does not undo it


def test_a_later_proof_undoes_the_mark(tmp_path: Path, backup: Path) -> None:
    (known,) = read_catalog(tmp_path / "x").backups
    write_manifest(backup, with_failure(known.manifest, "L2", "why", time.time(), 1.0))
    again = verify(tmp_path, level="L4", backup=backup.name)
    assert (again.failed, damage(read_catalog(tmp_path / "x").backups[0])) == (False, "")


def test_an_assertion_of_the_user_that_fails_marks_nothing(tmp_path: Path, backup: Path) -> None:
    before = (backup / FILE_NAME).read_bytes()
    done = verify(tmp_path, level="L4", rehearsal={"expected": 3})
    assert (done.failed, done.changed, done.data["level_failed"]) == (True, False, "L4")
    assert "L4 failed: it holds other words" in done.msg and "the backup is not marked" in done.msg
    assert (backup / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("script", "marked"),
    [
        ("echo bad data >&2; exit 1", True),
        ("kill -9 $$", False),
        ("exit 127", False),
        ("echo out of memory >&2; exit 1", False),
        ("echo could not write: No space left on device >&2; exit 1", False),
    ],
)
def test_only_a_reader_that_refuses_the_data_marks(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, script: str, marked: bool
) -> None:
    def read(opened: Opened) -> dict[str, Any]:
        opened.feed("data", [Command(["sh", "-c", script])])
        return {}

    monkeypatch.setattr(TOY, "read_in_full", read)
    done = verify(tmp_path, level="L2")
    assert (done.failed, done.data["level_failed"]) == (True, "L2")
    assert bool(failure(read_catalog(tmp_path / "x").backups[0].manifest)) is marked


def test_what_does_not_decrypt_is_not_marked(tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (known,) = read_catalog(tmp_path / "x").backups
    write_manifest(backup, replace(known.manifest, layout={"encryption": {"method": "toy"}}))

    def cipher(script: str) -> SimpleNamespace:
        told = {"method": "toy"}
        run = Command(["sh", "-c", script])
        return SimpleNamespace(suffix="", told=lambda: told, readable=lambda: True, decrypting=lambda: run)

    def read(opened: Opened) -> dict[str, Any]:
        opened.feed("data", [Command(["sh", "-c", "cat > /dev/null; echo cut >&2; exit 1"])])
        return {}

    monkeypatch.setattr(TOY, "read_in_full", read)
    for script, marked in (("echo no identity matched >&2; exit 1", False), ("cat", True)):
        monkeypatch.setattr(opening, "cipher_of", lambda _options, script=script: cipher(script))
        assert verify(tmp_path, level="L2").failed
        assert bool(failure(read_catalog(tmp_path / "x").backups[0].manifest)) is marked


def test_a_scratch_server_that_fails_marks_nothing(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rehearsed(_backup: Opened, _options: Any) -> Any:
        raise OpsError("initdb ended with status 1")

    monkeypatch.setattr(TOY, "rehearsed", rehearsed)
    assert verify(tmp_path, level="L3").data["level_failed"] == "L3"
    assert not failure(read_catalog(tmp_path / "x").backups[0].manifest)
    monkeypatch.setattr(TOY, "RESTORING_READS_ALL", True, raising=False)
    assert verify(tmp_path, level="L3").data["level_failed"] == "L2"
    assert not failure(read_catalog(tmp_path / "x").backups[0].manifest)


def test_backups_from_the_future_are_not_the_newest(tmp_path: Path, backup: Path) -> None:
    ahead = made_toy(tmp_path / "x", time.time() + 7200)
    done = verify(tmp_path, objectives={"rpo": "2h"})
    assert (done.data["backup"], done.failed) == (backup.name, False)
    assert f"not taken: {ahead.name}: begun at " in done.warnings[0] and "from the future" in done.warnings[0]
    named = verify(tmp_path, backup=ahead.name, objectives={"rpo": "2h"})
    assert (named.failed, named.data["objectives"]["rpo"]["met"]) == (True, False)
    assert named.data["rpo_seconds"] < -7000


def test_no_backup_at_all_is_a_failure(tmp_path: Path) -> None:
    done = verify(tmp_path, all=True)
    assert (done.failed, done.changed, done.msg) == (True, False, f"there is no backup to prove: {tmp_path}")


def test_what_cannot_be_written_down_does_not_end_the_run(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = made_toy(tmp_path / "x", time.time() - 60, b"unreadable")

    def refuse(*_given: Any) -> list[str]:
        raise OpsError("the file system is read-only")

    monkeypatch.setattr(verification_drill, "record", refuse)
    done = verify(tmp_path, all=True)
    assert [one["backup"] for one in done.data["verified"]] == [bad.name, backup.name]
    assert done.warnings == [f"{bad.name} is not marked as failed: the file system is read-only"]
    assert verify(tmp_path, backup=bad.name).data["level_failed"] == "L2"


def test_a_flipped_bit_is_found_and_marked(tmp_path: Path, backup: Path) -> None:
    (backup / "data").write_bytes(b"some dat`")
    done = verify(tmp_path)
    assert (done.failed, done.data["level_failed"], done.data["level"]) == (True, "L1", "L0")
    with pytest.raises(NotThere, match=r"not counted: .* L1 failed"):
        verify(tmp_path)


def test_what_could_not_be_tried_marks_nothing(tmp_path: Path, backup: Path) -> None:
    before = (backup / FILE_NAME).read_bytes()
    done = verify(tmp_path, level="L3", rehearsal={"missing": True})
    assert (done.failed, done.changed, done.data["level_failed"]) == (True, False, "L3")
    assert (backup / FILE_NAME).read_bytes() == before


def test_check_mode_reads_and_writes_nothing(tmp_path: Path, backup: Path) -> None:
    before = (backup / FILE_NAME).read_bytes()
    done = verify(tmp_path, check_mode=True, level="L4", objectives={"rto": 1})
    assert (done.changed, done.failed, done.data["rto_seconds"]) == (True, False, None)
    (backup / "data").write_bytes(b"some dat`")
    assert verify(tmp_path, check_mode=True).failed
    assert (backup / FILE_NAME).read_bytes() == before


def test_all_are_tried_whatever_fails(tmp_path: Path, backup: Path) -> None:
    bad = made_toy(tmp_path / "x", time.time() - 60, b"unreadable")
    other = made_toy(tmp_path / "y", time.time() - 60)
    cut = made_toy(tmp_path / "y", time.time() - 120)
    (cut / FILE_NAME).write_bytes(b"{")
    done = verify(tmp_path, all=True)
    told = {one["backup"]: one["level_failed"] for one in done.data["verified"]}
    assert done.failed
    assert told == {backup.name: None, bad.name: "L2", other.name: None}
    assert [(one["name"], one["backup"]) for one in done.data["refused"]] == [("y", cut.name)]
    assert f"x/{bad.name}: L2 failed" in done.msg and f"y/{cut.name}: the manifest is cut" in done.msg


@pytest.mark.parametrize(
    "options",
    [
        {"objectives": {"rto": 5}},
        {"objectives": {"rpo": "soon"}},
        {"objectives": {"other": 1}},
        {"rehearsal": {"other": 1}, "level": "L3"},
        {"source": "storage"},
        {"name": None},
    ],
)
def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, backup: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        verify(tmp_path, **options)


def test_options_of_a_rehearsal_may_stand_under_the_kind(tmp_path: Path, backup: Path) -> None:
    assert verify(tmp_path, level="L4", rehearsal={"toy": {"expected": 3}}).data["level_failed"] == "L4"
