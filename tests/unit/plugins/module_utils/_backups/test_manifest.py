# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A manifest is trusted or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import checksum, parse
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.tests.unit.plugins.module_utils._backups.catalogs import fields


def test_a_right_one() -> None:
    manifest = parse(json.dumps(fields(size=12)).encode())
    assert (manifest.name, manifest.kind, manifest.level, manifest.size) == ("orders", "postgres", "L2", 12)
    assert [file.path for file in manifest.files] == ["orders.dump"]
    assert manifest.finished_at - manifest.started_at == 60


def test_the_checksum_does_not_depend_on_how_it_is_written() -> None:
    told = fields(server={"name": "größe"})
    shuffled = json.dumps(dict(reversed(told.items())), indent=4, ensure_ascii=False).encode()
    assert parse(shuffled).server == {"name": "größe"}
    assert checksum(told) == told["sha256"]


def test_cut_anywhere_it_is_refused() -> None:
    whole = json.dumps(fields()).encode()
    for length in range(len(whole)):
        with pytest.raises(OpsError, match="the manifest is cut or no JSON"):
            parse(whole[:length])


def test_altered_it_is_refused() -> None:
    with pytest.raises(OpsError, match="own checksum is wrong"):
        parse(json.dumps({**fields(), "level": "L4"}).encode())


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"format": 2}, r"has the format 2, 1 was expected"),
        ({"format": None}, r"has the format None, 1 was expected"),
        ({"level": "L9"}, "level is none of L0, L1"),
        ({"size": -1}, "size is below 0"),
        ({"size": True}, "size is missing or of another type"),
        ({"finished_at": "yesterday"}, "finished_at is no moment"),
        ({"finished_at": None}, "finished_at is missing"),
        ({"files": {}}, "files is missing or of another type"),
        ({"files": ["a"]}, "files are not all objects"),
        ({"files": [{"path": "../../etc/shadow", "size": 1, "sha256": ""}]}, "outside of its folder"),
        ({"files": [{"path": "/etc/shadow", "size": 1, "sha256": ""}]}, "outside of its folder"),
        ({"server": None}, "server is missing"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(OpsError, match=says):
        parse(json.dumps(fields(**changed)).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_no_manifest_at_all(data: bytes) -> None:
    with pytest.raises(OpsError):
        parse(data)
