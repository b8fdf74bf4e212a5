# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Comparing a restored database with its source (L4): rows of each table, the structure on disk, the user's questions.

Rows are counted exactly and compared with what the source held in the very snapshot of the backup.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Callable

from .._core.command import run
from .._core.errors import NotThere, OpsError, one_line
from .._core.libraries import load
from .._core.postgres_connection import connect
from .opened import Opened
from .postgres_compare_answers import answered
from .postgres_restore_names import Name, table_name
from .postgres_scratch import Scratch
from .postgres_tools import login

if TYPE_CHECKING:
    import psycopg

_TOLD = 5  # differing tables in a message; all are in the details
_MOST_DETAILS = 1000
_AMCHECK_SCHEMA = "day2_amcheck"
# Tables as a backup counts them, the largest first so that all hands end at about the same time.
_TABLES = """
SELECT nspname, relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY pg_relation_size(c.oid) DESC
"""


def compared(scratch: Scratch, backup: Opened, options: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the restored database, and return what was seen.

    :param options: of the rehearsal. :raises OpsError: it differs; which is told, and in the details.
    """
    begin = time.monotonic()
    with ThreadPoolExecutor(2) as both:
        checking = both.submit(amchecked, scratch, backup.timeout, options["jobs"]) if options["amcheck"] else None
        counted = both.submit(compare_rows, scratch.login, backup.manifest.facts.get("rows"), options["jobs"])
        found = counted.result()
        if checking is not None:
            checking.result()
    found["amcheck"] = checking is not None
    found["assertions"] = answered(scratch.login, options["assertions"], options["assertion_timeout"])
    found["seconds"] = round(time.monotonic() - begin, 3)
    return found


def compare_rows(
    options: Mapping[str, Any],
    expected: Mapping[str, int] | None,
    jobs: int,
    meant: Callable[[str], bool] = lambda _schema: True,
) -> dict[str, Any]:
    """Count the rows of all tables and compare them; return ``tables`` and ``rows``.

    :param options: of a connection to the database. :param expected: rows by ``schema.table`` as ``format('%I.%I')``
        writes it. :param meant: whether a schema is compared.
    :raises NotThere: the backup does not say. :raises OpsError: one or more tables differ.
    """
    if expected is None:
        raise NotThere("the backup's manifest has no numbers of rows to compare with")
    named = {table_name(text): number for text, number in expected.items()}
    wanted = {name: number for name, number in named.items() if meant(name[0])}
    found = counts(options, jobs, wanted)
    names = sorted(name for name in {*wanted, *found} if meant(name[0]))
    differences = [
        {"table": ".".join(name), "expected": wanted.get(name), "found": found.get(name)}
        for name in names
        if wanted.get(name, 0) != found.get(name)
    ]
    if differences:
        told = "; ".join(map(_told, differences[:_TOLD]))
        more = f"; and {len(differences) - _TOLD} more" if len(differences) > _TOLD else ""
        count = "1 table differs" if len(differences) == 1 else f"{len(differences)} tables differ"
        raise OpsError(f"{count}: {told}{more}", differences=differences[:_MOST_DETAILS])
    return {"tables": len(names), "rows": sum(wanted.values())}


def _told(difference: Mapping[str, Any]) -> str:
    table, expected, found = one_line(difference["table"], 80), difference["expected"], difference["found"]
    if found is None:
        return f"{table} is missing, {expected} rows were expected"
    if expected is None:
        return f"{table} has {found} rows and was not in the source"
    return f"{table} has {found} rows, {expected} were expected"


def counts(options: Mapping[str, Any], jobs: int, wanted: Mapping[Name, int]) -> dict[Name, int]:
    """Return the number of rows by schema and table: of those wanted, and of others that hold rows."""
    return {name: number for name, number in all_counts(options, jobs).items() if number or name in wanted}


def all_counts(options: Mapping[str, Any], jobs: int) -> dict[Name, int]:
    """Return the number of rows of all tables by schema and table."""
    with connect(options) as connection:
        names = [(str(row[0]), str(row[1])) for row in connection.execute(_TABLES)]
    work: Queue[Name] = Queue()
    for name in names:
        work.put(name)
    hands = max(1, min(jobs, len(names)))
    with ThreadPoolExecutor(hands) as pool:
        parts = [pool.submit(_count_some, options, work) for _hand in range(hands)]
        return {name: number for part in parts for name, number in part.result().items()}


def _count_some(options: Mapping[str, Any], work: Queue[Name]) -> dict[Name, int]:
    sql = load("psycopg.sql")
    counted: dict[Name, int] = {}
    with connect(options) as connection:
        while True:
            try:
                name = work.get_nowait()
            except Empty:
                return counted
            row = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(*name))).fetchone()
            counted[name] = int(row[0]) if row else 0


def amchecked(scratch: Scratch, timeout: float, jobs: int) -> None:
    """Have tables and indexes looked at for damage.

    :raises NotThere: the server has no amcheck. :raises OpsError: damage, with the first that was found.
    """
    with connect(scratch.login) as connection:
        _make_amcheck(connection)
    with login(scratch.login, scratch.folder, scratch.tools) as environment:
        argv = [scratch.tools.path("pg_amcheck"), f"--jobs={jobs}", "--no-password"]
        done = run(argv, timeout, {**environment, "LC_ALL": "C"}, expect_status=None, chdir=str(scratch.folder))
    if done.status:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise OpsError("amcheck found damage" if done.stdout else "amcheck failed", advice=" ".join(lines[:3]))


def _make_amcheck(connection: psycopg.Connection[Any]) -> None:
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").fetchone():
        return
    if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'").fetchone():
        raise NotThere(
            "the extension amcheck is not on the server that the backup was restored into",
            advice="install it (PostgreSQL's contrib), or say amcheck: false",
        )
    with connection.transaction():
        connection.execute(f"CREATE SCHEMA {_AMCHECK_SCHEMA}")
        connection.execute(f"CREATE EXTENSION amcheck SCHEMA {_AMCHECK_SCHEMA}")
