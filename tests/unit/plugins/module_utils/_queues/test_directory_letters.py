# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dead letters that are files whose names are no UTF-8: shown escaped, found and put back under their own names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_records import coded
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.directory import Directory

NAMES = [b"caf\xe9-0.json", b"caf\xe9-1.json", "caf\u00e9-2.json".encode(), b"caf\\xe9-3.json"]


@pytest.fixture
def dead(tmp_path: Path) -> bytes:
    """A folder with a letter for each of the names."""
    for folder in ("in", "dead"):
        (tmp_path / folder).mkdir()
    for name in NAMES:
        (tmp_path / "dead" / os.fsdecode(name)).write_text("{}", encoding="utf-8")
    return os.fsencode(tmp_path / "dead")


def letters_of(folder: bytes) -> Any:
    base = os.path.dirname(os.fsdecode(folder))
    options: dict[str, Any] = {"path": f"{base}/in", "dead": f"{base}/dead", "pattern": "*", "ignore": []}
    rest = dict.fromkeys(("recurse", "in_flight", "park", "error_suffix", "item"))
    letters = Directory("directory", "files", {**rest, **options, "missing": "unknown"}).dead_letters(Terms(run="r"))
    letters.begin()
    return letters


def test_those_that_are_still_dead_are_seen(dead: bytes) -> None:
    letters = letters_of(dead)
    ids = [letter.id for letter in letters.take(10)]
    assert ids[0] == "caf\\xe9-0.json"
    assert letters.still_dead(ids) == len(NAMES)
    os.unlink(os.path.join(dead, NAMES[0]))
    assert letters.still_dead(ids) == len(NAMES) - 1


def test_an_archive_gives_them_their_names_back(dead: bytes) -> None:
    letters = letters_of(dead)
    records = [letters.record(letter) for letter in letters.take(10)]
    assert letters.restore(records, "batch") == 0  # all are there
    for name in NAMES:
        os.unlink(os.path.join(dead, name))
    assert letters.restore(records, "batch") == len(NAMES)
    assert sorted(os.listdir(dead)) == sorted(NAMES)


def test_a_name_that_leads_out_is_refused_in_bytes_too(dead: bytes) -> None:
    letters = letters_of(dead)
    record = letters.record(letters.take(1)[0])
    with pytest.raises(InputError, match="names a file outside the folder"):
        letters.restore([{**record, "name": coded(b"../out")}], "batch")
