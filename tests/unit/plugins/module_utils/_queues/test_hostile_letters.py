# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies that nobody meant to send: each makes a letter with a fault or with values that are not known."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.comparison import OPERATORS
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_filter import Filter
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_summary import Summary
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Reader
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_payloads import Payloads

NOW = 1_700_000_000.0
FIELDS = ("id", "error", "type", "failed_at", "attempts")
DIGITS = b"9" * 400
DEEP = b"[" * 1500 + b"]" * 1500
# Values of JSON that programs in other languages write, or that somebody writes who means harm.
VALUES = [
    b"1e999",
    b"-1e999",
    b"NaN",
    b"-Infinity",
    DIGITS,
    b"-" + DIGITS,
    b"9" * 5000,
    b'"' + DIGITS + b'"',
    b'"' + b"9" * 100_000 + b'"',
    b"1e308",
    b"-0.0",
    b"true",
    b"null",
    b"{}",
    b'""',
    b'"\\ud800"',
    b'"\\udfff\\ud800 \\u0000"',
    b'{"\\ud800": "\\ud800"}',
    b'"0000-00-00T99:99:99+99:99"',
    b'"9999-12-31T23:59:60Z"',
    b'"0001-01-01T00:00:00+23:59"',
    b'"\\u0663\\u0663"',
    b'"1_0"',
    DEEP,
    b'{"a":' * 1500 + b"1" + b"}" * 1500,
    b"[" * 5000 + b"]" * 5000,
    b"[" * 100_000,
    b'"' + b"password=" * 10_000 + b'"',
]
BODIES = [
    *VALUES,
    *(b'{"' + name.encode() + b'": ' + value + b"}" for name, value in itertools.product(FIELDS, VALUES)),
    b"",
    b"\x00",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"id": 1} {"id": 2}',
    b'{"id": 1, "id": 2}',
    b"{'id': 1}",
    b"\x80\x04\x95.",
]
FILTERS: list[dict[str, Any]] = [
    {"error": "."},
    {"type": "^a?$"},
    {"min_age": 0},
    {"max_age": 1e9, "min_attempts": 1},
    {"max_attempts": 3},
    *(
        {"where": [{"path": path, "op": op, "value": [1] if op == "in" else 1}]}
        for path, op in itertools.product(("", "id", "failed_at", "*", "a.a.*", "[0][-1]"), OPERATORS)
    ),
]


@pytest.mark.parametrize("item", [None, {name: name for name in FIELDS}, dict.fromkeys((*FIELDS, "payload"), "")])
def test_no_body_is_an_error(item: dict[str, str] | None) -> None:
    reader = Reader(item)
    summary = Summary(10**6, show_payload=True, mask=["a.*.b", "[-1]", "id"])
    filters = [Filter(given) for given in FILTERS]
    letters = [reader.letter(body) for body in BODIES]
    Payloads("order:{id}").checked(letters, lambda *commands: [len(key) for _command, key in commands])
    for letter in letters:
        letter.id.encode()
        assert {type(one.refuses(letter, NOW)) for one in filters} == {str}
        summary.see(letter, NOW)
    json.dumps(summary.as_dict(), allow_nan=False, ensure_ascii=False).encode()
    assert summary.letters == len(BODIES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts", b"1e999"),
        ("attempts", DIGITS),
        ("attempts", b"NaN"),
        ("attempts", b'"' + DIGITS + b'"'),
        ("failed_at", DIGITS),
        ("failed_at", DEEP),
        ("failed_at", b"{}"),
    ],
)
def test_what_is_no_such_value_is_not_known(name: str, value: bytes) -> None:
    letter = Reader({name: name}).letter(b'{"' + name.encode() + b'": ' + value + b"}")
    assert getattr(letter, name) is None


def test_half_a_surrogate_pair_is_written_out() -> None:
    letter = Reader({"id": "id", "error": "error"}).letter(b'{"id": "\\ud800", "error": {"m": "\\ud800 \\u00e9"}}')
    assert (letter.id, letter.error) == ("\\ud800", '{"m": "\\ud800 é"}')


def test_a_number_that_is_larger_than_any_float_is_not_meant() -> None:
    letter = Reader(None).letter(b'{"n": ' + DIGITS + b"}")
    assert Filter({"where": [{"path": "n", "op": "gt", "value": 5}]}).refuses(letter, NOW) == "filtered out"


def test_what_is_nested_too_deep_is_not_shown() -> None:
    summary = Summary(1, show_payload=True)
    summary.see(Reader(None).letter(b'{"a":' * 1500 + b"1" + b"}" * 1500), NOW)
    assert summary.as_dict()["samples"][0]["payload"] in ("nested too deep to be shown", None)
