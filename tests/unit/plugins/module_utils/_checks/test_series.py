# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Series as values, and what is expected of them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN, Finding
from ansible_collections.day2.ops.plugins.module_utils._checks.conditions import evaluate, worst
from ansible_collections.day2.ops.plugins.module_utils._checks.series import (
    SPEC,
    Series,
    describe,
    series_conditions,
    series_values,
)


def options(**given: Any) -> dict[str, Any]:
    return SPEC.validate(given, "here")


def judged(*values: float, **given: Any) -> Finding:
    series = [Series({"n": str(number)}, value) for number, value in enumerate(values)]
    return worst(evaluate(series_conditions(options(**given)), series_values(series, options(**given))))


@pytest.mark.parametrize(
    ("aggregate", "expected"), [("sum", 6.0), ("avg", 2.0), ("min", 1.0), ("max", 3.0), ("count", 3.0), ("each", None)]
)
def test_all_together(aggregate: str, expected: float | None) -> None:
    series = [Series({}, value) for value in (1.0, 2.0, 3.0)]
    values = series_values(series, options(aggregate=aggregate))
    assert (values["value"], values["lowest"], values["highest"]) == (expected, 1.0, 3.0)


def test_each_must_hold() -> None:
    assert judged(1, 2, 3, min=1, max=3).status == PASS
    assert judged(1, 2, 3, max=1) == Finding(FAIL, 'highest is 3, expected at most 1 ({n="2"}, and 1 more of 3 series)')
    assert judged(1, 2, 3, min=2) == Finding(FAIL, 'lowest is 1, expected at least 2 ({n="0"} of 3 series)')
    assert judged(1, 2, 3, aggregate="avg", min=2, max=2).status == PASS


@pytest.mark.parametrize("policy", [UNKNOWN, FAIL, PASS])
@pytest.mark.parametrize("aggregate", ["each", "sum", "avg", "min", "max", "count"])
def test_nothing_and_no_number_are_what_their_policies_say(policy: str, aggregate: str) -> None:
    limits = {"aggregate": aggregate, "max": 100}
    assert judged(empty=policy, **limits).status == policy
    assert judged(math.nan, nan=policy, **limits).status == (PASS if aggregate == "count" else policy)


def test_a_limit_that_does_not_hold_is_told_before_what_is_unknown() -> None:
    found = judged(math.nan, 9, max=5)
    assert found.status == FAIL
    assert found.reason.startswith("highest is 9, expected at most 5")
    assert "nan_series is 1" in found.reason
    assert judged(math.nan, 4, max=5).status == UNKNOWN
    assert judged(math.nan, 4, max=5, nan=PASS).status == PASS


def test_values_are_json() -> None:
    series = [Series({"n": "1"}, math.inf), Series({"n": "2"}, -math.inf), Series({"n": "3"}, math.nan)]
    values = series_values(series, options())
    json.dumps(values, allow_nan=False)
    assert [one["value"] for one in values["series"]] == ["+Inf", "-Inf", "NaN"]
    assert judged(math.inf, max=5).status == FAIL
    assert judged(-math.inf, min=5).status == FAIL


def test_labels_as_prometheus_writes_them() -> None:
    assert describe({"__name__": "up", "job": 'a"b\n'}) == 'up{job="a\\"b\\n"}'
    assert describe({"__name__": "up"}) == "up"
    assert describe({}) == "{}"
    assert len(describe({"a": "x" * 1000})) == 160
