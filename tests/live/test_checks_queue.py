# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind queue on real lists; what each kind of queue measures is tried in test_queues_*.py."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.live.checks import attempt


@pytest.fixture
def orders(redis_facts: RedisFacts) -> dict[str, Any]:
    return {
        "queue": "orders",
        "queue_kind": "redis_list",
        "dead": "orders:dead",
        "login_port": redis_facts["port"],
        "login_user": redis_facts["user"],
        "login_password": redis_facts["password"],
        "db": 9,
    }


def test_what_waits_and_what_was_given_up(orders: dict[str, Any], redis_server: redis.Redis) -> None:
    redis_server.rpush("orders", "a", "b", "c")
    redis_server.rpush("orders:dead", "x")
    outcome = attempt("queue", **orders, max_ready=3)
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["ready"], outcome.values["dead"]) == (3, 1)
    assert (outcome.values["queue"], outcome.values["queue_kind"]) == ("orders", "redis_list")
    bad = attempt("queue", **orders, max_ready=2, max_dead=0, max_delayed=5)
    assert bad.status == "fail"
    assert bad.reason.startswith("ready is 3, expected at most 2; ")
    assert "dead is 1, expected at most 0" in bad.reason
    assert "delayed is null (this queue cannot tell)" in bad.reason


def test_a_missing_queue_is_unknown_unless_it_may_be_empty(orders: dict[str, Any], redis_server: redis.Redis) -> None:
    redis_server.rpush("orders:dead", "x")
    outcome = attempt("queue", **orders, max_ready=2)
    assert outcome.status == "unknown"
    assert "missing: empty" in outcome.reason
    assert attempt("queue", **orders, max_ready=2, missing="empty").status == "pass"


def test_another_type(orders: dict[str, Any], redis_server: redis.Redis) -> None:
    redis_server.zadd("orders", {"a": 1})
    outcome = attempt("queue", **orders)
    assert outcome.status == "unknown"
    assert "\n" not in outcome.reason


def test_no_server(lab: Lab, orders: dict[str, Any]) -> None:
    lab.break_server("redis", "stop")
    assert attempt("queue", **orders).status == "fail"
