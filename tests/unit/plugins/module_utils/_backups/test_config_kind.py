# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs of backups of configuration: what is damaged, differs or does not fulfil an assertion is found."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import config_kind
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.config_kind import REHEARSAL, read_in_full, rehearsed
from ansible_collections.day2.ops.plugins.module_utils._backups.config_putting import put
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError

from .config_help import Etc


@pytest.fixture
def etc(tmp_path: Path) -> Etc:
    made = Etc(tmp_path)
    made.hostile()
    (made.etc / "noise").write_bytes(random.Random(1).randbytes(50_000))
    return made


def opened(etc: Etc, name: str = "config") -> Opened:
    """Return the newest backup."""
    backup = read_catalog(etc.backups / name).backups[0]
    return Opened(backup.folder, backup.manifest, None, 60.0)


def archive(etc: Etc) -> Path:
    return next(opened(etc).folder.glob("files.tar.*"))


def test_levels(etc: Etc) -> None:
    path = str(etc.etc / "main.conf")
    made = etc.back_up(
        verify="L4",
        rehearsal={
            "assertions": [{"path": path, "contains": "port 80"}, {"path": path.lstrip("/"), "sha256": _sha256(path)}],
            "command": ["test", "-d", path.lstrip("/").replace("main.conf", "conf.d")],
        },
    )
    assert [proof["level"] for proof in made.data["proofs"]] == ["L0", "L1", "L2", "L3", "L4"]
    assert made.data["proofs"][-1]["found"] == {"compared": 18, "assertions": 2}
    assert not list(etc.backups.glob("*/.rehearsed-*"))


def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest().upper()


@pytest.mark.parametrize(
    ("rehearsal", "kind", "words"),
    [
        ({"assertions": [{"path": "etc/main.conf", "contains": "port 81"}]}, OpsError, "L4 failed: .* lacks the text"),
        ({"assertions": [{"path": "etc/main.conf", "sha256": "0" * 64}]}, OpsError, "L4 failed: .* another sha256"),
        ({"assertions": [{"path": "etc/none", "contains": ""}]}, OpsError, "L4 failed: .* not there"),
        ({"assertions": [{"path": "etc/conf.d/enabled", "contains": ""}]}, OpsError, "L4 failed: .* link"),
        ({"assertions": [{"path": "../x", "contains": ""}]}, InputError, "expected the path"),
        ({"assertions": [{"path": "etc/main.conf"}]}, InputError, "expected sha256 or contains"),
        ({"assertions": [{"contains": "x"}]}, InputError, "path"),
        ({"command": ["sh", "-c", "echo broken >&2; exit 3"]}, OpsError, "L4 failed: .* status 3: sh; broken"),
        ({"command": ["/no/such/program"]}, OpsError, "L4 failed: cannot run the program"),
        ({"folder": "/no/such/folder"}, InputError, "folder must be one"),
        ({"folder": "relative"}, InputError, "folder must be one"),
    ],
)
def test_what_does_not_hold_is_told(etc: Etc, rehearsal: dict[str, Any], kind: type[OpsError], words: str) -> None:
    here = str(etc.etc).lstrip("/")
    for assertion in rehearsal.get("assertions", []):
        if "path" in assertion:
            assertion["path"] = assertion["path"].replace("etc/", f"{here}/", 1)
    with pytest.raises(kind, match=words):
        etc.back_up(verify="L4", rehearsal=rehearsal)
    assert not list(etc.backups.glob("*/.rehearsed-*"))
    assert not list(etc.backups.glob("config/2*"))


def test_an_archive_that_is_cut_anywhere_is_found(etc: Etc) -> None:
    etc.back_up()
    whole = archive(etc).read_bytes()
    for _try in range(20):
        archive(etc).write_bytes(whole[: random.randrange(len(whole))])
        with pytest.raises(OpsError):
            read_in_full(opened(etc))


def test_an_archive_with_a_flipped_bit_is_found_or_still_holds_the_same(etc: Etc) -> None:
    """Some bits of what packs an archive mean nothing; those of a file's content all do. L1 finds each."""
    etc.back_up()
    whole = archive(etc).read_bytes()
    backup = opened(etc)
    for _try in range(20):
        bad = bytearray(whole)
        bad[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        archive(etc).write_bytes(bytes(bad))
        with suppress(OpsError), rehearsed(backup, REHEARSAL.validate({}, "")) as restored:
            restored.compare()
        with pytest.raises(OpsError, match="checksum"):
            etc.restore()
    assert not (etc.folder / "restored").exists()


@pytest.mark.parametrize("data", [b"", b"x" * 100_000, b"\x28\xb5\x2f\xfd", b"\x1f\x8b"])
def test_what_is_no_archive_is_found(etc: Etc, data: bytes) -> None:
    etc.back_up()
    archive(etc).write_bytes(data)
    with pytest.raises(OpsError):
        read_in_full(opened(etc))


def test_an_archive_of_other_files_is_found(etc: Etc) -> None:
    etc.back_up()
    index = (opened(etc).folder / "index.jsonl").read_bytes()
    for change in (lambda: (etc.etc / "main.conf").write_text("port 81\nuser www\n"), (etc.etc / "a").touch):
        change()
        etc.back_up()
        other = opened(etc)
        with pytest.raises(OpsError, match="another than that of which the manifest tells"):
            (other.folder / "index.jsonl").write_bytes(index)
            read_in_full(other)
        with pytest.raises(OpsError, match=r"something else|another checksum|lacks"):
            first = read_catalog(etc.backups / "config").backups[-1].manifest.facts
            read_in_full(replace(other, manifest=replace(other.manifest, facts=first)))


def test_what_was_restored_otherwise_is_found(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    etc.back_up()
    main = str(etc.etc / "main.conf").lstrip("/")

    spoil: list[Callable[[Path], Any]] = []

    def spoilt(tree: Any, *arguments: Any, **options: Any) -> None:
        put(tree, *arguments, **options)
        spoil[-1](Path(tree.place(main)))

    def relinked(path: Path) -> None:
        (path.parent / "conf.d/enabled").unlink()
        (path.parent / "conf.d/enabled").symlink_to("x")

    monkeypatch.setattr(config_kind, "put", spoilt)
    for change, words in (
        (lambda path: path.write_text("x"), "content differs"),
        (lambda path: path.chmod(0o777), "mode differs"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: [path.unlink(), path.symlink_to("x")], "another type"),
        (relinked, "target"),
        (lambda path: path.with_name("more").touch(), "more than the backup holds"),
    ):
        spoil.append(change)
        with rehearsed(opened(etc), REHEARSAL.validate({}, "")) as restored, pytest.raises(OpsError, match=words):
            restored.compare()


def test_folders_that_forbid_to_write_are_restored_and_removed(etc: Etc, tmp_path: Path) -> None:
    (etc.etc / "conf.d").chmod(0o555)
    (tmp_path / "apart").mkdir()
    etc.back_up(verify="L4", rehearsal={"folder": str(tmp_path / "apart")})
    assert not os.listdir(tmp_path / "apart")
    (etc.etc / "conf.d").chmod(0o755)
