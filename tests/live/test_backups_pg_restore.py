# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of real databases: the old one serves until the new one is whole, and is there afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import (
    postgres_restore,
    postgres_restore_place,
    postgres_restore_swap,
)
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from psycopg import sql

from .backups_pg_restore_help import Servers, Shop, shop
from .backups_postgres_help import bin_dir, cluster, connect

HOSTILE = ['x"; DROP DATABASE shop; --', "$(touch x)\n'%s", "dbname=postgres " + "é" * 23]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, tmp_path_factory.mktemp("servers"))


@pytest.fixture(scope="module")
def standing(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A database that no test changes, with a backup."""
    with shop(servers[17], bin_dir(17), tmp_path_factory.mktemp("standing"), "standing") as made:
        made.back_up()
        yield made


@pytest.fixture(scope="module")
def made(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a backup of a server of version 18."""
    with shop(servers[18], bin_dir(18), tmp_path_factory.mktemp("made") / "backups") as whole:
        whole.back_up()
    return whole.path


@pytest.fixture
def source(servers: Servers, made: Path, tmp_path: Path) -> Iterator[Shop]:
    """A database of the newest server, a backup of it, and then a loss of data."""
    with shop(servers[18], bin_dir(18), shutil.copytree(made, tmp_path / "backups")) as damaged:
        with connect(damaged.login, "shop") as owner:
            owner.execute("DELETE FROM people WHERE id > 1000")
        yield damaged


def kept(source: Shop) -> list[str]:
    return sorted(name for name in source.databases() if name.startswith("shop_before_"))


def test_a_restore_takes_the_place_of_the_old_one_which_is_kept(source: Shop) -> None:
    with pytest.raises(OpsError, match=r"the database is there and not empty.*force: true"):
        source.restore()
    planned = source.restore(check_mode=True, force=True)
    assert planned.changed
    assert "would be restored" in planned.msg
    assert (source.databases(), source.ask("SELECT count(*) FROM people")) == ({"shop"}, 1000)
    with connect(source.login, "shop") as client:
        done = source.restore(force=True)
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    assert (done.data["rows"], done.data["tables"], done.data["sessions_ended"]) == (2300, 3, 1)
    assert source.ask("SELECT count(*) FROM people") == 2000
    assert source.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'people'") == "app_owner"
    assert source.ask("SELECT has_table_privilege('reader', 'people', 'SELECT')")
    assert kept(source) == [done.data["old"]]
    assert source.ask("SELECT count(*) FROM people", done.data["old"]) == 1000
    assert done.diff == {
        "before": "shop\n",
        "after": f"shop: {done.data['backup']}\n{done.data['old']}: the old one\n",
    }


def test_swapped_back_the_old_one_serves_again(source: Shop) -> None:
    with pytest.raises(NotThere, match="no database was kept"):
        source.restore(state="swapped_back", target="shop")
    old = source.restore(force=True).data["old"]
    planned = source.restore(check_mode=True, state="swapped_back", target="shop")
    assert (planned.changed, source.ask("SELECT count(*) FROM people")) == (True, 2000)
    back = source.restore(state="swapped_back", target="shop")
    assert (back.changed, back.data["old"]) == (True, old)
    assert source.ask("SELECT count(*) FROM people") == 1000
    assert source.databases() == {"shop", back.data["undone"]}
    again = source.restore(state="swapped_back", target="shop")
    assert (again.changed, again.data["undone"]) == (False, back.data["undone"])
    assert source.restore(state="swapped_back", target="shop", keep_old_as=back.data["undone"]).changed
    assert source.ask("SELECT count(*) FROM people") == 2000


def test_the_database_as_a_whole_stays_as_it_was(source: Shop) -> None:
    with connect(source.login) as admin:
        admin.execute("ALTER DATABASE shop OWNER TO app_owner")
        admin.execute("ALTER DATABASE shop CONNECTION LIMIT 7")
        admin.execute("REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC")
        admin.execute("GRANT CREATE ON DATABASE shop TO reader WITH GRANT OPTION")
        admin.execute("COMMENT ON DATABASE shop IS 'it''s ours'")
        admin.execute("""ALTER DATABASE shop SET search_path TO "$user", 'Odd "schema"', public""")
        admin.execute("ALTER DATABASE shop SET app.motto TO 'a''b=c'")
        admin.execute("ALTER ROLE reader IN DATABASE shop SET statement_timeout TO '3s'")
    question = """
        SELECT jsonb_build_array(datacl::text, datconnlimit, datdba, datcollate, encoding,
            shobj_description(oid, 'pg_database'), (SELECT jsonb_object_agg(setrole, setconfig)
            FROM pg_db_role_setting WHERE setdatabase = d.oid)) FROM pg_database d WHERE datname = 'shop'
    """
    before = source.ask(question)
    source.restore(force=True)
    assert source.ask(question) == before
    assert source.ask("SHOW search_path") == '"$user", "Odd ""schema""", public'


def test_the_old_one_is_dropped_only_when_asked(source: Shop) -> None:
    assert source.restore(force=True, keep_old_as="The old one").data["old"] == "The old one"
    with pytest.raises(InputError, match="there is a database of that name"):
        source.restore(force=True, keep_old_as="The old one")
    assert source.restore(force=True, keep_old=False).data["old"] is None
    assert source.databases() == {"shop", "The old one"}


@pytest.mark.parametrize(("major", "programs"), [(15, 15), (15, 18), (17, 17)])
def test_servers_of_other_versions(servers: Servers, tmp_path: Path, major: int, programs: int) -> None:
    with shop(servers[major], bin_dir(programs), tmp_path / "backups") as source:
        shapes: tuple[dict[str, Any], ...] = ({}, {"format": "custom", "compression": "gzip:1"})
        for options in shapes:
            source.back_up(**options)
            assert source.restore(target="copy", keep_old=False, force=True).data["rows"] == 2300
        if programs == major:
            assert source.restore(target="one", single_transaction=True).data["rows"] == 2300
        else:
            with pytest.raises(InputError, match="single_transaction"):
                source.restore(target="one", single_transaction=True)
            assert source.databases() == {"shop", "copy"}


def test_a_backup_of_a_newer_server_is_refused(servers: Servers, source: Shop) -> None:
    with pytest.raises(OpsError, match=r"the backup is of PostgreSQL 18\..*which is older"):
        source.restore(**servers[17], target="copy")


def test_roles_are_made_where_they_are_missing(source: Shop, tmp_path: Path) -> None:
    with connect(source.login) as admin:
        admin.execute("ALTER ROLE app_owner LOGIN PASSWORD 'app-secret' CONNECTION LIMIT 3")
        admin.execute("GRANT reader TO app_owner")
        admin.execute("COMMENT ON ROLE app_owner IS 'it''s; -- \"odd\"'")
    try:
        source.back_up()
        with cluster(bin_dir(18), tmp_path) as other:
            with pytest.raises(NotThere, match=r'the role ".*" is not on the server'):
                source.restore(**other)
            done = source.restore(**other, globals="create_missing")
            assert done.data["roles_created"] == ["app_owner", "reader"]
            with connect({**other, "login_user": "app_owner", "login_password": "app-secret"}, "shop") as owner:
                seen = owner.execute("SELECT pg_has_role('reader', 'MEMBER'), count(*) FROM people").fetchone()
            assert seen == (True, 1000)
            assert source.restore(**other, target="plain", no_owner=True, owner="reader").data["roles_created"] == []
    finally:
        with connect(source.login) as admin:
            admin.execute("REVOKE reader FROM app_owner")


def test_some_schemas_only(source: Shop) -> None:
    done = source.restore(target="part", exclude_schemas=['Odd "schema"'])
    assert (done.data["tables"], done.data["rows"]) == (1, 2000)
    done = source.restore(target="public_only", schemas=["public"])
    assert (done.data["tables"], done.data["rows"]) == (1, 2000)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(servers: Servers, tmp_path: Path, name: str) -> None:
    with shop(servers[18], bin_dir(18), tmp_path / "backups", name) as source:
        source.back_up()
        done = source.restore(target=name, force=True)
        assert len(source.databases()) == 2
        assert source.restore(state="swapped_back", target=name).data["old"] == done.data["old"]
        assert source.ask("SELECT count(*) FROM people") == 2000


@pytest.mark.parametrize("at", ["compare_rows", "swap"])
def test_what_fails_before_the_end_leaves_the_old_one(source: Shop, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise OpsError("it failed")

    monkeypatch.setattr(postgres_restore_place, at, fail)
    with pytest.raises(OpsError, match="it failed"):
        source.restore(force=True)
    assert (source.databases(), source.ask("SELECT count(*) FROM people")) == ({"shop"}, 1000)


def test_an_error_in_the_middle_of_the_swap_puts_all_back(source: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        def execute(self, statement: Any, *args: Any) -> Any:
            done = self._connection.execute(statement, *args)
            if "RENAME TO" in str(statement):
                self._connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            return done

    whole = postgres_restore_swap.swap
    monkeypatch.setattr(
        postgres_restore_place,
        "swap",
        lambda connection, *rest: whole(Broken(connection), *rest),  # type: ignore[arg-type]
    )
    with pytest.raises(OpsError):
        source.restore(force=True)
    assert source.ask("SELECT count(*) FROM people") == 1000
    monkeypatch.undo()
    (left,) = source.databases() - {"shop"}
    assert source.restore(force=True).data["leftovers_removed"] == [left]


def test_a_server_that_dies_in_the_middle_serves_the_old_one_again(
    source: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All backends are ended by the server itself, as when one of them is killed."""
    whole = postgres_restore_swap.swap

    def dying(connection: Any, *rest: Any) -> Any:
        os.kill(connection.execute("SELECT pg_backend_pid()").fetchone()[0], signal.SIGKILL)
        return whole(connection, *rest)

    monkeypatch.setattr(postgres_restore_place, "swap", dying)
    with pytest.raises(OpsError):
        source.restore(force=True)

    def serves() -> bool:
        try:
            return bool(source.ask("SELECT count(*) FROM people") == 1000)
        except psycopg.OperationalError:
            return False

    wait_for("the old database", serves, seconds=20)
    monkeypatch.undo()
    assert source.restore(force=True).data["rows"] == 2300


def test_clients_that_come_all_the_time_do_not_hinder_the_swap(source: Shop) -> None:
    enough = threading.Event()
    seen: set[int] = set()

    def client() -> None:
        while not enough.is_set():
            try:
                seen.add(int(source.ask("SELECT count(*) FROM people")))
            except psycopg.Error:
                continue

    threads = [threading.Thread(target=client) for _number in range(3)]
    for thread in threads:
        thread.start()
    try:
        source.restore(force=True, drain_timeout=0)
        wait_for("the new rows", lambda: 2000 in seen, seconds=10)
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert seen == {1000, 2000}


def test_work_is_waited_for_before_the_swap(source: Shop) -> None:
    with connect(source.login, "shop") as client:
        client.autocommit = False
        client.execute("INSERT INTO people VALUES (5000, 'late')")
        timer = threading.Timer(1.0, client.commit)
        timer.start()
        done = source.restore(force=True, drain_timeout="20s")
        timer.join()
    assert source.ask("SELECT count(*) FROM people", done.data["old"]) == 1001


def test_two_at_once_are_refused(source: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, second = postgres_restore.restore, []

    def meanwhile(*args: Any) -> None:
        with pytest.raises(Unreachable, match="another run is at work with this database: shop") as caught:
            monkeypatch.setattr(postgres_restore_place, "restore", whole)
            source.restore(force=True, login_db="template1")
        second.append(caught)
        whole(*args)

    monkeypatch.setattr(postgres_restore_place, "restore", meanwhile)
    assert source.restore(force=True).changed
    assert second


def test_a_broken_backup_is_refused_before_anything(source: Shop) -> None:
    (backup,) = (source.path / "shop").glob("2*")
    data = max((backup / "dump").iterdir(), key=lambda path: path.stat().st_size)
    data.write_bytes(data.read_bytes()[:-1] + b"\x00")
    for check_mode in (True, False):
        with pytest.raises(OpsError, match="another checksum"):
            source.restore(check_mode, force=True)
    assert source.databases() == {"shop"}


def test_an_encrypted_backup_from_a_stream(source: Shop, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("age is not here")
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    encryption = {"method": "age", "recipients": [recipient], "identity_file": str(key)}
    source.back_up(encryption)
    assert source.restore(target="copy", encryption=encryption).data["rows"] == 1300
    with pytest.raises(InputError, match="encrypt"):
        source.restore(target="other")


_KILLED = """
import sys
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_restore_place as place
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_operation import SPEC, operate
import json
def wait(*_args):
    print("filled", flush=True)
    sys.stdin.read()
place.swap = wait
operate(SPEC.validate(json.load(open(sys.argv[1])), "x"), False)
"""


def test_what_a_killed_run_left_is_dropped_by_the_next(source: Shop, tmp_path: Path) -> None:
    options = {**source.login, "bin_dir": source.programs, "path": str(source.path), "name": "shop", "force": True}
    (tmp_path / "options.json").write_text(json.dumps(options))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", _KILLED, str(tmp_path / "options.json")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"filled\n"
        with pytest.raises(Unreachable, match="another run is at work"):
            source.restore(force=True)
        killed.send_signal(signal.SIGKILL)
    (left,) = source.databases() - {"shop"}
    assert left.startswith("shop_new_")

    def unlocked() -> bool:
        with connect(source.login) as admin:
            return not admin.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchone()

    wait_for("the end of its session", unlocked, seconds=10)
    done = source.restore(force=True)
    assert done.data["leftovers_removed"] == [left]
    assert source.databases() == {"shop", done.data["old"]}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "postgres"}, "this database cannot be replaced"),
        ({"target": ""}, "1 to 63 bytes"),
        ({"target": "x" * 64}, "1 to 63 bytes"),
        ({"target": "shop", "keep_old_as": "shop"}, "another name"),
        ({"jobs": 0}, "jobs must be"),
        ({"jobs": 2, "single_transaction": True}, "leave out jobs"),
        ({"drain_timeout": "soon"}, "drain_timeout"),
        ({"state": "swapped_back"}, "needs target"),
        ({"name": None}, "one of name and target"),
    ],
)
def test_a_wrong_option_is_one_line(standing: Shop, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        standing.restore(**options)


def test_an_empty_database_needs_no_force(source: Shop) -> None:
    with connect(source.login) as admin:
        admin.execute(sql.SQL("CREATE DATABASE fresh"))
    done = source.restore(target="fresh")
    assert done.data["old"].startswith("fresh_before_")


def test_a_transaction_that_waits_for_its_second_half_keeps_the_old_one(
    source: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_restore_swap, "_TRIES", 1)
    with connect(source.login, "shop") as owner:
        owner.execute("BEGIN")
        owner.execute("DELETE FROM people WHERE id > 500")
        owner.execute("PREPARE TRANSACTION 'half'")
    try:
        with pytest.raises(Unreachable, match="could not be freed for the swap: prepared transactions"):
            source.restore(force=True)
        assert source.databases() == {"shop"}
    finally:
        with connect(source.login, "shop") as owner:
            owner.execute("COMMIT PREPARED 'half'")
    assert source.ask("SELECT count(*) FROM people") == 500


def test_what_cannot_be_dropped_is_no_failure(source: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connection: Any, _name: str) -> None:
        raise psycopg.errors.ObjectInUse("used by a slot")

    monkeypatch.setattr(postgres_restore_place, "drop_database", fail)
    done = source.restore(force=True, keep_old=False)
    assert source.databases() == {"shop", done.data["old"]}
    assert "cannot be dropped: used by a slot" in done.warnings[0]


def test_a_role_that_is_no_superuser_can_restore_what_it_owns(source: Shop) -> None:
    with connect(source.login) as admin:
        admin.execute("CREATE ROLE keeper LOGIN CREATEDB PASSWORD 'keeper-secret'")
        admin.execute("GRANT pg_signal_backend TO keeper")
        admin.execute("ALTER DATABASE shop OWNER TO keeper")
        admin.execute("ALTER DATABASE shop SET work_mem TO '9MB'")
    keeper: dict[str, Any] = {"login_user": "keeper", "login_password": "keeper-secret"}
    try:
        done = source.restore(force=True, no_owner=True, **keeper)
        assert done.data["rows"] == 2300
        assert source.restore(state="swapped_back", target="shop", **keeper).changed
        with connect(source.login, "shop"), pytest.raises(Unreachable, match=r"postgres \(no name\)"):
            source.restore(force=True, no_owner=True, **keeper)
        assert source.ask("SELECT count(*) FROM people") == 1000
    finally:
        with connect(source.login) as admin:
            for name in source.databases():
                admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(sql.Identifier(name)))
                with connect(source.login, name) as owner:
                    owner.execute("REASSIGN OWNED BY keeper TO postgres")
            admin.execute("DROP ROLE keeper")
