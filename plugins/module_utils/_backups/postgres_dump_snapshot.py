# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""One moment of a database, shared by the dump and by the counts of rows: an exported snapshot, and who holds it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError, Unreachable
from .._core.libraries import load
from .._core.postgres_connection import connect

if TYPE_CHECKING:
    import psycopg

_LOCKED_AT_ONCE = 500

# A dump lasts as long as it lasts: nothing may end the transaction that holds the snapshot. Rows that a policy hides
# must be an error, as for pg_dump, and not just be left out of a count. Counts are done long before the dump, so they
# need not take more of the server than one process.
_SETTINGS = """
SELECT set_config(name, CASE name WHEN 'row_security' THEN 'off' WHEN 'lock_timeout' THEN %s ELSE '0' END, false)
FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout',
               'row_security', 'max_parallel_workers_per_gather')
"""
_MOMENT = """
SELECT pg_catalog.pg_export_snapshot(),
       to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text
"""
# Tables that pg_dump dumps the rows of. What an extension made is not among them: some of it is dumped in part. Nor are
# materialized views: they are filled anew where they are restored, and may hold other rows then.
_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname),
       (c.relpages + coalesce(t.relpages, 0))::bigint * current_setting('block_size')::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (c.relpersistence = 'p' OR c.relpersistence = 'u' AND NOT pg_is_in_recovery())
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""


@dataclass(frozen=True)
class Table:
    """An ordinary table or the partition of one.

    :param quoted: as ``format('%I.%I')`` writes it. :param size: bytes at the server's last look at it.
    """

    oid: int
    schema: str
    name: str
    quoted: str
    size: int


@dataclass(frozen=True)
class Snapshot:
    """A moment of the database.

    :param id: for pg_dump. :param at: by the server's clock, ISO 8601 in UTC. :param lsn: where the WAL was.
    """

    id: str
    at: str
    lsn: str
    connection: psycopg.Connection[tuple[Any, ...]]


def tables_of(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[int, Table]:
    """Return the tables of the database whose rows can be counted, by their numbers."""
    return {
        int(oid): Table(int(oid), str(schema), str(name), str(quoted), int(size))
        for oid, schema, name, quoted, size in connection.execute(_TABLES)
    }


@contextmanager
def held(options: Mapping[str, Any], tables: Sequence[Table], lock_wait: float) -> Iterator[Snapshot]:
    """Give a snapshot, held until the end of the block.

    :param tables: are locked against changes of what they are, as pg_dump will do anyway, before the snapshot: so that
        none is emptied between the dump and the count.
    :param lock_wait: seconds to wait for each lock.
    :raises OpsError: see :func:`connect`.
    """
    with connect(options) as connection:
        connection.execute(_SETTINGS, [f"{int(lock_wait * 1000)}ms"])
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _lock(connection, tables)
        row = connection.execute(_MOMENT).fetchone()
        if row is None:
            raise OpsError("the server exports no snapshot")
        yield Snapshot(str(row[0]), str(row[1]), str(row[2]), connection)


def _lock(connection: psycopg.Connection[tuple[Any, ...]], tables: Sequence[Table]) -> None:
    sql = load("psycopg.sql")
    for first in range(0, len(tables), _LOCKED_AT_ONCE):
        names = [sql.Identifier(table.schema, table.name) for table in tables[first : first + _LOCKED_AT_ONCE]]
        only = sql.SQL(", ").join(sql.SQL("ONLY {}").format(name) for name in names)
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(only))


class Counting:
    """Counts rows in a snapshot, in a thread, beside the dump."""

    def __init__(self, snapshot: Snapshot, tables: Iterable[Table]) -> None:
        self._snapshot = snapshot
        self._tables = list(tables)
        self._rows: dict[int, int] = {}
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _work(self) -> None:
        try:
            for table in self._tables:
                self._rows[table.oid] = count(self._snapshot.connection, table)
        except Exception as error:  # told by the thread that waits for it
            self._failed = error

    def stop(self) -> Exception | None:
        """End it at once; return what had failed before that."""
        failed = self._failed
        with suppress(Exception):  # the connection may be gone, which ends the thread as well
            self._snapshot.connection.cancel()
        self._thread.join(10)
        return failed

    def finish(self, seconds: float) -> dict[int, int]:
        """Wait for its end and return the rows by table.

        :raises Unreachable: it takes longer than ``seconds``. :raises psycopg.Error: a count failed.
        """
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.stop()
            raise Unreachable(f"counting the rows did not end within {seconds:g} s after the dump")
        if self._failed is not None:
            raise self._failed
        return self._rows


def count(connection: psycopg.Connection[tuple[Any, ...]], table: Table) -> int:
    """Return how many rows the table has by itself, without those of tables that inherit from it."""
    sql = load("psycopg.sql")
    query = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(table.schema, table.name))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
