# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The room of real file systems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt


def test_what_is_seen(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("disk", path=str(tmp_path), max_used_percent=100)
    room = os.statvfs(tmp_path)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["total_bytes"] == room.f_blocks * room.f_frsize
    assert 0 <= outcome.values["used_percent"] <= 100
    assert outcome.values["mounted"] is False


def test_each_limit_is_held(attempt: Attempt) -> None:
    outcome = attempt("disk", path="/", max_used_percent=0, min_free_bytes="8192P", max_inodes_percent=0)
    assert outcome.status == "fail"
    assert outcome.reason.count("; ") == 2
    assert " %, expected at most 0 %" in outcome.reason
    assert f"expected at least {8192 * 1024**5} bytes" in outcome.reason


def test_without_a_limit_of_its_own_ninety_percent_counts(attempt: Attempt) -> None:
    outcome = attempt("disk", path="/")
    assert (outcome.status == "pass") == (outcome.values["used_percent"] <= 90)


def test_a_path_that_is_not_there_is_unknown(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("disk", path=str(tmp_path / "nowhere"))
    assert (outcome.status, outcome.reason) == ("unknown", f"the path does not exist: {tmp_path}/nowhere")


def test_nothing_is_mounted(attempt: Attempt, tmp_path: Path) -> None:
    outcome = attempt("disk", path=str(tmp_path), must_be_mount=True)
    assert outcome.status == "fail"
    assert outcome.reason.startswith(f"nothing is mounted there: {tmp_path}")
    assert attempt("disk", path="/", must_be_mount=True, max_used_percent=100).status == "pass"


def test_a_file_system_without_inodes_is_unknown(attempt: Attempt) -> None:
    outcome = attempt("disk", path="/proc", max_inodes_percent=50)
    assert (outcome.status, outcome.reason) == (
        "unknown",
        "inodes_percent is null (this file system counts no inodes)",
    )


def test_a_size_that_is_none(attempt: Attempt) -> None:
    with pytest.raises(InputError, match="min_free_bytes"):
        attempt("disk", path="/", min_free_bytes="plenty")
