# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Backups as a maintenance window wants them before anything is touched: fresh, proven, and none being made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.durations import show_duration

LEVELS = ("L0", "L1", "L2", "L3", "L4")

Looked = Mapping[str, Any]


def problems(results: Sequence[Looked], level: str) -> list[str]:
    """Return what is wrong, a line each.

    :param results: what ``backup_info`` and ``es_snapshot_info`` returned in a loop over names; each holds the loop's
        variable by the name in ``ansible_loop_var``. What was skipped counts for nothing.
    :param level: to which the newest backup of each must have been proven.
    """
    looked = [one for one in results if not one.get("skipped")]
    return [f"{one[one['ansible_loop_var']]}: {line}" for one in looked for line in _wrong(one, level)]


def _wrong(one: Looked, level: str) -> Iterator[str]:
    if "catalogs" not in one:  # a snapshot's age was looked at by the module
        if one.get("running"):
            yield "a snapshot is being made now"
        return
    if not one["catalogs"]:
        yield "there is no backup"
    for catalog in one["catalogs"]:
        yield from _wrong_catalog(catalog, level)


def _wrong_catalog(catalog: Looked, level: str) -> Iterator[str]:
    if catalog["running"]:
        yield "a backup is being made now"
    if catalog["newest"] is None:
        yield "there is no backup that counts"
        return
    if catalog["rpo_state"] == "missed":
        yield f"the newest backup is {show_duration(catalog['age'])} old, its RPO is {show_duration(catalog['rpo'])}"
    if LEVELS.index(catalog["newest_level"]) < LEVELS.index(level):
        yield f"the newest backup is proven to {catalog['newest_level']}, {level} is wanted"
