# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Putting a restored database in the place of the one that serves, and back: one transaction, so all of it or nothing.

A rename locks the database: whoever connects meanwhile waits, and finds the new one. Sessions that are in it keep the
server from renaming, so they are ended while it waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError, Unreachable
from .._core.libraries import load
from .._core.postgres_connection import connect, where
from .._core.waiting import SYSTEM_CLOCK, Clock, wait_until
from .postgres_restore_database import Properties, give_properties

if TYPE_CHECKING:
    import psycopg

_LOCK_TIMEOUT = "10s"
_TRIES = 4  # the server waits 5 s in each for sessions to end
_END_EVERY, _LOOK_EVERY = 0.05, 0.1

_BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = %s AND backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()
"""
_SESSIONS = """
SELECT pid, usename, application_name FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY pid
"""


def swap(
    connection: psycopg.Connection[Any],
    login: Mapping[str, Any],
    renames: Sequence[tuple[str, str]],
    properties: Properties | None = None,
) -> int:
    """Rename databases, in that order, and return how many sessions were ended for it.

    :param connection: to a database that is none of them. :param login: for a second connection to there.
    :param renames: old and new names. :param properties: what the database of the last rename is given before it.
    :raises Unreachable: sessions could not be ended. :raises OpsError: any other error; all is then as it was.
    """
    library = load("psycopg")
    with _ending(login, [old for old, _new in renames]) as ending:
        for tries_left in reversed(range(_TRIES)):
            try:
                _rename(connection, renames, properties)
                break
            except library.errors.ObjectInUse as error:
                if not tries_left or ending.denied or ending.failed:
                    raise ending.failed or _not_freed(connection, login, renames[0][0]) from error
    return len(ending.sessions)


def _rename(
    connection: psycopg.Connection[Any], renames: Sequence[tuple[str, str]], properties: Properties | None
) -> None:
    sql = load("psycopg.sql")
    with connection.transaction():
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
        if properties is not None:
            give_properties(connection, renames[-1][0], properties)
        for old, new in renames:
            statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))


def _not_freed(connection: psycopg.Connection[Any], login: Mapping[str, Any], database: str) -> Unreachable:
    told = ", ".join(_named(connection, database)) or "prepared transactions, or sessions that end slowly"
    return Unreachable(
        f"the database could not be freed for the swap: {told}",
        on=where({**login, "login_db": database}),
        advice="all is as it was; end them, or log in as a role that may",
    )


def _named(connection: psycopg.Connection[Any], database: str) -> list[str]:
    """Return a few of the sessions in a database, for people."""
    return [f"{user} ({name or 'no name'})" for _pid, user, name in connection.execute(_SESSIONS, [database])][:5]


@dataclass
class _Ending:
    """What ends sessions: the numbers of those that were, whether others may not be, and why none is any more."""

    sessions: set[int] = field(default_factory=set)
    denied: bool = False
    failed: OpsError | None = None


@contextmanager
def _ending(login: Mapping[str, Any], databases: Sequence[str]) -> Iterator[_Ending]:
    """End the sessions in ``databases`` again and again during the block."""
    ending = _Ending()
    enough = threading.Event()

    def work() -> None:
        try:
            with connect(login) as connection:
                while not enough.wait(_END_EVERY):
                    for database in databases:
                        _end(connection, database, ending)
        except OpsError as error:  # told when the databases cannot be renamed for it
            ending.failed = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield ending
    finally:
        enough.set()
        thread.join()


def _end(connection: psycopg.Connection[Any], database: str, ending: _Ending) -> None:
    library = load("psycopg")
    for pid, _user, _name in connection.execute(_SESSIONS, [database]).fetchall():
        try:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
            ending.sessions.add(int(pid))
        except library.errors.InsufficientPrivilege:
            ending.denied = True


def drain(connection: psycopg.Connection[Any], database: str, timeout: float, clock: Clock = SYSTEM_CLOCK) -> int:
    """Wait until no session in the database is at work, ``timeout`` seconds at most; return how many still are."""

    def busy() -> int:
        row = connection.execute(_BUSY, [database]).fetchone()
        return int(row[0]) if row else 0

    return wait_until(busy, lambda count: count == 0, timeout=timeout, interval=_LOOK_EVERY, clock=clock).last
