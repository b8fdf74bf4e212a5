# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores and migrations of the demo service by the playbooks; when something fails, what was there before is back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.redis_server import connect as connect_redis
from ansible_collections.day2.ops.tests.live.playbook_backups_help import (
    ORDERS,
    BackupOperator,
    changed,
    count,
    kept_databases,
    lose_orders,
    make_orders,
    orders,
)
from ansible_collections.day2.ops.tests.live.playbooks import leaks, secrets_of

KEPT = "demo:kept:"
KEYS = 100
# Fails when it is run for the first time, as a service whose new data do not do.
START_ONCE = """#!/bin/sh
echo started >> "$0.log"
[ -e "$0.failed" ] && exit 0
touch "$0.failed"
echo "postgresql://app:open-sesame@db/orders: no such column" >&2
exit 3
"""
MIGRATION = """#!/bin/sh
[ "$GREETING" = 'hello $(touch '"$0"'.evil) "world"' ] || exit 9
exec {bin_dir}/psql -v ON_ERROR_STOP=1 -qc "$1"
"""
CHECK = {
    "name": "revision",
    "kind": "sql",
    "query": "SELECT count(*) FROM pg_tables WHERE tablename = 'customers'",
    "equals": 1,
}


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackupOperator]:
    """An operator who has backed up the orders."""
    operator = BackupOperator(lab, tmp_path_factory.mktemp("restores"))
    with orders(lab), connect_redis(lab.facts["redis"]) as client:
        client.mset({f"{KEPT}{number}": number for number in range(KEYS)})
        done = operator.play(["backup"], only="orders-db,orders-redis")
        assert done.status == 0, done.output
        yield operator
        client.delete(*client.keys(f"{KEPT}*"))


@pytest.fixture(autouse=True)
def _complete(operator: BackupOperator) -> None:
    with connect(operator.lab.facts["postgres"]) as admin:
        make_orders(admin)


def steps(operator: BackupOperator, start: list[str]) -> dict[str, Any]:
    """Return steps that stop and start the service."""
    return {
        "day2_restore_stop__it": [{"name": "stop it", "command": ["touch", str(operator.folder / "stopped")]}],
        "day2_restore_start": [{"name": "start it", "command": start, "hosts": "app"}],
    }


