# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is due by which figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere
from ansible_collections.day2.ops.plugins.module_utils._postgres.bloat import Bloat
from ansible_collections.day2.ops.plugins.module_utils._postgres.due import (
    ACTIONS,
    Limits,
    indexes_due,
    show_size,
    tables_due,
)
from ansible_collections.day2.ops.plugins.module_utils._postgres.holders import Holder, old, waited_for
from ansible_collections.day2.ops.plugins.module_utils._postgres.relations import Index, Table, chosen
from ansible_collections.day2.ops.plugins.module_utils._postgres.works import table_statement

LIMITS = Limits(10.0, 1000, 150_000_000, 10.0, 30.0, 1 << 20)
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
TABLE = Table(
    oid=1,
    schema="public",
    name="orders",
    quoted="public.orders",
    kind="r",
    system=False,
    owner="shop",
    may=True,
    size=8 << 20,
    index_size=2 << 20,
    toast_size=0,
    rows=10_000.0,
    live=10_000,
    dead=0,
    changed=0,
    age=1000,
    multixact_age=0,
    vacuumed_at=NOW,
    analyzed_at=NOW,
    vacuums=1,
    fillfactor=100,
    partition=False,
)
INDEX = Index(
    oid=2,
    table=1,
    schema="public",
    name="orders_pkey",
    quoted="public.orders_pkey",
    method="btree",
    size=2 << 20,
    rows=10_000.0,
    usable=True,
    unique=True,
    constraint=True,
    exclusion=False,
    scans=10,
    fillfactor=90,
    may=True,
    twin=False,
)


@pytest.mark.parametrize(
    ("changes", "actions"),
    [
        ({}, ()),
        ({"dead": 999}, ()),
        ({"dead": 1000}, ()),  # less than 10 % of all rows
        ({"dead": 1200}, ("vacuum",)),
        ({"live": 0, "dead": 1200}, ("vacuum",)),
        ({"age": 150_000_000}, ("freeze",)),
        ({"multixact_age": 150_000_000}, ("freeze",)),
        ({"changed": 1000}, ("analyze",)),
        ({"live": 10, "changed": 49}, ()),
        ({"analyzed_at": None}, ("analyze",)),
        ({"analyzed_at": None, "size": 0}, ()),
        ({"analyzed_at": None, "system": True}, ()),
        ({"kind": "p", "size": 0, "age": None, "multixact_age": None, "analyzed_at": None}, ("analyze",)),
        ({"dead": 5000, "changed": 5000, "age": 200_000_000}, ("freeze", "vacuum", "analyze")),
    ],
)
def test_what_is_due_for_a_table(changes: dict[str, Any], actions: tuple[str, ...]) -> None:
    jobs = tables_due([replace(TABLE, **changes)], ACTIONS, LIMITS)
    assert [job.actions for job in jobs] == ([actions] if actions else [])


def test_only_what_may_be_done_is_due() -> None:
    table = replace(TABLE, dead=5000, changed=5000)
    assert [job.actions for job in tables_due([table], ["analyze"], LIMITS)] == [("analyze",)]


def test_the_oldest_is_first_then_the_most_dead() -> None:
    tables = [
        replace(TABLE, quoted="few", dead=2000),
        replace(TABLE, quoted="many", dead=9000),
        replace(TABLE, quoted="old", age=160_000_000),
        replace(TABLE, quoted="oldest", age=190_000_000),
    ]
    assert [job.name for job in tables_due(tables, ACTIONS, LIMITS)] == ["oldest", "old", "many", "few"]


@pytest.mark.parametrize(
    ("changes", "parallel", "statement"),
    [
        ({"dead": 5000}, None, "VACUUM public.orders"),
        ({"changed": 5000}, 2, "ANALYZE public.orders"),
        ({"dead": 5000, "changed": 5000}, 0, "VACUUM (ANALYZE, PARALLEL 0) public.orders"),
        ({"age": 200_000_000}, None, "VACUUM (FREEZE) public.orders"),
    ],
)
def test_one_statement_does_all(changes: dict[str, Any], parallel: int | None, statement: str) -> None:
    (job,) = tables_due([replace(TABLE, **changes)], ACTIONS, LIMITS)
    assert table_statement(job, parallel) == statement


