# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths into JSON values."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.jsonpath import Missing, look_up, look_up_at, parse

VALUE = {"data": {"checks": {"redis": "ok", "db": "down"}, "a.b": 1}, "items": [{"id": 7}, {"id": 8}], "none": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [VALUE]),
        ("data.checks.redis", ["ok"]),
        ("data.checks.*", ["ok", "down"]),
        ('data."a.b"', [1]),
        ("items[0].id", [7]),
        ("items[-1].id", [8]),
        ("items.*.id", [7, 8]),
        ("none", [None]),
    ],
)
def test_what_a_path_leads_to(path: str, found: list[Any]) -> None:
    assert look_up(VALUE, path) == found


@pytest.mark.parametrize("path", ["nowhere", "data.nowhere.x", "items[2]", "none.x", "data.checks.redis.*", "data[0]"])
def test_a_path_that_leads_nowhere(path: str) -> None:
    (found,) = look_up(VALUE, path)
    assert isinstance(found, Missing)
    assert found.at.endswith(path)


@pytest.mark.parametrize("path", ["a..b", "a[x]", 'a."b', "a.", ".a", "a]"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InputError, match="not a path into JSON"):
        parse(path)


def test_each_value_comes_with_the_path_that_leads_to_it() -> None:
    value = {"a": {"x": 1, "y.z": 2, "*": 3}, "b": [4, {"c": 5}]}
    assert look_up_at(value, "a.*") == [("a.x", 1), ('a."y.z"', 2), ('a."*"', 3)]
    assert look_up_at(value, "b.*") == [("b[0]", 4), ("b[1]", {"c": 5})]
    assert look_up_at(value, "") == [("", value)]
    for at, found in look_up_at(value, "a.*"):
        assert look_up(value, at) == [found] or "*" in at
    ((at, missing),) = look_up_at({"a": {}}, "a.*.b")
    assert at == "a.*.b"
    assert isinstance(missing, Missing)
