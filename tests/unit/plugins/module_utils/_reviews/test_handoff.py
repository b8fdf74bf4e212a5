# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one shift hands to the next: each part stands for itself, and what is not known is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._reviews.handoff import handoff, shift_checks

QUERIES = [{"name": "requests", "query": "q", "unit": "requests"}, {"name": "error rate", "query": "q", "unit": "%"}]
ALERTS = {"name": "alerts triggered", "query": "a"}
PENDING = {"name": "alerts pending", "kind": "alertmanager"}


def check(name: str, kind: str = "prometheus", status: str = "pass", reason: str = "", **seen: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "status": status, "reason": reason, "seen": seen}


def series(*values: tuple[dict[str, str], Any]) -> list[dict[str, Any]]:
    return [{"labels": labels, "value": value} for labels, value in values]


GOOD = {
    "requests": check("requests", series=series(({"job": "api"}, 1200.0), ({"job": "web"}, 3.0))),
    "error rate": check("error rate", series=series(({}, 0.25))),
    "alerts triggered": check("alerts triggered", series=[]),
    "alerts pending": check("alerts pending", "alertmanager", alerts=0, pending=[]),
    "dump": check("dump", "backup", age=3600.0),
}


def parts(changed: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    checks = {**GOOD, **(changed or {})}
    return {
        "service": "shop",
        "shift": "8h",
        "until": "2026-11-24 16:00 UTC",
        "outgoing": "ada",
        "incoming": "bob",
        "notes": "",
        "results": {"h": {"status": "passed", "checks": [one for one in checks.values() if one]}},
        "queries": QUERIES,
        "alerts": ALERTS,
        "pending": PENDING,
        "logs": {},
        "windows": {"open": [], "windows": []},
        "daily": {
            "found": True,
            "status": "passed",
            "summary": "1 of 1 hosts pass",
            "generated_at": "2026-11-24T07:00:00Z",
            "age_text": "9 h",
            "failures": {"h": []},
        },
        "backup_kinds": ["backup"],
        "backup_names": [],
        **given,
    }


def section(told: dict[str, Any], title: str) -> dict[str, Any]:
    (found,) = [one for one in told["sections"] if one["title"] == title]
    result: dict[str, Any] = found
    return result


def test_a_good_shift() -> None:
    told = handoff(parts(notes="watch the disk\nand the queue"))
    assert told["status"] == "passed"
    assert section(told, "Shift")["rows"][1:3] == [["from", "ada"], ["to", "bob"]]
    assert section(told, "Notes for the next shift")["text"] == "watch the disk\nand the queue"
    assert section(told, "Requests, errors and uptime")["rows"] == [
        ["requests", "job api", "1200", "requests", ""],
        ["requests", "job web", "3", "requests", ""],
        ["error rate", "", "0.25", "%", ""],
    ]
    assert section(told, "Alerts triggered in the shift")["text"] == "none"
    assert section(told, "Alerts still pending")["text"] == "none"
    assert section(told, "Backups and snapshots")["rows"] == [["h", "dump", "pass", "age 3600", ""]]


DOWN: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "requests",
        check("requests", status="unknown", reason="no connection"),
        "Requests, errors and uptime",
        "not known",
    ),
    (
        "error rate",
        check("error rate", status="unknown", reason="nothing", series=[]),
        "Requests, errors and uptime",
        "e",
    ),
    (
        "alerts triggered",
        check("x", status="unknown", reason="no connection"),
        "Alerts triggered in the shift",
        "alerts",
    ),
    ("alerts pending", check("x", status="unknown", reason="no connection"), "Alerts still pending", "pending"),
]


@pytest.mark.parametrize(("name", "instead", "title", "words"), DOWN, ids=[one[0] for one in DOWN])
def test_what_did_not_answer_is_unknown_and_stops_nothing(
    name: str, instead: dict[str, Any], title: str, words: str
) -> None:
    told = handoff(parts({name: {**instead, "name": name}}))
    assert told["status"] == "unknown"
    assert words in told["summary"]
    assert instead["reason"] in str(section(told, title))
    assert len(told["sections"]) == 9


