# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind sql: numbers by queries on the lab's Postgres."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts

from .checks import attempt
from .notifications_help import TABLE, Notifications, notifications
from .passing import measured, queue_depth
from .queue_help import some


@pytest.fixture
def table(postgres_facts: PostgresFacts) -> Iterator[Notifications]:
    """The table of notifications, empty."""
    with notifications(postgres_facts) as made:
        yield made


def test_each_number_is_that_of_its_query(table: Notifications) -> None:
    table.put(*range(8))
    table.connection.execute(f"UPDATE {TABLE} SET created_at = now() - interval '100 s' WHERE number = 3")
    table.connection.execute(f"UPDATE {TABLE} SET result = 'error' WHERE number < 3")
    queue = {**table.queue, "in_flight": "SELECT 2.0", "delayed": 'SELECT 7::numeric AS "100%"'}
    found = measured(queue)
    assert some(found, "status", "type", "exists", "ready", "in_flight", "delayed", "dead", "consumers") == {
        "status": "ok",
        "type": "sql",
        "exists": True,
        "ready": 5,
        "in_flight": 2,
        "delayed": 7,
        "dead": 3,
        "consumers": None,
    }
    assert 100 <= found["oldest_age"] < 160
    assert queue_depth({**queue, "max_dead": 0}).data["failures"] == ["notifications: dead is 3, at most 0 expected"]


def test_null_and_no_row_are_not_zero(table: Notifications) -> None:
    queue = {**table.queue, "ready": "SELECT sum(number) FROM alarm_notifications", "dead": "SELECT 1 WHERE false"}
    found = measured(queue)
    assert some(found, "status", "ready", "dead", "oldest_age", "drained") == {
        "status": "ok",
        "ready": None,
        "dead": None,
        "oldest_age": 0.0,
        "drained": False,
    }
    assert found["note"] == "the queries ready, dead return nothing or NULL; see coalesce"


@pytest.mark.parametrize(
    ("ready", "message"),
    [
        ("SELECT count(*) FROM notifications", "ready: postgres says 'relation \"notifications\" does not exist'"),
        ("SELECT 'many'", "ready: the query returns a str"),
        ("SELECT true", "ready: the query returns a bool"),
        ("SET work_mem = '1MB'", "ready: the statement returns no rows"),
        ("SELEC 1", "ready: postgres says 'syntax error at or near \"SELEC\"'"),
        ("DELETE FROM alarm_notifications", "ready: postgres says 'cannot execute DELETE in a read-only transaction'"),
        ("SELECT pg_sleep(5)", "ready: postgres says 'canceling statement due to statement timeout'"),
    ],
)
def test_what_a_query_may_do_wrong(table: Notifications, ready: str, message: str) -> None:
    found = measured({**table.queue, "ready": ready, "timeout": 0.5})
    assert (found["status"], found["ready"]) == ("error", None)
    assert found["message"].startswith(message)


def test_no_server_and_no_access_are_two_answers(table: Notifications) -> None:
    assert measured({**table.queue, "login_port": 1})["message"].startswith("no connection (")
    wrong = measured({**table.queue, "login_password": "wrong"})["message"]
    assert wrong.startswith("postgres says 'password authentication failed")
    assert "check login_user and login_password" in wrong


def test_a_lost_connection_is_made_again(table: Notifications, postgres_facts: PostgresFacts) -> None:
    table.put(1)

    def cut() -> int:
        with connect(postgres_facts) as admin:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'day2.ops'"
            return len(admin.execute(query).fetchall())

    def deliver() -> None:
        table.broken = False
        table.work()

    timer, worker = threading.Timer(0.3, cut), threading.Timer(0.8, deliver)
    timer.start()
    worker.start()
    result = queue_depth(table.queue, wait="drained", wait_timeout=10, wait_settle=0.3, wait_interval=0.1)
    timer.join()
    worker.join()
    assert (result.failed, table.delivered) == (False, [1])


def test_a_check_of_the_gate_measures_it_too(table: Notifications) -> None:
    table.put(1, 2)
    options = {name: value for name, value in table.queue.items() if name not in ("name", "kind")}
    outcome = attempt("queue", queue="notifications", queue_kind="sql", **options, max_ready=1)
    assert (outcome.status, outcome.reason) == ("fail", "ready is 2, expected at most 1")
