# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind sql against a real server: what is expected of a query, and every way in which one cannot be made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.postgres_help import login_to, poor_login


@pytest.fixture
def login(postgres_facts: PostgresFacts) -> dict[str, Any]:
    return login_to(postgres_facts)


@pytest.fixture
def notifications(postgres_facts: PostgresFacts) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A table whose rows are a queue's dead letters, owned by the user of the checks."""
    with closing(connect(postgres_facts)) as admin:
        admin.execute(
            "CREATE TABLE check_notifications (id int, channel text, result text, at timestamptz DEFAULT now())"
        )
        admin.execute(f"ALTER TABLE check_notifications OWNER TO {postgres_facts['user']}")
        admin.execute("INSERT INTO check_notifications VALUES (1, 'mail', 'ok'), (2, 'sms', 'ok')")
        yield admin
        admin.execute("DROP TABLE check_notifications")


def test_dead_letters_that_are_rows(login: dict[str, Any], notifications: psycopg.Connection[tuple[Any, ...]]) -> None:
    check = {
        **login,
        "query": "SELECT count(*) FROM check_notifications WHERE result = %(result)s",
        "named_args": {"result": "error"},
        "max": 0,
    }
    assert attempt("sql", **check).status == "pass"
    notifications.execute("INSERT INTO check_notifications VALUES (3, 'push', 'error')")
    outcome = attempt("sql", **check)
    assert (outcome.status, outcome.reason) == ("fail", "value is 1, expected at most 0")
    assert outcome.values["rows"] == [{"count": 1}]
    listed = attempt(
        "sql",
        **login,
        query="SELECT id FROM check_notifications WHERE result = %s",
        positional_args=["error"],
        max_rows=0,
    )
    assert (listed.status, listed.reason) == ("fail", "row_count is 1, expected at most 0")
    rule = [{"path": "rows.*.result", "value": "ok"}]
    each = attempt("sql", **login, query="SELECT id, result FROM check_notifications ORDER BY id", expect=rule)
    assert each.status == "fail"
    assert "is 'error', expected 'ok'" in each.reason


@pytest.mark.parametrize(
    ("query", "expected", "status", "reason"),
    [
        ("SELECT 5", {"min": 5, "max": 5, "equals": 5}, "pass", ""),
        ("SELECT 5", {"min": 6}, "fail", "value is 5, expected at least 6"),
        ("SELECT 'a', 'b' AS word", {"column": "word", "equals": "b"}, "pass", ""),
        ("SELECT 'a%'", {"equals": "a%"}, "pass", ""),
        ("SELECT 1", {"equals": 2}, "fail", "value is 1, expected one of [2]"),
        ("SELECT NULL::int", {"max": 5}, "unknown", "int4 is NULL in the first row"),
        ("SELECT 'NaN'::float8 AS it", {"max": 5}, "unknown", "value is 'NaN', a number was expected"),
        ("SELECT 'Infinity'::numeric AS it", {"max": 5}, "fail", "value is 'Infinity', expected at most 5"),
        ("SELECT 'abc'", {"max": 5}, "unknown", "value is 'abc', a number was expected"),
        ("SELECT 1 WHERE false", {"max": 5}, "unknown", "the query returned no row"),
        ("SELECT 1 WHERE false", {"max": 5, "empty": "pass"}, "pass", ""),
        ("SELECT 1 WHERE false", {"equals": 5, "empty": "pass"}, "pass", ""),
        ("SELECT 1 WHERE false", {"max": 5, "empty": "fail"}, "fail", "row_count is 0, expected at least 1"),
        ("SELECT NULL::int AS it", {"max": 5, "empty": "pass"}, "unknown", "it is NULL in the first row"),
        ("SELECT 1 WHERE false", {"max_rows": 0}, "pass", ""),
        ("SELECT 1 WHERE false", {"min_rows": 1}, "fail", "row_count is 0, expected at least 1"),
        ("SELECT 1 AS a", {"max": 5, "column": "b"}, "unknown", "the query returns no column 'b'"),
        ("SHOW server_version_num", {"min": 100000}, "pass", ""),
    ],
)
def test_what_is_expected(
    login: dict[str, Any], query: str, expected: dict[str, Any], status: str, reason: str
) -> None:
    outcome = attempt("sql", **login, query=query, **expected)
    assert (outcome.status, outcome.reason[: len(reason)]) == (status, reason)
    assert bool(outcome.reason) == bool(reason)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELEC 1", "postgres says 'syntax error at or near \"SELEC\"' (SQLSTATE 42601)"),
        ("SELECT 1/0", "postgres says 'division by zero' (SQLSTATE 22012)"),
        ("SELECT * FROM nowhere", "postgres says 'relation \"nowhere\" does not exist' (SQLSTATE 42P01)"),
        ("SELECT nonesuch", "postgres says 'column \"nonesuch\" does not exist' (SQLSTATE 42703)"),
        ("SELECT 1; SELECT 2", "postgres says 'cannot insert multiple commands into a prepared statement'"),
        ("CREATE TABLE check_written ()", "cannot execute CREATE TABLE in a read-only transaction' (SQLSTATE 25006)"),
        ("SELECT nextval('check_sequence')", "cannot execute nextval() in a read-only transaction"),
        ("SELECT set_config('transaction_read_only', 'off', false), 1", "SQLSTATE 25001"),
        ("SELECT decode('00ff', 'hex') AS raw", "the column raw holds 2 bytes"),
        ("SELECT %s", "postgres says 'syntax error at or near"),
        ("COPY (SELECT 1) TO STDOUT", "postgres says '"),
        ("SET search_path = public", "postgres says '"),
        ("SELECT 'infinity'::timestamptz", "postgres says '"),
        ("", "postgres says '"),
    ],
)
def test_a_query_that_cannot_be_made(
    login: dict[str, Any], postgres_facts: PostgresFacts, query: str, reason: str
) -> None:
    with closing(connect(postgres_facts)) as admin:
        admin.execute("CREATE SEQUENCE check_sequence")
        admin.execute("GRANT USAGE ON SEQUENCE check_sequence TO PUBLIC")
        try:
            outcome = attempt("sql", **login, query=query, max=1)
        finally:
            admin.execute("DROP SEQUENCE check_sequence")
    assert outcome.status == "unknown", outcome
    assert reason in outcome.reason
    assert "no connection" not in outcome.reason
    assert "\n" not in outcome.reason
    assert f"postgres {login['login_host']}:{login['login_port']}/" in outcome.reason or "bytes" in outcome.reason


