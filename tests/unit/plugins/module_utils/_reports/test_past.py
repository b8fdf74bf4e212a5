# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report beside earlier runs: what is new, since when, which course; how bad it is; what a terminal shows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._reports import model, terminal
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import validated

NOW = 1_700_000_000.0
AT = "2023-11-14T22:13:20Z"


def check(name: str = "api", status: str = "pass", **more: Any) -> dict[str, Any]:
    found = {"name": name, "kind": "http", "severity": "critical", "status": status, "reason": "", "seconds": 0.5}
    return {**found, "runbook": "", "seen": {}, **more}


def host(status: str, *checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "summary": f"{status}: x",
        "failures": [],
        "warnings_seen": [],
        "checks": [*checks],
        **more,
    }


def run(day: int, status: str = "passed", **checks: Any) -> dict[str, Any]:
    told = {name: {"status": each, "seen": {}} if isinstance(each, str) else each for name, each in checks.items()}
    return {"at": f"2023-11-{day:02d}T06:00:00Z", "status": status, "checks": told}


def build(hosts: dict[str, Any], **options: Any) -> model.Report:
    return model.build(validated({"name": "daily", "hosts": hosts, **options}), now=NOW)


def one(status: str, runs: Any, **more: Any) -> dict[str, Any]:
    report = build({"web": host("passed", check(status=status, **more))}, history={"web": runs})
    told: dict[str, Any] = report["hosts"]["web"]["checks"][0]
    return told


@pytest.mark.parametrize(
    ("status", "runs", "new", "since", "statuses"),
    [
        ("fail", [], False, AT, "f"),
        ("fail", [run(11, api="pass"), run(12, api="pass")], True, AT, "ppf"),
        (
            "fail",
            [run(11, api="pass"), run(12, api="fail"), run(13, api="fail")],
            False,
            "2023-11-12T06:00:00Z",
            "pfff",
        ),
        ("pass", [run(11, api="pass"), run(12, api="pass")], False, "2023-11-11T06:00:00Z", "ppp"),
        ("pass", [run(12, api="unknown")], True, AT, "up"),
        ("fail", [run(12, other="pass")], True, AT, "-f"),
        ("pass", [run(12, other="pass")], False, AT, "-p"),
        ("pass", [run(11, api="pass"), run(12), run(13, api="pass")], False, "2023-11-13T06:00:00Z", "p-pp"),
        ("fail", [{"damaged": "cut in half"}], False, AT, "f"),
        ("fail", "nonsense", False, AT, "f"),
        ("fail", [run(12, api={"status": "odd"}), {"at": 1, "checks": {"api": 5}}], True, AT, "--f"),
    ],
)
def test_a_check_beside_earlier_runs(status: str, runs: Any, new: bool, since: str, statuses: str) -> None:
    told = one(status, runs)
    assert (told["new"], told["since"], told["history"]["statuses"]) == (new, since, statuses)


def test_the_number_that_is_followed_is_the_first_preferred_one() -> None:
    runs = [
        run(11, api={"status": "pass", "seen": {"used_percent": 10, "other": 1}}),
        run(12, api={"status": "pass", "seen": {"used_percent": "no number"}}),
        run(13),
    ]
    told = one("pass", runs, seen={"used_percent": 30, "other": 5, "value": 7})
    assert told["history"] == {"statuses": "pp-p", "path": "used_percent", "numbers": [10, None, None, 30]}
    assert "path" not in one("pass", runs, seen={"other": 5})["history"]
    assert "path" not in one("pass", [], seen={"value": 5})["history"]
    assert "path" not in one("pass", runs, seen={"value": True})["history"]


