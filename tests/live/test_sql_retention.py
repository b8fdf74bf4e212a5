# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that are deleted once they are old, in batches, from a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._retention.rows import SPEC, operate
from ansible_collections.day2.ops.tests.lab.postgres_server import connect
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts

from .postgres_help import login_to

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def database(postgres_facts: PostgresFacts) -> Iterator[Connection]:
    """A schema that the lab's user owns, with a table of 1,000 rows of which each is an hour older than the one before,
    and 10% of them are kept for ever."""
    with connect(postgres_facts) as admin:
        admin.execute("DROP SCHEMA IF EXISTS retention CASCADE")
        admin.execute(f'CREATE SCHEMA retention AUTHORIZATION "{postgres_facts["user"]}"')
        admin.execute(
            'CREATE TABLE retention."Done %" AS SELECT n AS id, now() - n * interval \'1 hour\' AS "at",'
            " CASE WHEN n % 10 = 0 THEN 'kept%' ELSE 'done' END AS status FROM generate_series(1, 1000) n"
        )
        admin.execute(f'ALTER TABLE retention."Done %" OWNER TO "{postgres_facts["user"]}"')
        yield admin
        admin.execute("DROP SCHEMA retention CASCADE")


def retain(facts: PostgresFacts, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would."""
    given = {"table": "retention.Done %", "column": "at", "older_than": "100h", **options}
    return operate(SPEC.validate({**login_to(facts), **given}, "sql_retention"), check_mode)


def rows(database: Connection) -> int:
    return int(database.execute('SELECT count(*) FROM retention."Done %"').fetchone()[0])  # type: ignore[index]


def test_old_rows_are_deleted_in_batches(database: Connection, postgres_facts: PostgresFacts) -> None:
    given: dict[str, Any] = {"where": "status NOT LIKE 'kept%'", "batch": 100}
    planned = retain(postgres_facts, check_mode=True, **given)
    assert planned.msg == "retention.Done %: would delete 810 of 810 rows older than 4 d 4 h"
    assert (planned.changed, planned.data["deleted"], rows(database)) == (True, 810, 1000)
    limited = retain(postgres_facts, limit=250, **given)
    assert (limited.data["deleted"], limited.data["stop_reason"], rows(database)) == (250, "limit", 750)
    done = retain(postgres_facts, **given)
    assert (done.data["old"], done.data["deleted"], done.data["stop_reason"]) == (560, 560, "end")
    assert done.diff == {"before": "rows older than 4 d 4 h: 560\n", "after": "rows older than 4 d 4 h: 0\n"}
    assert rows(database) == 190
    assert not retain(postgres_facts, **given).changed


def test_partitions_do_not_lose_what_is_not_meant(database: Connection, postgres_facts: PostgresFacts) -> None:
    database.execute("CREATE TABLE retention.parts (id int, at timestamptz) PARTITION BY RANGE (at)")
    database.execute(
        "CREATE TABLE retention.a PARTITION OF retention.parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
    )
    database.execute(
        "CREATE TABLE retention.b PARTITION OF retention.parts FOR VALUES FROM ('2021-01-01') TO ('2999-01-01')"
    )
    for table in ("parts", "a", "b"):
        database.execute(f'ALTER TABLE retention.{table} OWNER TO "{postgres_facts["user"]}"')
    database.execute("INSERT INTO retention.parts SELECT n, '2020-06-01' FROM generate_series(1, 50) n")
    database.execute("INSERT INTO retention.parts SELECT n, now() FROM generate_series(1, 50) n")
    done = retain(postgres_facts, table="retention.parts", older_than="30d", batch=20)
    assert (done.data["deleted"], done.data["stop_reason"]) == (50, "end")
    assert database.execute("SELECT count(*) FROM retention.b").fetchone() == (50,)


def test_rows_that_others_hold_are_not_waited_for(database: Connection, postgres_facts: PostgresFacts) -> None:
    with database.transaction():
        database.execute('SELECT * FROM retention."Done %" WHERE id > 990 FOR UPDATE')
        done = retain(postgres_facts)
    assert (done.data["deleted"], done.data["stop_reason"]) == (891, "locked")
    assert done.msg.endswith("; what is left is locked by other sessions")
    assert retain(postgres_facts).data["deleted"] == 10


def test_an_error_in_the_middle_says_what_was_done(database: Connection, postgres_facts: PostgresFacts) -> None:
    database.execute('ALTER TABLE retention."Done %" ADD PRIMARY KEY (id)')
    database.execute('CREATE TABLE retention.uses (id int REFERENCES retention."Done %" (id))')
    database.execute("INSERT INTO retention.uses VALUES (700)")
    with pytest.raises(OpsError, match="violates") as caught:
        retain(postgres_facts, batch=100)
    assert caught.value.details["changed"]
    assert 0 < caught.value.details["deleted"] < 900
    assert rows(database) == 1000 - caught.value.details["deleted"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"table": "retention.no"}, NotThere, 'relation "retention.no" does not exist'),
        ({"column": "when"}, OpsError, "column"),
        ({"where": "1 +"}, OpsError, "syntax error"),
        ({"batch": 0}, InputError, "batch must be more than 0"),
        ({"table": ""}, InputError, "table and column must be names"),
        ({"older_than": "soon"}, InputError, "older_than"),
    ],
)
def test_what_is_wrong_is_told(
    postgres_facts: PostgresFacts, options: dict[str, Any], kind: type[OpsError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        retain(postgres_facts, **options)
