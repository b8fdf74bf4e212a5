# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which queues a playbook redrives with which options, and what it makes of the results."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_account import host_account, told
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_jobs import redrive_jobs, without_options

ORDERS: dict[str, Any] = {"name": "orders", "kind": "redis_list", "dead": "orders:dead"}
PLAIN: dict[str, Any] = {"name": "plain", "kind": "redis_list"}
ROWS: dict[str, Any] = {"name": "rows", "kind": "sql", "dead": "SELECT 1", "select": "SELECT 1"}


def test_queues_with_dead_letters_are_chosen_and_their_own_options_win() -> None:
    orders = {**ORDERS, "redrive_options": {"rate": 5, "filter": {"error": "x"}}}
    jobs = redrive_jobs([orders, PLAIN, ROWS], [], {"rate": 9, "canary": 3})
    assert jobs == [{"name": "orders", "queue": ORDERS, "options": {"rate": 5, "filter": {"error": "x"}, "canary": 3}}]
    assert without_options([orders, PLAIN]) == [ORDERS, PLAIN]
    assert [job["name"] for job in redrive_jobs([orders, {**ORDERS, "name": "b"}], ["b"], {})] == ["b"]


@pytest.mark.parametrize(
    ("queues", "chosen", "for_all", "words"),
    [
        ([ORDERS], ["ordres"], {}, "no queue ordres is described; described are: orders"),
        ([], ["a"], {}, "described are: none"),
        ([ORDERS, PLAIN], ["plain"], {}, "dead"),
        ([ROWS], ["rows"], {}, "does not say how dead letters are put back"),
        ([ORDERS], [], {"cannary": 1}, "day2_redrive: unknown option cannary"),
        ([ORDERS], [], {"journal": "/x"}, "day2_redrive: unknown option journal"),
        ([{**ORDERS, "redrive_options": {"rate": "x"}}], [], {}, "redrive_options of the queue orders: "),
        ([{**ORDERS, "dad": "x"}], [], {}, "unknown option dad"),
    ],
)
def test_what_is_wrong_is_refused(
    queues: list[dict[str, Any]], chosen: list[str], for_all: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        redrive_jobs(queues, chosen, for_all)


def of(name: str, **fields: Any) -> dict[str, Any]:
    return {"ansible_loop_var": "redrive_name", "redrive_name": name, **fields}


GREEN = {"status": "passed", "checks": [{"name": "disk"}], "warnings_seen": ["memory is short"]}
RED = {"status": "failed", "msg": "failed: 1 of 2 checks pass"}


def test_an_account_of_what_was_done() -> None:
    looked = [of("a", meant=5, dead=5, by_error={"x": 5}), of("b", meant=0, dead=0), of("c", msg="no connection")]
    done = [of("a", stop_reason="end", msg="a: moved 5", moved=5, parked=0, skipped_for={"filtered out": 2}, left=2)]
    account = host_account(looked, done, GREEN, {})
    assert account["status"] == "failed"
    assert account["failures"] == ["c: no connection"]
    assert account["summary"] == "put back 5, parked 0 dead letters; not well: c"
    assert (account["checks"], account["warnings_seen"]) == (GREEN["checks"], GREEN["warnings_seen"])
    report = told({"host": account, "lost": {}})
    assert report["summary"] == account["summary"]
    table, errors = report["sections"]
    assert table["rows"][0] == ["host", "a", 5, 5, 0, "2 (filtered out)", 0, 2, 0.0, "end"]
    assert [row[-1] for row in table["rows"][1:]] == ["nothing to put back", "no connection"]
    assert errors["rows"] == [["host", "a", 5, "x"]]


@pytest.mark.parametrize("reason", ["canary", "returning", "error", None])
def test_a_bad_end_fails(reason: str | None) -> None:
    done = [of("a", msg="a: not fixed", moved=1, **({"stop_reason": reason} if reason else {}))]
    account = host_account([of("a", meant=5, dead=5)], done, {}, {})
    assert (account["status"], account["failures"]) == ("failed", ["a: not fixed"])


def test_a_gate_that_is_closed_is_told_and_so_is_what_was_not_done() -> None:
    account = host_account([of("a", meant=5, dead=5), of("b", meant=0, dead=0)], [], RED, {})
    assert account["failures"] == [
        "a: nothing was put back, as the gate before is closed",
        "the gate before is closed: failed: 1 of 2 checks pass",
    ]
    after = host_account([], [], GREEN, RED)
    assert after["failures"] == ["the gate after is closed: failed: 1 of 2 checks pass"]


def test_a_plan_has_a_table_of_its_own() -> None:
    plan = {"move": 1200, "park": 3, "skipped": {}}
    account = host_account([of("a", meant=5, dead=1203)], [of("a", plan=plan, msg="a: would")], {}, {})
    assert account["summary"] == "would put back 1,200, park 3 dead letters"
    report = told({"host": account})
    assert report["sections"][0]["rows"] == [["host", "a", 1203, 1200, 3, "0"]]
    assert host_account([], [], {}, {})["summary"] == "no queue with dead letters"
