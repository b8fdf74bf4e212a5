# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a number goes from run to run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN, Finding
from ansible_collections.day2.ops.plugins.module_utils._checks.operation import build_checks
from ansible_collections.day2.ops.plugins.module_utils._checks.progress import needed_history, progress_findings
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError


def runs(*numbers: float | None, path: str = "ready") -> list[dict[str, Any]]:
    """Return runs in which the check saw these numbers, oldest first; None for a run that saw nothing."""
    return [
        {
            "at": f"2026-11-{day:02}T06:00:00Z",
            "checks": {"it": {"status": "pass", "seen": {} if number is None else {path: number}}},
        }
        for day, number in enumerate(numbers, 1)
    ]


def held(now: Any, history: list[dict[str, Any]], **rule: Any) -> Finding:
    """Return what one rule comes to."""
    given = {"name": "it", "kind": "load", "progress": [{"path": "ready", **rule}]}
    (check,) = build_checks([given], {})
    (finding,) = progress_findings(check.options, {"ready": now}, history)
    return finding


@pytest.mark.parametrize(
    ("trend", "earlier", "now", "wanted"),
    [
        ("moves", [5], 6, PASS),
        ("moves", [5], 5, FAIL),
        ("moves", [4, 5, 5], 5, PASS),
        ("moves", [9, 5, 5, 5], 5, FAIL),
        ("not_growing", [1, 2, 3], 4, FAIL),
        ("not_growing", [1, 2, 2], 4, PASS),
        ("not_growing", [1, 2, 3], 3, PASS),
        ("not_falling", [4, 3, 2], 1, FAIL),
        ("not_falling", [4, 3, 3], 1, PASS),
    ],
)
def test_a_trend(trend: str, earlier: list[float], now: float, wanted: str) -> None:
    assert held(now, runs(*earlier), trend=trend, runs=min(3, len(earlier))).status == wanted


def test_the_reason_shows_the_numbers() -> None:
    finding = held(1234567, runs(1234565, 1234566), trend="not_growing", runs=2)
    assert finding.reason == (
        "progress of ready: it went 1234565 -> 1234566 -> 1234567, expected not to grow each time"
    )


def test_a_trend_with_too_few_runs_holds() -> None:
    assert held(3, runs(1, 2), trend="not_growing", runs=3).status == PASS
    assert held(3, [], trend="moves").status == PASS


def test_a_run_that_saw_nothing_is_left_out() -> None:
    assert held(2, runs(1, None), trend="not_growing", runs=1).status == FAIL


@pytest.mark.parametrize(("now", "status"), [(15, PASS), (16, FAIL), (5, PASS), (4, FAIL)])
def test_a_step_is_bounded(now: float, status: str) -> None:
    assert held(now, runs(10), max_increase=5, max_decrease=5).status == status


def test_a_step_that_is_too_large_is_told() -> None:
    assert held(30, runs(10), max_increase=5).reason == (
        "progress of ready: it went 10 -> 30, it grew by 20, at most 5 was expected"
    )


def test_a_counter_that_went_back_is_unknown() -> None:
    finding = held(3, runs(100, 110), trend="moves", runs=2, counter=True)
    assert finding.status == UNKNOWN
    assert finding.reason.startswith("progress of ready: the counter went back, it went 100 -> 110 -> 3; was it reset")


@pytest.mark.parametrize("now", [None, "5", True, [1]])
def test_what_is_no_number_is_unknown(now: Any) -> None:
    finding = held(now, runs(1), trend="moves")
    assert finding.status == UNKNOWN
    assert finding.reason.endswith("one number was expected")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ([{"damaged": "the file is not valid JSON: /x"}], "progress of ready: the file is not valid JSON: /x"),
        ([{"checks": 5}], "another shape"),
        ([{"at": "x"}], "another shape"),
        ([{"checks": {"it": {"seen": {"ready": "many"}}}}], "another shape"),
    ],
)
def test_a_damaged_history_is_unknown(history: list[dict[str, Any]], words: str) -> None:
    finding = held(5, history, trend="moves")
    assert finding.status == UNKNOWN
    assert words in finding.reason


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"path": "ready"}, "progress of ready expects nothing; expected trend, max_increase or max_decrease"),
        ({"path": "ready", "trend": "moves", "runs": 0}, "runs must be 1 or more: 0"),
        ({"path": "a[", "trend": "moves"}, "not a path into JSON"),
        ({"path": "ready", "trend": "up"}, "value of trend must be one of"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        build_checks([{"name": "it", "kind": "load", "progress": [rule]}], {})
    assert words in str(caught.value)
    assert "checks[0] (it)" in str(caught.value)


def test_only_what_rules_look_at_is_sent() -> None:
    history = runs(1, 2, 3)
    for run in history:
        run["checks"]["other"] = {"status": "pass", "seen": {"x": 1}}
    checks = [{"name": "it", "progress": [{"path": "ready", "runs": 2}]}, {"name": "other"}, "nonsense"]
    assert needed_history({"checks": checks, "history": history}) == {"history": runs(1, 2, 3)[1:]}
    assert needed_history({"checks": [{"name": "other"}], "history": history}) == {"history": []}
    assert needed_history({"checks": "x", "history": history}) == {}
    damaged = [{"damaged": "why"}]
    assert needed_history({"checks": checks, "history": damaged}) == {"history": damaged}
