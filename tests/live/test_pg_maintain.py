# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of a real PostgreSQL: what is due is done, what cannot be done is told, nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._postgres.maintenance import SPEC, operate
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .postgres_help import login_to, poor_login

Connection = psycopg.Connection[tuple[Any, ...]]
TABLE = 'upkeep."Orders %"'
INDEX = 'upkeep."Orders_%_key"'
ALL = ["vacuum", "analyze", "freeze", "reindex"]


@pytest.fixture
def upkeep(postgres_facts: PostgresFacts) -> Iterator[Connection]:
    """A schema of the lab's user with a table of 20,000 rows of which 15,000 are dead, and a bloated index."""
    with connect(postgres_facts) as admin:
        admin.execute("DROP SCHEMA IF EXISTS upkeep CASCADE")
        admin.execute(f'CREATE SCHEMA upkeep AUTHORIZATION "{postgres_facts["user"]}"')
        admin.execute(f"CREATE TABLE {TABLE} (id int, text text) WITH (autovacuum_enabled = off)")
        admin.execute(f"INSERT INTO {TABLE} SELECT n, repeat('x', 40) FROM generate_series(1, 20000) n")
        admin.execute("SELECT pg_stat_force_next_flush()")
        admin.execute(f'CREATE INDEX "Orders_%_key" ON {TABLE} (id)')
        admin.execute(f'ALTER TABLE {TABLE} OWNER TO "{postgres_facts["user"]}"')
        admin.execute(f"VACUUM ANALYZE {TABLE}")
        delete(admin, "id % 4 <> 0")
        yield admin
        admin.execute("DROP SCHEMA upkeep CASCADE")
        admin.execute("DROP EXTENSION IF EXISTS pgstattuple")


def delete(admin: Connection, where: str) -> None:
    """Delete rows, and have the server count them at once."""
    admin.execute(f"DELETE FROM {TABLE} WHERE {where}")
    admin.execute("SELECT pg_stat_force_next_flush()")


