# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``pg_restore`` does: a backup into a new database, which then takes the place of the old one.

Until the last step the old database serves, and nothing of it is touched. The old one is kept under another name.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, NotThere, OpsError
from .._core.postgres_connection import connect, where
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import postgres_tools
from .draft import read_back
from .opened import Opened
from .opening import opened_backup
from .options import READING
from .postgres_compare import compare_rows
from .postgres_restore import Wanted, require_not_older, restore, tools_for
from .postgres_restore_database import (
    Properties,
    be_patient,
    create_like,
    make_schemas,
    read_properties,
    source_properties,
)
from .postgres_restore_leftovers import (
    ID_LENGTH,
    LONGEST_NAME,
    drop_database,
    drop_leftovers,
    name_lock,
    passing_database,
    shortened,
)
from .postgres_restore_roles import make_missing
from .postgres_restore_swap import drain, swap
from .postgres_scratch import globals_of, own_folder
from .postgres_tools import Tools, default_name

if TYPE_CHECKING:
    import psycopg

RESTORED, SWAPPED_BACK = "restored", "swapped_back"
NEW, BEFORE, UNDONE = "_new_", "_before_", "_undone_"
_MOMENT, _MOMENT_LENGTH = r"\d{8}t\d{6}z", 16
_MOST_JOBS = 4

SPEC = (
    postgres_connection.SPEC
    + postgres_tools.SPEC
    + READING
    + ArgSpec(
        options={
            "state": {"type": "str", "default": RESTORED, "choices": [RESTORED, SWAPPED_BACK]},
            "target": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "keep_old": {"type": "bool", "default": True},
            "keep_old_as": {"type": "str"},
            "jobs": {"type": "int"},
            "single_transaction": {"type": "bool", "default": False},
            "no_owner": {"type": "bool", "default": False},
            "globals": {"type": "str", "default": "ignore", "choices": ["ignore", "create_missing"]},
            "schemas": {"type": "list", "elements": "str", "default": []},
            "exclude_schemas": {"type": "list", "elements": "str", "default": []},
            "verify": {"type": "bool", "default": True},
            "analyze": {"type": "bool", "default": True},
            "drain_timeout": {"type": "raw", "default": "10s"},
        }
    )
)
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


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is touched.
    :raises OpsError: it could not be done; the database serves as it did before.
    """
    drain_timeout = seconds_of("drain_timeout", params["drain_timeout"])
    if params["jobs"] is not None and params["jobs"] < 1:
        raise InputError("jobs must be 1 or more", on=str(params["jobs"]))
    if params["single_transaction"] and (params["jobs"] or 1) > 1:
        raise InputError("single_transaction: one transaction is one connection", advice="leave out jobs")
    if params["state"] == SWAPPED_BACK:
        with connect(params) as connection:
            be_patient(connection)
            return _swapped_back(connection, params, check_mode, drain_timeout, clock)
    if params["target"] is None and params["name"] is None:
        raise InputError("one of name and target is needed")
    named = default_name({**params, "login_db": params["target"] or ""})
    with opened_backup(params, "postgres", named) as opened, connect(params) as connection:
        be_patient(connection)
        read_back(opened.folder, opened.manifest.files)
        work = _work(connection, opened, params, clock)
        if check_mode:
            return work.result("would be restored", old=work.kept if work.exists else None)
        with own_folder(None) as folder:
            return _restored(work, folder, drain_timeout, clock)


@dataclass
class _Work:
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
        return Result(changed=True, msg=told, data={**common, **data}, diff={"before": before, "after": after})


def _work(connection: psycopg.Connection[Any], backup: Opened, params: Mapping[str, Any], clock: Clock) -> _Work:
    """Look at the server. :raises OpsError: what is asked for cannot be, or must not be without force."""
    target = str(params["target"] or backup.manifest.facts.get("database") or "")
    on = where({**params, "login_db": target})
    _require_name(target, params)
    version = connection.info.server_version
    require_not_older(backup.manifest, version, on)
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    if row and row[0]:
        raise OpsError("the server is a standby, which takes no changes", on=on, advice="log into the primary")
    old = read_properties(connection, target)
    if old is not None and not params["force"] and not _is_empty(params, target, old):
        raise OpsError(
            "the database is there and not empty", on=on, advice="say force: true to put the backup in its place"
        )
    kept = params["keep_old_as"] or shortened(target, BEFORE + _moment(clock))
    if old is not None and read_properties(connection, kept) is not None:
        raise InputError("keep_old_as: there is a database of that name", on=kept)
    tools = tools_for(backup, params, version, ("pg_restore",))
    new = shortened(target, NEW + uuid.uuid4().hex[:ID_LENGTH])
    return _Work(connection, backup, params, version, tools, target, old, kept, new)


def _require_name(target: str, params: Mapping[str, Any]) -> None:
    for option, name in (("target", target), ("keep_old_as", params["keep_old_as"] or "x")):
        if not name or "\0" in name or len(name.encode()) > LONGEST_NAME:
            raise InputError(f"{option}: expected a name of 1 to {LONGEST_NAME} bytes", on=name)
    if target in (params["login_db"], "template0", "template1"):
        raise InputError("target: this database cannot be replaced", on=target, advice="login_db must name another one")
    if target == params["keep_old_as"]:
        raise InputError("keep_old_as: expected another name than the target's", on=target)


def _moment(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.time(), timezone.utc).strftime("%Y%m%dt%H%M%Sz")


def _is_empty(params: Mapping[str, Any], database: str, properties: Properties) -> bool:
    if not properties["datallowconn"]:
        return False
    with connect({**params, "login_db": database}) as connection:
        row = connection.execute(_EMPTY).fetchone()
    return bool(row and row[0])


def _restored(work: _Work, folder: Path, drain_timeout: float, clock: Clock) -> Result:
    """Restore into the new database, and put it in the old one's place."""
    begin = clock.monotonic()
    connection = work.connection
    with name_lock(connection, work.target), name_lock(connection, work.new):
        leftovers = drop_leftovers(connection, work.target, NEW)
        roles = _roles(work)
        with passing_database(connection, work.new):
            seconds = _fill(work, folder)
            found, warnings = _looked_at(work)
            if work.exists:
                drain(connection, work.target, drain_timeout, clock)
            ended = _put_in_place(work)
        old = _kept_or_dropped(work)
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
    result.warnings += warnings
    return result


