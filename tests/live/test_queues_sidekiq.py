# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind sidekiq: filled by Sidekiq's own client, worked on by its own program."""

from __future__ import annotations

import json

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .queue_help import Client, Options, measured, run, some
from .sidekiq_help import SidekiqBroker


@pytest.fixture
def sidekiq(redis_facts: RedisFacts, redis_server: Client) -> SidekiqBroker:
    """Sidekiq on an empty database."""
    return SidekiqBroker(redis_facts, redis_server)


def test_each_state_of_a_job(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.fill("default", 5)
    sidekiq.fill("default", 2, "Mortal", 3600)
    sidekiq.fill("low", 3, "Mortal", 3600)
    depth = measured(redis_facts, "default", "sidekiq")
    assert some(depth, "exists", "ready", "in_flight", "delayed", "dead", "consumers", "paused") == {
        "exists": True,
        "ready": 5,
        "in_flight": 0,
        "delayed": 2,
        "dead": 0,
        "consumers": 0,
        "paused": None,
    }
    assert 0 < depth["oldest_age"] < 60
    jobs: Options = {"name": "jobs", "kind": "sidekiq", "queue": "default", "min_consumers": 1}
    with sidekiq.working("default", "hold", threads=2) as worker:
        wait_for("two jobs in flight", lambda: measured(redis_facts, **jobs)["in_flight"] == 2)
        depth = measured(redis_facts, **jobs)
        assert some(depth, "ready", "in_flight", "delayed", "consumers") == {
            "ready": 3,
            "in_flight": 2,
            "delayed": 2,
            "consumers": 1,
        }
        assert "as of the processes' last beats" in depth["note"]
        assert measured(redis_facts, "low", "sidekiq")["consumers"] == 0
        redis_server.set("release", 1)
        result = run(redis_facts, jobs, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
        assert redis_server.llen("processed") == 5
        worker.send_signal(20)  # SIGTSTP: be quiet
        wait_for("a quiet process", lambda: measured(redis_facts, "default", "sidekiq")["consumers"] == 0)
    assert some(measured(redis_facts, "default", "sidekiq"), "exists", "ready", "consumers") == {
        "exists": True,
        "ready": 0,
        "consumers": 0,
    }


def test_retried_and_dead_jobs(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.fill("default", 2, "Patient")
    sidekiq.fill("default", 3)
    with sidekiq.working("default", "fail"):
        wait_for("failures", lambda: redis_server.zcard("retry") == 2 and redis_server.zcard("dead") == 3)
    depth = measured(redis_facts, "default", "sidekiq")
    assert some(depth, "ready", "delayed", "dead") == {"ready": 0, "delayed": 2, "dead": 3}
    for job in redis_server.zrange("retry", 0, -1):
        redis_server.zadd("retry", {job: redis_server.time()[0] - 1000})
    depth = measured(redis_facts, "default", "sidekiq")
    assert some(depth, "ready", "delayed") == {"ready": 2, "delayed": 0}
    assert depth["oldest_age"] >= 1000
    assert measured(redis_facts, "low", "sidekiq")["status"] == "missing"


def test_very_many_dead_jobs_are_not_read(
    sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    sidekiq.fill("default", 1)
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number)}): number for number in range(5001)})
    depth = measured(redis_facts, "default", "sidekiq")
    assert some(depth, "ready", "delayed", "dead") == {"ready": 1, "delayed": 0, "dead": None}
    assert "more than 5000 jobs of all queues are in dead" in depth["note"]


def test_an_unknown_queue_is_never_empty(sidekiq: SidekiqBroker, redis_facts: RedisFacts) -> None:
    sidekiq.fill("default", 1)
    depth = measured(redis_facts, "defualt", "sidekiq")
    assert some(depth, "status", "exists", "ready") == {"status": "missing", "exists": False, "ready": None}
    assert depth["message"].startswith("Sidekiq knows no queue defualt")


def test_keys_in_a_namespace(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.sadd("shop:queues", "default")
    redis_server.lpush("shop:queue:default", json.dumps({"queue": "default", "enqueued_at": redis_server.time()[0]}))
    depth = measured(redis_facts, "default", "sidekiq", namespace="shop")
    assert some(depth, "exists", "ready") == {"exists": True, "ready": 1}
