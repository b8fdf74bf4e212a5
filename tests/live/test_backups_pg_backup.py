# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of real servers of PostgreSQL: whole, of one moment, with all rows told, and nothing else left anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_kind
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup, read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump_snapshot import held
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
)
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from psycopg import sql

from .backups_postgres_help import Login, bin_dir, cluster, connect

_MADE = """
CREATE TABLE items AS SELECT n AS id, md5(n::text) AS word FROM generate_series(1, 2000) n;
CREATE SCHEMA "Other";
CREATE TABLE "Other"."odd; 1; 0 2 TABLE DATA\n" AS SELECT generate_series(1, 3);
CREATE TABLE parts (id int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
INSERT INTO parts SELECT generate_series(1, 4);
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2), (3);
CREATE UNLOGGED TABLE passing AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW seen AS SELECT * FROM items;
CREATE VIEW looked_at AS SELECT * FROM items;
"""
ROWS = {
    "public.items": 2000,
    '"Other"."odd; 1; 0 2 TABLE DATA\n"': 3,
    "public.part_1": 4,
    "public.parent": 1,
    "public.child": 2,
    "public.passing": 1,
}


def filled(login: Login) -> Login:
    """Make a database with tables of all kinds, and return the login to it."""
    with connect(login) as admin:
        admin.execute("CREATE DATABASE shop")
        admin.execute("CREATE ROLE poor LOGIN PASSWORD 'a:b\\c'")
    shop = {**login, "login_db": "shop"}
    with connect(shop) as owner:
        owner.execute(_MADE)
        owner.execute("GRANT SELECT ON items TO poor")
    return shop


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Login]]:
    """Servers by their major version, each started when a test wants it first; see ``server``."""
    with ExitStack() as stack:
        yield _Servers(stack, tmp_path_factory.mktemp("servers"))


class _Servers(dict[int, Login]):
    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__()
        self._stack, self._folder = stack, folder

    def __missing__(self, major: int) -> Login:
        self[major] = filled(self._stack.enter_context(cluster(bin_dir(major), self._folder)))
        return self[major]


@pytest.fixture
def shop(servers: dict[int, Login]) -> Login:
    """The newest server, with the programs of its version."""
    return {**servers[18], "bin_dir": str(bin_dir(18))}


