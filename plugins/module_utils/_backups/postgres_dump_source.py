# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A database of PostgreSQL as a source of backups: dumped by pg_dump, its rows counted in the moment of the dump."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._core.durations import seconds_of
from .._core.errors import OpsError
from .._core.postgres_connection import connect, where
from . import postgres_dump_advisories, postgres_dump_compression, postgres_dump_toc
from .base import Made
from .draft import Draft
from .manifest import Manifest
from .postgres_dump_command import DIRECTORY, DumpCommand, Wish
from .postgres_dump_errors import explained
from .postgres_dump_snapshot import Counting, Snapshot, Table, count, held, tables_of
from .postgres_restore_database import source_locale
from .postgres_tools import conninfo, find_tools, login
from .streams import Command, chain, pieces

DUMP = "dump"
GLOBALS = "globals.sql"

# Data that are packed take about a tenth to a third; those that cannot be packed are written twice as long before.
_PACKED = 0.5

_SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
       pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT'), pg_database_size(current_database())
"""


@dataclass(frozen=True)
class Server:
    """What was asked of the server.

    :param locale: encoding and locale of the database, see source_locale.
    :param reads_passwords: whether the role may read the hashes of passwords. :param size: of the database in bytes.
    """

    locale: Mapping[str, Any]
    version: int
    version_text: str
    standby: bool
    reads_passwords: bool
    size: int


def source_of(options: Mapping[str, Any], wish: Wish) -> DumpSource:
    """Return the database that ``options`` log into, looked at. :raises OpsError: it cannot be backed up."""
    with connect(options) as connection:
        row = connection.execute(_SERVER).fetchone()
        if row is None:
            raise OpsError("the server does not tell its version", on=where(options))
        server = Server(source_locale(connection), *row)
        tables = tables_of(connection)
    ask = ["pg_dump", "pg_restore", *(["pg_dumpall"] if options["globals"] else [])]
    tools = find_tools(options, server.version, ask)
    compression, warnings = postgres_dump_compression.chosen(wish.compression, tools)
    warnings = [*warnings, *postgres_dump_advisories.warnings(tools)]
    if options["globals"] and not server.reads_passwords:
        warnings.append(f"roles are backed up without their passwords, as {options['login_user']} may not read them")
    command = DumpCommand(tools, wish, compression)
    wanted = _wanted(options, command, tables) if wish.filters else list(tables.values())
    return DumpSource(options, server, command, wanted, tuple(warnings))


def _wanted(options: Mapping[str, Any], command: DumpCommand, tables: Mapping[int, Table]) -> list[Table]:
    """Return the tables that the patterns mean, as pg_dump itself understands them."""
    timeout = seconds_of("command_timeout", options["command_timeout"])
    with tempfile.TemporaryDirectory(prefix="day2-pg-") as folder, login(options, Path(folder), command.tools) as env:
        commands = [command.definitions(env, Path(folder)), postgres_dump_toc.listing_command(command.tools)]
        try:
            with chain(commands, timeout, stdout=subprocess.PIPE) as running:
                defined = postgres_dump_toc.defined(running.stdout)
        except OpsError as error:
            raise explained(error, where(options)) from error
    return [table for oid, table in tables.items() if oid in defined]


@dataclass
class DumpSource:
    """See base.Source."""

    options: Mapping[str, Any]
    server: Server
    command: DumpCommand
    tables: Sequence[Table]
    warnings: tuple[str, ...]
    kind: str = field(default="postgres", init=False)

    def subject(self) -> str:
        """See base.Source.subject."""
        return where(self.options)

    def estimate(self) -> int:
        """See base.Source.estimate."""
        size = sum(table.size for table in self.tables) if self.command.wish.filters else self.server.size
        return int(size * (1 if self.command.compression.method == "none" else _PACKED))

    def plan(self) -> Mapping[str, Any]:
        """See base.Source.plan."""
        return {
            **self.command.layout(),
            "database_size": self.server.size,
            "tables": len(self.tables),
            "globals": self.options["globals"],
            "tools": self.command.tools.text,
            "warnings": list(self.warnings),
        }

    def unchanged(self, newest: Manifest) -> bool:
        """See base.Source.unchanged: nobody knows without reading all of it."""
        return False

    def write(self, draft: Draft) -> Made:
        """See base.Source.write."""
        # a file with the password, if there is one, is not part of the backup
        place = draft.folder.parent
        with login(self.options, place, self.command.tools) as env, ThreadPoolExecutor(1) as beside:
            roles = beside.submit(self._write_globals, draft, env) if self.options["globals"] else None
            try:
                made = self._write_dump(draft, env)
                if roles is not None:
                    roles.result()
            except OpsError as error:
                raise explained(error, self.subject()) from error
        return made

    def _write_dump(self, draft: Draft, env: Mapping[str, str]) -> Made:
        """Write the dump, and count meanwhile."""
        counted = self.tables if self.options["counts"] else []
        with held(self.options, counted, self.command.wish.lock_wait) as snapshot:
            counting = Counting(snapshot, counted)
            counting.start()
            dumped = self._dumped(draft, env, snapshot, counting)
            rows = self._rows(draft, snapshot, counting, dumped) if self.options["counts"] else {}
        return self._made(snapshot, dumped, rows)

    def _dumped(self, draft: Draft, env: Mapping[str, str], snapshot: Snapshot, counting: Counting) -> list[int]:
        """Write the dump and return the tables whose rows are in it."""
        write = self._write_directory if self.command.wish.format == DIRECTORY else self._write_archive
        try:
            return write(draft, env, snapshot)
        except BaseException as error:
            failed_before = counting.stop()
            if failed_before is not None:
                raise failed_before from error
            raise

    def _write_directory(self, draft: Draft, env: Mapping[str, str], snapshot: Snapshot) -> list[int]:
        target = draft.folder / DUMP
        with chain([self.command.dump(env, snapshot.id, draft.folder, target)], draft.timeout):
            pass
        draft.adopt(DUMP)
        return postgres_dump_toc.rows_in(self.command.tools, target, draft.timeout)

    def _write_archive(self, draft: Draft, env: Mapping[str, str], snapshot: Snapshot) -> list[int]:
        dump = self.command.dump(env, snapshot.id, draft.folder, None)
        with ExitStack() as stack:
            # pg_dump's end is the first that is looked at: the others fail when it does
            toc = postgres_dump_toc.passing(self.command.tools, draft.folder, draft.timeout)
            listing = stack.enter_context(toc)
            sink = stack.enter_context(draft.writing(DUMP))
            running = stack.enter_context(chain([dump], draft.timeout, stdout=subprocess.PIPE))
            for piece in pieces(running.stdout):
                sink.write(piece)
                listing.look_at(piece)
        return listing.rows

    def _write_globals(self, draft: Draft, env: Mapping[str, str]) -> None:
        argv = [self.command.tools.path("pg_dumpall"), "--globals-only", "--no-password"]
        argv += [f"--database={conninfo(self.options['login_db'])}"]
        if not self.server.reads_passwords:
            argv.append("--no-role-passwords")
        draft.receive(GLOBALS, [Command(argv, environment={**env, "LC_ALL": "C"}, folder=draft.folder)])

    def _rows(self, draft: Draft, snapshot: Snapshot, counting: Counting, dumped: list[int]) -> dict[str, int]:
        """Return the rows of each table in the dump, by its quoted name."""
        counted = counting.finish(draft.timeout)
        # a table that was made between the look at the catalogue and the snapshot is counted now
        known = {table.oid: table for table in self.tables}
        late = [oid for oid in dumped if oid not in known]
        if late:
            found = tables_of(snapshot.connection)
            known.update({oid: found[oid] for oid in late if oid in found})
            counted = {**counted, **{oid: count(snapshot.connection, known[oid]) for oid in late if oid in known}}
        return {known[oid].quoted: counted[oid] for oid in dumped if oid in counted}

    def _made(self, snapshot: Snapshot, dumped: list[int], rows: dict[str, int]) -> Made:
        return Made(
            server={
                "host": self.options.get("login_unix_socket") or self.options["login_host"],
                "port": self.options["login_port"],
                "database": self.options["login_db"],
                "version": self.server.version_text,
                "standby": self.server.standby,
                "size": self.server.size,
                "locale": dict(self.server.locale),
            },
            tools={"pg_dump": self.command.tools.text},
            layout={
                **self.command.layout(),
                "globals": self.options["globals"],
                "role_passwords": self.options["globals"] and self.server.reads_passwords,
            },
            facts={
                "database": self.options["login_db"],
                "server_version_num": self.server.version,
                "snapshot_at": snapshot.at,
                "lsn": snapshot.lsn,
                "tables": len(dumped),
                **({"rows": rows} if self.options["counts"] else {}),
            },
            warnings=self.warnings,
        )
