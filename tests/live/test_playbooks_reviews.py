# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weekly and the monthly review of the demo service."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator, leaks, secrets_of
from ansible_collections.day2.ops.tests.live.reports import report_of, section_of, titles_of

TRENDS = "Where numbers are heading"


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def remember(operator: Operator, *used_percent: float) -> None:
    """Leave a history of daily checks, a run a day, the last one a day ago."""
    begin = time.time() - len(used_percent) * 86400
    runs = [
        {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin + day * 86400)),
            "status": "passed",
            "checks": {"disk": {"status": "pass", "seen": {"used_percent": value}}},
        }
        for day, value in enumerate(used_percent)
    ]
    folder = operator.state / "demo" / "history"
    folder.mkdir(parents=True)
    (folder / "demo.json").write_text(json.dumps({"format": 1, "runs": runs}), encoding="utf-8")


def test_the_week_is_measured_and_its_tasks_are_listed(operator: Operator) -> None:
    remember(operator, 1, 2, 3)
    done = operator.run("weekly_review", "-vvv")
    assert done.status == 0, done.output
    found = report_of(operator, "weekly-review")
    kinds = {check["kind"] for check in found["hosts"]["demo"]["checks"]}
    assert kinds == {"disk", "memory", "postgres", "redis", "queue"}
    items = section_of(found, "Tasks of the week")["items"]
    assert [item["owner"] for item in items] == ["platform", "on call"]
    today = datetime.date.today()
    assert items[1]["due"] == (today + datetime.timedelta(days=3)).isoformat()
    disk = next(row for row in section_of(found, TRENDS)["rows"] if row[2] == "used_percent")
    assert disk[4].startswith("+")
    assert float(disk[7]) > 0
    assert "tables of postgres on demo" in titles_of(found)
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []


def test_the_month_shows_the_quarter_when_one_begins(operator: Operator) -> None:
    given: dict[str, Any] = {"day2_monthly_tasks__mine": [{"text": "rotate tokens", "due": "month_end"}]}
    done = operator.run("monthly_review", monthly_review_quarter=True, **given)
    assert done.status == 0, done.output
    found = report_of(operator, "monthly-review")
    assert "rotate tokens" in [item["text"] for item in section_of(found, "Tasks of the month")["items"]]
    assert section_of(found, "Tasks of the quarter")["items"]
    assert operator.run("monthly_review", monthly_review_quarter=False).status == 0
    assert "Tasks of the quarter" not in titles_of(report_of(operator, "monthly-review"))


def test_what_does_not_pass_is_told_and_fails_where_asked(operator: Operator) -> None:
    operator.lab.break_server("redis", "stop")
    done = operator.run("weekly_review", review_fail_on="failed", day2_check_defaults={"redis": {"timeout": 2}})
    assert done.status == 2
    assert "redis" in done.of_task("Report")
    found = report_of(operator, "weekly-review")
    assert found["status"] == "failed"
    assert section_of(found, "Tasks of the week")["items"]
    assert "Traceback" not in done.output


def test_a_check_of_the_review_alone(operator: Operator, tmp_path: Path) -> None:
    checks = [{"name": "log", "kind": "file_age", "path": str(tmp_path / "no.log"), "max_age": "1h"}]
    assert operator.run("weekly_review", day2_weekly_checks__mine=checks).status == 0
    names = {
        check["name"]: check["status"] for check in report_of(operator, "weekly-review")["hosts"]["demo"]["checks"]
    }
    assert names["log"] != "pass"


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([{"owner": "me"}], "missing required arguments: text"),
        ([{"text": "a", "due": "soon"}], "Tasks of the week[0]: due is no day: soon"),
    ],
)
def test_a_task_that_is_not_understood_is_one_line(operator: Operator, tasks: Any, words: str) -> None:
    done = operator.run("weekly_review", day2_weekly_tasks=tasks)
    assert done.status != 0
    assert words in done.text
    assert "Traceback" not in done.output


@pytest.mark.parametrize("playbook", ["weekly_review", "monthly_review"])
def test_check_mode_writes_nothing(operator: Operator, playbook: str) -> None:
    done = operator.run(playbook, "--check")
    assert done.status == 0, done.output
    assert operator.written() == []
