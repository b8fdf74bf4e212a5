# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pgBackRest 2.45 prints, read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._postgres.pgbackrest import (
    chosen_backup,
    stanza_info,
    target,
    verified,
)

NOW = 1795708000.0
FULL = {
    "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000003"},
    "database": {"id": 1, "repo-key": 1},
    "error": False,
    "info": {"delta": 22992558, "repository": {"delta": 2811752, "size": 2811752}, "size": 22992558},
    "label": "20261126-154607F",
    "reference": None,
    "timestamp": {"start": 1795707967, "stop": 1795707975},
    "type": "full",
}
DIFF = {
    **FULL,
    "label": "20261126-154607F_20261126-154620D",
    "reference": ["20261126-154607F"],
    "timestamp": {"start": 1795707980, "stop": 1795707990},
    "type": "diff",
}
WHOLE: dict[str, Any] = {
    "archive": [{"database": {"id": 1, "repo-key": 1}, "id": "15-1", "max": "0003", "min": "0001"}],
    "backup": [FULL, DIFF],
    "db": [{"id": 1, "repo-key": 1, "system-id": 7, "version": "15"}],
    "name": "shop",
    "repo": [{"cipher": "aes-256-cbc", "key": 1, "status": {"code": 0, "message": "ok"}}],
    "status": {"code": 0, "message": "ok"},
}
EMPTY: dict[str, Any] = {
    "archive": [],
    "backup": [],
    "name": "shop",
    "repo": [{"cipher": "none", "key": 1, "status": {"code": 1, "message": "missing stanza path"}}],
    "status": {"code": 1, "message": "missing stanza path"},
}
GOOD = """\
stanza: main
status: ok
  archiveId: 15-1, total WAL checked: 3, total valid WAL: 3
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
"""
BAD = """\
stanza: main
status: error
  archiveId: 15-1, total WAL checked: 3, total valid WAL: 3
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261126-154607F, status: invalid, total files checked: 964, total valid files: 963
    missing: 1, checksum invalid: 12, size invalid: 0, other: 0
"""


def info(entry: dict[str, Any]) -> dict[str, Any]:
    return stanza_info(json.dumps([entry]), "shop", NOW)


def test_a_stanza() -> None:
    found = info(WHOLE)
    assert (found["ok"], found["age"], found["restorable_since"]) == (True, 10.0, "2026-11-26T15:46:15+00:00")
    assert (found["newest"]["type"], found["newest"]["needs"]) == ("diff", ["20261126-154607F"])
    assert found["newest_full"]["label"] == "20261126-154607F"
    assert [found["newest"][name] for name in ("postgres", "archive", "archived_to")] == ["15", "15-1", "0003"]
    assert found["repositories"] == [{"repository": 1, "code": 0, "message": "ok", "encrypted": True}]


def test_a_stanza_that_is_not_there_yet() -> None:
    found = info(EMPTY)
    assert (found["ok"], found["without_stanza"], found["newest"], found["age"]) == (False, [1], None, None)
    with pytest.raises(NotThere, match="no such stanza: other"):
        stanza_info(json.dumps([WHOLE]), "other", NOW)


@pytest.mark.parametrize("text", ["", "ERROR: [037]", "{}", '[{"name": "shop"}]', "[1]"])
def test_what_cannot_be_understood(text: str) -> None:
    with pytest.raises(OpsError):
        stanza_info(text, "shop", NOW)


def test_a_backup_with_an_error_does_not_count() -> None:
    found = info({**WHOLE, "backup": [FULL, {**DIFF, "error": True}]})
    assert found["newest"]["type"] == "full"


def test_what_verify_found() -> None:
    assert verified(GOOD) == {"ok": True, "wrong": []}
    assert verified(BAD) == {"ok": False, "wrong": ["backup: 20261126-154607F: missing 1, checksum invalid 12"]}
    assert verified("") == {"ok": False, "wrong": ["verify said nothing"]}


@pytest.mark.parametrize(
    ("given", "text", "moment"),
    [
        ("2026-03-01 11:59:59+00", "2026-03-01 11:59:59+00:00", 1772366399.0),
        ("2026-03-01T11:59:59Z", "2026-03-01 11:59:59+00:00", 1772366399.0),
        ("2026-03-01 11:59:59 UTC", "2026-03-01 11:59:59+00:00", 1772366399.0),
        ("2026-03-01 12:59:59.25+0100", "2026-03-01 12:59:59.25+01:00", 1772366399.25),
    ],
)
def test_a_target_time(given: str, text: str, moment: float) -> None:
    found = target({"time": given, "name": "", "xid": None})
    assert (found["type"], found["target"], found["moment"]) == ("time", text, moment)


def test_other_targets() -> None:
    assert target({})["type"] == "default"
    assert target({"name": "before the migration"})["target"] == "before the migration"
    assert target({"xid": 4711})["target"] == "4711"
    assert target({"lsn": "0/3000050"})["told"] == "lsn 0/3000050"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"time": "2026-03-01 11:59:59"}, "cannot be understood"),
        ({"time": "2026-02-30 11:59:59+00"}, "the target time is none"),
        ({"time": "2026-03-01 11:59:59+00", "xid": "1"}, "given as time and xid"),
        ({"xid": "1; DROP"}, "the number of a transaction"),
        ({"lsn": "here"}, "a place in the WAL"),
        ({"name": "a\nb"}, "cannot be printed"),
    ],
)
def test_targets_that_cannot_be(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        target(given)


def at(moment: float | None) -> dict[str, Any]:
    return {"type": "time", "target": "then", "moment": moment, "told": "then"}


def test_the_backup_that_had_ended_by_then() -> None:
    found = info(WHOLE)
    assert chosen_backup(found, at(None), "", NOW)["type"] == "diff"
    assert chosen_backup(found, at(1795707991.0), "", NOW)["type"] == "diff"
    assert chosen_backup(found, at(1795707989.0), "", NOW)["type"] == "full"
    assert chosen_backup(found, at(None), "20261126-154607F", NOW)["type"] == "full"


@pytest.mark.parametrize(
    ("entry", "moment", "label", "words"),
    [
        (WHOLE, NOW + 3600, "", "yet to come: then; it is 1 h ahead"),
        (
            WHOLE,
            1795707000.0,
            "",
            "no backup had ended by then: then; the first that could be used ended at 2026-11-26T15",
        ),
        (WHOLE, None, "other", "no such backup: other; there are: 20261126-154607F, "),
        (EMPTY, None, "", "there is no backup to restore: shop; missing stanza path"),
    ],
)
def test_no_backup_fits(entry: dict[str, Any], moment: float | None, label: str, words: str) -> None:
    with pytest.raises(OpsError, match=words):
        chosen_backup(info(entry), at(moment), label, NOW)
