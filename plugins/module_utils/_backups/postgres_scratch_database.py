# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A database of its own on a server that is there, to restore a backup into: made, and dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._core.postgres_connection import connect, where
from .opened import Opened
from .postgres_restore import require_not_older, tools_for
from .postgres_restore_database import be_patient, make_schemas
from .postgres_restore_leftovers import ID_LENGTH, drop_leftovers, name_lock, passing_database
from .postgres_restore_roles import globals_of, missing_roles
from .postgres_restore_space import require_room
from .postgres_scratch import Scratch, create_scratch
from .postgres_scratch_folder import own_folder

NAME = "day2_scratch"


@contextmanager
def own_database(backup: Opened, options: Mapping[str, Any], login: Mapping[str, Any]) -> Iterator[Scratch]:
    """Give an empty database on the server that ``login`` leads to, and drop it at the end of the block.

    Roles of the server are not touched: owners and privileges are restored when all their roles are there.

    :param options: those of the rehearsal. :param login: validated by postgres_connection.SPEC.
    :raises OpsError: the server cannot be reached, is older than the backup, or lets us make no database.
    """
    name = f"{NAME}_{uuid.uuid4().hex[:ID_LENGTH]}"
    with own_folder(options["folder"]) as folder, connect(login) as connection:
        be_patient(connection)
        version = connection.info.server_version
        require_not_older(backup.manifest, version, where(login))
        tools = tools_for(backup, options, version, ("pg_restore",))
        drop_leftovers(connection, NAME, "_")
        room = require_room(connection, backup.manifest, where(login))
        with name_lock(connection, name), passing_database(connection, name):
            notes = [*room, *create_scratch(connection, name, backup.manifest)]
            text = globals_of(backup)
            roles = text is not None and not missing_roles(connection, text)
            if not roles:
                notes.append("owners and privileges were left out, as their roles are not on that server")
            inside = {**login, "login_db": name, "timeout": max(backup.timeout, login["timeout"])}
            with connect(inside) as restored:
                make_schemas(restored, backup.manifest)
            yield Scratch(f"a database on {where(login)}", inside, version, tools, folder, roles, False, notes)
