# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether a second copy of a database fits on a server that others use: a full disk would stop all of its databases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError
from .manifest import Manifest

if TYPE_CHECKING:
    import psycopg

# pg_settings leaves out what the role may not see, where current_setting would be an error
_PLACE = """
SELECT (SELECT setting FROM pg_settings WHERE name = 'data_directory'), current_setting('port')::int,
       extract(epoch FROM pg_postmaster_start_time())::float8,
       (SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = %s)
"""
# A server notes its start before it is ready to tell of it.
_START_TAKES = 60.0


def require_room(
    connection: psycopg.Connection[Any],
    manifest: Manifest,
    on: str,
    tablespace: str = "pg_default",
    all_of_it: bool = True,
) -> list[str]:
    """Refuse to restore where the database does not fit; return a warning where that cannot be known.

    :param tablespace: in which it is made. :param all_of_it: whether all of the backup is restored.
    :raises OpsError: the folder of the server, which is on this host, has less free space than the source's size.
    """
    size = manifest.server.get("size")
    if not isinstance(size, int) or manifest.layout.get("filters") or not all_of_it:
        return [f"{on}: whether there is space for what is restored is not known, as its size is not"]
    folder = _folder(connection, tablespace)
    free = None if folder is None else _free(folder)
    if free is None:
        told = "the folder of its data is not seen from here, or not by this role and account"
        return [f"{on}: whether there is space for {_mb(size)} is not known, as {told}"]
    if size > free:
        raise OpsError(
            f"too little space for a second copy of the database: {_mb(size)} are needed, {_mb(free)} are free",
            on=f"{on}, {folder}",
            advice="free space there, or restore into another server",
        )
    return []


def _folder(connection: psycopg.Connection[Any], tablespace: str) -> Path | None:
    """Return where the server would put a database; None when it does not say so, or is not on this host."""
    row = connection.execute(_PLACE, [tablespace]).fetchone()
    if row is None or row[0] is None:
        return None
    data, port, start, location = row
    return Path(location or data) if _is_here(Path(data), port, start) else None


def _is_here(data: Path, port: int, start: float) -> bool:
    """Tell whether the folder is that of the server, and not one of the same name on another host."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        return int(lines[3]) == port and abs(int(lines[2]) - start) <= _START_TAKES
    except (OSError, ValueError, IndexError):
        return False


def _free(folder: Path) -> int | None:
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
