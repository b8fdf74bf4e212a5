# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live tests of restores share: servers, a small database with odd names in it, and backups of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_dump, postgres_restore_operation
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.cipher import cipher_of
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from psycopg import sql

from .backups_postgres_help import Login, bin_dir, cluster, connect

TABLES = '''
CREATE SCHEMA "Odd ""schema""";
CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL);
CREATE INDEX ON people (name);
CREATE TABLE "Odd ""schema""".empty (id int);
CREATE TABLE "Odd ""schema"""."a.b" (id int PRIMARY KEY REFERENCES people);
CREATE VIEW names AS SELECT name FROM people;
INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, 2000) n;
INSERT INTO "Odd ""schema"""."a.b" SELECT n FROM generate_series(1, 300) n;
ALTER TABLE people OWNER TO app_owner;
GRANT SELECT ON people TO reader;
'''
_CONFIG = "max_prepared_transactions = 2"
ROLES = ("app_owner", "reader")


class Servers(dict[int, Login]):
    """Servers by their major version, each started when a test wants it first."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__()
        self._stack, self._folder = stack, folder

    def __missing__(self, major: int) -> Login:
        login = self._stack.enter_context(cluster(bin_dir(major), self._folder, _CONFIG))
        with connect(login) as admin:
            for role in ROLES:
                admin.execute(f"CREATE ROLE {role}")
        self[major] = login
        return login


@dataclass
class Shop:
    """A database on a server, and its backups."""

    login: Login
    programs: str
    database: str
    path: Path

    def back_up(self, encryption: Mapping[str, Any] | None = None, **options: Any) -> Opened:
        """Make a backup and open it."""
        wanted = {**self.login, "login_db": self.database, "bin_dir": self.programs, "path": str(self.path)}
        given = {**wanted, "name": "shop", "encryption": encryption, "verify": "L0", **options}
        made = postgres_dump.operate(postgres_dump.SPEC.validate(given, "pg_backup"), False)
        (backup,) = [one for one in read_catalog(self.path / "shop").backups if str(one.folder) == made.data["path"]]
        return Opened(backup.folder, backup.manifest, cipher_of(encryption), 60.0)

    def restore(self, check_mode: bool = False, **options: Any) -> Result:
        """Return what the module would."""
        wanted = {**self.login, "bin_dir": self.programs, "path": str(self.path), "name": "shop", **options}
        return postgres_restore_operation.operate(
            postgres_restore_operation.SPEC.validate(wanted, "pg_restore"), check_mode
        )

    def ask(self, question: str, database: str | None = None) -> Any:
        """Return the first value of an answer."""
        with connect(self.login, database or self.database) as connection:
            row = connection.execute(question).fetchone()
        return None if row is None else row[0]

    def databases(self) -> set[str]:
        """Return the names of all databases but the server's own."""
        with connect(self.login) as connection:
            names = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}
        return names - {"postgres", "template0", "template1"}


@contextmanager
def shop(login: Login, programs: Path, path: Path, database: str = "shop") -> Iterator[Shop]:
    """Make a database with a few rows; drop it and all others at the end."""
    made = Shop(login, str(programs), database, path)
    with connect(login) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    try:
        with connect(login, database) as owner:
            owner.execute(TABLES)
        yield made
    finally:
        with connect(login) as admin:
            for name in made.databases():
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
