# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates of credentials: written down, of files, in tokens; and no credential in what is told."""

from __future__ import annotations

import base64
import json
import os
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt

DAY = 86400
SECRET = "hunter2"


def day(days: float) -> str:
    """Return the day so many days from now, in UTC."""
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%d")


def at(days: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(**claims: object) -> str:
    return f"{part({'alg': 'HS256'})}.{part({'sub': SECRET, **claims})}.{SECRET}"


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        ({"rotated_at": at(-10)}, "pass", ""),
        ({"rotated_at": at(-100)}, "fail", "age is 100 d, expected at most 90 d"),
        ({"rotated_at": at(-100), "max_age": "200d"}, "pass", ""),
        ({"rotated_at": at(-3), "max_age": "2d"}, "fail", "age is 3 d, expected at most 2 d"),
        ({"rotated_at": day(0)}, "pass", ""),
        ({"rotated_at": at(-1).replace("Z", "+00:00").replace("T", " ")}, "pass", ""),
        ({"expires_at": at(20)}, "pass", ""),
        ({"expires_at": at(5.5)}, "fail", "left is 5 d 11 h, expected at least 14 d"),
        ({"expires_at": at(5.5), "min_left": "3d"}, "pass", ""),
        (
            {"rotated_at": at(-100), "expires_at": at(5.5)},
            "fail",
            "age is 100 d, expected at most 90 d; left is 5 d 11",
        ),
        ({"expires_at": at(20), "max_age": "1d"}, "unknown", "age is null (nothing tells when it was made)"),
        ({"rotated_at": at(-1), "min_left": "1d"}, "unknown", "left is null (nothing tells when it ends)"),
        ({"token": token(exp=time.time() + 20 * DAY)}, "pass", ""),
        ({"token": token(exp=int(time.time()) + 3600), "min_left": "10m"}, "pass", ""),
        ({"token": token(exp=time.time() + 5.5 * DAY)}, "fail", "left is 5 d 11 h, expected at least 14 d"),
        ({"token": token(), "min_left": 0}, "unknown", "left is null (nothing tells when it ends)"),
        ({"token": token()}, "unknown", "left is null (nothing tells when it ends)"),
        (
            {"token": token(exp=time.time() + 20 * DAY), "max_age": "1d"},
            "unknown",
            "age is null (nothing tells when it",
        ),
        (
            {"token": token(iat=time.time() - 2 * DAY, exp=time.time() + 20 * DAY), "max_age": "1d"},
            "fail",
            "age is 2 d, expected at most 1 d",
        ),
    ],
)
def test_ages_and_ends(attempt: Attempt, options: dict[str, Any], status: str, reason: str) -> None:
    outcome = attempt("credential", **options)
    assert outcome.status == status, outcome.reason
    assert outcome.reason.startswith(reason)
    assert set(outcome.values) == {"age", "left", "rotated_at", "expires_at"}
    assert SECRET not in str(outcome)


