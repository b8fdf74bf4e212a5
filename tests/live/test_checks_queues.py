# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind queues against a real server: what nobody described is found, measured and held against limits."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.live.checks import attempt


@pytest.fixture
def login(redis_facts: RedisFacts) -> dict[str, Any]:
    return {
        "login_host": redis_facts["host"],
        "login_port": redis_facts["port"],
        "login_user": redis_facts["admin_user"],
        "login_password": redis_facts["admin_password"],
        "db": 9,
    }


def test_queues_of_several_kinds(redis_server: redis.Redis, login: dict[str, Any]) -> None:
    redis_server.rpush("orders", *"abc")
    redis_server.xadd("events", {"a": 1})
    redis_server.zadd("later", {"a": 1_900_000_000})
    outcome = attempt("queues", **login, min_queues=3)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["count"] == 3
    found = outcome.values["queues"]
    assert {name: (one["kind"], one["ready"]) for name, one in found.items()} == {
        "orders": ("redis_list", 3),
        "events": ("redis_stream", 1),
        "later": ("redis_sorted_set", 0),
    }


def test_a_deep_queue_and_dead_letters_are_named(redis_server: redis.Redis, login: dict[str, Any]) -> None:
    redis_server.rpush("orders", *"abc")
    redis_server.rpush("DLQ:orders", "x")
    redis_server.rpush("other", "x")
    outcome = attempt("queues", **login, max_ready=2)
    assert outcome.status == "fail"
    assert outcome.reason == (
        "queues.orders.ready is 3, expected at most 2; queues.orders.dead is 1, expected at most 0"
    )
    assert attempt("queues", **login, max_ready=2, ignore=["ord*"]).status == "pass"
    assert attempt("queues", **login, match="other").values["queues"].keys() == {"other"}


@pytest.mark.usefixtures("redis_server")
def test_a_server_without_queues_passes_unless_some_are_expected(login: dict[str, Any]) -> None:
    assert attempt("queues", **login).status == "pass"
    outcome = attempt("queues", **login, min_queues=1)
    assert (outcome.status, outcome.reason) == ("fail", "count is 0, expected at least 1")


def test_what_was_not_looked_at_is_not_known(redis_server: redis.Redis, login: dict[str, Any]) -> None:
    redis_server.mset({f"key:{number}": "x" for number in range(3000)})
    outcome = attempt("queues", **login, max_keys=1000)
    assert outcome.status == "unknown"
    assert "complete is false" in outcome.reason


@pytest.mark.parametrize(("how", "words"), [("stop", "no connection"), ("hang", "no answer in time")])
def test_gone_or_hung(lab: Lab, login: dict[str, Any], how: str, words: str) -> None:
    lab.break_server("redis", how)
    outcome = attempt("queues", **login, timeout=0.5)
    assert outcome.status == "fail"
    assert words in outcome.reason


def test_dead_letters_of_a_queue_that_is_empty_are_found(redis_server: redis.Redis, login: dict[str, Any]) -> None:
    redis_server.rpush("orders:dead", "x", "y")
    outcome = attempt("queues", **login)
    assert (outcome.status, outcome.reason) == ("fail", "queues.orders.dead is 2, expected at most 0")
    assert outcome.values["queues"]["orders"]["ready"] == 0
