# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is stuck goes back to work and what is old goes away, on the demo service; a second run changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.account import await_drained
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect as connect_postgres
from ansible_collections.day2.ops.tests.lab.redis_server import connect as connect_redis
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of

GONE = f"{names.PROCESSING}gone"
STREAM: dict[str, Any] = {
    "day2_queues__events": [{"name": "demo:events", "kind": "redis_stream", "group": "readers"}],
    "day2_cleanup__events": [{"name": "old events", "trim": "demo:events", "older_than": "1h"}],
}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


@pytest.fixture
def demo_redis(lab: Lab) -> Iterator[redis.Redis]:
    """An administrator's client of the demo's own database, with a stream of which three old entries are read."""
    with connect_redis(lab.facts["redis"]) as client:
        client.xgroup_create("demo:events", "readers", "0", mkstream=True)
        for number in range(5):
            client.xadd("demo:events", {"data": number}, id=f"{1000 + number}-0")
        client.xreadgroup("readers", "one", {"demo:events": ">"}, count=3, noack=True)
        yield client
        client.delete("demo:events", GONE)


@pytest.fixture
def orders(lab: Lab) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """An administrator's session; the table holds 30 orders of long ago."""
    with connect_postgres(lab.facts["postgres"]) as admin:
        admin.execute(
            "INSERT INTO orders (id, amount, worker, processed_at)"
            " SELECT 'old-' || n, n, 'w', now() - interval '400 days' FROM generate_series(1, 30) n"
        )
        yield admin
        admin.execute("DELETE FROM orders WHERE id LIKE 'old-%' OR id = 'stuck'")


def count(orders: psycopg.Connection[tuple[Any, ...]], like: str) -> int:
    (number,) = orders.execute("SELECT count(*) FROM orders WHERE id LIKE %s", (like,)).fetchone() or (0,)
    return int(number)


def changed(done: Done) -> int:
    """Return how many tasks changed something, by the recap."""
    line = next(line for line in done.output.splitlines() if line.startswith("demo ") and "changed=" in line)
    return int(line.partition("changed=")[2].split()[0])


def test_a_plan_a_run_and_a_run_that_changes_nothing(
    operator: Operator, demo_redis: redis.Redis, orders: psycopg.Connection[tuple[Any, ...]]
) -> None:
    demo_redis.rpush(GONE, json.dumps({"id": "stuck", "amount": 1}))
    plan = operator.run("cleanup", "--check", "--diff", **STREAM)
    assert plan.status == 0, plan.output
    assert "would put 1 items in flight back to work" in plan.text
    assert "would remove 3 read older than 1 h, 2 read left" in plan.text
    assert "would delete 30 of 30 rows older than 365 d" in plan.text
    assert "-rows older than 365 d: 30 +rows older than 365 d: 0" in plan.text
    assert "-read: 5 +read: 2" in plan.text
    assert (demo_redis.llen(GONE), demo_redis.xlen("demo:events"), count(orders, "old-%")) == (1, 5, 30)
    assert operator.written() == []

    done = operator.run("cleanup", "-vvv", **STREAM)
    assert done.status == 0, done.output
    assert changed(done) == 3
    await_drained(operator.lab.facts)
    assert (demo_redis.llen(GONE), demo_redis.xlen("demo:events"), count(orders, "old-%")) == (0, 2, 0)
    assert count(orders, "stuck") == 1
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []
    report = json.loads((operator.reports / "cleanup-latest.json").read_text(encoding="utf-8"))
    assert report["summary"] == "put back to work 1, removed 3, deleted 30"
    assert {(row[1], row[3]) for row in report["sections"][0]["rows"]} == {
        ("orders of dead workers", 1),
        ("old events", 3),
        ("orders of last year", 30),
    }

    again = operator.run("cleanup", **STREAM)
    assert (again.status, changed(again)) == (0, 0), again.output
    assert "Cleanup: passed: nothing was old or stuck" in again.text


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(
    operator: Operator, demo_redis: redis.Redis, orders: psycopg.Connection[tuple[Any, ...]]
) -> None:
    wrong = {"name": "a wrong table", "rows": "ordres", "column": "processed_at", "older_than": "1d"}
    chosen = "a wrong table,old events,orders of last year"
    done = operator.run("cleanup", day2_cleanup=[wrong], day2_cleanup_steps=chosen, **STREAM)
    assert done.status == 2
    told = done.of_task("Fail where something is wrong")
    assert 'a wrong table: table: postgres says \'relation "ordres" does not exist' in told.replace('\\"', '"')
    assert "old events" not in told
    assert "Traceback" not in done.output
    assert (demo_redis.xlen("demo:events"), count(orders, "old-%")) == (2, 0)
    assert "orders of dead workers" not in done.of_task("Put back to work what dead workers hold")


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "no cleanup step ordres is described; described are: orders of dead workers, orders of last year"),
        ([{"name": "a", "trim": "nowhere", "older_than": "1d"}], "cleanup step a: no queue nowhere is described"),
        ([{"name": "a"}], "cleanup step a has nothing to do; expected one of recover, trim, rows"),
        ([{"name": "a", "trim": "orders", "rows": "orders"}], "cleanup step a has trim and rows; expected one of"),
        ([{"name": "a", "rows": "x"}, {"name": "a", "rows": "y"}], "two cleanup steps have one name"),
        ([{"name": "a", "trims": "orders"}], "trims"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_touched(
    operator: Operator, steps: list[dict[str, Any]], words: str
) -> None:
    done = operator.run("cleanup", day2_cleanup=steps, day2_cleanup_steps=[] if steps else ["ordres"])
    assert done.status != 0
    assert words in done.text, done.output
    assert "Traceback" not in done.output
    assert operator.written() == []
