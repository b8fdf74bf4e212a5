# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``pg_restore`` does: put a backup in the place of a database, or the database back in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import InputError
from .._core.postgres_connection import connect
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import postgres_tools
from .draft import read_back
from .opening import opened_backup
from .options import READING
from .postgres_restore_back import swapped_back
from .postgres_restore_database import be_patient
from .postgres_restore_place import restored
from .postgres_restore_work import looked_at
from .postgres_scratch_folder import own_folder
from .postgres_tools import default_name

RESTORED, SWAPPED_BACK = "restored", "swapped_back"

SPEC = (
    postgres_connection.SPEC
    + postgres_tools.SPEC
    + READING
    + ArgSpec(
        options={
            "state": {"type": "str", "default": RESTORED, "choices": [RESTORED, SWAPPED_BACK]},
            "target": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "partial": {"type": "bool", "default": False},
            "keep_old": {"type": "bool", "default": True},
            "keep_old_as": {"type": "str"},
            "jobs": {"type": "int"},
            "single_transaction": {"type": "bool", "default": False},
            "owner": {"type": "str"},
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
            return swapped_back(connection, params, check_mode, drain_timeout, clock)
    if params["target"] is None and params["name"] is None:
        raise InputError("one of name and target is needed")
    named = default_name({**params, "login_db": params["target"] or ""})
    with opened_backup(params, "postgres", named) as opened, connect(params) as connection:
        be_patient(connection)
        read_back(opened.folder, opened.manifest.files)
        work = looked_at(connection, opened, params, clock)
        if check_mode:
            keeps = work.exists and params["keep_old"]
            return work.result("would be restored", old=work.kept if keeps else None)
        with own_folder(None) as folder:
            return restored(work, folder, drain_timeout, clock)
