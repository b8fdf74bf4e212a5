# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What restores of PostgreSQL read and write as text: scripts with roles, names, answers, command lines, options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import postgres_restore
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest
from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_compare_answers import same, simplified
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore import Wanted, require_not_older
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_leftovers import shortened
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_names import table_name
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_roles import role_of, statements
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_target import (
    BEFORE,
    dated_name,
    newest_named,
)
from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_tools import Tools
from ansible_collections.day2.ops.plugins.module_utils._backups.streams import Command
from ansible_collections.day2.ops.plugins.module_utils._core import postgres_connection
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError

_SCRIPT = r"""
--
-- PostgreSQL database cluster dump; CREATE ROLE nobody;
--
\restrict x'y
SET default_transaction_read_only = off;
CREATE ROLE app;
ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:a;b''c==$d' VALID UNTIL '2030-01-01';
CREATE ROLE "odd "";
name";
COMMENT ON ROLE "odd "";
name" IS 'it''s; -- DROP ROLE app;';
ALTER ROLE app SET search_path TO 'a', 'b';
GRANT "odd "";
name" TO app WITH ADMIN OPTION, INHERIT TRUE GRANTED BY postgres;
CREATE TABLESPACE fast OWNER app LOCATION E'/data\\x';
"""


def test_statements_are_told_apart_whatever_is_in_quotes() -> None:
    found = [(role_of(tokens), tokens[0]) for tokens in statements(_SCRIPT)]
    odd = 'odd ";\nname'
    assert found == [
        (None, "SET"),
        ("app", "CREATE"),
        ("app", "ALTER"),
        (odd, "CREATE"),
        (odd, "COMMENT"),
        ("app", "ALTER"),
        ("app", "GRANT"),
        (None, "CREATE"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("public.people", ("public", "people")),
        ('"Odd ""schema"""."a.b"', ('Odd "schema"', "a.b")),
        ('public."x""; DROP TABLE y; --"', ("public", 'x"; DROP TABLE y; --')),
    ],
)
def test_names_of_tables_are_read_as_they_are_written(text: str, name: tuple[str, str]) -> None:
    assert table_name(text) == name


@pytest.mark.parametrize("text", ["people", "a.b.c", ""])
def test_what_names_no_table_is_refused(text: str) -> None:
    with pytest.raises(OpsError, match="names a table in a way that is none"):
        table_name(text)


@pytest.mark.parametrize(
    ("expected", "rows", "equal"),
    [
        (3, [(3,)], True),
        ("3", [(3,)], True),
        ("3.50", [(3.5,)], True),
        (3, [("3",)], True),
        (3, [(4,)], False),
        (None, [], True),
        (None, [(None,)], True),
        (0, [(None,)], False),
        ("", [(None,)], False),
        (True, [(True,)], True),
        ("true", [(True,)], True),
        (1, [(True,)], False),
        ("x", [("x",)], True),
        ([1, "a"], [(1, "a")], True),
        ([1, 2], [(1,), (2,)], True),
        ([[1, "a"], [2, "b"]], [(1, "a"), (2, "b")], True),
        ([1, 2], [(1,), (2,), (3,)], False),
        ([1], [(1,)], False),
        ("nan", [("inf",)], False),
    ],
)
def test_answers_are_compared_by_what_they_mean(expected: Any, rows: list[tuple[Any, ...]], equal: bool) -> None:
    assert same(expected, simplified(rows)) == equal


def test_names_are_cut_between_letters() -> None:
    assert shortened("shop", "_new_1") == "shop_new_1"
    assert shortened("é" * 31, "_new_1") == "é" * 28 + "_new_1"
    assert len(shortened("x" * 63, "_before_20260101t000000z").encode()) == 63


class _Clock:
    monotonic = time = staticmethod(lambda: 1767225600.0)

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def test_a_kept_database_gets_a_name_that_is_free() -> None:
    first = dated_name([], "shop", BEFORE, _Clock())
    second = dated_name([first], "shop", BEFORE, _Clock())
    assert (first, second) == ("shop_before_20260101t000000z", "shop_before_20260101t000001z")
    names = [first, second, "shop_before_x", "shop2_before_20270101t000000z", f"{second}_copy"]
    assert newest_named(names, "shop", BEFORE) == second
    assert newest_named([], "shop", BEFORE) is None


