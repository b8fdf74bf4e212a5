# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook of daily checks on the demo service: green, red in each way, and with an inventory that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def report(operator: Operator) -> dict[str, Any]:
    (path,) = operator.reports.glob("daily-checks-latest.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_green_and_no_secret_shows(operator: Operator) -> None:
    done = operator.run("daily_checks", "-vvv")
    assert done.status == 0, done.output
    assert "Daily checks: passed: 1 of 1 hosts pass" in done.text
    found = report(operator)["hosts"]["demo"]
    assert found["status"] == "passed"
    assert {check["status"] for check in found["checks"]} == {"pass"}
    assert {check["kind"] for check in found["checks"]} >= {"http", "redis", "postgres", "queue", "disk"}
    secrets = secrets_of(operator.lab.facts)
    assert len(secrets) >= 4
    assert leaks(operator, done, secrets) == []


@pytest.mark.long
def test_a_number_is_held_against_earlier_runs(operator: Operator) -> None:
    """A counter that must move is asked for twice; nothing moves in between."""
    still = {
        "name": "still",
        "kind": "disk",
        "path": "/proc",
        "max_used_percent": 100,
        "progress": [{"path": "total_bytes", "trend": "moves"}],
    }
    first = operator.run("daily_checks", day2_checks__still=[still])
    assert first.status == 0, first.output
    second = operator.run("daily_checks", day2_checks__still=[still])
    assert second.status != 0
    assert "critical still: fail: progress of total_bytes: it went 0 -> 0, expected to move" in second.text
    (kept,) = (operator.state / "demo/history").glob("*.json")
    assert len(json.loads(kept.read_text(encoding="utf-8"))["runs"]) == 2
    kept.write_text('{"format": 1, "runs": [{"at', encoding="utf-8")
    third = operator.run("daily_checks", day2_checks__still=[still])
    assert third.status != 0
    assert "critical still: unknown: progress of total_bytes: the file is not valid JSON" in third.text
    assert "put aside as demo.json.damaged-" in third.text


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        (
            "redis",
            "stop",
            ["critical redis: fail: cannot check the server: ", "critical orders queue: ", "critical api ready: "],
        ),
        ("redis", "hang", ["critical redis: fail: cannot check the server: ", "no answer in time"]),
        ("service", "worker-kill", ["critical orders queue: fail: consumers is 0, expected at least 2"]),
        ("service", "dlq-add", ["critical orders queue: fail: dead is 1, expected at most 0"]),
        ("postgres", "wrong-password", ["critical postgres: unknown: "]),
    ],
)
def test_red_with_the_line_that_says_why(operator: Operator, name: str, how: str, words: list[str]) -> None:
    operator.lab.break_server(name, how)
    soon = {kind: {"timeout": 2} for kind in ("http", "redis", "queue", "postgres")}
    done = operator.run("daily_checks", day2_check_defaults=soon)
    assert done.status != 0
    assert [word for word in words if word not in done.text] == []
    assert "Traceback" not in done.output
    assert report(operator)["status"] == "failed"
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []


def test_a_check_that_is_wrong_is_one_line(operator: Operator) -> None:
    done = operator.run("daily_checks", day2_checks__mine=[{"name": "post", "kind": "pigeon"}])
    assert done.status != 0
    assert " (post): unknown kind 'pigeon'; known kinds: alertmanager, backup, " in done.text
    assert "Traceback" not in done.output
    assert report(operator)["hosts"]["demo"]["status"] == "unknown"


def test_a_variable_that_nobody_knows_is_refused_by_name(operator: Operator) -> None:
    done = operator.run("daily_checks", day2_chekcs__mine=[])
    assert done.status != 0
    assert "unknown variable day2_chekcs__mine; expected one of day2_after, day2_alertmanager, " in done.text
    assert operator.written() == []


def test_a_variable_of_the_wrong_type_is_refused_by_name(operator: Operator) -> None:
    done = operator.run("daily_checks", day2_redis=["a"])
    assert done.status != 0
    assert "day2_redis" in done.of_task("The variables that describe a service")
    assert operator.written() == []


def test_a_list_that_is_none_is_refused_by_name(operator: Operator) -> None:
    done = operator.run("daily_checks", day2_checks__mine="redis")
    assert done.status != 0
    assert "the variable day2_checks__mine is not a list" in done.text


def test_check_mode_checks_and_writes_nothing(operator: Operator) -> None:
    done = operator.run("daily_checks", "--check")
    assert done.status == 0, done.output
    assert "Daily checks: passed: 1 of 1 hosts pass" in done.text
    assert operator.written() == []


def test_what_is_wrong_is_told_where_nothing_can_be_kept(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = {"name": "full", "kind": "disk", "path": "/", "max_used_percent": 0}
    folder = str(tmp_path / "file" / "folder")
    done = operator.run("daily_checks", day2_checks__full=[wrong], day2_report_dir=folder)
    assert done.status == 2
    assert "no report was left: cannot make the folder" in done.text
    assert "critical full: fail: " in " ".join(done.of_task("Report").split())
    assert "critical full: fail: " in done.of_task("Fail where something is wrong")
    well = operator.run("daily_checks", day2_report_dir=folder, day2_state_dir=folder)
    assert well.status == 2
    told = well.of_task("Fail without a record")
    assert "not all was kept: " in told and told.count("cannot make the folder") >= 1, well.output


def test_no_file_is_missed_where_none_is_wanted(operator: Operator) -> None:
    done = operator.run("daily_checks", day2_report_formats=[])
    assert done.status == 0, done.output
    assert "Daily checks: passed: 1 of 1 hosts pass" in done.text
    assert "no report was left" not in done.text
