# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind redis_stream on a real server, read by real consumer groups."""

from __future__ import annotations

from typing import Any

from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, measured, run, some


def fill(server: Client, count: int, stream: str = "events") -> list[Any]:
    """Add entries; returns their ids."""
    return [server.xadd(stream, {"data": number}) for number in range(count)]


def read(server: Client, count: int, consumer: str = "one") -> list[bytes]:
    """Let a consumer of the group take entries; returns their ids."""
    taken: Any = server.xreadgroup("workers", consumer, {"events": ">"}, count=count)
    return [entry for entry, _fields in taken[0][1]]


def test_lag_pending_and_dead(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 10)
    redis_server.xgroup_create("events", "workers", "0")
    ids = read(redis_server, 6)
    redis_server.xack("events", "workers", *ids[:2])
    fill(redis_server, 3, "events:dlq")
    depth = measured(redis_facts, "events", "redis_stream", group="workers", dead="events:dlq")
    assert some(depth, "exists", "type", "ready", "lag", "in_flight", "dead", "consumers", "delayed", "note") == {
        "exists": True,
        "type": "stream",
        "ready": 4,
        "lag": 4,
        "in_flight": 4,
        "dead": 3,
        "consumers": 1,
        "delayed": None,
        "note": "",
    }
    assert 0 <= depth["oldest_age"] < 30


def test_the_age_is_that_of_the_oldest_pending_entry(redis_facts: RedisFacts, redis_server: Client) -> None:
    now = redis_server.time()[0]
    redis_server.xgroup_create("events", "workers", "0", mkstream=True)
    for age in (500, 300, 100):
        redis_server.xadd("events", {"data": age}, id=f"{(now - age) * 1000}-0")
    whole = measured(redis_facts, "events", "redis_stream")
    assert some(whole, "ready", "in_flight", "lag") == {"ready": 3, "in_flight": None, "lag": None}
    assert 500 <= whole["oldest_age"] < 530
    first = read(redis_server, 2)[0]
    assert 500 <= measured(redis_facts, "events", "redis_stream", group="workers")["oldest_age"] < 530
    redis_server.xack("events", "workers", first)
    assert 300 <= measured(redis_facts, "events", "redis_stream", group="workers")["oldest_age"] < 330


def test_nothing_waits(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 3)
    redis_server.xgroup_create("events", "workers", "0")
    redis_server.xack("events", "workers", *read(redis_server, 3))
    depth = measured(redis_facts, "events", "redis_stream", group="workers", max_oldest_age=5)
    assert some(depth, "ready", "in_flight", "oldest_age", "drained") == {
        "ready": 0,
        "in_flight": 0,
        "oldest_age": 0.0,
        "drained": True,
    }


def test_a_lag_that_the_server_does_not_know_is_counted(redis_facts: RedisFacts, redis_server: Client) -> None:
    ids = fill(redis_server, 1300)
    redis_server.xgroup_create("events", "workers", ids[99])
    redis_server.xdel("events", ids[200])
    groups: Any = redis_server.xinfo_groups("events")
    assert groups[0]["lag"] is None
    depth = measured(redis_facts, "events", "redis_stream", group="workers")
    assert some(depth, "ready", "lag") == {"ready": 1199, "lag": 1199}
    assert depth["note"] == f"the server does not know the lag; counted after {ids[99].decode()}"


def test_silent_consumers_do_not_count(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 4)
    redis_server.xgroup_create("events", "workers", "0")
    read(redis_server, 1, "one")
    read(redis_server, 1, "two")
    depth = measured(redis_facts, "events", "redis_stream", group="workers", idle_after=-1)
    assert depth["consumers"] == 0
    assert depth["note"] == "2 more consumers were silent for over -1 s"


def test_each_consumer_is_listed(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 10)
    redis_server.xgroup_create("events", "workers", "0")
    read(redis_server, 1, "a")
    read(redis_server, 4, "b")
    redis_server.xgroup_createconsumer("events", "workers", "c")
    members = measured(redis_facts, "events", "redis_stream", group="workers")["members"]
    assert [(member["name"], member["pending"]) for member in members] == [("b", 4), ("a", 1), ("c", 0)]
    assert all(0 <= member["idle"] < 30 for member in members)
    assert measured(redis_facts, "events", "redis_stream")["members"] is None


def test_a_missing_stream_or_group_is_never_empty(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 1)
    redis_server.xgroup_create("events", "workers", "0")
    result = run(
        redis_facts,
        {"name": "no stream", "kind": "redis_stream", "key": "evnets", "missing": "empty"},
        {"name": "no group", "kind": "redis_stream", "key": "events", "group": "wrokers", "missing": "empty"},
    )
    assert result.data["failures"] == [
        "no stream: the stream evnets does not exist; that is never taken for an empty one",
        "no group: the stream events has no group wrokers; it has workers",
    ]
    assert [one["status"] for one in result.data["queues"]] == ["missing", "missing"]
    assert result.data["total"]["ready"] is None


def test_dead_letters_that_never_were(redis_facts: RedisFacts, redis_server: Client) -> None:
    fill(redis_server, 1)
    assert measured(redis_facts, "events", "redis_stream", dead="events:dlq")["dead"] is None
    assert measured(redis_facts, "events", "redis_stream", dead="events:dlq", missing="empty")["dead"] == 0
    fill(redis_server, 1, "events:dlq")
    redis_server.xtrim("events:dlq", 0)
    assert measured(redis_facts, "events", "redis_stream", dead="events:dlq")["dead"] == 0


def test_another_type_is_named(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("events", 1)
    for group in (None, "workers"):
        depth = measured(redis_facts, "events", "redis_stream", group=group)
        assert depth["status"] == "error"
        assert depth["message"].startswith("the key events holds a list, a stream was expected: events at redis")
