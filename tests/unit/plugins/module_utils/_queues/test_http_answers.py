# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers of services say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.http import Response
from ansible_collections.day2.ops.plugins.module_utils._queues.http_answers import (
    counted,
    listed,
    refusal,
    refuse_path,
    shape,
    short_reason,
)


@pytest.mark.parametrize(
    ("answer", "paths", "number"),
    [
        (12, [], 12),
        (12.0, [], 12),
        (0, [], 0),
        ([], [], 0),
        (["a", "b"], [], 2),
        (["a", "b"], ["uuids"], 2),
        (3, ["reprocessed"], 3),
        ({"reprocessed": 3}, [], 3),
        ({"reprocessed": 3}, ["done", "reprocessed"], 3),
        ({"uuids": ["a", "b"]}, [], 2),
        ({"uuids": ["a", "b"], "count": 9}, [], 9),
        ({"uuids": ["a", "b"], "count": 9}, ["uuids"], 2),
        ({"list_name": "main", "depth": 4}, [], 4),
        ({"data": {"a": {}, "b": {}}}, ["data"], 2),
        ({"data": {}}, ["data"], 0),
        ({"data": "17"}, ["data"], 17),
        ({"data": [{"n": 5}]}, ["data[0].n"], 5),
    ],
)
def test_a_number_in_an_answer(answer: Any, paths: list[str], number: int) -> None:
    assert counted(answer, paths) == number


@pytest.mark.parametrize(
    ("answer", "paths"),
    [
        (None, []),
        (True, []),
        (-1, []),
        (1.5, []),
        (float("inf"), []),
        (float("nan"), []),
        ("17", []),
        ("many", []),
        ({}, []),
        ({"status": "ok"}, []),
        ({"error": {"code": 7}}, []),
        ({"page": 1, "total": 9}, []),
        ({"a": [], "b": []}, []),
        ({"count": 3}, ["number"]),
        ({"count": None}, ["count"]),
        ({"count": False}, ["count"]),
    ],
)
def test_what_is_no_number_is_not_known(answer: Any, paths: list[str]) -> None:
    assert counted(answer, paths) is None


def test_a_list_in_an_answer() -> None:
    assert listed(["a"], []) == ["a"]
    assert listed({"count": 2, "uuids": ["a"]}, ["count"]) == ["a"]
    assert listed({"a": {"items": [1]}, "b": []}, ["a.items"]) == [1]
    assert listed({"a": [], "b": []}, []) is None
    assert listed(7, []) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no", "no"),
        ({"detail": "Invalid API Key"}, "Invalid API Key"),
        ({"detail": [{"loc": ["query", "count"], "msg": "too small"}]}, "query.count: too small"),
        ({"error": {"code": 4, "message": "closed\n  now"}}, "closed now"),
        ({"errors": ["one", "two", "three", "four"]}, "one; two; three"),
        ({"code": 4}, ""),
        ([], ""),
        (None, ""),
        ("x" * 500, "x" * 197 + "..."),
    ],
)
def test_the_service_s_own_short_reason(value: Any, reason: str) -> None:
    assert short_reason(value) == reason


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotThere),
        (405, InputError),
        (429, Unreachable),
        (503, Unreachable),
    ],
)
def test_what_a_status_means(status: int, kind: type[Exception]) -> None:
    answer = Response(status, {}, json.dumps({"detail": "why"}).encode(), 0.1, "http://127.0.0.1/")
    error = refusal(answer, "POST", "POST http://127.0.0.1/")
    assert error.__class__ is kind
    assert "why" in str(error) or status == 405


def test_shapes_for_messages() -> None:
    assert shape({"a": 1, "b": 2}) == "an object with a, b"
    answers: list[Any] = [{}, None, [], "", True, -1]
    assert [shape(one) for one in answers] == [
        "an empty object",
        "empty",
        "an array",
        "a text",
        "true or false",
        "a number",
    ]


def test_a_path_to_many_values_is_refused() -> None:
    refuse_path("a.b[0]", "dead")
    with pytest.raises(InputError, match="dead: a path with"):
        refuse_path("a.*.b", "dead")
