# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Databases of ours on a server that others use, each with a lock that lives as long as whoever made it.

A lock is an advisory one of the server, in the session that made the database. When that session is gone, whatever
ended it, the database is a leftover, and the next run drops it. Such locks belong to one database of the server, so all
are looked at, by the number that is made of the name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .._core.errors import Unreachable
from .._core.libraries import load

if TYPE_CHECKING:
    import psycopg

_CLASS = 0x64617932  # "day2": tells our locks from those of others
_ID = r"[0-9a-f]{12}"
ID_LENGTH = 12
LONGEST_NAME = 63  # bytes


def shortened(name: str, suffix: str) -> str:
    """Return ``name`` with ``suffix``, cut in front of that to what PostgreSQL takes as a name."""
    room = LONGEST_NAME - len(suffix.encode())
    return name.encode()[:room].decode("utf-8", "ignore") + suffix


def _number(name: str) -> int:
    """Return the number of the lock on a name, within the 31 bits that do not show a sign."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") & 0x7FFFFFFF


def _locked(connection: psycopg.Connection[Any], name: str) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s)",
        [_CLASS, _number(name)],
    ).fetchone()
    return bool(row and row[0])


@contextmanager
def name_lock(connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Hold the lock on a name while inside; the server drops it when the session ends.

    :raises Unreachable: another session holds it.
    """
    mine = False
    if not _locked(connection, name):
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [_CLASS, _number(name)]).fetchone()
        mine = bool(row and row[0])
    if not mine:
        raise Unreachable("another run is at work with this database", on=name, advice="wait for it to finish")
    try:
        yield
    finally:
        with suppress(load("psycopg").Error):  # of a server that is gone, and the lock with it
            connection.execute("SELECT pg_advisory_unlock(%s, %s)", [_CLASS, _number(name)])


def drop_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop a database of ours if it is there, with the sessions in it."""
    sql = load("psycopg.sql")
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def passing_database(connection: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Drop the database at the end of the block; what is then wrong is only told when the block itself went well."""
    try:
        yield
    except BaseException:
        with suppress(load("psycopg").Error):
            drop_database(connection, name)
        raise
    drop_database(connection, name)


def drop_leftovers(connection: psycopg.Connection[Any], name: str, infix: str) -> list[str]:
    """Drop the databases ``<name><infix><id>`` whose makers are gone, and return their names."""
    ours = re.compile(re.escape(shortened(name, infix + "0" * ID_LENGTH)[:-ID_LENGTH]) + _ID + r"\Z")
    dropped = []
    for (found,) in connection.execute("SELECT datname FROM pg_database").fetchall():
        if ours.match(str(found)) and not _locked(connection, str(found)):
            drop_database(connection, str(found))
            dropped.append(str(found))
    return dropped
