# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of the kind postgres: real faults in a real server, seen by the right limit with the right reason."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks import postgres_facts
from ansible_collections.day2.ops.plugins.module_utils._checks.facts import read_facts
from ansible_collections.day2.ops.plugins.module_utils._checks.postgres_session import Session
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.postgres_help import login_to, poor_login

Admin = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def login(postgres_facts: PostgresFacts) -> dict[str, Any]:
    return login_to(postgres_facts)


@pytest.fixture
def admin(postgres_facts: PostgresFacts) -> Iterator[Admin]:
    with closing(connect(postgres_facts)) as admin:
        yield admin


@pytest.fixture
def other(postgres_facts: PostgresFacts) -> Iterator[Admin]:
    """A client whose transactions do not end by themselves."""
    with closing(connect(postgres_facts, application_name="day2-test-other")) as other:
        other.autocommit = False
        yield other


def test_all_limits_at_once_on_a_healthy_server(login: dict[str, Any], admin: Admin) -> None:
    admin.execute("CREATE TABLE check_healthy AS SELECT 1 AS id")
    admin.execute("ANALYZE check_healthy")
    limits: dict[str, Any] = {
        "max_transaction_age": "1h",
        "max_idle_in_transaction": "1h",
        "max_locks_waiting": 0,
        "max_lock_wait": 0,
        "min_replicas": 0,
        "max_inactive_slots": 0,
        "max_slot_lag": "1G",
        "max_wraparound_percent": 50,
        "max_freeze_age_percent": 100,
        "max_bloat_percent": 100,
        "max_database_bytes": "1T",
        "min_cache_hit_percent": 1,
        "archiving": False,
    }
    try:
        outcome = attempt("postgres", **login, **limits, details=["tables", "statements", "sessions"])
    finally:
        admin.execute("DROP TABLE check_healthy")
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["unseen"] == {}
    assert outcome.values["archiver"] == "off"
    assert 0 <= outcome.values["wraparound_percent"] < 1
    assert 0 <= outcome.values["freeze_age_percent"] < 100
    assert outcome.values["database_bytes"] > 1_000_000
    assert json.loads(json.dumps(outcome.values)) == outcome.values


def test_nothing_is_asked_that_no_option_wants(login: dict[str, Any]) -> None:
    plain = attempt("postgres", **login).values
    assert "longest_transaction" not in plain
    assert "deadlocks" not in plain
    named = attempt("postgres", **login, expect=[{"path": "deadlocks", "op": "ge", "value": 0}])
    assert named.status == "pass", named.reason
    assert named.values["deadlocks"] >= 0
    assert "longest_transaction" not in named.values


def test_an_open_transaction(login: dict[str, Any], other: Admin) -> None:
    other.execute("SELECT 1")
    outcome = attempt("postgres", **login, max_transaction_age=0, max_idle_in_transaction=0)
    assert outcome.status == "fail"
    assert "longest_transaction is 0." in outcome.reason
    assert "longest_idle_in_transaction is " in outcome.reason
    assert f"pid {other.info.backend_pid}, " in outcome.values["longest_transaction_of"]
    assert "application day2-test-other, idle in transaction" in outcome.values["longest_idle_in_transaction_of"]
    ignored = attempt("postgres", **login, max_transaction_age=0, ignore_applications=["day2-test-other"])
    assert ignored.status == "pass", ignored.reason


def test_a_session_that_another_blocks(
    login: dict[str, Any], admin: Admin, other: Admin, postgres_facts: PostgresFacts
) -> None:
    admin.execute("CREATE TABLE check_locked ()")
    try:
        other.execute("LOCK TABLE check_locked")
        with closing(connect(postgres_facts)) as blocked:
            blocked.pgconn.send_query(b"SELECT * FROM check_locked")
            wait_for("a blocked session", lambda: attempt("postgres", **login, max_locks_waiting=0).status == "fail")
            outcome = attempt("postgres", **login, max_locks_waiting=0, max_lock_wait=0)
            assert f"locks_waiting is 1, expected at most 0 (blocked by pid {other.info.backend_pid})" in outcome.reason
            assert "lock_wait is 0." in outcome.reason
            assert outcome.values["blocked_by"] == f"blocked by pid {other.info.backend_pid}"
            # Sizes need a lock on a table: one that somebody holds for himself must not hold up the check.
            sized = attempt("postgres", **login, details=["tables"], max_bloat_percent=100, min_table_bytes=0)
            assert sized.status != "fail", sized.reason
            assert "public.check_locked" in {table["name"] for table in sized.values["tables"]}
            old = _as_of_an_older_server(admin, "max_locks_waiting", "max_lock_wait")
            assert (old["locks_waiting"], old["blocked_by"]) == (1, outcome.values["blocked_by"])
            assert old["lock_wait"] > 0
            other.rollback()
    finally:
        other.rollback()
        admin.execute("DROP TABLE check_locked")


