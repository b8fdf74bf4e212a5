# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a second copy of a database fits, asked before any of it is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_space import require_room
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

STARTED = 1767225600.0


class _Connection:
    """A server that tells ``row`` of its place."""

    def __init__(self, *row: Any) -> None:
        self._row = row

    def execute(self, _statement: str, _values: list[str]) -> _Connection:
        return self

    def fetchone(self) -> tuple[Any, ...]:
        return self._row


def _manifest(size: Any, **layout: Any) -> Manifest:
    return Manifest("shop", "postgres", "x", 0.0, 0.0, "L1", None, 0, (), {"size": size}, {}, layout, {})


def _room(connection: _Connection, manifest: Manifest, **options: Any) -> list[str]:
    return require_room(cast("Any", connection), manifest, "here", **options)


@pytest.fixture
def data(tmp_path: Path) -> str:
    """The folder of a server on this host."""
    (tmp_path / "postmaster.pid").write_text(f"4711\n{tmp_path}\n{STARTED:.0f}\n5432\n/tmp\n*\n")
    return str(tmp_path)


def test_what_fits_is_let_through_and_what_does_not_is_refused(data: str) -> None:
    server = _Connection(data, 5432, STARTED + 0.7, "")
    assert _room(server, _manifest(1)) == []
    with pytest.raises(OpsError, match=r"too little space for a second copy.* are free: here, /.*; free space there"):
        _room(server, _manifest(1 << 60))


def test_the_tablespace_counts(data: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> None:
    other = str(tmp_path_factory.mktemp("other"))
    asked: list[str] = []
    real = os.statvfs

    def statvfs(path: Any) -> os.statvfs_result:
        asked.append(str(path))
        return real(path)

    monkeypatch.setattr(os, "statvfs", statvfs)
    _room(_Connection(data, 5432, STARTED, other), _manifest(1), tablespace="fast")
    assert asked == [other]


@pytest.mark.parametrize(
    ("data_told", "port", "start"),
    [(False, 5432, STARTED), (True, 5433, STARTED), (True, 5432, STARTED + 3600)],
    ids=["no superuser", "another port", "another start"],
)
def test_a_folder_that_is_not_seen_is_a_warning(data: str, data_told: bool, port: int, start: float) -> None:
    (warning,) = _room(_Connection(data if data_told else None, port, start, ""), _manifest(1 << 60))
    assert warning.startswith("here: whether there is space for 1,152,921,504,607 MB is not known")


@pytest.mark.parametrize("text", ["", "4711\n/x\nsoon\n5432\n"])
def test_a_file_that_tells_nothing_is_a_warning(data: str, text: str) -> None:
    (Path(data) / "postmaster.pid").write_text(text)
    assert len(_room(_Connection(data, 5432, STARTED, ""), _manifest(1 << 60))) == 1


def test_a_size_that_is_not_known_is_a_warning(data: str) -> None:
    server = _Connection(data, 5432, STARTED, "")
    for manifest in (_manifest(None), _manifest(1 << 60, filters={"tables": ["a"]})):
        assert "as its size is not" in _room(server, manifest)[0]
    assert len(_room(server, _manifest(1 << 60), all_of_it=False)) == 1
