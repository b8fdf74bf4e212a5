# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""One restore into a server: what is there, what is wanted, and whether that may be."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, OpsError
from .._core.postgres_connection import connect, where
from .._core.result import Result
from .._core.waiting import Clock
from .opened import Opened
from .postgres_restore import require_not_older, tools_for
from .postgres_restore_database import Properties, database_names, read_properties
from .postgres_restore_leftovers import ID_LENGTH, shortened
from .postgres_restore_target import BEFORE, NEW, dated_name, require_name
from .postgres_tools import Tools

if TYPE_CHECKING:
    import psycopg

_MOST_JOBS = 4
_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
) AND NOT EXISTS (
    SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
) AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
"""


@dataclass
class Work:
    """One restore.

    :param version: ``server_version_num``. :param old: of the database that is there, None if none is.
    :param kept: the name that the old one gets. :param new: the name under which the new one is made.
    """

    connection: psycopg.Connection[Any]
    backup: Opened
    params: Mapping[str, Any]
    version: int
    tools: Tools
    target: str
    old: Properties | None
    kept: str
    new: str

    @property
    def exists(self) -> bool:
        return self.old is not None

    @property
    def inside(self) -> dict[str, Any]:
        """The login into the new database, where statements take long."""
        return {**self.params, "login_db": self.new, "timeout": max(self.backup.timeout, self.params["timeout"])}

    @property
    def jobs(self) -> int:
        return 1 if self.params["single_transaction"] else self.params["jobs"] or min(os.cpu_count() or 1, _MOST_JOBS)

    def meant(self, schema: str) -> bool:
        only, but = self.params["schemas"], self.params["exclude_schemas"]
        return (not only or schema in only) and schema not in but

    def result(self, told: str, old: str | None, **data: Any) -> Result:
        on = where({**self.params, "login_db": self.target})
        name = self.backup.folder.name
        before = f"{self.target}\n" if self.exists else ""
        after = f"{self.target}: {name}\n" + (f"{old}: the old one\n" if old else "")
        more = f"; the old one is kept as {old}" if old else ""
        told = f"{on}: {told} from {name}{more}"
        common = {"target": self.target, "backup": name, "path": str(self.backup.folder), "old": old}
        return Result(
            changed=True,
            msg=told,
            data={**common, **data},
            diff={"before": before, "after": after},
            warnings=list(self.backup.warnings),
        )


def looked_at(connection: psycopg.Connection[Any], backup: Opened, params: Mapping[str, Any], clock: Clock) -> Work:
    """Look at the server. :raises OpsError: what is asked for cannot be, or must not be without force."""
    target = str(backup.manifest.facts.get("database") or "") if params["target"] is None else params["target"]
    on = where({**params, "login_db": target})
    require_name(target, params)
    version = connection.info.server_version
    require_not_older(backup.manifest, version, on)
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    if row and row[0]:
        raise OpsError("the server is a standby, which takes no changes", on=on, advice="log into the primary")
    old = read_properties(connection, target)
    if old is not None:
        _require_consent(backup, params, target, old, on)
    names = database_names(connection)
    kept = params["keep_old_as"] or dated_name(names, target, BEFORE, clock)
    if old is not None and kept in names:
        raise InputError("keep_old_as: there is a database of that name", on=kept)
    tools = tools_for(backup, params, version, ("pg_restore",))
    new = shortened(target, NEW + uuid.uuid4().hex[:ID_LENGTH])
    return Work(connection, backup, params, version, tools, target, old, kept, new)


def _require_consent(backup: Opened, params: Mapping[str, Any], target: str, old: Properties, on: str) -> None:
    """Refuse to put the backup in the place of a database with anything in it, unless it is said to be meant.

    :raises OpsError: so.
    """
    filters = backup.manifest.layout.get("filters") if not params["partial"] else None
    if (params["force"] and not filters) or _is_empty(params, target, old):
        return
    if not params["force"]:
        raise OpsError(
            "the database is there and not empty", on=on, advice="say force: true to put the backup in its place"
        )
    raise OpsError(
        f"the backup holds only part of a database ({', '.join(sorted(filters or ()))}), and would replace all of it",
        on=on,
        advice="name a new database as target, or say partial: true",
    )


def _is_empty(params: Mapping[str, Any], database: str, properties: Properties) -> bool:
    if not properties["datallowconn"]:
        return False
    with connect({**params, "login_db": database}) as connection:
        row = connection.execute(_EMPTY).fetchone()
    return bool(row and row[0])
