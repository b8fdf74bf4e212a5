# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's database is vacuumed and reindexed by the playbook between two gates; a second run changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of

TABLE = "upkeep.invoices"
ONLY: dict[str, Any] = {"tables": ["upkeep.*"], "min_size": 0}
OURS: dict[str, Any] = {"day2_postgres_maintenance": {"weekly": ONLY, "monthly": ONLY}}


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


@pytest.fixture
def invoices(lab: Lab) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """An administrator's session; a table of the demo's role has 15,000 dead rows and a bloated index."""
    facts = lab.facts["postgres"]
    with connect(facts) as admin:
        admin.execute("DROP SCHEMA IF EXISTS upkeep CASCADE")
        admin.execute("CREATE SCHEMA upkeep")
        admin.execute(f"CREATE TABLE {TABLE} (id int PRIMARY KEY) WITH (autovacuum_enabled = off)")
        admin.execute(f"INSERT INTO {TABLE} SELECT generate_series(1, 20000)")
        admin.execute(f"ALTER SCHEMA upkeep OWNER TO {facts['user']}")
        admin.execute(f"ALTER TABLE {TABLE} OWNER TO {facts['user']}")
        admin.execute("SELECT pg_stat_force_next_flush()")
        admin.execute(f"VACUUM ANALYZE {TABLE}")
        admin.execute(f"DELETE FROM {TABLE} WHERE id % 4 <> 0")
        admin.execute("SELECT pg_stat_force_next_flush()")
        yield admin
        admin.execute("DROP SCHEMA upkeep CASCADE")


def changed(done: Done) -> int:
    """Return how many tasks changed something, by the recap."""
    line = next(line for line in done.output.splitlines() if line.startswith("demo ") and "changed=" in line)
    return int(line.partition("changed=")[2].split()[0])


def dead(admin: psycopg.Connection[tuple[Any, ...]]) -> int:
    query = "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = %s::regclass"
    (number,) = admin.execute(query, (TABLE,)).fetchone() or (0,)
    return int(number)


def test_a_weekly_plan_a_monthly_run_and_one_that_changes_nothing(
    operator: Operator, invoices: psycopg.Connection[tuple[Any, ...]]
) -> None:
    plan = operator.run("postgres_maintenance", "--check", "--diff", **OURS)
    assert plan.status == 0, plan.output
    assert "demo: would vacuum 1, would analyze 1" in plan.text
    assert f"-{TABLE}: 15000 dead rows (15,000 dead rows (75 %)" in plan.text
    assert (dead(invoices), operator.written()) == (15000, [])

    monthly = operator.run("postgres_maintenance", "-vvv", day2_postgres_maintenance_run="monthly", **OURS)
    assert monthly.status == 0, monthly.output
    assert (changed(monthly), dead(invoices)) == (1, 0)
    assert "PostgreSQL maintenance: passed: vacuumed 1, analyzed 1, reindexed 1" in monthly.text
    assert leaks(operator, monthly, secrets_of(operator.lab.facts)) == []
    report = json.loads((operator.reports / "postgres-maintenance-latest.json").read_text(encoding="utf-8"))
    sections = {section["title"]: section["rows"] for section in report["sections"]}
    assert [row[2:4] for row in sections["Done"]] == [[TABLE, "vacuum analyze"], [f"{TABLE}_pkey", "reindex"]]
    assert TABLE in {row[2] for row in sections["Largest tables"]}
    assert "orders queue" in {check["name"] for check in report["hosts"]["demo"]["checks"]}, "the gate after"

    again = operator.run("postgres_maintenance", day2_postgres_maintenance_run="monthly", **OURS)
    assert (again.status, changed(again)) == (0, 0), again.output
    assert "PostgreSQL maintenance: passed: nothing was due" in again.text


@pytest.mark.long
def test_a_closed_gate_and_a_database_that_is_not_there(
    operator: Operator, invoices: psycopg.Connection[tuple[Any, ...]]
) -> None:
    missing = {"name": "away", "kind": "tcp", "host": "127.0.0.1", "port": 1}
    closed = operator.run("postgres_maintenance", day2_checks__away=[missing], **OURS)
    assert closed.status == 2
    assert "the gate before is closed" in closed.of_task("Fail where something is wrong")
    assert dead(invoices) == 15000

    both = {"databases": ["nowhere", "demo"], "weekly": ONLY, "skip_checks": ["away"]}
    done = operator.run("postgres_maintenance", day2_checks__away=[missing], day2_postgres_maintenance=both)
    assert done.status == 2
    told = done.of_task("Fail where something is wrong")
    assert 'database "nowhere" does not exist' in told.replace('\\"', '"')
    assert dead(invoices) == 0, "the other database was maintained"
    assert "Traceback" not in done.output
