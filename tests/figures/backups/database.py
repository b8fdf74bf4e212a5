# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of PostgreSQL with a database that pgbench filled, and the programs that a guide would use on it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_dump
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts

from ..errors import FigureError
from ..run import Run

Options = dict[str, Any]
DATABASE = "bench"
TABLES = ("pgbench_accounts", "pgbench_branches", "pgbench_history", "pgbench_tellers")


@dataclass(frozen=True)
class Database:
    """The database, and how to get to it.

    :param login: options of a module. :param environment: of libpq's programs; the password is in a file.
    """

    facts: PostgresFacts
    folder: Path
    login: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def bin_dir(self) -> Path:
        """Return the folder of the programs."""
        return Path(self.facts["bin_dir"])

    def bytes(self) -> int:
        """Return how large it is."""
        with connect(self.facts, dbname="postgres") as admin:
            row = admin.execute("SELECT pg_database_size(%s)", (DATABASE,)).fetchone()
        return int(row[0]) if row else 0

    def seconds_of(self, *argv: object) -> float:
        """Run one of PostgreSQL's programs and return how long it took; raises FigureError when it fails."""
        began = time.perf_counter()
        self.run(*argv)
        return time.perf_counter() - began

    def run(self, *argv: object) -> str:
        """Run one of PostgreSQL's programs; raises FigureError when it fails."""
        program, *rest = map(str, argv)
        command = [str(self.bin_dir / program), *rest]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise FigureError(f"{program}: {done.stderr[-300:]}")
        return done.stdout

    def backed_up(self, path: Path, **options: Any) -> Result:
        """Do what the module pg_backup would, in this process."""
        return postgres_dump.operate(postgres_dump.SPEC.validate(self.options(path, **options), "pg_backup"), False)

    def options(self, path: Path, **options: Any) -> Options:
        """Return the options of the module pg_backup."""
        return {**self.login, "path": str(path), "name": DATABASE, "bin_dir": str(self.bin_dir), **options}


@contextmanager
def database(run: Run, folder: Path, scale: int) -> Iterator[Database]:
    """Have a database that pgbench filled, about 15 MB for each of ``scale``."""
    with run.lab(folder, ["postgres"]) as lab:
        facts = lab.facts["postgres"]
        passfile = folder / "pgpass"
        passfile.touch(0o600)
        passfile.write_text(f"*:*:*:*:{facts['admin_password']}\n", encoding="utf-8")
        environment = {
            "PGHOST": facts["host"],
            "PGPORT": str(facts["port"]),
            "PGUSER": facts["admin_user"],
            "PGPASSFILE": str(passfile),
            "PGSSLMODE": facts["sslmode"],
            "PGSSLROOTCERT": facts["ca_certs"],
            "PGDATABASE": DATABASE,
        }
        login = {
            "login_host": facts["host"],
            "login_port": facts["port"],
            "login_user": facts["admin_user"],
            "login_password": facts["admin_password"],
            "login_db": DATABASE,
            "ssl_mode": facts["sslmode"],
            "ca_certs": facts["ca_certs"],
        }
        here = Database(facts, folder, login, environment)
        with connect(facts, dbname="postgres") as admin:
            admin.execute(f"CREATE DATABASE {DATABASE}")
        run.say(f"  pgbench fills a database, scale {scale}")
        here.run("pgbench", "-i", "-q", "-s", scale)
        yield here