def back_up(login: Login, path: Path, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would, with the fewest programs unless more are asked for."""
    given = {**login, "path": str(path), "name": "shop", "verify": "L1", "globals": False, **options}
    valid = SPEC.validate({option: value for option, value in given.items() if value is not None}, "pg_backup")
    return operate(valid, check_mode)


def backups(path: Path) -> list[Backup]:
    return read_catalog(path / "shop").backups


def opened(backup: Backup, login: Login) -> Opened:
    return Opened(backup.folder, backup.manifest, None, 60.0, login["bin_dir"])


def as_sql(backup: Backup, login: Login) -> str:
    argv = [f"{login['bin_dir']}/pg_restore", "--file=-", str(backup.folder / "dump")]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("major", [15, 17, 18])
@pytest.mark.parametrize("form", ["directory", "custom"])
def test_a_backup_holds_all_tables_and_tells_their_rows(
    servers: dict[int, Login], tmp_path: Path, major: int, form: str
) -> None:
    made = back_up(servers[major], tmp_path, format=form, bin_dir=str(bin_dir(major)), verify=None, globals=True)
    (backup,) = backups(tmp_path)
    manifest = backup.manifest
    assert (made.data["level"], manifest.level) == ("L2", "L2")
    assert manifest.facts["rows"] == ROWS
    assert (manifest.facts["tables"], manifest.proofs[-1].found["tables"]) == (len(ROWS), len(ROWS))
    assert re.fullmatch("[0-9A-F]+/[0-9A-F]+", manifest.facts["lsn"])
    assert manifest.layout["compression"] == ("gzip:1" if major == 15 else "zstd:1")
    assert manifest.facts["server_version_num"] // 10000 == major
    roles = (backup.folder / "globals.sql").read_text()
    assert "CREATE ROLE poor" in roles
    assert "SCRAM-SHA-256" in roles
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.folder.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_check_mode_tells_and_makes_nothing(shop: Login, tmp_path: Path) -> None:
    planned = back_up(shop, tmp_path, check_mode=True)
    assert planned.changed
    assert (planned.data["plan"]["tables"], planned.data["plan"]["compression"]) == (len(ROWS), "zstd:1")
    assert 0 < planned.data["estimate"] < planned.data["plan"]["database_size"]
    assert not list(tmp_path.iterdir())
    with pytest.raises(NotThere, match='no matching tables were found for pattern "nope"'):
        back_up(shop, tmp_path, check_mode=True, tables=["nope"])


def test_a_second_run_makes_another(shop: Login, tmp_path: Path) -> None:
    first, second = back_up(shop, tmp_path), back_up(shop, tmp_path, format="custom", counts=False)
    assert first.data["backup"] != second.data["backup"]
    assert second.diff is not None
    assert second.diff["before"].startswith(first.data["backup"])
    assert "rows" not in second.data["facts"]
    assert second.data["files"] == ["dump"]
    assert len(backups(tmp_path)) == 2


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"schemas": ['"Other"']}, ['"Other"."odd; 1; 0 2 TABLE DATA\n"']),
        ({"exclude_schemas": ["public"]}, ['"Other"."odd; 1; 0 2 TABLE DATA\n"']),
        ({"tables": ["p*"]}, ["public.parent", "public.part_1", "public.passing"]),
        ({"tables": ["items"], "format": "custom"}, ["public.items"]),
        (
            {"exclude_tables": ["items", '"Other".*', "pa*"]},
            ["public.child"],
        ),
    ],
)
def test_filters_are_of_pg_dump_and_counts_are_of_what_is_in_the_dump(
    shop: Login, tmp_path: Path, filters: dict[str, Any], names: list[str]
) -> None:
    made = back_up(shop, tmp_path, **filters)
    assert made.data["facts"]["rows"] == {name: ROWS[name] for name in names}
    assert made.data["facts"]["tables"] == len(names)
    given = {name: value for name, value in filters.items() if name != "format"}
    assert backups(tmp_path)[0].manifest.layout["filters"] == given


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_rows_are_those_of_the_moment_of_the_dump(shop: Login, tmp_path: Path, form: str) -> None:
    stop = threading.Event()

    def write() -> None:
        with connect(shop) as writer:
            while not stop.is_set():
                writer.execute("INSERT INTO busy SELECT generate_series(1, 50)")

    with connect(shop) as owner:
        owner.execute("CREATE TABLE busy (id int)")
    writing = threading.Thread(target=write)
    writing.start()
    try:
        made = back_up(shop, tmp_path, format=form)
    finally:
        stop.set()
        writing.join()
        with connect(shop) as owner:
            owner.execute("DROP TABLE busy")
    copied = as_sql(backups(tmp_path)[0], shop).partition("COPY public.busy (id) FROM stdin;\n")[2].partition("\\.\n")
    assert made.data["facts"]["rows"]["public.busy"] == copied[0].count("\n")


ODD = ['x"; DROP TABLE t; --', "$(touch {})", "a b\n'c'\\", "dbname=postgres", "postgresql://", "--version", "é"]


@pytest.mark.parametrize("name", ODD)
def test_any_name_of_a_database_is_that_database(shop: Login, tmp_path: Path, name: str) -> None:
    name = name.format(tmp_path / "touched")
    with connect(shop) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    login = {**shop, "login_db": name}
    try:
        with connect(login) as owner:
            owner.execute("CREATE TABLE here AS SELECT 1")
        made = back_up(login, tmp_path / "backups", name=None)
        assert made.data["facts"]["rows"] == {"public.here": 1}
        assert made.data["facts"]["database"] == name
        assert Path(made.data["path"]).parent.parent == tmp_path / "backups"
    finally:
        with connect(shop) as admin:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    assert not (tmp_path / "touched").exists()


def test_a_database_without_an_encoding_is_backed_up(shop: Login, tmp_path: Path) -> None:
    with connect(shop) as admin:
        admin.execute("CREATE DATABASE bare ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    bare = {**shop, "login_db": "bare"}
    with connect(bare) as owner:
        owner.execute("SET client_encoding TO 'UTF8'")
        owner.execute('CREATE TABLE "é" AS SELECT 1')
    made = back_up(bare, tmp_path)
    with connect(shop) as admin:
        admin.execute("DROP DATABASE bare")
    assert made.data["facts"]["rows"] == {'public."é"': 1}


def test_a_role_that_may_not_read_all_is_told_which_table(shop: Login, tmp_path: Path) -> None:
    poor = {**shop, "login_user": "poor", "login_password": "a:b\\c"}
    for counts in (True, False):
        with pytest.raises(AccessDenied, match=r"permission denied for (table|schema) (parts|part_1|Other|\w+)"):
            back_up(poor, tmp_path, counts=counts)
    assert not backups(tmp_path)
    made = back_up(poor, tmp_path, tables=["items"], globals=True)
    assert made.data["facts"]["rows"] == {"public.items": 2000}
    assert "roles are backed up without their passwords, as poor may not read them" in made.warnings
    roles = (Path(made.data["path"]) / "globals.sql").read_text()
    assert "CREATE ROLE poor" in roles
    assert "SCRAM-SHA-256" not in roles


def test_what_cannot_be_reached_or_done_is_told_in_one_line(shop: Login, tmp_path: Path) -> None:
    with pytest.raises(NotThere, match='database "nowhere" does not exist'):
        back_up({**shop, "login_db": "nowhere"}, tmp_path)
    with pytest.raises(NotThere, match=r"are of version 15\.\d+, older than the server's 18"):
        back_up({**shop, "bin_dir": str(bin_dir(15))}, tmp_path)
    with pytest.raises(InputError, match="a directory is written by pg_dump itself"):
        back_up(shop, tmp_path, format="directory", encryption={"method": "age", "recipients": ["age1x"]})
    with pytest.raises(InputError, match="only the format directory"):
        back_up(shop, tmp_path, format="custom", jobs=3)
    with connect(shop) as other, other.transaction():
        other.execute("LOCK TABLE items")
        for counts in (True, False):
            with pytest.raises(OpsError, match="a table stayed locked"):
                back_up(shop, tmp_path, lock_wait_timeout="100ms", counts=counts)
    assert not list(tmp_path.rglob("dump*"))


def test_limits_of_the_connection_and_of_the_server_do_not_end_the_snapshot(shop: Login, tmp_path: Path) -> None:
    with connect(shop) as owner:
        owner.execute("ALTER DATABASE shop SET idle_in_transaction_session_timeout = '20ms'")
        owner.execute("ALTER DATABASE shop SET transaction_timeout = '30ms'")
    try:
        with held({**shop, "timeout": 2.0}, [], 60) as snapshot:
            row = snapshot.connection.execute("SELECT current_setting('statement_timeout'), pg_sleep(0.06)").fetchone()
            assert row is not None
            assert row[0] == "0"
        assert back_up(shop, tmp_path).changed
    finally:
        with connect(shop) as owner:
            owner.execute("ALTER DATABASE shop RESET ALL")


WAITING = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'day2.ops' AND wait_event_type = 'Lock'"


class Paused:
    """A backup that waits for a table, as another session holds it; it goes on at the end of the block."""

    def __init__(self, login: Login, path: Path, **options: Any) -> None:
        self._login = login
        self._options = {"counts": False, "lock_wait_timeout": 30, **options}
        self._path = path
        self.result: Result | OpsError | None = None
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        try:
            self.result = back_up(self._login, self._path, **self._options)
        except OpsError as error:
            self.result = error

    def __enter__(self) -> Paused:
        self._other = connect(self._login)
        self._other.execute("BEGIN; LOCK TABLE items")
        self._thread.start()
        with connect(self._login) as looking:
            while self._thread.is_alive() and not looking.execute(WAITING).fetchone():
                self._thread.join(0.01)
        return self

    def __exit__(self, *_error: object) -> None:
        self._other.close()
        self._thread.join()

    def dump_pid(self) -> int:
        """Return the number of the process pg_dump of this backup."""
        for file in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if str(self._path) in os.readlink(file) and b"/pg_dump\0" in told(file.parent.name):
                    return int(file.parent.name)
            except OSError:
                continue
        raise AssertionError("pg_dump does not run")


def told(pid: str) -> bytes:
    """Return what all may see of a process: its arguments and environment."""
    found = b""
    for name in ("cmdline", "environ"):
        try:
            found += Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:  # it has just ended
            continue
    return found


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_no_process_no_file_and_no_result_holds_the_password(shop: Login, tmp_path: Path, form: str) -> None:
    secret = str(shop["login_password"]).encode()
    with Paused(shop, tmp_path, format=form) as backup:
        running = {pid: told(pid) for pid in os.listdir("/proc") if pid.isdigit()}
        assert b"pg_dump" in running[str(backup.dump_pid())]
        assert [pid for pid, text in running.items() if secret in text] == []
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in files if secret in path.read_bytes()] == []
    assert isinstance(backup.result, Result)
    assert secret.decode() not in json.dumps([backup.result.data, backup.result.msg, backup.result.warnings])
    assert [path for path in tmp_path.rglob("*") if path.is_file() and secret in path.read_bytes()] == []


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_a_dump_that_is_killed_leaves_nothing_but_the_last_good_backup(shop: Login, tmp_path: Path, form: str) -> None:
    first = back_up(shop, tmp_path)
    with Paused(shop, tmp_path, format=form) as backup:
        os.kill(backup.dump_pid(), 9)
    assert "pg_dump was ended by signal 9: postgres 127.0.0.1" in str(backup.result)
    assert [one.folder.name for one in backups(tmp_path)] == [first.data["backup"]]
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == [".lock", first.data["backup"]]


_MODULE = """
import json, sys
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump import SPEC, operate
operate(SPEC.validate(json.load(sys.stdin), "pg_backup"), False)
"""


def test_what_a_run_that_was_killed_has_left_goes_with_the_next_one(shop: Login, tmp_path: Path) -> None:
    given = {**shop, "path": str(tmp_path), "name": "shop", "counts": False}
    with connect(shop) as other, connect(shop) as looking:
        other.execute("BEGIN; LOCK TABLE items")
        with subprocess.Popen([sys.executable, "-c", _MODULE], stdin=subprocess.PIPE, text=True) as run:
            assert run.stdin is not None
            run.stdin.write(json.dumps(given))
            run.stdin.close()
            while run.poll() is None and not looking.execute(WAITING).fetchone():
                continue
            run.kill()
        assert looking.execute(WAITING).fetchone(), "pg_dump lives on"
        assert len(list((tmp_path / "shop").glob(".partial-*"))) == 1
    made = back_up(shop, tmp_path)
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == [".lock", made.data["backup"]]
    with connect(shop) as looking:
        wait_for("the end of pg_dump", lambda: not looking.execute(WAITING).fetchone())


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_a_server_that_ends_the_connections_is_told(shop: Login, tmp_path: Path, form: str) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'day2.ops'"
    with Paused(shop, tmp_path, format=form) as backup, connect(shop) as admin:
        admin.execute(end)
    assert "the server went away" in str(backup.result)
    assert not backups(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "day2", str(folder)], check=False).returncode:
        pytest.skip("cannot mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_a_full_disk_is_told_and_nothing_is_left_on_it(shop: Login, small_disk: Path, form: str) -> None:
    with connect(shop) as owner:
        # never looked at by the server, so that nobody knows its size before
        owner.execute(
            "CREATE TABLE big WITH (autovacuum_enabled = false) AS SELECT md5(n::text) FROM "
            "generate_series(1, 100000) n"
        )
    try:
        with pytest.raises(OpsError, match="the disk is full"):
            back_up(shop, small_disk, format=form, compression="none", tables=["big"])
        with pytest.raises(OpsError, match="too little space for a backup"):
            back_up(shop, small_disk, format=form)
    finally:
        with connect(shop) as owner:
            owner.execute("DROP TABLE big")
    assert [path.name for path in (small_disk / "shop").iterdir()] == [".lock"]


def test_an_encrypted_backup_is_never_plain_and_proven_as_far_as_it_can_be_read(shop: Login, tmp_path: Path) -> None:
    if not shutil.which("age"):
        pytest.skip("age is not installed")
    key = tmp_path / "key"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    encryption = {"method": "age", "recipients": [recipient]}
    blind = back_up(shop, tmp_path, encryption=encryption, compression="none", verify=None, globals=True)
    assert (blind.data["level"], sorted(blind.data["files"])) == ("L1", ["dump.age", "globals.sql.age"])
    assert blind.data["facts"]["rows"] == ROWS
    data = [path.read_bytes() for path in Path(blind.data["path"]).iterdir() if path.name != "manifest.json"]
    assert not any(b"CREATE" in one or b"SCRAM" in one for one in data)
    seeing = back_up(shop, tmp_path, encryption={**encryption, "identity_file": str(key)}, verify=None)
    assert seeing.data["level"] == "L2"
    assert seeing.data["proofs"][-1]["found"]["tables"] == len(ROWS)


@pytest.mark.parametrize("form", ["directory", "custom"])
def test_a_full_read_finds_what_is_cut_or_missing(shop: Login, tmp_path: Path, form: str) -> None:
    back_up(shop, tmp_path, format=form, compression="none", globals=True)
    (backup,) = backups(tmp_path)
    assert postgres_kind.read_in_full(opened(backup, shop))["tables"] == len(ROWS)
    more = replace(backup.manifest, facts={**backup.manifest.facts, "tables": len(ROWS) + 1})
    with pytest.raises(OpsError, match="holds the rows of 6 tables, 7 were dumped"):
        postgres_kind.read_in_full(opened(replace(backup, manifest=more), shop))
    roles = backup.folder / "globals.sql"
    os.truncate(roles, roles.stat().st_size - 60)
    with pytest.raises(OpsError, match="roles and tablespaces is cut"):
        postgres_kind.read_in_full(opened(backup, shop))
    largest = max((path for path in backup.folder.rglob("*")), key=lambda path: path.stat().st_size)
    os.truncate(largest, largest.stat().st_size // 2)
    if form == "custom":
        with pytest.raises(OpsError, match="pg_restore ended with status 1"):
            postgres_kind.read_in_full(opened(backup, shop))


def test_a_standby_is_backed_up_but_for_what_only_its_primary_has(shop: Login, tmp_path: Path) -> None:
    with cluster(bin_dir(18), tmp_path, standby_of=shop) as standby:
        made = back_up({**standby, "login_db": "shop", "bin_dir": shop["bin_dir"]}, tmp_path / "backups")
    assert made.data["facts"]["rows"] == {name: rows for name, rows in ROWS.items() if name != "public.passing"}
    assert read_catalog(tmp_path / "backups" / "shop").backups[0].manifest.server["standby"] is True