def _roles(work: _Work) -> list[str]:
    """Make the missing roles if that is asked for; return their names.

    :raises NotThere: the backup has none. :raises OpsError: some that own things are missing.
    """
    if work.params["globals"] == "ignore":
        return []
    text = globals_of(work.backup)
    if text is None:
        raise NotThere("globals: the backup holds no roles", on=str(work.backup.folder), advice="say globals: ignore")
    return make_missing(work.connection, text)


def _fill(work: _Work, folder: Path) -> float:
    """Make the new database and restore into it; return how many seconds pg_restore took."""
    params = work.params
    create_like(work.connection, work.new, work.old or source_properties(work.backup.manifest))
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


def _looked_at(work: _Work) -> tuple[dict[str, Any], list[str]]:
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


def _put_in_place(work: _Work) -> int:
    renames = [(work.target, work.kept)] if work.exists else []
    return swap(work.connection, work.params, [*renames, (work.new, work.target)], work.old)


def _kept_or_dropped(work: _Work) -> str | None:
    """Return the name of the old database, None if there is none, or none any more as that was asked for."""
    if not work.exists or work.params["keep_old"]:
        return work.kept if work.exists else None
    drop_database(work.connection, work.kept)
    return None


def _swapped_back(
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
    _require_name(target, params)
    on = where({**params, "login_db": target})
    kept, done = _kept(connection, target, params["keep_old_as"])
    if kept is None:
        if done is None:
            raise NotThere("no database was kept from before a restore", on=on, advice="see keep_old_as")
        told = f"{on}: was swapped back before; what had been restored is {done}"
        return Result(msg=told, data={"target": target, "old": None, "undone": done})
    undone = shortened(target, UNDONE + _moment(clock))
    there = read_properties(connection, target) is not None
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


def _kept(connection: psycopg.Connection[Any], target: str, given: str | None) -> tuple[str | None, str | None]:
    """Return the database that was kept and is to come back, None when it has; and the last that was put away."""
    names = [str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")]
    done = _newest(names, target, UNDONE)
    if given is not None:
        return (given if given in names else None), done
    kept = _newest(names, target, BEFORE)
    if kept is None or (done is not None and done[-_MOMENT_LENGTH:] > kept[-_MOMENT_LENGTH:]):
        return None, done
    return kept, done


def _newest(names: Sequence[str], target: str, infix: str) -> str | None:
    stem = shortened(target, infix + "0" * _MOMENT_LENGTH)[:-_MOMENT_LENGTH]
    fit = [name for name in names if re.fullmatch(re.escape(stem) + _MOMENT, name)]
    return max(fit, default=None)