def program(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_database_is_back_and_the_old_one_is_kept(operator: BackupOperator) -> None:
    lose_orders(operator.lab, 0)
    given = {"restore": "orders-db", **steps(operator, ["touch", str(operator.folder / "started")])}
    plan = operator.play(["restore"], "--check", "--diff", **given)
    assert plan.status == 0, plan.output
    assert "would be restored from" in plan.text
    assert not (operator.folder / "stopped").exists()
    assert count(operator.lab) == 0

    done = operator.play(["restore"], "-vvv", confirm="orders-db", **given)
    assert done.status == 0, done.output
    assert count(operator.lab) == ORDERS
    assert (operator.folder / "stopped").exists()
    assert (operator.folder / "started").exists()
    with connect(operator.lab.facts["postgres"], dbname="postgres") as admin:
        (kept,) = kept_databases(admin)
    assert f"the old one is kept as {kept}" in done.of_task("Say where the old data are")
    assert operator.journal()["outcome"] == "done"
    assert operator.report("restore-demo")["status"] == "passed"
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []


@pytest.mark.long
def test_when_the_service_does_not_come_up_the_old_data_are_back(operator: BackupOperator) -> None:
    lose_orders(operator.lab, 10)
    start = program(operator.folder / "start-once", START_ONCE)
    done = operator.play(["restore"], restore="orders-db", confirm="orders-db", **steps(operator, [start]))
    assert done.status == 2
    told = done.of_task("Tell how it ended")
    assert "step start it: Run the command: " in told, done.output
    assert "no such column (what was there before is back: postgres " in told
    assert "open-sesame" not in told and "open-sesame" not in json.dumps(operator.report("restore-demo"))
    assert count(operator.lab) == 10
    assert Path(f"{start}.log").read_text(encoding="utf-8").count("started") == 2
    assert operator.journal()["outcome"] == "failed"


def test_a_server_of_redis_gets_its_keys_back(operator: BackupOperator) -> None:
    with connect_redis(operator.lab.facts["redis"]) as client:
        client.delete(*client.keys(f"{KEPT}*"))
        done = operator.play(["restore"], restore="orders-redis", confirm="orders-redis")
        assert done.status == 0, done.output
        assert len(client.keys(f"{KEPT}*")) == KEYS
    (before,) = operator.made("orders-redis-before-restore")
    assert f"what was there is the backup {before.name}" in done.of_task("Say where the old data are")


@pytest.mark.long
def test_a_migration_that_fails_is_taken_back_and_one_that_does_not_is_verified(operator: BackupOperator) -> None:
    facts = operator.lab.facts["postgres"]
    script = program(operator.folder / "migrate", MIGRATION.format(**facts))
    environment = operator.folder / "migrate.env"
    lines = {
        "PGHOST": facts["host"],
        "PGPORT": facts["port"],
        "PGUSER": facts["user"],
        "PGPASSWORD": facts["password"],
        "PGDATABASE": facts["database"],
        "PGSSLMODE": "require" if facts["sslmode"] == "verify-full" else facts["sslmode"],
        "GREETING": f'hello $(touch {script}.evil) "world"',
    }
    text = "# how the migration logs in\n\n" + "".join(f"{name}={value}\n" for name, value in lines.items())
    environment.write_text(text, encoding="utf-8")

    def migration(sql: str) -> dict[str, Any]:
        how = {"backup": "orders-db", "command": [script, sql], "environment_file": str(environment), "checks": [CHECK]}
        return {"day2_migration": how}

    plan = operator.play(["migrate_database"], "--check", **migration("CREATE TABLE customers (id int)"))
    assert plan.status == 0, plan.output
    assert "would be backed up and migrated" in plan.of_task("Say how it ended")

    broken = operator.play(["migrate_database"], "-vvv", **migration("DELETE FROM orders"))  # and no table
    assert broken.status == 2
    told = broken.of_task("Tell how it ended")
    assert "the migration failed: Refuse a revision that is not the wanted one: " in told, broken.output
    assert "(the database is as before: postgres " in told
    assert count(operator.lab) == ORDERS
    assert leaks(operator, broken, secrets_of(operator.lab.facts)) == []
    assert operator.report("migration-demo")["status"] == "failed"

    done = operator.play(["migrate_database"], **migration("CREATE TABLE customers (id int)"))
    assert done.status == 0, done.output
    newest = operator.made("orders-db")[-1].name
    assert f"migrated and verified; the backup of before is {newest}" in done.of_task("Say how it ended")
    again = operator.play(["migrate_database"], **migration("CREATE TABLE customers (id int)"))
    assert (again.status, changed(again)) == (0, 0), again.output
    assert "is where the migration leads already" in again.text
    assert not Path(f"{script}.evil").exists()
    with connect(facts) as admin:
        admin.execute("DROP TABLE customers")


@pytest.mark.parametrize(
    ("playbook", "variables", "words"),
    [
        ("restore", {}, "say what is restored: -e restore=NAME; described are: "),
        ("restore", {"restore": "orders"}, "no backup orders is described; described are: "),
        ("restore", {"restore": "orders-db"}, "say so with -e confirm=orders-db"),
        (
            "restore",
            {"restore": "orders-db", "confirm": "orders-db", "to": "2026-03-01"},
            "expected a date and a time of",
        ),
        (
            "restore",
            {"restore": "orders-db", "confirm": "orders-db", "to": "2026-03-01 11:59:59+00"},
            "knows no moments but those of its",
        ),
        ("migrate_database", {}, "day2_migration is empty on every host"),
        ("migrate_database", {"day2_migration": {"backup": "orders-db"}}, "day2_migration has nothing to do"),
        (
            "migrate_database",
            {"day2_migration": {"backup": "orders-redis", "command": ["true"]}},
            "backup must name a backup of the kind postgres; described are: orders-db",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_touched(
    operator: BackupOperator, playbook: str, variables: dict[str, Any], words: str
) -> None:
    before = operator.written()
    done = operator.play([playbook], **variables)
    assert done.status != 0
    assert words in done.text, done.output
    assert "Traceback" not in done.output
    assert operator.written() == before
