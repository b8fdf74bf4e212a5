# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters that are rows of a query, in the lab's Postgres, delivered in the end by a worker of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, NotThere
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts

from .notifications_help import TABLE, Notifications, notifications
from .passing import begun, peeked, redriven, repeating, reprocess, settle_all, some_of, swept, two_at_once


@pytest.fixture
def table(postgres_facts: PostgresFacts) -> Iterator[Notifications]:
    """A table of notifications, of which thirty could not be delivered."""
    with notifications(postgres_facts) as made:
        made.put(*range(30))
        assert made.work() == 30
        made.broken = False
        yield made


def test_a_letter_tells_what_its_row_does(table: Notifications) -> None:
    looked_at = peeked(table.queue)
    ids = table.ids()
    assert [ids[letter.id] for letter in looked_at] == list(range(30))
    first = looked_at[0]
    assert (first.error, first.type, first.attempts) == ("no route to the gateway", "sms", 1)
    assert first.payload == {"to": 0}
    assert first.failed_at is not None


def test_a_sweep_reads_ids_only(table: Notifications) -> None:
    assert swept(table.queue).moved == 30
    table.work()
    assert table.delivered == list(range(30))


def test_each_verdict(table: Notifications) -> None:
    ids = table.ids()
    verdicts = [MOVE, PARK, DROP, KEEP, MOVE] * 6
    passed = redriven(table.queue, lambda letter: verdicts[ids[letter.id]])
    assert passed.sums == {"moved": 12, "parked": 6, "dropped": 6, "kept": 6}
    for result, verdict in (("pending", MOVE), ("parked", PARK), ("error", KEEP)):
        assert table.numbers(result) == [number for number in range(30) if verdicts[number] == verdict]
    assert len(table.ids()) == 24


def test_a_pass_ends_though_letters_die_again_and_new_ones_come(table: Notifications) -> None:
    table.broken = True
    with begun(table.queue) as letters:
        moved: list[str] = []
        for number in range(6):
            taken = letters.take(5)
            moved += [letter.id for letter in taken]
            assert letters.settle(taken, [MOVE] * 5).moved == 5
            table.put(100 + number)
            table.work()
        assert letters.take(5) == []
        assert letters.still_dead(moved) == 30
        assert letters.count() == 36


@pytest.mark.parametrize("order_by", [None, "created_at", "failed_at", "id"])
def test_a_walk_by_any_column_passes_each_row_once(table: Notifications, order_by: str | None) -> None:
    passed = redriven({**table.queue, "order_by": order_by}, lambda _letter: KEEP, most=4)
    assert sorted(passed.ids) == sorted(table.ids())


def test_rows_without_a_value_to_order_by_are_told(table: Notifications) -> None:
    table.connection.execute(f"UPDATE {TABLE} SET failed_at = NULL WHERE number < 3")
    with begun({**table.queue, "order_by": "failed_at"}, dry=True) as letters:
        assert len(letters.take(100)) == 27
        assert letters.notes() == ["3 rows have no value in failed_at or id and are left out"]


def test_two_passes_at_once_move_each_row_once(table: Notifications) -> None:
    table.put(*range(1000, 2000))
    table.broken = True
    table.work()
    table.broken = False
    with repeating(table.work):
        outcomes = two_at_once(table.queue, lambda letters: settle_all(letters, most=50))
    table.work()
    assert sum(outcome.moved for outcome in outcomes) == 1030
    assert table.numbers("error") == []
    assert sorted(table.delivered) == [*range(30), *range(1000, 2000)]


