# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind postgres on a server of its own settings: an archive that fails, prepared transactions, nothing preloaded.

It is Debian's Postgres where that is installed, which is older than the lab's; else the lab's.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt

CONFIG = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_prepared_transactions = 2
archive_mode = on
archive_command = 'test -e {folder}/archive-works'
autovacuum_freeze_max_age = 100000
"""


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[tuple[dict[str, Any], Path]]:
    """The login of a superuser, and the file whose being there makes the archive work."""
    home = lab.home
    (port,) = free_ports(1)
    folder = home.server_folder("other-postgres")
    programs = _programs(lab.facts["postgres"])
    initdb = [f"{programs}/initdb", "--no-sync", "--auth=trust", "--username=postgres", f"--pgdata={folder / 'data'}"]
    made = process.start(initdb, home.log("other-initdb"), home.account)
    wait_for("the end of initdb", lambda: not process.is_alive(made), seconds=120)
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as config:
        config.write(CONFIG.format(host=HOST, port=port, folder=folder))
    argv = [f"{programs}/postgres", "-D", str(folder / "data")]
    home.launch("other-postgres", argv, unprivileged=True, stop_signal=signal.SIGINT)
    login = {"login_port": port, "ssl_mode": "disable"}
    wait_for("a login", lambda: attempt("postgres", **login).status == "pass", seconds=30)
    yield login, folder / "archive-works"
    home.stop("other-postgres")
    del home.facts["processes"]["other-postgres"]
    home.save()


def _programs(facts: PostgresFacts) -> str:
    of_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return str(of_debian[-1].parent) if of_debian else facts["bin_dir"]


@pytest.fixture
def admin(server: tuple[dict[str, Any], Path]) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    port = server[0]["login_port"]
    connect = psycopg.connect(host=HOST, port=port, user="postgres", dbname="postgres", autocommit=True)
    with closing(connect) as admin:
        yield admin


def test_an_archive_that_fails_and_then_works(
    server: tuple[dict[str, Any], Path], admin: psycopg.Connection[tuple[Any, ...]]
) -> None:
    login, works = server
    none_yet = attempt("postgres", **login, archiving=True)
    assert (none_yet.status, none_yet.reason) == ("unknown", "archiver is null (nothing has been archived yet)")
    admin.execute("CREATE TABLE check_archive ()")
    admin.execute("SELECT pg_switch_wal()")
    wait_for("a failure", lambda: attempt("postgres", **login, archiving=True).status == "fail")
    outcome = attempt("postgres", **login, archiving=True)
    assert outcome.reason == "archiver is 'failing', expected one of ['ok']"
    assert outcome.values["archive_failures"] >= 1
    works.touch()
    admin.execute("DROP TABLE check_archive")
    wait_for("the archive", lambda: attempt("postgres", **login, archiving=True).status == "pass", seconds=90)
    assert attempt("postgres", **login, max_archive_age="1h").status == "pass"
    assert "archive_age is " in attempt("postgres", **login, max_archive_age=0).reason


def test_a_prepared_transaction_is_an_open_one(
    server: tuple[dict[str, Any], Path], admin: psycopg.Connection[tuple[Any, ...]]
) -> None:
    for statement in ("BEGIN", "SELECT 1", "PREPARE TRANSACTION 'forgotten'"):
        admin.execute(statement)
    outcome = attempt("postgres", **server[0], max_transaction_age=0, max_idle_in_transaction=0)
    admin.execute("ROLLBACK PREPARED 'forgotten'")
    assert outcome.status == "fail"
    assert "longest_transaction is " in outcome.reason
    assert "idle" not in outcome.reason
    assert outcome.values["longest_transaction_of"].startswith("prepared transaction forgotten, user postgres")


def test_an_extension_that_is_not_loaded(
    server: tuple[dict[str, Any], Path], admin: psycopg.Connection[tuple[Any, ...]]
) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements")
    outcome = attempt("postgres", **server[0], max_mean_exec_time="1s")
    assert outcome.status == "unknown"
    assert "must be loaded via shared_preload_libraries" in outcome.reason


def test_transaction_numbers_that_run_out(
    server: tuple[dict[str, Any], Path], admin: psycopg.Connection[tuple[Any, ...]]
) -> None:
    admin.execute(
        "DO $$ BEGIN FOR n IN 1..2000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"  # a number each
    )
    outcome = attempt("postgres", **server[0], max_freeze_age_percent=2, max_wraparound_percent=50)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("freeze_age_percent is ")
    assert outcome.values["wraparound_percent_of"] in {"postgres", "template0", "template1"}
