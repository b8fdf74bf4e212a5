# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A backup restored into a new database, which then takes the place of the old one; until then the old one serves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .._core.durations import show_duration
from .._core.errors import NotThere
from .._core.libraries import load
from .._core.postgres_connection import connect, said, where
from .._core.result import Result
from .._core.waiting import Clock
from .postgres_compare import compare_rows
from .postgres_restore import Wanted, restore
from .postgres_restore_database import create_like, make_schemas, source_properties
from .postgres_restore_leftovers import drop_database, drop_leftovers, name_lock, passing_database
from .postgres_restore_roles import globals_of, make_missing
from .postgres_restore_space import require_room
from .postgres_restore_swap import drain, swap
from .postgres_restore_target import NEW
from .postgres_restore_work import Work


def restored(work: Work, folder: Path, drain_timeout: float, clock: Clock) -> Result:
    """Restore into the new database, and put it in the old one's place."""
    begin = clock.monotonic()
    connection = work.connection
    with name_lock(connection, work.target), name_lock(connection, work.new):
        leftovers = drop_leftovers(connection, work.target, NEW)
        room = _room(work)
        roles = _roles(work)
        with passing_database(connection, work.new):
            seconds = _fill(work, folder)
            found, warnings = _looked_at(work)
            if work.exists:
                drain(connection, work.target, drain_timeout, clock)
            ended = _put_in_place(work)
        old, more = _kept_or_dropped(work)
    told = f"restored in {show_duration(clock.monotonic() - begin)}"
    result = work.result(
        told,
        old,
        **found,
        restore_seconds=round(seconds, 3),
        seconds=round(clock.monotonic() - begin, 3),
        sessions_ended=ended,
        roles_created=roles,
        leftovers_removed=leftovers,
    )
    result.warnings += [*warnings, *more, *room]
    return result


def _room(work: Work) -> list[str]:
    """Return a warning where it cannot be known whether there is space. :raises OpsError: there is too little."""
    on = where({**work.params, "login_db": work.target})
    tablespace = str((work.old or {}).get("tablespace") or "pg_default")
    chosen = work.params["schemas"] or work.params["exclude_schemas"]
    return require_room(work.connection, work.backup.manifest, on, tablespace, all_of_it=not chosen)


def _roles(work: Work) -> list[str]:
    """Make the missing roles if that is asked for; return their names.

    :raises NotThere: the backup has none. :raises OpsError: some that own things are missing.
    """
    if work.params["globals"] == "ignore":
        return []
    text = globals_of(work.backup)
    if text is None:
        raise NotThere("globals: the backup holds no roles", on=str(work.backup.folder), advice="say globals: ignore")
    return make_missing(work.connection, text)


def _fill(work: Work, folder: Path) -> float:
    """Make the new database and restore into it; return how many seconds pg_restore took."""
    params = work.params
    create_like(work.connection, work.new, work.old or source_properties(work.backup.manifest))
    if params["owner"] is not None:
        sql = load("psycopg.sql")
        statement = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        work.connection.execute(statement.format(sql.Identifier(work.new), sql.Identifier(params["owner"])))
    with connect(work.inside) as connection:
        make_schemas(connection, work.backup.manifest, params["schemas"])
    wanted = Wanted(
        folder=folder,
        server_version=work.version,
        jobs=work.jobs,
        single_transaction=params["single_transaction"],
        owners=not params["no_owner"],
        schemas=params["schemas"],
        exclude_schemas=params["exclude_schemas"],
    )
    begin = time.monotonic()
    restore(work.backup, work.tools, work.inside, wanted)
    return time.monotonic() - begin


def _looked_at(work: Work) -> tuple[dict[str, Any], list[str]]:
    """Compare rows and gather statistics; return what was seen, and warnings.

    :raises OpsError: rows differ.
    """
    found: dict[str, Any] = {"tables": None, "rows": None}
    warnings = []
    expected = work.backup.manifest.facts.get("rows")
    if work.params["verify"] and expected is None:
        warnings.append("rows were not compared, as the backup does not say how many there were")
    elif work.params["verify"]:
        found = compare_rows(work.inside, expected, work.jobs, work.meant)
    with connect(work.inside) as connection:
        if work.params["analyze"]:
            connection.execute("ANALYZE")
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return {**found, "bytes": int(row[0]) if row else None}, warnings


def _put_in_place(work: Work) -> int:
    renames = [(work.target, work.kept)] if work.exists else []
    properties = work.old and {**work.old, "owner": work.params["owner"] or work.old["owner"]}
    return swap(work.connection, work.params, [*renames, (work.new, work.target)], properties)


def _kept_or_dropped(work: Work) -> tuple[str | None, list[str]]:
    """Return the name of the old database, None if there is none any more, and warnings.

    The new one is in its place by now: that the old one cannot be dropped is no failure of the restore.
    """
    if not work.exists or work.params["keep_old"]:
        return (work.kept if work.exists else None), []
    try:
        drop_database(work.connection, work.kept)
    except load("psycopg").Error as error:
        return work.kept, [f"the old database is still there as {work.kept}, it cannot be dropped: {said(error)}"]
    return None, []