def test_no_result_from_a_host_is_told() -> None:
    told = handoff(parts(results={"h": {"msg": "Failed to connect"}}))
    assert told["status"] == "unknown"
    assert section(told, "Hosts without a result")["rows"] == [["h", "Failed to connect"]]


def test_pending_alerts_fail_and_are_listed() -> None:
    alert = {"name": "HighErrorRate", "severity": "page", "state": "active", "age": 60.0, "labels": {"job": "api"}}
    told = handoff(
        parts({"alerts pending": check("alerts pending", "alertmanager", "fail", alerts=1, pending=[alert])})
    )
    assert told["status"] == "failed"
    assert "1 alerts pending" in told["summary"]
    assert section(told, "Alerts still pending")["rows"] == [["HighErrorRate", "page", "active", "60", "api"]]


def test_alerts_of_the_shift_are_listed() -> None:
    labels = {"alertname": "Slow", "severity": "page"}
    told = handoff(parts({"alerts triggered": check("alerts triggered", series=series((labels, 12.0)))}))
    assert told["status"] == "passed"
    assert section(told, "Alerts triggered in the shift")["rows"] == [["alertname Slow, severity page"]]


def test_a_bad_backup_fails() -> None:
    told = handoff(parts({"dump": check("dump", "backup", "fail", "age is 2 d, expected at most 26 h", age=172800.0)}))
    assert told["status"] == "failed"
    assert "backups: dump" in told["summary"]


def test_an_open_window_is_handed_over() -> None:
    window = {"service": "shop", "state": "open", "holder": "ada@h (process 1)", "unfinished": ["step: vacuum"]}
    told = handoff(parts(windows={"open": [window]}))
    assert told["status"] == "failed"
    assert "window open: shop" in told["summary"]


@pytest.mark.parametrize("windows", [{}, {"msg": "cannot read the folder"}])
def test_windows_that_cannot_be_read_are_unknown(windows: dict[str, Any]) -> None:
    assert handoff(parts(windows=windows))["status"] == "unknown"


def test_the_failures_of_the_daily_checks_are_handed_over() -> None:
    daily = {**parts()["daily"], "status": "failed", "failures": {"h": ["critical redis: fail: no connection"]}}
    told = handoff(parts(daily=daily))
    assert told["status"] == "failed"
    assert section(told, "The last daily checks")["rows"] == [["h", "critical redis: fail: no connection"]]


def test_no_daily_report_is_unknown() -> None:
    told = handoff(parts(daily={"found": False, "msg": "no report daily-checks in /x"}))
    assert told["status"] == "unknown"
    assert section(told, "The last daily checks")["text"] == "unknown: no report daily-checks in /x"


def test_what_the_inventory_does_not_name_is_said_and_no_unknown() -> None:
    told = handoff(parts(queries=[], alerts={}, pending={}))
    assert told["status"] == "passed"
    assert "day2_prometheus" in section(told, "Requests, errors and uptime")["text"]
    assert "day2_alertmanager" in section(told, "Alerts still pending")["text"]


def test_queries_are_filled_and_observe() -> None:
    queries = [{"name": "requests", "unit": "x", "empty": None, "query": 'sum(increase({m}{{l}=~"5.."}[{shift}]))'}]
    first, second, third = shift_checks(queries, "8h", ALERTS, PENDING, {"m": "http_total", "l": "code"})
    assert first == {
        "name": "requests",
        "kind": "prometheus",
        "severity": "observe",
        "query": 'sum(increase(http_total{code=~"5.."}[28800s]))',
    }
    assert (second["name"], third["name"]) == ("alerts triggered", "alerts pending")


@pytest.mark.parametrize("shift", ["soon", "0.2s", "-1h"])
def test_a_shift_that_is_no_length_is_refused(shift: str) -> None:
    with pytest.raises(InputError, match="the length of the shift"):
        shift_checks([], shift, {}, {}, {})


def test_a_query_without_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"handoff queries\[0\]: name and query are needed"):
        shift_checks([{"name": "a"}], "8h", {}, {}, {})
