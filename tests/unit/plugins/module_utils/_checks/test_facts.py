# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are asked for only when wanted, each seen or not by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks import postgres, redis
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, UNKNOWN, Condition, Values
from ansible_collections.day2.ops.plugins.module_utils._checks.conditions import evaluate, worst
from ansible_collections.day2.ops.plugins.module_utils._checks.facts import Fact, fact_conditions, read_facts
from ansible_collections.day2.ops.plugins.module_utils._checks.limits import COUNT, Limit
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, Unreachable

Source = list[str]


def _read_depth(source: Source, _options: Any) -> Values:
    source.append("depth")
    return {"depth": 7, "depth_of": "the left one"}


def _refuse(_source: Source, _options: Any) -> Values:
    raise AccessDenied("this is not to be seen", on="the server", advice="grant it")


FACTS = (
    Fact(("depth", "depth_of"), _read_depth, (Limit("max_depth", COUNT, "depth", detail="depth_of"),)),
    Fact(("secret",), _refuse, (Limit("max_secret", COUNT, "secret"),)),
)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, []),
        ({"max_depth": 5}, ["depth"]),
        ({"max_depth": 0}, ["depth"]),
        ({"details": ["depth"]}, ["depth"]),
        ({"expect": [{"path": "depth_of", "value": "x"}]}, ["depth"]),
        ({"progress": [{"path": "depth"}]}, ["depth"]),
        ({"baseline": [{"path": "latency"}], "expect": None}, []),
    ],
)
def test_only_what_an_option_wants_is_asked(options: dict[str, Any], asked: list[str]) -> None:
    source: Source = []
    values = read_facts(FACTS, source, {"details": [], **options})
    assert source == asked
    assert ("depth" in values) == bool(asked)
    assert values["unseen"] == {}


def test_what_cannot_be_seen_is_unknown_and_says_why_while_the_rest_counts() -> None:
    options = {"details": [], "max_depth": 5, "max_secret": 5}
    values = read_facts(FACTS, [], options)
    assert values["secret"] is None
    assert values["unseen"] == {"secret": "this is not to be seen: the server; grant it"}
    hidden, deep = (
        worst(evaluate(fact_conditions(FACTS, {**options, without: None}), values))
        for without in ("max_depth", "max_secret")
    )
    assert (hidden.status, deep.status) == (UNKNOWN, FAIL)
    assert hidden.reason == "secret is not there (this is not to be seen: the server; grant it)"
    assert deep.reason == "depth is 7, expected at most 5 (the left one)"
    # A user's own rule on it does not take it for 0.
    assert worst(evaluate([Condition("secret", "le", 5)], values)).status == UNKNOWN


def test_a_server_that_does_not_answer_is_at_fault() -> None:
    def gone(_source: Source, _options: Any) -> Values:
        raise Unreachable("no answer", on="the server")

    with pytest.raises(Unreachable):
        read_facts([Fact(("it",), gone)], [], {"details": ["it"]})


@pytest.mark.parametrize("kind", [postgres, redis], ids=["postgres", "redis"])
def test_the_tables_of_the_kinds_fit_together(kind: Any) -> None:
    names = [name for fact in kind.FACTS for name in fact.names]
    assert len(names) == len(set(names))
    assert {limit.path for fact in kind.FACTS for limit in fact.limits} <= set(names)
    assert {limit.detail for fact in kind.FACTS for limit in fact.limits} <= {*names, ""}
    assert set(kind.SPEC.options["details"]["choices"]) <= set(names)
