# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks as tables for people: bounded, on one line, null never 0."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._reviews.selection import review_checks
from ansible_collections.day2.ops.plugins.module_utils._reviews.tables import (
    check_table,
    detail_tables,
    objects_table,
    worst,
)
from ansible_collections.day2.ops.plugins.module_utils._reviews.trends import trend_table


def check(name: str = "db", kind: str = "postgres", status: str = "pass", **seen: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "status": status, "reason": "" if status == "pass" else "why", "seen": seen}


def test_a_row_for_each_check() -> None:
    table = check_table("Backups", [("h", check(status="fail", age=3.0, ok=True, newest="x\ny", lists=[1], n=None))])
    assert table["rows"] == [["h", "db", "fail", "age 3, newest x y", "why"]]


def test_no_check_is_said() -> None:
    assert check_table("Backups", [])["text"] == "no check looks at this"


def test_lists_of_objects_become_tables_and_what_was_not_seen_is_told() -> None:
    found = check(
        tables=[{"name": "a", "size": 5, "labels": {"job": "x"}}, {"name": "b", "size": None, "more": True}],
        numbers=[1, 2],
        empty=[],
        unseen={"statements": "no pg_stat_statements"},
    )
    first, second = detail_tables("h", found)
    assert first["title"] == "tables of db on h"
    assert first["columns"] == ["name", "size", "labels.job", "more"]
    assert first["rows"] == [["a", "5", "x", ""], ["b", "unknown", "", "true"]]
    assert second["rows"] == [["statements", "no pg_stat_statements"]]


def test_a_long_table_is_cut_and_says_so() -> None:
    table = objects_table("t", [{"n": number} for number in range(60)])
    assert len(table["rows"]) == 50
    assert table["text"] == "10 more rows are left out"


def test_a_long_cell_is_cut_to_one_line() -> None:
    (row,) = objects_table("t", [{"q": "SELECT\n" + "x" * 1000}])["rows"]
    assert len(row[0]) == 200
    assert "\n" not in row[0]


def test_the_worst_status_counts_and_none_is_unknown() -> None:
    assert worst(["pass", "warning"]) == "warning"
    assert worst(["pass", None]) == "unknown"
    assert worst(["unknown", "fail"]) == "fail"
    assert worst([]) == "pass"


def test_a_review_makes_the_checks_of_its_kinds_again_with_details() -> None:
    checks: list[dict[str, Any]] = [
        {"name": "db", "kind": "postgres", "details": ["sessions"]},
        {"name": "api", "kind": "http"},
        {"name": "disk", "kind": "disk"},
    ]
    more = [{"name": "disk", "kind": "disk", "path": "/data"}]
    assert review_checks(checks, ["postgres", "disk"], {"postgres": ["tables", "sessions"]}, more) == [
        {"name": "db", "kind": "postgres", "details": ["sessions", "tables"]},
        {"name": "disk", "kind": "disk", "path": "/data"},
    ]


def runs(*values: float) -> list[dict[str, Any]]:
    return [
        {
            "at": f"2026-11-{day + 1:02}T00:00:00Z",
            "checks": {"disk": {"status": "pass", "seen": {"used_percent": value}}},
        }
        for day, value in enumerate(values)
    ]


def test_a_trend_has_days_left() -> None:
    results = {"h": {"checks": [check("disk", "disk", used_percent=56.0)]}}
    watched: list[dict[str, Any]] = [
        {"kind": "disk", "path": "used_percent", "limit": 80},
        {"kind": "redis", "path": "used_memory"},
    ]
    now = 1793750400.0  # 2026-11-04T00:00:00Z
    table = trend_table("t", results, {"h": runs(50, 52, 54)}, watched, now)
    assert table["rows"] == [["h", "disk", "used_percent", "56", "+2", "3", "80", "12"]]


def test_a_trend_of_too_few_runs_is_none() -> None:
    results = {"h": {"checks": [check("disk", "disk", used_percent=56.0)]}}
    watched = [{"kind": "disk", "path": "used_percent", "limit": 80}]
    (row,) = trend_table("t", results, {}, watched, 1793750400.0)["rows"]
    assert row[-1] == "no trend yet (1 runs)"


def test_a_check_that_saw_nothing_is_unknown_in_the_trends() -> None:
    results = {"h": {"checks": [check("disk", "disk", "unknown")]}}
    (row,) = trend_table("t", results, {}, [{"kind": "disk", "path": "used_percent"}], 0.0)["rows"]
    assert row[3] == "unknown"


def test_a_number_that_a_server_does_not_have_is_no_row() -> None:
    results = {"h": {"checks": [check("redis", "redis", memory_percent=None)]}}
    assert "rows" not in trend_table("t", results, {}, [{"kind": "redis", "path": "memory_percent"}], 0.0)