def test_arguments_that_do_not_fit(login: dict[str, Any]) -> None:
    outcome = attempt("sql", **login, query="SELECT %s, %s", positional_args=[1], max=1)
    assert outcome.status == "unknown"
    assert "placeholders" in outcome.reason


def test_a_query_without_end(login: dict[str, Any]) -> None:
    outcome = attempt("sql", **login, query="SELECT pg_sleep(600)", max=1, timeout=0.5)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("the query did not end within 0.5 s (SQLSTATE 57014): postgres ")
    assert outcome.seconds < 60


def test_rows_without_end(login: dict[str, Any]) -> None:
    outcome = attempt("sql", **login, query="SELECT generate_series(1, 1000000000) AS n", min_rows=1, timeout=30)
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["row_count"], outcome.values["more_rows"]) == (10_000, True)
    assert len(outcome.values["rows"]) == 50
    bounded = attempt(
        "sql", **login, query="SELECT generate_series(1, 51) AS n", expect=[{"path": "rows.*.n", "value": 1}]
    )
    assert bounded.status == "unknown"
    assert bounded.reason.startswith("the query returned more than 50 rows")


def test_values_of_every_sort(login: dict[str, Any]) -> None:
    query = """SELECT 1.5::numeric AS part, 2::numeric AS whole, 'x'::text || chr(10) || 'y' AS lines, true AS yes,
        '2026-01-02T03:04:05Z'::timestamptz AS at, interval '90 s' AS took, ARRAY[1, 2] AS many,
        '{"a": null}'::jsonb AS doc, gen_random_uuid() AS id, inet '127.0.0.1' AS address, int4range(1, 5) AS range,
        repeat('z', 100000) AS long, 1, 2"""
    outcome = attempt("sql", **login, query=query, equals=1.5)
    assert outcome.status == "pass", outcome.reason
    (row,) = outcome.values["rows"]
    assert (row["part"], row["whole"], row["lines"], row["yes"], row["took"]) == (1.5, 2, "x y", True, 90)
    assert row["at"].startswith("2026-01-0")
    assert (row["many"], row["doc"], row["address"]) == ([1, 2], {"a": None}, "127.0.0.1")
    assert (row["?column?"], row["?column?_2"]) == (1, 2)
    assert len(row["long"]) == 500
    assert json.loads(json.dumps(outcome.values)) == outcome.values


def test_a_table_that_is_not_this_users_to_read(
    postgres_facts: PostgresFacts, notifications: psycopg.Connection[tuple[Any, ...]]
) -> None:
    with poor_login(postgres_facts) as poor:
        outcome = attempt("sql", **poor, query="SELECT count(*) FROM check_notifications", max=0)
    assert outcome.status == "unknown"
    assert "permission denied for table check_notifications' (SQLSTATE 42501)" in outcome.reason


@pytest.mark.parametrize("how", ["stop", "hang"])
def test_gone_or_hung(lab: Lab, login: dict[str, Any], how: str) -> None:
    lab.break_server("postgres", how)
    outcome = attempt("sql", **login, query="SELECT 1", max=1, timeout=2)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no connection (")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the following is required: min, max, equals, min_rows, max_rows"),
        ({"max": "much"}, "max"),
        ({"max": 1, "positional_args": [1], "named_args": {"a": 1}}, "positional_args|named_args"),
        ({"max_rows": 20000}, "let the query count more rows than that"),
        ({"max": 1, "empty": "fine"}, "empty must be one of"),
        ({"max": 1, "autocommit": True}, "unknown option autocommit"),
    ],
)
def test_options_that_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        attempt("sql", query="SELECT 1", **options)
    assert words in str(refused.value)
    assert str(refused.value).startswith("checks[0] (it): ")