def test_the_values(attempt: Attempt) -> None:
    values = attempt("credential", rotated_at="2026-01-02T03:04:05+01:00", expires_at="2126-01-02").values
    assert (values["rotated_at"], values["expires_at"]) == ("2026-01-02T02:04:05Z", "2126-01-02T00:00:00Z")
    assert values["age"] > 0
    assert values["left"] > 90 * 365 * DAY


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"expires_at": at(-2)}, "the credential expired 2 d ago: expires_at 2"),
        ({"token": token(exp=time.time() - 7205)}, "the credential expired 2 h "),
    ],
)
def test_expired(attempt: Attempt, options: dict[str, Any], words: str) -> None:
    outcome = attempt("credential", **options)
    assert outcome.status == "fail"
    assert outcome.reason.startswith(words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rotated_at": "yesterday\x1b[2J"}, "rotated_at is no date: yesterday [2J; expected a day or a time, such as"),
        ({"rotated_at": "2026-02-30"}, "rotated_at is no date: 2026-02-30; "),
        ({"rotated_at": "20260101"}, "rotated_at is no date: 20260101; "),
        ({"rotated_at": "2026-01-01 soon"}, "rotated_at is no date: 2026-01-01 soon; "),
        ({"rotated_at": ""}, "rotated_at is no date; "),
        ({"expires_at": "01.02.2026"}, "expires_at is no date: 01.02.2026; "),
        ({"rotated_at": at(1)}, "the time of rotation is 23 h"),
        ({"rotated_at": day(3)}, "the time of rotation is 2 d "),
        ({"token": token(iat=time.time() + DAY, exp=time.time() + 20 * DAY)}, "the time of rotation is 23 h"),
        ({"token": SECRET}, "not a JWT: token; expected three parts with dots between them"),
        ({"token": f"a.{SECRET}!.c"}, "not a JWT: token; its middle part is not JSON in Base64"),
        ({"token": f"a.{part([SECRET])}.c"}, "not a JWT: token; its middle part is not JSON in Base64"),
        ({"token": f"a.{part('[' * 5)}.c"}, "not a JWT: token; its middle part is not JSON in Base64"),
        ({"token": f"{token()}.d.e"}, "not a JWT: token; expected three parts"),
        ({"token": f"a.{'A' * 70000}.c"}, "not a JWT: token; expected three parts"),
        ({"token": token(exp=SECRET)}, "the token's exp is no time: token; expected seconds since 1970"),
        ({"token": token(exp=True)}, "the token's exp is no time: token"),
        ({"token": token(exp=float("nan"))}, "the token's exp is no time: token"),
        ({"token": token(exp=1.7e12)}, "the token's exp is no time: token"),
        ({"token_file": "/nowhere/token"}, "token_file cannot be read (No such file or directory): /nowhere/token"),
        ({"token_env": "DAY2_TEST_NOT_SET"}, "token_env names an environment variable that is not set"),
        ({"path": "/nowhere/key"}, "no such file: /nowhere/key"),
        ({"path": "/etc/passwd/key"}, "no such file: /etc/passwd/key"),
    ],
)
def test_what_tells_nothing_is_unknown(attempt: Attempt, options: dict[str, Any], words: str) -> None:
    outcome = attempt("credential", **options)
    assert outcome.status == "unknown", outcome.reason
    assert outcome.reason.startswith(words)
    assert outcome.reason.isprintable()
    assert SECRET not in str(outcome)


def test_a_file(attempt: Attempt, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET)
    assert attempt("credential", path=str(path)).status == "pass"
    then = time.time() - 100 * DAY - 60
    os.utime(path, (then, then))
    outcome = attempt("credential", path=str(path))
    assert (outcome.status, outcome.reason) == ("fail", "age is 100 d, expected at most 90 d")
    assert outcome.values["age"] == pytest.approx(100 * DAY + 60, abs=30)
    later = time.time() + 7205
    os.utime(path, (later, later))
    outcome = attempt("credential", path=str(path))
    assert (outcome.status, outcome.reason) == (
        "unknown",
        f"the time of rotation is 2 h in the future: {path}; compare the clocks",
    )


def test_a_token_in_a_file_or_the_environment(
    attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = token(exp=time.time() - 7205)
    (tmp_path / "token").write_text(f"{expired}\n")
    outcome = attempt("credential", token_file=str(tmp_path / "token"))
    assert outcome.reason == f"the credential expired 2 h ago: exp of {tmp_path}/token"
    monkeypatch.setenv("DAY2_TEST_TOKEN", expired)
    outcome = attempt("credential", token_env="DAY2_TEST_TOKEN")
    assert outcome.reason == "the credential expired 2 h ago: exp of DAY2_TEST_TOKEN"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rotated_at": "2026-01-01", "path": "/a"},
        {"rotated_at": "2026-01-01", "token_file": "/a"},
        {"expires_at": "2026-01-01", "token_env": "A"},
        {"rotated_at": "2026-01-01", "max_age": "long"},
    ],
)
def test_options_that_cannot_be(attempt: Attempt, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("credential", **options)
