# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Capacity: the demo service measured, and loads that are given, told with a command to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Operator
from ansible_collections.day2.ops.tests.live.reports import report_of, section_of


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Operator:
    return Operator(lab, tmp_path)


def known(load: float, workers: float) -> dict[str, Any]:
    """Return a description whose numbers are given."""
    return {
        "measures": [{"name": "load", "value": load}, {"name": "workers", "value": workers}],
        "resources": [{"name": "workers", "command": "docker compose up -d --scale worker={wanted}"}],
        "table": {
            "by": "load",
            "rows": [
                {"name": "small", "up_to": 1000, "needs": {"workers": 2}},
                {"name": "large", "needs": {"workers": {"min": 8}}},
            ],
        },
    }


def test_the_demo_is_measured(operator: Operator) -> None:
    done = operator.run("capacity")
    assert done.status == 0, done.output
    found = report_of(operator, "capacity")
    measured = {row[0]: row[1] for row in section_of(found, "What was measured")["rows"]}
    assert measured["workers"] == "2"
    assert float(measured["latency"]) > 0
    assert section_of(found, "The capacity table")["rows"] == [["workers", "2", "1 to 2", "fits", ""]]
    assert (operator.state / "capacity" / "demo" / "history" / "demo.json").exists()


def test_workers_that_died_are_seen_as_too_few(operator: Operator) -> None:
    operator.lab.break_server("service", "worker-kill")
    done = operator.run("capacity", capacity_fail_on="failed")
    assert done.status == 2
    found = report_of(operator, "capacity")
    assert section_of(found, "The capacity table")["rows"][0][3] == "under"
    (item,) = section_of(found, "What to change")["items"]
    assert item["command"] == "docker compose up -d --scale worker=1"


def test_redis_that_is_down_is_unknown_and_advises_nothing(operator: Operator) -> None:
    operator.lab.break_server("redis", "stop")
    done = operator.run("capacity", capacity_fail_on="unknown")
    assert done.status == 2
    assert "not known: orders waiting, workers" in done.text
    found = report_of(operator, "capacity")
    assert section_of(found, "The capacity table")["rows"][0][3] == "unknown"
    assert section_of(found, "What to change")["text"] == "nothing"


@pytest.mark.long
def test_the_third_run_with_an_empty_queue_scales_down(operator: Operator) -> None:
    for _run in range(2):
        assert operator.run("capacity").status == 0
        assert "command" not in str(section_of(report_of(operator, "capacity"), "Triggers"))
    done = operator.run("capacity")
    assert section_of(report_of(operator, "capacity"), "Triggers")["text"] == "scale down"
    assert "workers down from 2 to 1" in done.of_task("Report")


def test_more_load_than_workers_gives_the_command(operator: Operator) -> None:
    done = operator.run("capacity", day2_capacity=known(5000, 2))
    assert done.status == 0, done.output
    found = report_of(operator, "capacity")
    assert found["status"] == "failed"
    assert section_of(found, "What to change")["items"][0]["command"] == "docker compose up -d --scale worker=8"
    assert "row large; workers up from 2 to 8" in done.of_task("Report")
    assert "docker compose up -d --scale worker=8" in done.of_task("Show what to run")


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        ({}, "no capacity is described: day2_capacity"),
        ({"measures": [{"name": "a", "value": 1}], "limits": []}, "capacity: unknown option limits"),
        (
            {"measures": [{"name": "a", "check": {"kind": "pigeon"}, "path": "x"}]},
            "unknown kind 'pigeon'",
        ),
    ],
)
def test_a_wrong_description_is_one_line(operator: Operator, capacity: Any, words: str) -> None:
    done = operator.run("capacity", day2_capacity=capacity)
    assert words in " ".join([done.text, *(path.read_text(encoding="utf-8") for path in operator.written())])
    assert "Traceback" not in done.output


def test_check_mode_judges_and_writes_nothing(operator: Operator) -> None:
    done = operator.run("capacity", "--check")
    assert done.status == 0, done.output
    assert "row small" in done.text
    assert operator.written() == []
