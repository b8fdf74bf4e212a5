# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live tests of restores share: a server of the lab's kind with a small database, and backups of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_tools
from ansible_collections.day2.ops.plugins.module_utils._backups.base import Made
from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import cipher_of
from ansible_collections.day2.ops.plugins.module_utils._backups.draft import Draft, catalog_folder, drafted, published
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest, write_manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_database import source_locale
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command, run_chain
from ansible_collections.day2.ops.plugins.module_utils._core import postgres_connection

from .backups_postgres_help import Login, connect

TABLES = '''
CREATE SCHEMA "Odd ""schema""";
CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL);
CREATE INDEX ON people (name);
CREATE TABLE "Odd ""schema""".empty (id int);
CREATE TABLE "Odd ""schema"""."a.b" (id int PRIMARY KEY REFERENCES people);
INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, 2000) n;
INSERT INTO "Odd ""schema"""."a.b" SELECT n FROM generate_series(1, 300) n;
ALTER TABLE people OWNER TO app_owner;
'''
ROWS = {"public.people": 2000, '"Odd ""schema""".empty': 0, '"Odd ""schema"""."a.b"': 300}


@dataclass
class Dumped:
    """A backup of one database, made in the plainest way."""

    login: Login
    bin_dir: Path
    database: str
    path: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def options(self, **more: Any) -> dict[str, Any]:
        return postgres_connection.SPEC.validate({**self.login, **more}, "test")

    def make(self, directory: bool = False, encryption: Mapping[str, Any] | None = None, roles: bool = True) -> Opened:
        """Make a backup and open it."""
        cipher = cipher_of(encryption)
        catalog = catalog_folder(self.path, "shop", make=True)
        with drafted(catalog, cipher, 60) as draft:
            made = self._write(draft, directory, roles)
            told = {} if cipher is None else {"encryption": cipher.told()}
            manifest = Manifest(
                "shop", "postgres", draft.id, draft.started_at, draft.started_at, "L0", None,
                sum(file.size for file in draft.files), tuple(draft.files), made.server, made.tools,
                {**made.layout, **told}, made.facts,
            )  # fmt: skip
            write_manifest(draft.folder, manifest)
            return Opened(published(draft), manifest, cipher, 60)

    def _write(self, draft: Draft, directory: bool, roles: bool) -> Made:
        tools = postgres_tools.find_tools({"bin_dir": str(self.bin_dir)}, 0, ("pg_dump", "pg_dumpall"))
        with postgres_tools.login(self.options(login_db=self.database), draft.folder, tools) as environment:
            dump = Command([tools.path("pg_dump"), f"--format={'directory' if directory else 'custom'}"], environment)
            if directory:
                run_chain([Command([*dump.argv, f"--file={draft.folder / 'dump'}"], environment)], 60)
                draft.adopt("dump")
            else:
                draft.receive("dump", [dump])
            if roles:
                draft.receive("globals.sql", [Command([tools.path("pg_dumpall"), "--globals-only"], environment)])
        return Made(
            server={"locale": self.locale()},
            tools={"pg_dump": tools.text},
            layout={"format": "directory" if directory else "custom"},
            facts={"rows": ROWS, "server_version_num": self.version(), "database": self.database, **self.facts},
        )

    def locale(self) -> dict[str, Any]:
        with connect(self.login, self.database) as connection:
            return source_locale(connection)

    def version(self) -> int:
        with connect(self.login) as connection:
            return connection.info.server_version


@contextmanager
def shop(login: Login, bin_dir: Path, path: Path, database: str) -> Iterator[Dumped]:
    """Make a database with a few rows, and drop it at the end."""
    with connect(login) as admin:
        admin.execute(f'CREATE DATABASE "{database}"')
        try:
            with connect(login, database) as connection:
                connection.execute(TABLES)
            yield Dumped(login, bin_dir, database, path)
        finally:
            admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
