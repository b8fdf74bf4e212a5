# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report on maintenance of databases is made of."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._postgres.account import host_account, told

JOB = {"name": "public.orders", "actions": ["vacuum", "analyze"], "why": ["many"], "size": 8192, "seconds": 1.0}
SHOP: dict[str, Any] = {
    "ansible_loop_var": "database",
    "database": "shop",
    "msg": "shop: vacuumed 1",
    "size": 1 << 20,
    "age": 500,
    "done": [JOB],
    "skipped": [{**JOB, "name": "public.busy", "reason": "locked"}],
    "left": [{**JOB, "name": "public.late"}],
    "tables": [
        {
            "name": "public.orders",
            "total": 16384,
            "size": 8192,
            "index_size": 8192,
            "toast_size": 0,
            "dead_percent": 0.0,
            "bloat_percent": None,
            "bloat_by": None,
            "age": 5,
        }
    ],
}
PASSED = {"status": "passed", "checks": [{"name": "api"}], "warnings_seen": ["slow"]}


def test_all_is_told() -> None:
    account = host_account([SHOP], PASSED, {})
    assert (account["status"], account["failures"], account["checks"]) == ("passed", [], [{"name": "api"}])
    assert account["summary"] == "vacuumed 1, analyzed 1, skipped 1, left 1"
    report = told({"db1": account, "app1": {}})
    sections = {section["title"]: section for section in report["sections"]}
    assert list(sections) == ["Databases", "Done", "Not done", "Largest tables"]
    assert sections["Databases"]["rows"] == [["db1", "shop", "1 MiB", 500, "shop: vacuumed 1"]]
    assert sections["Done"]["rows"] == [["db1", "shop", "public.orders", "vacuum analyze", "many", "8 KiB", None, 1.0]]
    assert [row[-1] for row in sections["Not done"]["rows"]] == ["locked", "the time was up"]
    assert all(len(row) == len(section["columns"]) for section in sections.values() for row in section["rows"])


def test_what_fails_is_told_and_a_standby_does_not() -> None:
    broken = {"ansible_loop_var": "database", "database": "shop", "failed": True, "msg": "no answer"}
    standby = {**broken, "database": "copy", "standby": True, "msg": "the server is a standby"}
    account = host_account([broken, standby], PASSED, {"status": "failed", "msg": "api: 500"})
    assert account["failures"] == ["no answer", "the gate after is closed: api: 500"]
    assert account["summary"] == "nothing was due; not well: shop"


def test_a_closed_gate() -> None:
    account = host_account([], {"status": "unknown", "msg": "api: no answer"}, {})
    assert account["summary"] == "nothing was done, as the gate before is closed"
    assert account["failures"] == ["the gate before is closed: api: no answer"]
    assert told({"db1": account}) == {"summary": account["summary"], "sections": []}
    assert host_account([], {}, {})["summary"] == "no database to maintain"