def maintain(facts: PostgresFacts, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would, for the tables of the test."""
    given = {**login_to(facts), "tables": ["upkeep.*"], "min_size": 0, **options}
    return operate(SPEC.validate(given, "pg_maintain"), check_mode)


def by_name(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    return {job["name"]: job for job in jobs}


def size(admin: Connection, name: str) -> int:
    return int(admin.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()[0])  # type: ignore[index]


@contextmanager
def held(facts: PostgresFacts, statement: str) -> Iterator[int]:
    """Hold what a statement takes, in a transaction of another session; gives its pid."""
    with connect(facts, application_name="holder") as other, other.transaction():
        other.execute(statement)
        yield other.info.backend_pid


@pytest.mark.parametrize("extension", [False, True])
def test_what_is_due_is_done_once(upkeep: Connection, postgres_facts: PostgresFacts, extension: bool) -> None:
    by = "estimated"
    if extension:
        upkeep.execute("CREATE EXTENSION pgstattuple")
        upkeep.execute(f'GRANT pg_stat_scan_tables TO "{postgres_facts["user"]}"')
        by = "measured"
    try:
        planned = maintain(postgres_facts, check_mode=True, actions=ALL)
        assert planned.changed
        assert by_name(planned.data["done"])[TABLE]["actions"] == ["vacuum", "analyze"]
        assert by_name(planned.data["done"])[TABLE]["why"][0] == "15,000 dead rows (75 %)"
        assert "would vacuum 1, would analyze 1" in planned.msg
        assert planned.diff is not None
        assert planned.diff["before"].startswith(f"{TABLE}: 15000 dead rows (15,000 dead rows (75 %)")
        before = size(upkeep, INDEX)

        done = maintain(postgres_facts, actions=ALL)
        jobs = by_name(done.data["done"])
        assert (jobs[TABLE]["dead"], jobs[TABLE]["dead_after"]) == (15000, 0)
        assert jobs[INDEX]["actions"] == ["reindex"]
        assert jobs[INDEX]["why"][0].endswith(f"is bloat, {by}")
        assert jobs[INDEX]["size_after"] == size(upkeep, INDEX) < before / 2
        assert done.msg.endswith(": vacuumed 1, analyzed 1, reindexed 1")
        assert (done.data["bloat_by"], by_name(done.data["tables"])[TABLE]["bloat_by"]) == (by, by)
        assert by_name(done.data["tables"])[TABLE]["bloat_percent"] > 60
        assert by_name(done.data["indexes"])[INDEX]["bloat_percent"] < 10
        assert [index["name"] for index in done.data["unused_indexes"]] == [INDEX]

        again = maintain(postgres_facts, actions=ALL)
        assert (again.changed, again.data["done"], again.diff) == (False, [], None)
        assert again.msg.endswith(": nothing was due")
    finally:
        upkeep.execute(f'REVOKE pg_stat_scan_tables FROM "{postgres_facts["user"]}"')


def test_old_rows_are_frozen(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    options: dict[str, Any] = {"actions": ["freeze"], "freeze_age": 4}
    for _number in range(5):  # so that it has an age
        delete(upkeep, f"id = (SELECT min(id) FROM {TABLE})")
    done = maintain(postgres_facts, **options)
    (job,) = done.data["done"]
    assert job["actions"] == ["freeze"]
    assert job["age_after"] < job["age"]
    assert not maintain(postgres_facts, **options).changed


def test_what_is_locked_is_skipped_and_the_others_go_on(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    upkeep.execute("CREATE TABLE upkeep.other AS SELECT n FROM generate_series(1, 100) n")
    upkeep.execute(f'ALTER TABLE upkeep.other OWNER TO "{postgres_facts["user"]}"')
    with held(postgres_facts, f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE"):
        done = maintain(postgres_facts, actions=ALL, lock_timeout="100ms")
    assert [job["name"] for job in done.data["done"]] == ["upkeep.other"]
    assert by_name(done.data["skipped"])[TABLE]["reason"] == "another session held a lock on it for 0.1 s"
    assert f"skipped {TABLE} (another session held a lock" in done.msg
    assert not done.failed
    assert {job["name"] for job in maintain(postgres_facts).data["done"]} == {TABLE}


def test_who_keeps_dead_rows_is_told(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    upkeep.execute("CREATE TABLE upkeep.seen ()")
    with connect(postgres_facts, application_name="nightly report") as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM upkeep.seen")
        delete(upkeep, "id % 8 <> 0")
        done = maintain(postgres_facts, actions=ALL, long_transaction=0)
        (holder,) = done.data["holding_back"]
        pid = other.info.backend_pid
        assert (holder["pid"], holder["application"], holder["kind"]) == (pid, "nightly report", "session")
        assert holder["state"] == "idle in transaction"
        job = by_name(done.data["done"])[TABLE]
        assert (job["dead_after"], job["held_back"]) == (2500, True)
        (warning,) = [line for line in done.warnings if TABLE in line]
        assert warning.startswith(f"{TABLE}: 2,500 dead rows could not be removed; held back by session with pid {pid}")
        assert "nightly report" in by_name(done.data["skipped"])[INDEX]["reason"]
    after = maintain(postgres_facts, actions=ALL)
    assert by_name(after.data["done"])[TABLE]["dead_after"] == 0
    assert by_name(after.data["done"])[INDEX]["actions"] == ["reindex"]


def test_a_build_that_is_cancelled_leaves_nothing(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    maintain(postgres_facts)
    # a writer that goes on: the build waits for it after the first look, until its time is up
    with held(postgres_facts, f"UPDATE {TABLE} SET text = 'y' WHERE id = 4"):
        done = maintain(postgres_facts, actions=["reindex"], statement_timeout="300ms")
    assert by_name(done.data["skipped"])[INDEX]["reason"] == "cancelled; a statement may take 0.3 s"
    left = upkeep.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
    if left != (0,):  # it could not be dropped while the writer went on: the next run does
        assert any("is left of the build" in line for line in done.warnings)
    after = maintain(postgres_facts, actions=["reindex"])
    assert "reindex" in by_name(after.data["done"])[INDEX]["actions"]
    assert upkeep.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() == (0,)


def test_what_a_broken_build_left_is_dropped(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    maintain(postgres_facts, actions=ALL)
    with connect(postgres_facts) as builder, held(postgres_facts, f"UPDATE {TABLE} SET text = 'y' WHERE id = 4"):
        building = threading.Thread(target=_cancelled, args=(builder, f"REINDEX INDEX CONCURRENTLY {INDEX}"))
        building.start()
        waits = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
        wait_for("the build to wait", lambda: upkeep.execute(waits, (builder.info.backend_pid,)).fetchone() is not None)
        builder.cancel()
        building.join()
    upkeep.execute(f"CREATE INDEX mine_ccnew ON {TABLE} (text)")
    upkeep.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'upkeep.mine_ccnew'::regclass")
    planned = maintain(postgres_facts, check_mode=True, actions=["reindex"])
    (job,) = planned.data["done"]
    assert (job["name"], job["actions"]) == ('upkeep."Orders_%_key_ccnew"', ["drop"])
    done = maintain(postgres_facts, actions=["reindex"])
    assert done.msg.endswith(": dropped leftovers 1")
    assert [line for line in done.warnings if "mine_ccnew is not valid" in line], "no twin: somebody's own"
    assert upkeep.execute("SELECT to_regclass('upkeep.\"Orders_%_key_ccnew\"')").fetchone() == (None,)
    assert upkeep.execute("SELECT to_regclass('upkeep.mine_ccnew')").fetchone() != (None,)


def _cancelled(connection: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(statement)


def test_nothing_new_is_begun_when_the_time_is_up(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    done = maintain(postgres_facts, actions=ALL, max_seconds=0.001)
    assert done.data["left"][0]["name"] == TABLE
    assert f"left {TABLE}" in done.msg
    assert not done.changed
    assert upkeep.execute(f"SELECT count(*) FROM {TABLE}").fetchone() == (5000,)


def test_a_role_without_rights_is_told_so(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    with poor_login(postgres_facts, "upkeep_poor") as login:
        given = SPEC.validate({**login, "tables": ["upkeep.*"]}, "pg_maintain")
        done = operate(given, False)
    assert not done.changed
    assert by_name(done.data["skipped"])[TABLE]["reason"].startswith(f"only its owner {postgres_facts['user']} may")
    assert any("grant it pg_read_all_stats" in line for line in done.warnings)


def test_all_tables_the_servers_own_among_them(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    done = maintain(postgres_facts, tables=[], exclude_tables=["Orders*"], actions=ALL, max_seconds=60)
    assert not done.failed
    assert TABLE not in by_name(done.data["done"])
    assert not maintain(postgres_facts, tables=[], exclude_tables=["Orders*"], check_mode=True, actions=ALL).data[
        "left"
    ]


def test_two_runs_do_not_meet(upkeep: Connection, postgres_facts: PostgresFacts) -> None:
    with connect(postgres_facts) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", (0x64617932, 0x6D61696E))
        with pytest.raises(OpsError, match="another maintenance of this database is running"):
            maintain(postgres_facts)
        assert maintain(postgres_facts, check_mode=True).changed


@pytest.mark.usefixtures("upkeep")
@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"tables": ["upkeep.nothing"]}, NotThere, "no table matches upkeep.nothing"),
        ({"dead_percent": 101}, InputError, "dead_percent: expected a percentage"),
        ({"statement_timeout": "soon"}, InputError, "statement_timeout: expected seconds"),
        ({"lock_timeout": 0}, InputError, "lock_timeout: expected more than 0"),
        ({"actions": []}, InputError, "actions: expected one at least"),
    ],
)
def test_what_is_wrong_is_told(
    postgres_facts: PostgresFacts, options: dict[str, Any], kind: type[OpsError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        maintain(postgres_facts, **options)
