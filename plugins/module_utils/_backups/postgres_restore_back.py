# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Swapping back: the database that was kept from before a restore takes its place again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, NotThere
from .._core.postgres_connection import where
from .._core.result import Result
from .._core.waiting import Clock
from .postgres_restore_database import database_names
from .postgres_restore_leftovers import name_lock
from .postgres_restore_swap import drain, swap
from .postgres_restore_target import BEFORE, MOMENT_LENGTH, UNDONE, dated_name, newest_named, require_name

if TYPE_CHECKING:
    import psycopg


def swapped_back(
    connection: psycopg.Connection[Any],
    params: Mapping[str, Any],
    check_mode: bool,
    drain_timeout: float,
    clock: Clock,
) -> Result:
    """Put the kept database back into the place of the restored one, which is kept under another name."""
    target = params["target"]
    if target is None:
        raise InputError("state: swapped_back needs target")
    require_name(target, params)
    on = where({**params, "login_db": target})
    names = database_names(connection)
    kept, done = _kept(names, target, params["keep_old_as"])
    if kept is None:
        if done is None:
            raise NotThere("no database was kept from before a restore", on=on, advice="see keep_old_as")
        told = f"{on}: was swapped back before; what had been restored is {done}"
        return Result(msg=told, data={"target": target, "old": None, "undone": done})
    undone = dated_name(names, target, UNDONE, clock)
    there = target in names
    renames = [*([(target, undone)] if there else []), (kept, target)]
    ended = None
    if not check_mode:
        with name_lock(connection, target):
            if there:
                drain(connection, target, drain_timeout, clock)
            ended = swap(connection, params, renames)
    verb = "would be swapped" if check_mode else "swapped"
    return Result(
        changed=True,
        msg=f"{on}: {verb} back to {kept}" + (f"; what had been restored is kept as {undone}" if there else ""),
        data={"target": target, "old": kept, "undone": undone if there else None, "sessions_ended": ended},
        diff={
            "before": "".join(f"{old}\n" for old, _new in renames),
            "after": "".join(f"{new}: {old}\n" for old, new in renames),
        },
    )


def _kept(names: Collection[str], target: str, given: str | None) -> tuple[str | None, str | None]:
    """Return the database that was kept and is to come back, None when it has; and the last that was put away."""
    done = newest_named(names, target, UNDONE)
    if given is not None:
        return (given if given in names else None), done
    kept = newest_named(names, target, BEFORE)
    if kept is None or (done is not None and done[-MOMENT_LENGTH:] >= kept[-MOMENT_LENGTH:]):
        return None, done
    return kept, done