def test_what_vanished_and_what_is_locked_are_told_apart(table: Notifications, postgres_facts: PostgresFacts) -> None:
    with begun(table.queue) as letters, connect(postgres_facts) as other:
        schema = table.connection.execute("SELECT current_schema()").fetchone()
        assert schema
        other.execute(f"SET search_path = {schema[0]}".encode())
        taken = letters.take(30)
        table.connection.execute(f"UPDATE {TABLE} SET result = 'ok' WHERE number IN (3, 4)")
        with other.transaction():
            other.execute(f"SELECT 1 FROM {TABLE} WHERE number IN (5, 6, 7) FOR UPDATE")
            done = letters.settle(taken, [MOVE] * len(taken))
        assert (done.moved, done.vanished, done.skipped) == (25, 2, {"locked by another session": 3})
        assert table.numbers("error") == [5, 6, 7]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            f"UPDATE {TABLE} SET result = 'pending' WHERE %(ids)s IS NOT NULL",
            "move: the statement changed 30 rows for 5",
        ),
        (
            f"UPDATE {TABLE} SET tries = 0 WHERE id = ANY(%(ids)s)",
            "move: 5 of 5 rows are still dead by select after it",
        ),
        (f"UPDATE {TABLE} SET result = NULL WHERE id = ANY(%(ids)s)", "move: postgres says 'null value in column"),
    ],
)
def test_a_statement_that_does_something_else_is_undone(table: Notifications, statement: str, message: str) -> None:
    statement = statement.replace("%(ids)s IS NOT NULL", "cardinality(%(ids)s::uuid[]) > 0")
    with begun({**table.queue, "move": statement}) as letters:
        taken = letters.take(5)
        with pytest.raises(Exception, match=message):
            letters.settle(taken, [MOVE] * 5)
    assert table.numbers("error") == list(range(30))
    assert table.connection.execute(f"SELECT sum(tries) FROM {TABLE}").fetchone() == (30,)


def test_rows_that_cannot_be_locked_are_moved_with_a_note(table: Notifications) -> None:
    grouped = f"SELECT id, max(number) AS number, count(*) AS n FROM {TABLE} WHERE result = 'error' GROUP BY id"
    with begun({**table.queue, "select": grouped, "item": {}}) as letters:
        assert letters.notes()[0].startswith("the rows of select cannot be locked")
        taken = letters.take(30)
        table.connection.execute(f"UPDATE {TABLE} SET result = 'ok' WHERE number = 3")
        done = letters.settle(taken, [MOVE] * len(taken))
        assert (done.moved, done.vanished) == (len(taken) - 1, 1)


def test_errors_are_of_one_line(table: Notifications, postgres_facts: PostgresFacts) -> None:
    queue = table.queue
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"order_by": "created"}, "order_by: the query select returns no column created"),
        ({"item": {"error": "reason"}}, "error: the query select returns no column reason"),
        ({"move": None}, "does not say how dead letters are put back"),
        ({"move": f"UPDATE {TABLE} SET result = 'pending'"}, "move: the statement does not say for which rows"),
    ]
    for options, message in refusals:
        with pytest.raises(InputError, match=message):
            redriven({**queue, **options})
    with pytest.raises(InputError, match="rows are parked by a statement"):
        redriven(queue, park="elsewhere")
    with pytest.raises(NotThere, match="select: postgres says 'relation"):
        redriven({**queue, "select": "SELECT id FROM nowhere WHERE true"})
    with connect(postgres_facts) as admin:
        admin.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-reader'")
        try:
            schema = table.connection.execute("SELECT current_schema()").fetchone()
            assert schema
            table.connection.execute(f"GRANT USAGE ON SCHEMA {schema[0]} TO reader".encode())
            table.connection.execute(f"GRANT SELECT ON {TABLE} TO reader".encode())
            admin.execute(f"ALTER ROLE reader SET search_path = {schema[0]}".encode())
            reader = {**queue, "login_user": "reader", "login_password": "reader-reader"}
            assert len(peeked(reader)) == 30
            with pytest.raises(AccessDenied, match="select: postgres says 'permission denied"):
                redriven(reader)
        finally:
            admin.execute("DROP OWNED BY reader")
            admin.execute("DROP ROLE reader")


def test_a_connection_cut_between_batches_is_made_again(table: Notifications, postgres_facts: PostgresFacts) -> None:
    with begun(table.queue) as letters:
        taken = letters.take(10)
        with connect(postgres_facts) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'day2.ops'"
            )
        with pytest.raises(Exception, match=r"terminating connection|no connection|closed"):
            letters.settle(taken, [MOVE] * 10)
        assert table.numbers("error") == list(range(30))
        assert letters.settle(letters.take(10), [MOVE] * 10).moved == 10


def test_the_module_moves_what_is_meant(table: Notifications) -> None:
    table.connection.execute(f"UPDATE {TABLE} SET error = 'bad number', tries = 5 WHERE number < 10")
    plan = reprocess(table.queue, check_mode=True, filter={"error": "gateway", "max_attempts": 3})
    assert (plan.data["plan"]["move"], plan.data["plan"]["skipped"]) == (20, {"filtered out": 10})
    result = reprocess(table.queue, filter={"error": "gateway"})
    assert some_of(result, "moved", "left") == {"moved": 20, "left": 10}
    table.work()
    assert sorted(table.delivered) == list(range(10, 30))
