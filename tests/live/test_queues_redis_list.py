# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind redis_list on a real server."""

from __future__ import annotations

from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, measured, run, some


def test_every_place_of_an_item_is_counted(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", *range(12))
    redis_server.rpush("orders:processing:a", 1)
    redis_server.rpush("orders:processing:b", 2, 3)
    redis_server.rpush("orders:parked", 1)
    redis_server.rpush("orders:dead", 1, 2, 3, 4)
    redis_server.set("orders:worker:a", 1)
    redis_server.set("orders:worker:b", 1)
    depth = measured(
        redis_facts,
        "orders",
        "redis_list",
        in_flight=["orders:processing:*", "orders:parked"],
        dead="orders:dead",
        heartbeat="orders:worker:*",
    )
    assert depth == {
        "name": "orders",
        "kind": "redis_list",
        "status": "ok",
        "message": "",
        "exists": True,
        "type": "list",
        "ready": 12,
        "in_flight": 4,
        "delayed": None,
        "dead": 4,
        "lag": None,
        "consumers": 2,
        "oldest_age": None,
        "paused": None,
        "note": "",
        "members": None,
        "drained": False,
    }


def test_a_pattern_does_not_count_the_queue_itself(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1, 2)
    redis_server.rpush("orders:dead", 1)
    redis_server.rpush("orders:w1", 1)
    depth = measured(redis_facts, "orders", "redis_list", in_flight=["orders*"], dead="orders:dead")
    assert some(depth, "ready", "in_flight", "dead") == {"ready": 2, "in_flight": 1, "dead": 1}


def test_a_key_that_is_not_utf8_is_no_obstacle(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    redis_server.rpush(b"orders:processing:\xff", 1, 2)
    assert measured(redis_facts, "orders", "redis_list", in_flight=["orders:processing:*"])["in_flight"] == 2


def test_many_keys_are_found_in_several_steps(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    with redis_server.pipeline(transaction=False) as pipeline:
        for number in range(5000):
            pipeline.rpush(f"orders:processing:{number}", number)
        pipeline.execute()
    assert measured(redis_facts, "orders", "redis_list", in_flight=["orders:processing:*"])["in_flight"] == 5000


def test_a_missing_key_is_not_zero(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert not redis_server.exists("ordres")
    result = run(redis_facts, {"name": "ordres", "kind": "redis_list"})
    assert result.failed
    assert result.msg == (
        "ordres: the key ordres does not exist, and an empty list cannot be told from a misspelt one;"
        " say `missing: empty` if it means empty"
    )
    depth = result.data["queues"][0]
    assert some(depth, "status", "exists", "ready", "drained") == {
        "status": "missing",
        "exists": False,
        "ready": None,
        "drained": False,
    }


def test_a_missing_key_is_zero_when_that_is_said(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert not redis_server.exists("orders")
    result = run(
        redis_facts, {"name": "orders", "kind": "redis_list", "missing": "empty", "dead": "d", "in_flight": ["p:*"]}
    )
    assert not result.failed
    assert some(result.data["queues"][0], "exists", "ready", "in_flight", "dead", "drained") == {
        "exists": False,
        "ready": 0,
        "in_flight": 0,
        "dead": 0,
        "drained": True,
    }


def test_an_unknown_number_keeps_no_limit(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    result = run(
        redis_facts, {"name": "orders", "kind": "redis_list", "dead": "orders:daed", "max_dead": 0, "max_lag": 5}
    )
    assert result.failed
    assert result.data["failures"][0].startswith(
        "orders: dead is not known, at most 0 expected (the key orders:daed does not exist"
    )
    assert result.data["failures"][1].startswith("orders: lag is not known, at most 5 expected")


def test_another_type_is_named(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("orders", {"a": 1})
    redis_server.rpush("good", 1)
    result = run(redis_facts, {"name": "orders", "kind": "redis_list"}, {"name": "good", "kind": "redis_list"})
    assert result.msg == (
        "orders: the key orders holds a zset, a list was expected: orders at redis"
        f" {redis_facts['host']}:{redis_facts['port']}/9; check key and kind"
    )
    assert [one["status"] for one in result.data["queues"]] == ["error", "ok"]
    assert result.data["queues"][1]["ready"] == 1


def test_each_limit_is_told(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", *range(12))
    redis_server.rpush("orders:dead", 1)
    redis_server.rpush("p", 1)
    limits = {"max_ready": 10, "max_in_flight": 0, "max_dead": 0, "min_consumers": 1}
    result = run(
        redis_facts,
        {
            "name": "orders",
            "kind": "redis_list",
            "dead": "orders:dead",
            "in_flight": ["p"],
            "heartbeat": "w:*",
            **limits,
        },
        {"name": "fine", "kind": "redis_list", "key": "orders", "max_ready": 12},
    )
    assert result.data["failures"] == [
        "orders: ready is 12, at most 10 expected",
        "orders: in flight is 1, at most 0 expected",
        "orders: dead is 1, at most 0 expected",
        "orders: consumers is 0, at least 1 expected",
    ]
    assert result.data["total"] == {"ready": 24, "in_flight": 1, "delayed": None, "dead": 1}