def test_what_is_new_and_what_is_fixed_as_lines() -> None:
    hosts = {
        "web": host(
            "failed", check(status="fail", reason="is 503"), check("disk"), check("old", "unknown"), check("x", "fail")
        ),
        "db": {},
        "cache": host("passed", check()),
    }
    history = {
        "web": [run(12, api="pass", disk="fail", old="unknown")],
        "db": [run(13, "passed", api="pass")],
        "cache": [run(13, "passed", api="skipped")],
    }
    report = build(hosts, history=history)
    assert report["changes"] == {
        "since": "2023-11-13T06:00:00Z",
        "new": [
            "db: unknown (was passed): unknown: no result came from this host",
            "web: critical api: fail (was pass): is 503",
            "web: critical x: fail (not checked before)",
        ],
        "fixed": ["web: critical disk: pass (was fail)"],
    }
    assert terminal.lines(report)[-6:] == [
        "new since 2023-11-13T06:00:00Z:",
        *(f"  {line}" for line in report["changes"]["new"]),
        "fixed since 2023-11-13T06:00:00Z:",
        "  web: critical disk: pass (was fail)",
    ]


def test_without_an_earlier_run_nothing_is_called_new() -> None:
    report = build({"web": host("failed", check(status="fail"))}, history={"web": []})
    assert report["changes"] == {}


@pytest.mark.parametrize(
    ("hosts", "given", "severity", "exit_status"),
    [
        ({}, None, "unknown", 3),
        ({"a": host("passed", check())}, None, "ok", 0),
        ({"a": host("passed", check(status="fail", severity="observe"))}, None, "ok", 0),
        ({"a": host("passed", check(status="fail", severity="warning"))}, None, "warning", 1),
        ({"a": host("passed", check(status="unknown", severity="warning"))}, None, "warning", 1),
        ({"a": host("passed", check(status="fail", tolerated=True))}, None, "warning", 1),
        ({"a": host("failed", check(status="fail", severity="warning"))}, None, "warning", 1),
        ({"a": host("failed", check(status="fail")), "b": {}}, None, "critical", 2),
        ({"a": host("unknown", check(status="unknown"))}, None, "unknown", 3),
        ({"a": host("passed", check(status="fail", severity="warning")), "b": {}}, None, "unknown", 3),
        ({"a": host("odd", check())}, None, "unknown", 3),
        ({}, "passed", "ok", 0),
        ({}, "failed", "critical", 2),
        ({"a": host("passed", check())}, "passed", "ok", 0),
        ({"a": host("failed", check(status="fail"))}, "passed", "warning", 1),
        ({"a": host("passed", check())}, "unknown", "unknown", 3),
    ],
)
def test_how_bad_it_is(hosts: dict[str, Any], given: str | None, severity: str, exit_status: int) -> None:
    report = build(hosts, **({"status": given} if given else {}))
    assert (report["severity"], report["exit_status"]) == (severity, exit_status)


def test_of_many_hosts_only_those_with_a_problem_have_a_line() -> None:
    hosts = {f"web-{number:02d}": host("passed") for number in range(60)}
    hosts["web-07"] = host("failed", failures=["critical api: fail: is 503"])
    hosts["web-09"] = host("passed", warnings_seen=["warning disk: fail: 91 %"])
    assert terminal.lines(build(hosts)) == [
        "daily: failed: 59 of 60 hosts pass",
        "  web-07  failed: x",
        "  web-09  passed: x",
        "  58 more hosts pass without a warning",
        "  web-07: critical api: fail: is 503",
        "  web-09: warning disk: fail: 91 %",
    ]


def test_a_line_that_is_cut_keeps_where_to_read_on() -> None:
    line = f"critical api: fail: {'x' * 600} [https://docs.example/api]"
    told = terminal.lines(build({"web": host("failed", failures=[line])}))[-1]
    assert len(told) == 500
    assert told.endswith("x... [https://docs.example/api]")


def test_thousands_of_lines_are_counted() -> None:
    told = terminal.lines(build({"web": host("failed", failures=["critical api: fail"] * 1000)}))
    assert told[-1] == "  ... and 800 more lines in the report's files"
    assert len(told) == 203
