# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups keep a window from beginning."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._windows.backups import problems

WELL: dict[str, Any] = {
    "running": False,
    "newest": "20260301T020000Z-7f3a91c2",
    "newest_level": "L2",
    "age": 7200.0,
    "rpo": 3600.0,
    "rpo_state": "met",
}


def looked(**more: Any) -> dict[str, Any]:
    """Return what a loop keeps of looking at the backup `db`."""
    return {"ansible_loop_var": "backup_name", "backup_name": "db", **more}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        (looked(catalogs=[WELL]), []),
        (looked(skipped=True), []),
        (looked(running=[]), []),
        (looked(running=[{"snapshot": "a"}]), ["db: a snapshot is being made now"]),
        (looked(catalogs=[]), ["db: there is no backup"]),
        (looked(catalogs=[{**WELL, "newest": None}]), ["db: there is no backup that counts"]),
        (
            looked(catalogs=[{**WELL, "running": True, "rpo_state": "missed"}]),
            ["db: a backup is being made now", "db: the newest backup is 2 h old, its RPO is 1 h"],
        ),
        (looked(catalogs=[{**WELL, "newest_level": "L1"}]), ["db: the newest backup is proven to L1, L2 is wanted"]),
    ],
)
def test_what_keeps_a_window_from_beginning(result: dict[str, Any], lines: list[str]) -> None:
    assert problems([result], "L2") == lines
