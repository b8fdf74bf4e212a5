# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding queues on a real server, in descriptions that can be given back."""

from __future__ import annotations

from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, run


def fill(server: Client) -> None:
    """Make one of each, and what looks like one and is none."""
    server.rpush("orders", 1, 2, 3)
    server.rpush("orders:dead", 1)
    server.rpush("orders:processing:w1", 1)
    server.rpush("DLQ:mails", 1)
    server.rpush("mails", 1)
    server.xadd("events", {"a": 1})
    server.xgroup_create("events", "one", "0")
    server.xgroup_create("events", "two", "0")
    server.xadd("events:dlq", {"a": 1})
    server.xadd("log", {"a": 1})
    server.zadd("reminders", {"a": 1800000000})
    server.zadd("escalations", {"a": 1800000000000})
    server.zadd("ranking", {"a": 3})
    server.zadd("arq:queue", {"a": 1800000000000})
    server.set("arq:queue:health-check", "x")
    server.set("session", "x")
    server.rpush(b"\xff\xfe", 1)


def test_all_kinds_are_found_and_can_be_measured(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server)
    result = run(redis_facts, discover=True)
    assert not result.failed
    found = result.data["found"]
    assert found["complete"]
    assert found["queues"] == [
        {"name": "arq:queue", "kind": "arq", "key": "arq:queue"},
        {"name": "events/one", "kind": "redis_stream", "key": "events", "group": "one", "dead": "events:dlq"},
        {"name": "events/two", "kind": "redis_stream", "key": "events", "group": "two", "dead": "events:dlq"},
        {"name": "log", "kind": "redis_stream", "key": "log"},
        {"name": "mails", "kind": "redis_list", "key": "mails", "dead": "DLQ:mails"},
        {
            "name": "orders",
            "kind": "redis_list",
            "key": "orders",
            "dead": "orders:dead",
            "in_flight": ["orders:processing:*"],
        },
        {"name": "escalations", "kind": "redis_sorted_set", "key": "escalations", "score": "milliseconds"},
        {"name": "ranking", "kind": "redis_sorted_set", "key": "ranking", "score": "none"},
        {"name": "reminders", "kind": "redis_sorted_set", "key": "reminders", "score": "seconds"},
    ]
    assert found["sizes"]["orders"] == 3
    again = run(redis_facts, *found["queues"])
    assert not again.failed, again.msg
    assert {one["name"]: one["ready"] for one in again.data["queues"]}["orders"] == 3


def test_a_pattern_narrows_it(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server)
    found = run(redis_facts, discover=True, discover_match="mail*").data["found"]
    assert found["queues"] == [{"name": "mails", "kind": "redis_list", "key": "mails"}]


def test_the_look_through_is_bounded_and_says_so(redis_facts: RedisFacts, redis_server: Client) -> None:
    with redis_server.pipeline(transaction=False) as pipeline:
        for number in range(3000):
            pipeline.set(f"session:{number}", number)
        pipeline.execute()
    result = run(redis_facts, discover=True, discover_limit=200)
    assert result.data["found"]["looked_at"] == 200
    assert not result.data["found"]["complete"]
    assert result.warnings == ["discovery stopped after 200 keys; raise discover_limit to look at more"]
