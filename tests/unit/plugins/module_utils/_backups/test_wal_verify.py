# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drills of the log: what is refused before anything is done, a log that ends too early, and objectives."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import objectives
from ansible_collections.day2.ops.plugins.module_utils._backups.wal_scratch import require_all
from ansible_collections.day2.ops.plugins.module_utils._backups.wal_verify import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError

ACCOUNT = "nobody" if os.geteuid() == 0 else None  # that the program runs as
SEGMENT = 1 << 24
LAST = "0000000100000000000000FE"
BEGINS = 0xFE * SEGMENT


@pytest.mark.parametrize(
    ("last", "replayed", "now_writes"),
    [
        (None, 0, "000000020000000000000001"),
        (LAST, BEGINS + 40, "0000000200000000000000FE"),
        (LAST, BEGINS + SEGMENT, "0000000200000000000000FF"),
        # what is archived of a timeline that was left is not for this one
        (LAST, BEGINS - 40, "0000000400000000000000FD"),
    ],
)
def test_a_log_that_was_replayed_to_its_end(last: str | None, replayed: int, now_writes: str) -> None:
    require_all(last, ("0/1", replayed), now_writes, SEGMENT)


def test_a_log_with_a_gap() -> None:
    with pytest.raises(OpsError, match=f"the replay ended at 0/9, before the last archived WAL file {LAST}"):
        require_all(LAST, ("0/9", BEGINS), "0000000200000000000000FE", SEGMENT)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that another account may look into."""
    with tempfile.TemporaryDirectory(prefix="day2-wal-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def told(folder: Path, version: str | None) -> dict[str, Any]:
    """Return options with a program that tells of one backup."""
    backup = {
        "archive": {"start": "1", "stop": "2"},
        "database": {"id": 1, "repo-key": 1},
        "info": {"size": 7},
        "label": "20261126-154607F",
        "timestamp": {"start": 1, "stop": 2},
        "type": "full",
    }
    entry = {
        "backup": [backup],
        "db": [] if version is None else [{"id": 1, "repo-key": 1, "version": version}],
        "name": "shop",
        "repo": [],
        "status": {"code": 0, "message": "ok"},
    }
    program = folder / "pgbackrest"
    program.write_text(f"#!/bin/sh\ncat <<'end'\n{json.dumps([entry])}\nend\n", encoding="utf-8")
    program.chmod(0o755)
    return {"stanza": "shop", "program": str(program)}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, r"a backup of PostgreSQL \(unknown\) cannot be rehearsed: 20261126-154607F"),
        ("9.6", r"a backup of PostgreSQL 9\.6 cannot be rehearsed"),
        ("12", "no folder with the programs postgres, pg_amcheck of PostgreSQL 12: .*; install the server"),
    ],
)
def test_what_cannot_be_rehearsed(tmp_path: Path, open_to_all: Path, version: str | None, words: str) -> None:
    given = {**told(open_to_all, version), "rehearsal": {"bin_dir": str(tmp_path), "user": ACCOUNT}}
    with pytest.raises(OpsError, match=words):
        operate(SPEC.validate(given, "wal_verify"), True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objectives": {"rto": "soon"}}, "objectives: rto: expected seconds"),
        ({"rehearsal": {"jobs": 0}}, "rehearsal: jobs must be 1 or more"),
        ({"rehearsal": {"until": "noon"}}, "value of until must be one of"),
        ({"rehearsal": {"assertions": [{"query": "SELECT 1"}]}}, r"rehearsal: assertions\[0\]"),
    ],
)
def test_wrong_options_are_told_before_anything_is_asked(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        operate(SPEC.validate({"stanza": "shop", "program": "/no/such", **options}, "wal_verify"), False)


def test_a_program_that_is_not_there() -> None:
    given = {"stanza": "shop", "program": "/no/such", "rehearsal": {"user": ACCOUNT}}
    with pytest.raises(NotThere, match="cannot run the program"):
        operate(SPEC.validate(given, "wal_verify"), False)


def test_objectives() -> None:
    wanted = objectives.objectives_of({"rto": "15m", "rpo": None})
    assert wanted == {"rto": 900.0}
    held = objectives.held({"rto": 900.0, "rpo": 60.0}, {"rto": 8.0, "rpo": 61.0}, False)
    assert objectives.missed(held) == ["rpo"]
    assert objectives.told(held) == ["RTO 8 s of 15 min, met", "RPO 1 min 1 s of 1 min, missed"]
    nothing = {"rto": None, "rpo": None}
    assert objectives.missed(objectives.held({"rto": 1.0}, nothing, True)) == []
    assert objectives.missed(objectives.held({"rto": 1.0}, nothing, False)) == ["rto"]
    assert [objectives.age(100.0, held_at) for held_at in (130.0, 200.0, 40.0)] == [0.0, -100.0, 60.0]
