# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks tell of backups."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._backups.account import host_account, told


def test_each_backup_that_was_made_is_told() -> None:
    results: list[dict[str, Any]] = [
        {
            "ansible_loop_var": "backup_name",
            "backup_name": "db",
            "changed": True,
            "backup": "20260101T020000Z-1a2b",
            "level": "L2",
            "size": 2_500_000,
            "seconds": 61.0,
            "storage": {"where": "s3://b/db"},
            "removed": [{"name": "x"}],
            "msg": "db: backed up",
        },
        {"ansible_loop_var": "backup_name", "backup_name": "cache", "failed": True, "msg": "no server"},
        {"item": "etc", "msg": "etc: unchanged"},
    ]
    account = host_account(results, "made")
    assert (account["status"], account["failures"]) == ("failed", ["cache: no server"])
    assert account["summary"] == "backed up: db, etc; not well: cache"
    report = told({"host": account, "other": {}}, "made")
    assert report["summary"] == account["summary"]
    (section,) = report["sections"]
    assert section["columns"][:6] == ["host", "name", "backup", "level", "size", "took"]
    assert section["rows"] == [
        ["host", "db", "20260101T020000Z-1a2b", "L2", "2.5 MB", "1 min 1 s", "s3://b/db", 1, "db: backed up"],
        ["host", "cache", None, None, None, None, "", 0, "no server"],
        ["host", "etc", None, None, None, None, "", 0, "etc: unchanged"],
    ]


def test_nothing_to_do_is_well() -> None:
    assert host_account([], "made")["summary"] == "no backup is described"
    assert told({"host": host_account([], "made")}, "made")["sections"] == []
    assert host_account([{"item": "a", "failed": True}], "made")["summary"] == "nothing was backed up; not well: a"


def test_what_was_proven_of_all_and_of_the_newest_is_told_as_one() -> None:
    every = {"item": "db", "failed": True, "msg": "2 of 3 proven", "verified": [{}, {}, {}], "broken": ["x"]}
    newest = {
        "item": "db",
        "msg": "db/b: L4 holds",
        "backup": "b",
        "level": "L4",
        "rpo_seconds": 60.0,
        "objectives": {"rpo": {"objective": 3600.0, "measured": 60.0, "met": True}},
    }
    account = host_account([every, {"item": "etc", "failed": True, "msg": "none"}, newest], "verified")
    assert account["failures"] == ["db: 2 of 3 proven", "etc: none"]
    (section,) = told({"host": account}, "verified")["sections"]
    assert section["rows"][0] == ["host", "db", "b", "L4", "1 min", "1 h", "2 of 3", "2 of 3 proven"]
    good = host_account([{**every, "failed": False, "broken": []}, newest], "verified")
    assert (good["summary"], good["backups"][0]["told"]) == ("proven: db", "2 of 3 proven; db/b: L4 holds")


def test_a_drill_counts_the_time_in_which_the_backup_was_brought() -> None:
    result = {
        "item": "db",
        "msg": "db/b: L4 holds",
        "backup": "b",
        "level": "L4",
        "rto_seconds": 100.0,
        "rpo_seconds": 60.0,
        "brought_seconds": 60.0,
        "objectives": {"rto": {"objective": 120.0, "measured": 100.0, "met": True}},
        "proofs": [{"level": "L4", "seconds": 1.0, "found": {"tables": 3, "rows": 1500}}],
    }
    account = host_account([result], "drilled")
    assert account["failures"] == [
        "db: db/b: L4 holds; with bringing it the recovery took 2 min 40 s, at most 2 min are allowed"
    ]
    row = told({"host": account}, "drilled")["sections"][0]["rows"][0]
    assert row[4:6] == ["2 min 40 s", "2 min"]
    assert row[8] == "3 tables, 1,500 rows"
    assert host_account([{**result, "brought_seconds": 0}], "drilled")["status"] == "passed"


def test_a_drill_of_a_search_cluster_tells_how_many_documents_were_compared() -> None:
    compared = {"documents": {"documents": 1500, "recorded": 1500, "equal": True}, "assertions": []}
    result = {"item": "logs", "msg": "L4 holds", "proofs": [{"level": "L4", "seconds": 1.0, "found": compared}]}
    row = told({"host": host_account([result], "drilled")}, "drilled")["sections"][0]["rows"][0]
    assert row[8] == "1,500 documents"
