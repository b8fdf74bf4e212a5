# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers of clusters mean: good ones, errors with their causes, and what is no answer of theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.http import Response
from ansible_collections.day2.ops.plugins.module_utils._search.answers import (
    Answer,
    Conflict,
    Unavailable,
    understood,
)

URL = "http://127.0.0.1:9200/_snapshot"


def answered(status: int, body: bytes) -> Answer:
    return understood(Response(status, {}, body, 0.1, f"{URL}?filter_path=x"))


def failed(status: int, body: Any) -> OpsError:
    with pytest.raises(OpsError) as caught:
        answered(status, json.dumps(body).encode()).result()
    assert str(caught.value).isprintable()
    return caught.value


def test_a_good_answer_is_its_json() -> None:
    bodies: list[Any] = [{"a": 1}, [], 0, "", False]
    for body in bodies:
        assert answered(200, json.dumps(body).encode()).result() == body
    assert answered(201, b"{}").good
    assert not answered(200, b"").good


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InputError),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotThere),
        (409, Conflict),
        (429, Unavailable),
        (500, OpsError),
        (502, Unreachable),
        (503, Unavailable),
        (504, Unreachable),
        (302, OpsError),
    ],
)
def test_the_kind_of_an_error_is_that_of_its_status(status: int, kind: type[OpsError]) -> None:
    error = failed(status, {"error": {"type": "some_exception", "reason": "so it is"}, "status": status})
    assert error.__class__ is kind
    assert str(error).startswith(f"status is {status} (some_exception: so it is): {URL}")
    assert "filter_path" not in str(error)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"type": "a", "reason": "b"}, "a: b"),
        ({"type": "a", "reason": None}, "a"),
        ({"type": "a"}, "a"),
        ({}, ""),
        ("plain words", "plain words"),
        (None, ""),
        (["a"], "['a']"),
        ({"type": "a", "reason": "b", "caused_by": {"type": "c", "reason": "d"}}, "a: b <- c: d"),
        (
            {"type": "a", "reason": "b", "caused_by": {"type": "c", "caused_by": {"type": "e", "reason": "f"}}},
            "a: b <- e: f",
        ),
        ({"type": "a", "reason": "b", "caused_by": {"type": "a", "reason": "b"}}, "a: b"),
        ({"type": "a", "reason": "b", "caused_by": "c"}, "a: b"),
        ({"type": "a", "reason": "b", "root_cause": [{"type": "a", "reason": "b"}]}, "a: b"),
        ({"type": "a", "reason": "b", "root_cause": [{"type": "c", "reason": "d"}, {"type": "e"}]}, "a: b <- c: d"),
        ({"type": "a", "reason": "b", "root_cause": [{"type": "c"}], "caused_by": {"type": "d"}}, "a: b <- d"),
        ({"type": "a", "reason": "two\nlines\x1b[31m"}, "a: two lines [31m"),
        ({"type": "a", "reason": 7}, "a: 7"),
    ],
)
def test_the_reason_is_one_line_with_the_innermost_cause(error: Any, reason: str) -> None:
    assert answered(500, json.dumps({"error": error}).encode()).reason == reason


def test_causes_are_followed_so_far_only() -> None:
    error: dict[str, Any] = {"type": "bottom"}
    for number in range(50):
        error = {"type": f"t{number}", "caused_by": error}
    assert answered(500, json.dumps({"error": error}).encode()).reason == "t49 <- t42"


def test_a_long_reason_is_cut() -> None:
    answer = answered(500, json.dumps({"error": {"type": "a", "reason": "x" * 5000}}).encode())
    assert len(answer.reason) == 300
    assert len(str(answer.error())) < 600


@pytest.mark.parametrize("name", ["message", "Message"])
def test_what_stands_before_the_cluster_may_say_it_in_its_own_form(name: str) -> None:
    error = failed(403, {name: "The request signature we calculated does not match"})
    assert "status is 403 (The request signature we calculated does not match)" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>Sign in</html>", "the answer is not JSON: {}; it begins with '<html>Sign in</html>'"),
        (200, b"", "the answer is not JSON: {}; it has no body"),
        (200, b"[" * 100_000, "the answer is not JSON"),
        (200, b"\xff\xfe\x00", "the answer is not JSON"),
        (502, b"<html>Bad\r\nGateway</html>", "status is 502 (it begins with '<html>Bad Gateway</html>'): {}"),
        (404, b"", "status is 404 (it has no body): {}"),
        (500, b'"text"', "status is 500 (it begins with '\"text\"'): {}"),
    ],
)
def test_what_is_no_answer_of_a_cluster_is_told_as_it_begins(status: int, body: bytes, words: str) -> None:
    with pytest.raises(OpsError) as caught:
        answered(status, body).result()
    assert words.format(URL) in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (404, "repository_missing_exception", "register it with es_repository"),
        (403, "cluster_block_exception", "lift the block first: a full disk, or somebody set it"),
        (403, "security_exception", "the login may not do this"),
        (401, "security_exception", "see login_user, login_password and api_key"),
        (429, "", "the cluster is busy, try again later"),
    ],
)
def test_advice_is_by_the_type_first(status: int, kind: str, advice: str) -> None:
    assert failed(status, {"error": {"type": kind, "reason": "r"}}).advice == advice
