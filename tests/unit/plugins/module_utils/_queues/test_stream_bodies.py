# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of an entry of a stream: one field, or all of them as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_stream_letters import body_of


@pytest.mark.parametrize(
    ("texts", "field", "expected"),
    [
        ([b"x", b"\xff"], None, b"\xff"),
        ([b"data", b"{}", b"error", b"e"], None, b"{}"),
        ([b"a", b"1", b"b", b"2"], "b", b"2"),
    ],
)
def test_one_field(texts: list[bytes], field: str | None, expected: bytes) -> None:
    assert body_of(texts, field) == (expected, "")


@pytest.mark.parametrize(
    ("texts", "field", "expected"),
    [
        ([b"a", b"1", b"b", b"[2, 3]"], None, {"a": "1", "b": [2, 3]}),
        ([b"data", b'{"n": 7}', b"error", b"e"], "*", {"data": {"n": 7}, "error": "e"}),
        ([b"\xff", b"{not JSON", b"b", b"\x00"], "*", {"\\xff": "{not JSON", "b": "\x00"}),
        ([b"deep", b"[" * 100_000, b"b", b""], "*", {"deep": "[" * 100_000, "b": ""}),
    ],
)
def test_all_fields(texts: list[bytes], field: str | None, expected: dict[str, Any]) -> None:
    body, fault = body_of(texts, field)
    assert (json.loads(body), fault) == (expected, "")


def test_a_field_that_is_not_there() -> None:
    body, fault = body_of([b"a", b"1"], "b")
    assert (json.loads(body), fault) == ({"a": "1"}, "it has no field b")
