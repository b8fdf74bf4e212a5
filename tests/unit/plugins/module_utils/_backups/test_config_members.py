# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The index of a backup of configuration: any name comes through it, and what no backup holds does not."""

from __future__ import annotations

import io
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.config_members import (
    Index,
    Member,
    digest,
    in_bytes,
    parse,
    shown,
    written,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

from .config_help import NAMES

HASH = "0" * 64
FILE = Member("etc/x", "file", 0o644, 0, 0, 1, 3, HASH)


def read(*members: Member, roots: tuple[str, ...] = ("etc",), cut: int = 0) -> Index:
    data = b"".join(written(Index(roots, ("*.bak",), members)))
    return parse(io.BytesIO(data[: len(data) - cut]))


def test_names_come_through() -> None:
    members = [FILE._replace(path=name) for name in sorted(NAMES, key=in_bytes)]
    assert read(*members) == Index(("etc",), ("*.bak",), tuple(members))


def test_all_types_come_through() -> None:
    folder = Member("etc", "folder", 0o2755, 1, 2, 3)
    link = Member("etc/l", "link", 0o777, 0, 0, -1, target="/etc/x")
    index = read(folder, link, FILE)
    assert index.members == (folder, link, FILE)
    told = index.facts()
    assert (told["files"], told["folders"], told["links"], told["bytes"]) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "../x"},
        {"path": "/etc/x"},
        {"path": "etc/../../x"},
        {"path": ""},
        {"path": "etc//x"},
        {"path": "a\0b"},
        {"type": "device"},
        {"type": "link"},
        {"mode": 0o104755},
        {"mode": "0644"},
        {"uid": -1},
        {"size": -1},
        {"sha256": "x"},
        {"target": "/x"},
        {"path": 5},
        {"mode": None},
    ],
)
def test_what_no_backup_holds_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(OpsError):
        read(FILE._replace(**changed))


def test_what_is_cut_or_twice_is_refused() -> None:
    for cut in (1, 30, 150, 10_000):
        with pytest.raises(OpsError, match="cut or no JSON"):
            read(FILE, cut=cut)
    with pytest.raises(OpsError, match="twice"):
        read(FILE, FILE)
    with pytest.raises(OpsError, match="root outside"):
        read(FILE, roots=("../etc",))


@pytest.mark.parametrize(
    "data", [b"", b"[]\n", b"{}\n", b'{"format": 2}\n', b'{"format": 1}\n', b"\xff\n", b"[" * 9999]
)
def test_what_is_no_index_is_refused(data: bytes) -> None:
    with pytest.raises(OpsError):
        parse(io.BytesIO(data))
    with pytest.raises(OpsError, match="other fields"):
        parse(io.BytesIO(b'{"format": 1, "roots": [], "excludes": []}\n{"path": "x", "more": 1}\n'))


def test_the_digest_is_of_all_but_mtime() -> None:
    assert digest([FILE]) == digest([FILE._replace(mtime=9)])
    for changed in ({"mode": 0o600}, {"uid": 1}, {"path": "etc/y"}, {"sha256": "1" * 64}):
        assert digest([FILE]) != digest([FILE._replace(**changed)])


def test_a_path_is_shown_without_what_cannot_be() -> None:
    assert shown("etc/\udcff") == "etc/\\xff"
