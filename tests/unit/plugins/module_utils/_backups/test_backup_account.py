# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks tell of backups."""

from __future__ import annotations

from ansible_collections.day2.ops.plugins.module_utils._backups.account import host_account, told


def test_each_backup_that_was_made_is_told() -> None:
    results = [
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