def _as_of_an_older_server(admin: Admin, *limits: str) -> dict[str, Any]:
    """Ask what is asked of a server of version 12, of this one."""
    session = Session(admin, 120000, True, time.monotonic() + 5, "it")
    return read_facts(postgres_facts.FACTS, session, {"details": [], **dict.fromkeys(limits, 1)})


def test_bloat(login: dict[str, Any], admin: Admin) -> None:
    admin.execute(
        "CREATE TABLE check_bloat WITH (autovacuum_enabled = off) AS SELECT n FROM generate_series(1, 5000) n"
    )
    try:
        admin.execute("DELETE FROM check_bloat WHERE n > 1000")
        admin.execute("SELECT pg_stat_force_next_flush()")
        admin.execute("SELECT 1")
        limit = {"max_bloat_percent": 50, "min_table_bytes": "100K"}
        wait_for("the count of dead rows", lambda: attempt("postgres", **login, **limit).status == "fail")
        outcome = attempt("postgres", **login, **limit, details=["tables"])
        assert outcome.reason == "bloat_percent is 80 %, expected at most 50 % (public.check_bloat)"
        assert outcome.values["bloat_percent_of"] == "public.check_bloat"
        (table,) = [table for table in outcome.values["tables"] if table["name"] == "public.check_bloat"]
        assert (table["live_rows"], table["dead_rows"], table["dead_percent"]) == (1000, 4000, 80)
        assert table["total_bytes"] > 100 * 1024
        small = attempt("postgres", **login, max_bloat_percent=50, min_table_bytes="1G")
        assert (small.status, small.values["bloat_percent"]) == ("pass", 0)
    finally:
        admin.execute("DROP TABLE check_bloat")


def test_a_database_without_tables_is_most_likely_another(login: dict[str, Any]) -> None:
    outcome = attempt("postgres", **{**login, "login_db": "postgres"}, max_bloat_percent=50)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("bloat_percent is null (no table of users is in login_db")


def test_slow_statements(login: dict[str, Any], admin: Admin) -> None:
    admin.execute("SELECT pg_stat_statements_reset()")
    none = attempt("postgres", **login, max_mean_exec_time="10ms")
    assert none.status == "unknown"
    assert "no statement in login_db was called min_statement_calls times" in none.reason
    admin.execute("SELECT 'a secret', pg_sleep(0.03) /* and more */")
    outcome = attempt("postgres", **login, max_mean_exec_time="10ms", min_statement_calls=1, details=["statements"])
    assert outcome.status == "fail"
    assert outcome.reason.startswith("mean_exec_time is 0.03")
    assert "pg_sleep($2)" in outcome.values["mean_exec_time_of"]
    assert "secret" not in str(outcome.values)
    (slow,) = [statement for statement in outcome.values["statements"] if "pg_sleep" in statement["query"]]
    assert slow["calls"] == 1
    assert slow["seconds"] >= 0.03


def test_a_password_in_a_statement_is_not_shown(login: dict[str, Any], admin: Admin) -> None:
    admin.execute("CREATE ROLE check_secret PASSWORD 'hunter2'")
    admin.execute("DROP ROLE check_secret")
    outcome = attempt("postgres", **login, details=["statements"], min_statement_calls=1, max_mean_exec_time="1h")
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["statements"]
    assert "hunter2" not in str(outcome.values)


