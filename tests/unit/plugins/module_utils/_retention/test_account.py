# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cleanup makes of the results of its steps."""

from __future__ import annotations

from ansible_collections.day2.ops.plugins.module_utils._retention.account import host_account, told


def test_each_step_is_told() -> None:
    results = [
        {"ansible_loop_var": "cleanup_name", "cleanup_name": "stuck", "recovered": 2, "msg": "q: put 2 back"},
        {"ansible_loop_var": "cleanup_name", "cleanup_name": "old", "removed": 1200, "msg": "q: removed 1200"},
        {"ansible_loop_var": "cleanup_name", "cleanup_name": "rows", "failed": True, "msg": "no table"},
    ]
    account = host_account(results)
    assert (account["status"], account["failures"]) == ("failed", ["rows: no table"])
    assert account["summary"] == "put back to work 2, removed 1,200; not well: rows"
    report = told({"host": account, "other": {}})
    assert report["summary"] == account["summary"]
    assert report["sections"][0]["rows"] == [
        ["host", "stuck", "put back to work", 2, "q: put 2 back"],
        ["host", "old", "removed", 1200, "q: removed 1200"],
        ["host", "rows", "", None, "no table"],
    ]


def test_nothing_to_do_is_well() -> None:
    assert host_account([])["summary"] == "nothing to clean up"
    assert told({"host": host_account([])})["sections"] == []
    account = host_account([{"item": "a", "deleted": 0, "msg": "x"}])
    assert (account["status"], account["summary"]) == ("passed", "nothing was old or stuck")
