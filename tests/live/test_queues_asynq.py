# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind asynq: filled by asynq's own client and worked on by its own server, in Go."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .asynq_help import AsynqBroker
from .queue_help import Client, measured, run, some


@pytest.fixture
def asynq(asynq_program: Path, redis_facts: RedisFacts, redis_server: Client) -> AsynqBroker:
    """asynq on an empty database."""
    redis_server.ping()
    return AsynqBroker(asynq_program, redis_facts)


def test_each_state_of_a_task(asynq: AsynqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    asynq.do("enqueue", "default", "hold", 6)
    asynq.do("enqueue", "default", "ok", 2, 3600)
    depth = measured(redis_facts, "default", "asynq")
    assert some(depth, "exists", "ready", "in_flight", "delayed", "dead", "consumers", "paused") == {
        "exists": True,
        "ready": 6,
        "in_flight": 0,
        "delayed": 2,
        "dead": 0,
        "consumers": 0,
        "paused": False,
    }
    assert 0 < depth["oldest_age"] < 60
    with asynq.working("default"):
        wait_for("four tasks to run", lambda: redis_server.llen("asynq:{default}:active") == 4)
        wait_for("the server's sign of life", lambda: bool(redis_server.zcard("asynq:servers")))
        depth = measured(redis_facts, "tasks", "asynq", queue="default", min_consumers=1)
        assert some(depth, "ready", "in_flight", "delayed", "consumers") == {
            "ready": 2,
            "in_flight": 4,
            "delayed": 2,
            "consumers": 1,
        }
        redis_server.set("release", 1)
        tasks = {"name": "tasks", "kind": "asynq", "queue": "default"}
        result = run(redis_facts, tasks, wait="drained", wait_timeout=60)
        assert not result.failed, result.msg
        assert result.data["drained"]
    assert int(redis_server.get("asynq:{default}:processed")) == 6


def test_retried_and_archived_tasks(asynq: AsynqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    asynq.do("enqueue", "low", "fail", 3)
    asynq.do("enqueue", "low", "fail", 2, 0, 5)
    with asynq.working("low"):
        wait_for("failures", lambda: redis_server.zcard("asynq:{low}:retry") == 2)
        wait_for("archived tasks", lambda: redis_server.zcard("asynq:{low}:archived") == 3)
    depth = measured(redis_facts, "low", "asynq")
    assert depth["dead"] == 3
    assert depth["ready"] + depth["delayed"] == 2
    for task in redis_server.zrange("asynq:{low}:retry", 0, -1):
        redis_server.zadd("asynq:{low}:retry", {task: redis_server.time()[0] - 1000})
    due = measured(redis_facts, "low", "asynq")
    assert some(due, "ready", "delayed") == {"ready": 2, "delayed": 0}
    assert due["oldest_age"] >= 1000


def test_a_server_of_another_queue_is_no_consumer(
    asynq: AsynqBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    asynq.do("enqueue", "critical", "ok", 1)
    with asynq.working("low"):
        wait_for("the server's sign of life", lambda: bool(redis_server.zcard("asynq:servers")))
        result = run(redis_facts, {"name": "critical", "kind": "asynq", "min_consumers": 1})
    assert result.data["failures"] == ["critical: consumers is 0, at least 1 expected"]


def test_a_killed_worker_leaves_tasks_in_flight(
    asynq: AsynqBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    asynq.do("enqueue", "default", "hold", 1)
    with asynq.working("default") as server:
        wait_for("the task to run", lambda: redis_server.llen("asynq:{default}:active") == 1)
        server.kill()
        server.wait(60)
    (task,) = redis_server.zrange("asynq:{default}:lease", 0, -1)
    redis_server.zadd("asynq:{default}:lease", {task: redis_server.time()[0] - 1})
    depth = measured(redis_facts, "default", "asynq")
    assert some(depth, "ready", "in_flight") == {"ready": 0, "in_flight": 1}
    assert depth["note"].startswith("the worker of 1 tasks in flight is gone")


def test_a_paused_queue(asynq: AsynqBroker, redis_facts: RedisFacts) -> None:
    asynq.do("enqueue", "default", "ok", 1)
    asynq.do("pause", "default")
    assert measured(redis_facts, "default", "asynq")["paused"] is True
    result = run(redis_facts, {"name": "default", "kind": "asynq"}, wait="drained", wait_timeout=0.3, wait_settle=0.1)
    assert "default: not drained: ready 1, in flight 0, paused, no consumers after " in result.msg
    asynq.do("unpause", "default")
    assert measured(redis_facts, "default", "asynq")["paused"] is False


def test_an_unknown_queue_is_never_empty(asynq: AsynqBroker, redis_facts: RedisFacts) -> None:
    asynq.do("enqueue", "default", "ok", 1)
    depth = measured(redis_facts, "defualt", "asynq")
    assert some(depth, "status", "exists", "ready") == {"status": "missing", "exists": False, "ready": None}
    assert depth["message"].startswith("asynq knows no queue defualt")


def test_discovery_lists_asynqs_queues(asynq: AsynqBroker, redis_facts: RedisFacts) -> None:
    asynq.do("enqueue", "default", "ok", 1)
    asynq.do("enqueue", "low", "ok", 1)
    found = run(redis_facts, discover=True).data["found"]
    assert found["queues"] == [{"name": "default", "kind": "asynq"}, {"name": "low", "kind": "asynq"}]