def test_the_columns_of_an_extension_that_was_not_updated(login: dict[str, Any], admin: Admin) -> None:
    admin.execute("DROP EXTENSION pg_stat_statements")
    try:
        limit = {"max_mean_exec_time": "10ms", "min_statement_calls": 1}
        gone = attempt("postgres", **login, **limit)
        assert gone.status == "unknown"
        assert "the extension pg_stat_statements is not there" in gone.reason
        assert "CREATE EXTENSION pg_stat_statements in login_db" in gone.reason
        admin.execute("CREATE SCHEMA check_old")
        admin.execute("CREATE EXTENSION pg_stat_statements VERSION '1.7' SCHEMA check_old")
        admin.execute("SELECT pg_sleep(0.03)")
        outcome = attempt("postgres", **login, **limit)
        assert outcome.status == "unknown"  # the schema is not this user's to look into
        assert "check_old" in outcome.reason
        admin.execute("GRANT USAGE ON SCHEMA check_old TO PUBLIC")
        outcome = attempt("postgres", **login, **limit)
        assert outcome.status == "fail", outcome.reason
        assert outcome.reason.startswith("mean_exec_time is ")
    finally:
        admin.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
        admin.execute("DROP SCHEMA IF EXISTS check_old")
        admin.execute("CREATE EXTENSION pg_stat_statements")


def test_a_slot_that_nobody_reads(login: dict[str, Any], admin: Admin) -> None:
    limit = {"max_slot_lag": "1M", "max_inactive_slots": 0}
    assert attempt("postgres", **login, **limit).status == "pass"
    admin.execute("SELECT pg_create_physical_replication_slot('check_slot', true)")
    try:
        admin.execute("CREATE TABLE check_wal AS SELECT repeat('x', 100) FROM generate_series(1, 20000)")
        outcome = attempt("postgres", **login, **limit)
    finally:
        admin.execute("SELECT pg_drop_replication_slot('check_slot')")
        admin.execute("DROP TABLE IF EXISTS check_wal")
    assert outcome.status == "fail"
    assert "inactive_slots is 1, expected at most 0" in outcome.reason
    assert "bytes, expected at most 1048576 bytes" in outcome.reason
    assert outcome.values["slot_lag_of"] == "check_slot"


def test_no_replica_where_one_is_expected(login: dict[str, Any]) -> None:
    outcome = attempt("postgres", **login, min_replicas=1, max_replica_lag="1m")
    assert outcome.status == "fail"
    assert "replicas is 0, expected at least 1" in outcome.reason
    assert "replica_lag is null (no replica is connected)" in outcome.reason


def test_no_archive_where_one_is_expected(login: dict[str, Any]) -> None:
    outcome = attempt("postgres", **login, archiving=True)
    assert (outcome.status, outcome.reason) == ("fail", "archiver is 'off', expected one of ['ok']")
    age = attempt("postgres", **login, max_archive_age="5m")
    assert (age.status, age.reason) == ("unknown", "archive_age is null (nothing has been archived yet)")


def test_a_role_that_sees_little_is_told_so(postgres_facts: PostgresFacts, other: Admin) -> None:
    other.execute("SELECT 1")
    hidden = {"max_transaction_age": 0, "min_replicas": 0}
    with poor_login(postgres_facts) as poor:
        outcome = attempt("postgres", **poor, **hidden, details=["sessions"])
        both = attempt("postgres", **poor, **hidden, max_database_bytes=1)
        seen = attempt("postgres", **poor, max_locks_waiting=5, max_slot_lag="1G", max_wraparound_percent=50)
    assert outcome.status == "unknown"
    assert "longest_transaction is not there (login_user sees no other user's sessions: " in outcome.reason
    assert "grant it pg_monitor" in outcome.reason
    assert outcome.values["longest_transaction"] is None
    assert "replicas" in outcome.values["unseen"]
    assert "hidden" in {session["state"] for session in outcome.values["sessions"]}
    # What can be seen counts all the same.
    assert both.status == "fail"
    assert "database_bytes is " in both.reason
    assert seen.status == "pass", seen.reason


def test_time_that_is_up_between_two_questions(admin: Admin) -> None:
    session = Session(admin, 180000, True, time.monotonic(), "it")
    with pytest.raises(Exception, match="the server took too long to answer all that was asked: it"):
        session.rows("SELECT 1")
