# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL's programs: found in the right version, logged in without a password that anybody sees."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_tools
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_tools import (
    Tools,
    conninfo,
    default_name,
    find_tools,
    login,
)
from ansible_collections.day2.ops.plugins.module_utils._core import postgres_connection
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._core.memory_file import MemoryFile


def program(folder: Path, says: str, name: str = "pg_dump", status: int = 0) -> Path:
    """Write a program that tells a version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with versions 15 and 17 in the usual places, and 16 in the PATH."""
    program(tmp_path / "usr" / "15" / "bin", "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    program(tmp_path / "usr" / "17" / "bin", "pg_dump (PostgreSQL) 17.10")
    program(tmp_path / "path", "pg_dump (PostgreSQL) 16beta2")
    monkeypatch.setattr(postgres_tools, "_PLACES", (f"{tmp_path}/usr/*/bin",))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")
    return tmp_path


@pytest.mark.parametrize("at_least", [0, 150000, 170099])
def test_the_newest_programs_are_taken(places: Path, at_least: int) -> None:
    tools = find_tools({}, at_least, ["pg_dump"])
    assert (tools.folder, tools.version, tools.text) == (places / "usr" / "17" / "bin", 170010, "17.10")
    assert tools.path("pg_restore") == f"{places}/usr/17/bin/pg_restore"


def test_only_the_named_folder_is_looked_at(places: Path) -> None:
    named = {"bin_dir": str(places / "usr" / "15" / "bin")}
    assert find_tools(named, 150018, ["pg_dump"]).text == "15.18"
    with pytest.raises(NotThere, match=r"of version 15\.18, older than the server's 16\.2"):
        find_tools(named, 160002, ["pg_dump"])
    with pytest.raises(NotThere, match="no folder with the programs pg_dump, pg_dumpall"):
        find_tools(named, 0, ["pg_dump", "pg_dumpall"])


def test_a_version_that_is_no_release_yet_has_no_minor_one(places: Path) -> None:
    assert find_tools({"bin_dir": str(places / "path")}, 160000, ["pg_dump"]).version == 160000


@pytest.mark.parametrize(("says", "status"), [("something else", 0), ("pg_dump (PostgreSQL) 99.1", 1)])
def test_what_tells_no_version_does_not_count(places: Path, says: str, status: int) -> None:
    program(places / "usr" / "99" / "bin", says, status=status)
    assert find_tools({}, 0, ["pg_dump"]).text == "17.10"


def options(**given: Any) -> dict[str, Any]:
    return postgres_connection.SPEC.validate(given, "test")


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_password_is_in_a_file_that_is_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    monkeypatch.setattr(MemoryFile, "possible", staticmethod(lambda: in_memory))
    monkeypatch.setenv("PGPASSWORD", "another")
    with login(options(login_password="a:b\\c 'd\""), tmp_path) as environment:
        path = Path(environment["PGPASSFILE"])
        assert path.read_text() == "*:*:*:*:a\\:b\\\\c 'd\"\n"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert list(tmp_path.iterdir()) == ([] if in_memory else [path])
        assert environment["PGPASSWORD"] == ""
        assert not any("a:b" in value for value in environment.values())
    assert not list(tmp_path.iterdir())


def test_without_a_password_nothing_is_written(tmp_path: Path) -> None:
    with login(options(), tmp_path) as environment:
        assert "PGPASSFILE" not in environment
        assert "PGPASSWORD" not in environment


@pytest.mark.parametrize("password", ["a\nb", "a\r", "a\0"])
def test_a_password_that_no_passfile_can_hold_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(InputError, match="line break"), login(options(login_password=password), tmp_path):
        pass


def test_address_and_tls_are_those_of_the_connection(tmp_path: Path) -> None:
    given = options(
        login_host="db.example.com",
        login_port=6432,
        login_user="o'b",
        login_db='x"; DROP',
        client_cert="/c",
        client_key="/k",
        timeout=9,
    )
    with login(given, tmp_path, Tools(tmp_path, 150000)) as old, login(given, tmp_path, Tools(tmp_path, 160000)) as new:
        assert old == {
            "PGHOST": "db.example.com",
            "PGPORT": "6432",
            "PGUSER": "o'b",
            "PGDATABASE": 'x"; DROP',
            "PGCONNECT_TIMEOUT": "9",
            "PGAPPNAME": "day2.ops",
            "PGSSLMODE": "verify-full",
            "PGSSLCERT": "/c",
            "PGSSLKEY": "/k",
        }
        assert new == {**old, "PGSSLROOTCERT": "system"}
    with login(options(login_unix_socket="/run/pg", ca_certs="/ca", ssl_mode="require"), tmp_path) as socket:
        assert (socket["PGHOST"], socket["PGSSLROOTCERT"], socket["PGSSLMODE"]) == ("/run/pg", "/ca", "require")


def test_a_name_that_looks_like_a_connection_string_stays_a_name() -> None:
    assert conninfo("a='b\\") == "dbname='a=\\'b\\\\'"


def test_a_catalogue_is_named_for_server_and_database() -> None:
    assert default_name(options(login_db="shop")) == "postgres-127.0.0.1-5432-shop"
    assert default_name(options(login_db="shop", login_unix_socket="/run/pg")) == "postgres-local-5432-shop"
