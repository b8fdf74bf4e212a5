# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rehearsals of backups of PostgreSQL: restored apart, compared, and nothing of it left anywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_restore, streams
from ansible_collections.day2.ops.plugins.module_utils._backups.leftovers import sweep
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_rehearsal import (
    REHEARSAL,
    PostgresRehearsal,
    rehearsed,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command
from ansible_collections.day2.ops.plugins.module_utils._core import postgres_connection
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .backups_pg_restore_help import Servers, Shop, shop
from .backups_postgres_help import bin_dir, connect


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, tmp_path_factory.mktemp("servers"))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for scratch servers, which is empty again at the end of each test."""
    folder = Path(tempfile.mkdtemp(prefix="day2-rehearsal-"))
    folder.chmod(0o711)
    yield folder
    left = list(folder.iterdir())
    shutil.rmtree(folder)
    assert not left


@pytest.fixture
def source(servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    with shop(servers[17], bin_dir(17), tmp_path / "backups") as made:
        yield made


@pytest.fixture(scope="module")
def backup(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A backup of version 17, in the defaults of the module."""
    with shop(servers[17], bin_dir(17), tmp_path_factory.mktemp("backups")) as made:
        opened = made.back_up()
    yield opened


@pytest.fixture(scope="module")
def standing(backup: Opened) -> Iterator[PostgresRehearsal]:
    """A rehearsal of it that stays for all tests that only compare."""
    with rehearsed(backup, REHEARSAL.validate({"bin_dir": str(bin_dir(17))}, "rehearsal")) as rehearsal:
        yield rehearsal


def rehearse(backup: Opened, place: Path, programs: Path | None = None, **options: Any) -> dict[str, Any]:
    """Return what was found, restored and compared."""
    given = {"bin_dir": str(programs or bin_dir(17)), "folder": str(place), **options}
    with rehearsed(backup, REHEARSAL.validate(given, "rehearsal")) as rehearsal:
        return {**rehearsal.found, **rehearsal.compare()}


@pytest.mark.parametrize(("major", "scratch"), [(15, 15), (15, 18), (18, 18)])
def test_a_backup_is_restored_into_a_server_of_its_own(
    servers: Servers, tmp_path: Path, place: Path, major: int, scratch: int
) -> None:
    with shop(servers[major], bin_dir(major), tmp_path / "backups") as source:
        backup = source.back_up()
        assertions = [
            {"sql": "SELECT count(*) FROM people", "expected": "2000"},
            {"sql": "SELECT id, name FROM people WHERE id < 3 ORDER BY 1", "expected": [[1, "name 1"], [2, "name 2"]]},
            {"sql": "SELECT tableowner FROM pg_tables WHERE tablename = 'people'", "expected": "app_owner"},
        ]
        found = rehearse(backup, place, bin_dir(scratch), assertions=assertions)
        assert (found["place"], found["tables"], found["rows"]) == ("a server of its own", 3, 2300)
        assert (found["amcheck"], found["assertions"], found["notes"]) == (True, 3, [])
        assert found["bytes"] > 1_000_000
        assert found["version"].startswith(f"{scratch}.")


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"format": "custom", "globals": False}, 2300),
        ({"tables": ['"Odd ""schema""".empty', "people"]}, 2000),
    ],
)
def test_other_shapes_are_restored_too(source: Shop, place: Path, options: dict[str, Any], rows: int) -> None:
    found = rehearse(source.back_up(**options), place)
    assert found["rows"] == rows
    assert ("no globals" in "".join(found["notes"])) == ("globals" in options)