@pytest.mark.parametrize(
    ("changes", "bloat", "action"),
    [
        ({}, 29.9, None),
        ({}, 30.0, "reindex"),
        ({}, None, None),
        ({"size": 1000}, 90.0, None),
        ({"exclusion": True}, 90.0, None),
        ({"usable": False}, 90.0, None),
        ({"name": "orders_pkey_ccnew", "usable": False, "twin": True, "constraint": False}, None, "drop"),
        ({"name": "orders_pkey_ccold12", "usable": False, "twin": True, "constraint": False}, None, "drop"),
        ({"name": "orders_pkey_ccnew", "usable": False, "twin": False, "constraint": False}, None, None),
        ({"name": "orders_pkey_ccnew", "usable": True, "twin": True, "constraint": False}, None, None),
        ({"name": "orders_new", "usable": False, "twin": True, "constraint": False}, None, None),
    ],
)
def test_what_is_due_for_an_index(changes: dict[str, Any], bloat: float | None, action: str | None) -> None:
    known = {} if bloat is None else {2: Bloat(bloat, "measured")}
    jobs = indexes_due([replace(INDEX, **changes)], {1: TABLE}, known, LIMITS)
    assert [job.action for job in jobs] == ([action] if action else [])


def test_what_wastes_most_is_first() -> None:
    indexes = [replace(INDEX, quoted="small"), replace(INDEX, oid=3, quoted="large", size=4 << 20)]
    bloat = {2: Bloat(50.0, "estimated"), 3: Bloat(40.0, "estimated")}
    jobs = indexes_due(indexes, {1: TABLE}, bloat, LIMITS)
    assert [(job.name, job.why) for job in jobs] == [
        ("large", ("40 % of its 4 MiB is bloat, estimated",)),
        ("small", ("50 % of its 2 MiB is bloat, estimated",)),
    ]


def test_tables_are_chosen_by_patterns() -> None:
    tables = [
        TABLE,
        replace(TABLE, schema="audit", name="orders"),
        replace(TABLE, schema="pg_catalog", name="pg_class", system=True),
    ]

    def names(wanted: list[str], not_wanted: list[str]) -> list[str]:
        return [f"{table.schema}.{table.name}" for table in chosen(tables, wanted, not_wanted, "here")]

    assert names([], []) == ["public.orders", "audit.orders", "pg_catalog.pg_class"]
    assert names(["orders"], ["audit.*"]) == ["public.orders"]
    assert names(["public.*"], []) == ["public.orders"]
    assert names([], ["pg_catalog.*", "ord*"]) == []
    with pytest.raises(NotThere, match=r"no table matches orders2: here; check tables"):
        names(["orders", "orders2"], [])


def test_who_holds_back() -> None:
    young = Holder("session", 1, None, "shop", "web", "active", 1.0, 5)
    long = Holder("session", 2, None, "report", "nightly\x1b[1m", "idle in transaction", 7200.0, 500)
    standby = Holder("standby", 3, None, "replica", "", "active", None, 2_000_000)
    slot = Holder("slot", None, "old_copy", None, None, None, None, 5_000_000)
    assert old([young, long, standby, slot], 300) == [long, standby, slot]
    assert waited_for([young, long, standby, slot], 300) == [long]
    assert long.told() == "session with pid 2 (report, nightly [1m, idle in transaction) since 2 h"
    assert slot.told() == "slot old_copy, 5,000,000 transactions"


def test_sizes() -> None:
    assert [show_size(size) for size in (0, 1023, 12 << 20, 5 << 40)] == ["0 B", "1023 B", "12 MiB", "5 TiB"]
