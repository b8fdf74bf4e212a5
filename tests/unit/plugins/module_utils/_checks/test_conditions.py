# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values held against conditions: what holds, what does not, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN, Condition, Finding
from ansible_collections.day2.ops.plugins.module_utils._checks.conditions import check_condition, evaluate, show, worst
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError


def finding(seen: Any, op: str, value: Any, **more: Any) -> Finding:
    (found,) = evaluate([Condition("it", op, value, **more)], {"it": seen})
    return found


@pytest.mark.parametrize(
    ("seen", "op", "value"),
    [
        (200, "eq", "200"),
        ("true", "eq", True),
        (True, "eq", "True"),
        (None, "eq", None),
        (1.0, "eq", 1),
        ([1, 2], "eq", [1, 2]),
        ("down", "ne", "up"),
        ("9", "lt", 10),
        (10, "le", "10"),
        (1e9, "gt", 5),
        (float("inf"), "ge", 5),
        ("ok", "in", ["ok", "ready"]),
        (200, "in", 200),
        ("bad", "not_in", ["ok"]),
        ("all is ready", "contains", "ready"),
        (["a", 2], "contains", "2"),
        ({"db": 1}, "contains", "db"),
        ("1.2.3", "matches", r"^\d+\.\d+"),
        (404, "matches", "^4"),
    ],
)
def test_holds(seen: Any, op: str, value: Any) -> None:
    assert finding(seen, op, value) == Finding(PASS)


@pytest.mark.parametrize(
    ("seen", "op", "value", "reason"),
    [
        (503, "eq", 200, "it is 503, expected 200"),
        ("up", "ne", "up", "it is 'up', expected anything but 'up'"),
        (91.234, "le", 90, "it is 91.23, expected at most 90"),
        (5, "lt", 5, "it is 5, expected below 5"),
        (5, "gt", 5, "it is 5, expected above 5"),
        (0, "ge", 1, "it is 0, expected at least 1"),
        ("x", "in", ["a", "b"], "it is 'x', expected one of ['a', 'b']"),
        ("a", "not_in", ["a"], "it is 'a', expected none of ['a']"),
        ("all", "contains", "none", "it is 'all', expected to contain 'none'"),
        (404, "matches", "^2", "it is 404, expected to match '^2'"),
        (True, "eq", 1, "it is true, expected 1"),
        ([1], "eq", "1", "it is [1], expected '1'"),
    ],
)
def test_does_not_hold(seen: Any, op: str, value: Any, reason: str) -> None:
    assert finding(seen, op, value) == Finding(FAIL, reason)


@pytest.mark.parametrize(
    ("seen", "op", "value", "reason"),
    [
        (float("nan"), "lt", 5, "it is NaN"),
        (float("nan"), "ne", 5, "it is NaN"),
        ("NaN", "le", 5, "it is 'NaN', a number was expected"),
        ("many", "le", 5, "it is 'many', a number was expected"),
        (True, "ge", 1, "it is true, a number was expected"),
        ([1], "ge", 1, "it is [1], a number was expected"),
        (5, "contains", "5", "it is 5, text, a list or an object was expected"),
        ({"a": 1}, "matches", "a", "it is {'a': 1}, text was expected"),
        (None, "le", 5, "it is null"),
        (None, "in", [None], "it is null"),
    ],
)
def test_cannot_be_told(seen: Any, op: str, value: Any, reason: str) -> None:
    assert finding(seen, op, value) == Finding(UNKNOWN, reason)


def test_units_and_the_meaning_of_null_are_told() -> None:
    assert finding(3.5, "le", 2, unit="s").reason == "it is 3.5 s, expected at most 2 s"
    assert finding(None, "le", 2, null_means="no limit is set").reason == "it is null (no limit is set)"
    assert finding(None, "le", 2, null_is=PASS) == Finding(PASS)


def test_a_missing_value_is_unknown_and_says_where_the_path_ends() -> None:
    (found,) = evaluate([Condition("a.b", "ne", 1)], {"a": {}})
    assert found.status == UNKNOWN
    assert found.reason.startswith("a.b is not there (nothing at ")


def test_each_value_of_a_star_must_hold() -> None:
    found = evaluate([Condition("checks.*", "eq", "ok")], {"checks": {"db": "ok", "cache": "down"}})
    assert [one.status for one in found] == [PASS, FAIL]


def test_a_star_over_nothing_is_not_a_pass() -> None:
    assert worst(evaluate([Condition("checks.*", "eq", "ok")], {"checks": {}})).status == UNKNOWN


def test_values_for_conditions_only_are_named_as_people_know_them() -> None:
    (found,) = evaluate([Condition("_json.state", "eq", "up")], {"_json": {"state": "down"}})
    assert found.reason == "json state is 'down', expected 'up'"


def test_the_worst_finding_wins_and_all_reasons_are_told() -> None:
    findings = [Finding(PASS), Finding(UNKNOWN, "a is NaN"), Finding(FAIL, "b is 1")]
    assert worst(findings) == Finding(FAIL, "b is 1; a is NaN")
    assert worst(findings[:2]) == Finding(UNKNOWN, "a is NaN")
    assert worst([]) == Finding(PASS)


def test_of_many_reasons_the_first_are_told() -> None:
    findings = [Finding(FAIL, f"{number} is bad") for number in range(500)]
    assert worst(findings).reason == "0 is bad; 1 is bad; 2 is bad; 3 is bad; 4 is bad; and 495 more"


def test_each_entry_is_named() -> None:
    values = {"queues": {"orders": {"ready": 5}, "a.b\n": {"ready": 6}}}
    reasons = [finding.reason for finding in evaluate([Condition("queues.*.ready", "le", 1)], values)]
    assert reasons == [
        "queues.orders.ready is 5, expected at most 1",
        'queues."a.b ".ready is 6, expected at most 1',
    ]


def test_long_values_are_shown_short_and_on_one_line() -> None:
    shown = show("a\nb" * 200)
    assert "\n" not in shown
    assert len(shown) < 100


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("a[", "eq", 1), "not a path into JSON"),
        (Condition("a", "matches", "(open"), "not a regular expression"),
        (Condition("a", "le", "many"), "a is compared with 'many', a number was expected"),
        (Condition("a", "ge", True), "a is compared with true, a number was expected"),
        (Condition("a", "gt", None), "a is compared with null, a number was expected"),
        (Condition("a", "lt", "nan"), "a is compared with 'nan', a number was expected"),
    ],
)
def test_what_could_never_be_compared_is_refused(condition: Condition, words: str) -> None:
    with pytest.raises(InputError) as refused:
        check_condition(condition, "checks[2] (api)")
    assert str(refused.value).startswith("checks[2] (api): ")
    assert words in str(refused.value)


def test_what_can_be_compared_is_let_through() -> None:
    check_condition(Condition("checks.*", "matches", "^ok$"), "here")
    check_condition(Condition("a", "le", "5.5"), "here")


def test_a_condition_may_come_to_unknown_and_tell_which_of_many_it_was() -> None:
    values = {"age": 7, "_which": "queue a, 2 more"}
    condition = Condition("age", "le", 5, "days", otherwise=UNKNOWN, detail="_which")
    assert evaluate([condition], values) == [
        Finding(UNKNOWN, "age is 7 days, expected at most 5 days (queue a, 2 more)")
    ]
    assert evaluate([Condition("age", "le", 9, detail="_which")], values) == [Finding(PASS)]