def _opened(version: int, form: str = "directory", encrypted: bool = False) -> Opened:
    layout = {"format": form, **({"encryption": {"method": "age"}} if encrypted else {})}
    facts = {"server_version_num": version}
    manifest = Manifest("shop", "postgres", "x", 0.0, 0.0, "L1", None, 0, (), {}, {}, layout, facts)
    return Opened(Path("/backups/shop/1"), manifest, None, 5.0)


@pytest.mark.parametrize(
    ("backup", "tools", "server", "wanted", "there", "missing"),
    [
        (_opened(180000), 180000, 180000, {"jobs": 3}, ["--jobs=3", "--exit-on-error"], ["--no-owner"]),
        (_opened(180000, encrypted=True), 180000, 180000, {"jobs": 3}, ["--exit-on-error"], ["--jobs=3"]),
        (_opened(150000), 180000, 150000, {}, ["--no-statistics"], ["--exit-on-error", "--single-transaction"]),
        (_opened(150000), 160000, 160000, {"single_transaction": True, "jobs": 2},
         ["--single-transaction"], ["--jobs=2"]),
        (_opened(150000), 170000, 170000, {"owners": False}, ["--no-owner", "--no-privileges"], ["--no-statistics"]),
        (_opened(150000), 170000, 170000, {"schemas": ["a b"], "exclude_schemas": ["-x"]},
         ["--schema=a b", "--exclude-schema=-x"], []),
    ],
)  # fmt: skip
def test_how_pg_restore_is_called(
    monkeypatch: pytest.MonkeyPatch,
    backup: Opened,
    tools: int,
    server: int,
    wanted: dict[str, Any],
    there: list[str],
    missing: list[str],
) -> None:
    ran: list[Command] = []
    monkeypatch.setattr(postgres_restore, "_run", lambda _backup, command: ran.append(command))
    login = postgres_connection.SPEC.validate({"login_db": "a'b \\c=d"}, "test")
    postgres_restore.restore(backup, Tools(Path("/bin"), tools), login, Wanted(Path("/tmp"), server, **wanted))
    argv = ran[0].argv
    assert argv[:2] == ["/bin/pg_restore", "--dbname=dbname='a\\'b \\\\c=d'"]
    assert set(there) <= set(argv)
    assert not set(missing) & set(argv)
    assert ran[0].harmless == ("transaction_timeout" if tools >= 170000 > server else "")


def test_one_transaction_cannot_be_where_a_setting_is_unknown() -> None:
    login = postgres_connection.SPEC.validate({}, "test")
    wanted = Wanted(Path("/tmp"), 150000, single_transaction=True)
    with pytest.raises(InputError, match="single_transaction"):
        postgres_restore.restore(_opened(150000), Tools(Path("/bin"), 180000), login, wanted)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ('ERROR: role "x y" does not exist', NotThere, 'the role "x y" is not on the server; make it'),
        ('ERROR: extension "hstore" is not available', NotThere, 'the server lacks the extension "hstore"'),
        ('could not open extension control file "/x/hstore.control"', NotThere, "lacks the extension"),
        ("ERROR: something else", OpsError, "something else"),
    ],
)
def test_errors_say_what_to_do(monkeypatch: pytest.MonkeyPatch, said: str, kind: type[OpsError], words: str) -> None:
    def fail(_backup: Opened, _command: Command) -> None:
        raise OpsError("pg_restore ended with status 1", advice=said)

    monkeypatch.setattr(postgres_restore, "_run", fail)
    login = postgres_connection.SPEC.validate({}, "test")
    with pytest.raises(kind, match=words):
        postgres_restore.restore(_opened(150000), Tools(Path("/bin"), 150000), login, Wanted(Path("/tmp"), 150000))


def test_an_older_server_is_refused() -> None:
    require_not_older(_opened(170002).manifest, 170001, "here")
    require_not_older(_opened(0).manifest, 150000, "here")
    with pytest.raises(OpsError, match=r"the backup is of PostgreSQL 17\.2, the server is 16\.9, which is older: here"):
        require_not_older(_opened(170002).manifest, 160009, "here")