def test_an_encrypted_backup_is_never_plain_on_disk(source: Shop, place: Path, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("age is not here")
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    recipient = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    encryption = {"method": "age", "recipients": [recipient], "identity_file": str(key)}
    assert rehearse(source.back_up(encryption), place)["rows"] == 2300


def test_a_backup_is_restored_into_a_database_of_a_server_that_is_there(
    servers: Servers, backup: Opened, place: Path
) -> None:
    with connect(servers[17]) as admin:
        admin.execute("CREATE DATABASE day2_scratch_0123456789ab")  # of a run that was killed
    found = rehearse(backup, place, **servers[17])
    assert found["place"].startswith("a database on postgres 127.0.0.1")
    assert (found["rows"], found["notes"]) == (2300, [])
    with connect(servers[17]) as admin:
        assert not admin.execute("SELECT 1 FROM pg_database WHERE datname ~ '^day2_scratch'").fetchall()


def test_each_table_that_differs_is_named(standing: PostgresRehearsal, backup: Opened) -> None:
    rows = {**backup.manifest.facts["rows"], "public.people": 2001, "public.gone": 1}
    del rows['"Odd ""schema"""."a.b"']
    other = replace(backup, manifest=replace(backup.manifest, facts={**backup.manifest.facts, "rows": rows}))
    with pytest.raises(OpsError) as caught:
        replace(standing, backup=other).compare()
    assert str(caught.value) == (
        '3 tables differ: Odd "schema".a.b has 300 rows and was not in the source;'
        " public.gone is missing, 1 rows were expected; public.people has 2000 rows, 2001 were expected"
    )
    assert {"table": "public.people", "expected": 2001, "found": 2000} in caught.value.details["differences"]


def test_each_assertion_that_fails_is_told(standing: PostgresRehearsal) -> None:
    assertions = [
        {"sql": "SELECT max(id) FROM people", "expected": 1},
        {"sql": "DELETE FROM people", "expected": None},
        {"sql": "SELECT 1 / 0", "expected": 1},
        {"sql": "SELECT pg_sleep(60)", "expected": ""},
        {"sql": "SELECT 1", "expected": 1},
    ]
    with pytest.raises(OpsError, match=r"4 assertions fail: SELECT max") as caught:
        replace(standing, options={**standing.options, "assertions": assertions, "assertion_timeout": 0.3}).compare()
    assert "SELECT max(id) FROM people: expected 1, found 2000" in str(caught.value)
    errors = [failure.get("error", "") for failure in caught.value.details["failed_assertions"]]
    assert "read-only" in errors[1]
    assert "division by zero" in errors[2]
    assert "timeout" in errors[3]


# An order that changes under an index: to the server the same as damage.
_DAMAGED = """
CREATE FUNCTION ordered(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT sign(a - b)::int';
CREATE OPERATOR CLASS fickle FOR TYPE int USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 ordered(int, int);
CREATE TABLE numbers (id int);
CREATE INDEX damaged ON numbers (id fickle);
INSERT INTO numbers SELECT generate_series(1, 50);
CREATE OR REPLACE FUNCTION ordered(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT sign(b - a)::int';
DELETE FROM numbers;
"""


def test_damage_of_an_index_is_found(standing: PostgresRehearsal) -> None:
    with postgres_connection.connect(standing.scratch.login) as restored:
        restored.execute(_DAMAGED.encode())
        with pytest.raises(OpsError, match=r"amcheck found damage.*damaged.*order"):
            standing.compare()
        restored.execute("DROP TABLE numbers")
    assert standing.compare()["amcheck"]


def test_an_extension_that_the_server_lacks_is_named(source: Shop, place: Path) -> None:
    with connect(source.login, "shop") as owner:
        owner.execute("CREATE EXTENSION hstore")
    backup = source.back_up()
    without = Path(tempfile.mkdtemp(prefix="day2-programs-"))
    try:
        without.chmod(0o755)
        shutil.copytree(bin_dir(17).parent, without / "pg", symlinks=True)
        (without / "pg" / "share" / "extension" / "hstore.control").unlink()
        with pytest.raises(NotThere, match='the server lacks the extension "hstore"; install its package'):
            rehearse(backup, place, without / "pg" / "bin")
    finally:
        shutil.rmtree(without)


def test_a_newer_servers_backup_is_refused(servers: Servers, tmp_path: Path, place: Path) -> None:
    with shop(servers[18], bin_dir(18), tmp_path / "backups") as source:
        backup = source.back_up(format="custom", compression="gzip:1")
        with pytest.raises(NotThere, match="are of version 17"):
            rehearse(backup, place)
        with pytest.raises(OpsError, match=r"the backup is of PostgreSQL 18\..*, the server is 17\..*older"):
            rehearse(backup, place, bin_dir(18), **servers[17])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"jobs": 0}, "jobs must be 1 or more"),
        ({"assertions": [{"expected": 1}]}, r"assertions\[0\].*sql"),
        ({"folder": "/no/such"}, "folder that is there"),
        ({"login_user": "x"}, "login_user without login_host"),
        ({"user": "root"}, "refuses to run as root|only root"),
        ({"assertion_timeout": "soon"}, "assertion_timeout"),
    ],
)
def test_a_wrong_option_is_one_line(backup: Opened, place: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        rehearse(backup, place, **options)


_KILLED = """
import sys
from pathlib import Path
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_rehearsal import REHEARSAL, rehearsed
(backup,) = read_catalog(Path(sys.argv[1])).backups
given = REHEARSAL.validate({"bin_dir": sys.argv[2], "folder": sys.argv[3]}, "x")
with rehearsed(Opened(backup.folder, backup.manifest, None, 60), given):
    print("restored", flush=True)
    sys.stdin.read()
"""


def test_a_killed_rehearsal_leaves_nothing_after_the_next(backup: Opened, place: Path) -> None:
    argv = [sys.executable, "-c", _KILLED, str(backup.folder.parent), str(bin_dir(17)), str(place)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"restored\n"
        (data,) = place.glob("*/pg/data")
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        killed.send_signal(signal.SIGKILL)
    if shutil.which("setpriv"):
        wait_for("the end of the scratch server", lambda: not Path(f"/proc/{server}").exists(), seconds=10)
    assert len(list(place.iterdir())) == 1
    assert rehearse(backup, place)["rows"] == 2300
    assert not Path(f"/proc/{server}").exists()
    assert not sweep(place, ".scratch-")


@pytest.mark.parametrize("victim", ["postgres", "pg_restore"])
def test_a_program_that_is_killed_is_told_and_nothing_stays(
    backup: Opened, place: Path, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    whole = streams.run_chain

    def killing(commands: list[Command], timeout: float) -> None:
        (data,) = place.glob("*/pg/data")
        server = (data / "postmaster.pid").read_text().splitlines()[0]
        script = f"kill -9 {server}" if victim == "postgres" else "kill -9 $$"
        whole([replace(commands[0], argv=["sh", "-c", f'{script}; exec "$@"', "sh", *commands[0].argv])], timeout)

    monkeypatch.setattr(postgres_restore, "run_chain", killing)
    with pytest.raises(OpsError, match=r"pg_restore|sh was ended by signal 9"):
        rehearse(backup, place)
    assert not list(place.iterdir())
