# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind celery: filled by Celery's own client, worked on by Celery's own worker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .python_broker import PythonBroker
from .queue_help import Client, measured, run, some

STATES = ("ready", "in_flight", "delayed", "dead")


@pytest.fixture
def celery(redis_facts: RedisFacts, redis_server: Client) -> PythonBroker:
    """Celery on an empty database."""
    redis_server.ping()
    return PythonBroker("celery", redis_facts)


def test_each_state_of_a_message(celery: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    before = measured(redis_facts, "mails", "celery")
    assert some(before, "status", "exists", "ready") == {"status": "missing", "exists": False, "ready": None}
    celery.do("fill", "mails", "note", 2, "countdown=3600")
    celery.do("fill", "mails", "hold", 2)
    celery.do("fill", "mails", "hold", 3, "priority=9")
    depth = measured(redis_facts, "mails", "celery")
    assert some(depth, *STATES, "exists", "type", "consumers") == {
        "ready": 7,
        "in_flight": 0,
        "delayed": 0,
        "dead": None,
        "exists": True,
        "type": "list",
        "consumers": None,
    }
    mails = {"name": "letters", "kind": "celery", "queue": "mails", "dead": "mails:dead", "missing": "empty"}
    with celery.working("work", "mails"):
        wait_for("the worker to hold messages", lambda: redis_server.hlen("unacked") >= 3)
        depth = run(redis_facts, mails).data["queues"][0]
        held = redis_server.hlen("unacked")
        assert depth["in_flight"] + depth["delayed"] == held
        assert depth["ready"] == 7 - held
        assert depth["in_flight"] > 0
        redis_server.set("broken", "no connection")
        redis_server.set("release", 1)
        result = run(redis_facts, mails, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
        # What is to be done later is held by the worker, and is no backlog.
        assert some(result.data["queues"][0], *STATES) == {"ready": 0, "in_flight": 0, "delayed": 2, "dead": 0}
        assert redis_server.llen("processed") == 5
        celery.do("fill", "mails", "tenacious", 1)
        wait_for("a dead letter", lambda: redis_server.llen("mails:dead") == 1)
        assert json.loads(redis_server.lindex("mails:dead", 0))["headers"]["retries"] == 2
        assert run(redis_facts, mails).data["queues"][0]["dead"] == 1
    # A worker that ends puts back what it holds.
    assert some(measured(redis_facts, "mails", "celery"), "ready", "delayed") == {"ready": 2, "delayed": 0}


def test_what_workers_hold_of_other_queues_is_theirs(redis_facts: RedisFacts, redis_server: Client) -> None:
    message: dict[str, Any] = {"headers": {}, "properties": {}}
    held = {
        "by-name": [message, "", "mails"],
        "another": [message, "", "letters"],
        "by-exchange": [message, "post", "air"],
        "elsewhere": [message, "post", "sea"],
        "by-topic": [message, "news", "mails.urgent"],
        "unbound": [message, "gone", "mails"],
        "odd": "nonsense",
    }
    redis_server.hset("unacked", mapping={tag: json.dumps(value) for tag, value in held.items()})
    redis_server.hset("unacked", "odder", b"\xff\xfe not JSON")
    redis_server.sadd("_kombu.binding.mails", "mails\x06\x16\x06\x16mails")
    redis_server.sadd("_kombu.binding.post", "air\x06\x16\x06\x16mails", "sea\x06\x16\x06\x16letters")
    redis_server.sadd("_kombu.binding.news", "mails.#\x06\x16^mails\\..*?$\x06\x16mails")
    depth = measured(redis_facts, "mails", "celery")
    assert some(depth, "exists", "ready", "in_flight", "delayed") == {
        "exists": True,
        "ready": 0,
        "in_flight": 4,
        "delayed": 0,
    }


def test_a_prefix_and_other_steps_of_priority(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.lpush("shop:mails", "a")
    redis_server.lpush("shop:mails:5", "b", "c")
    redis_server.sadd("shop:_kombu.binding.mails", "mails::mails")
    options = {"prefix": "shop:", "priority_steps": [0, 5], "separator": ":"}
    assert measured(redis_facts, "mails", "celery", **options)["ready"] == 3


def test_wrong_options_and_types(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.set("mails", "nonsense")
    result = run(redis_facts, {"name": "mails", "kind": "celery"})
    assert "the key mails holds a string, a list was expected" in result.msg


def test_discovery_lists_celerys_queues(celery: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    celery.do("fill", "mails", "note", 1)
    celery.do("fill", "mails", "note", 1, "priority=9")
    redis_server.lpush("mails:dead", "{}")
    redis_server.lpush("orders", 1)
    redis_server.sadd("_kombu.binding.celery.pidbox", "\x06\x16\x06\x16celery@host.celery.pidbox")
    found = run(redis_facts, discover=True).data["found"]["queues"]
    assert found == [
        {"name": "mails", "kind": "celery", "dead": "mails:dead"},
        {"name": "orders", "kind": "redis_list", "key": "orders"},
    ]
    assert not run(redis_facts, *found).failed
