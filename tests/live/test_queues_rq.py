# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind rq: filled by rq's own client, worked on by rq's own worker."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .python_broker import PythonBroker
from .queue_help import Client, measured, run, some

STATES = ("ready", "in_flight", "delayed", "dead", "consumers")


@pytest.fixture
def rq(redis_facts: RedisFacts, redis_server: Client) -> PythonBroker:
    """rq on an empty database."""
    redis_server.ping()
    return PythonBroker("rq", redis_facts)


def test_each_state_of_a_job(rq: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    rq.do("fill", "mails", "hold", 3)
    rq.do("schedule", "mails", "note", 2, 3600)
    depth = measured(redis_facts, "mails", "rq")
    assert some(depth, *STATES, "exists", "paused", "type") == {
        "ready": 3,
        "in_flight": 0,
        "delayed": 2,
        "dead": 0,
        "consumers": 0,
        "exists": True,
        "paused": False,
        "type": "rq",
    }
    assert 0 < depth["oldest_age"] < 60
    with rq.working("work", "mails"):
        wait_for("a job to run", lambda: bool(redis_server.zcard("rq:wip:mails")))
        depth = measured(redis_facts, "letters", "rq", queue="mails", min_consumers=1)
        assert some(depth, *STATES) == {"ready": 2, "in_flight": 1, "delayed": 2, "dead": 0, "consumers": 1}
        assert "a worker's sign of life may outlive it by" in depth["note"]
        redis_server.set("release", 1)
        mails = {"name": "mails", "kind": "rq"}
        result = run(redis_facts, mails, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
    assert redis_server.llen("processed") == 3
    depth = measured(redis_facts, "mails", "rq")
    assert some(depth, *STATES) == {"ready": 0, "in_flight": 0, "delayed": 2, "dead": 0, "consumers": 0}
    assert depth["oldest_age"] == 0.0


def test_failed_jobs_are_dead(rq: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.set("broken", "no connection")
    rq.do("fill", "mails", "note", 4)
    rq.do("work", "mails", "burst")
    depth = measured(redis_facts, "mails", "rq")
    assert some(depth, *STATES) == {"ready": 0, "in_flight": 0, "delayed": 0, "dead": 4, "consumers": 0}


def test_a_scheduled_job_that_is_due_is_ready(rq: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    rq.do("schedule", "mails", "note", 2, 3600)
    (first, _second) = redis_server.zrange("rq:scheduled:mails", 0, -1)
    redis_server.zadd("rq:scheduled:mails", {first: redis_server.time()[0] - 500})
    depth = measured(redis_facts, "mails", "rq")
    assert some(depth, "ready", "delayed") == {"ready": 1, "delayed": 1}
    assert 500 <= depth["oldest_age"] < 560


def test_a_killed_worker_leaves_its_job_in_flight(
    rq: PythonBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    rq.do("fill", "mails", "hold", 1)
    with rq.working("work", "mails") as worker:
        # the worker notes the job before it forks, so the job itself says that it runs
        wait_for("the job to run", lambda: bool(redis_server.exists("holding")))
        worker.kill()
        worker.wait(60)
    redis_server.set("release", 1)  # for the process that the worker had forked
    wait_for("the end of that", lambda: bool(redis_server.llen("processed")))
    (job,) = redis_server.zrange("rq:wip:mails", 0, -1) or [b"job:execution"]
    redis_server.zadd("rq:wip:mails", {job: redis_server.time()[0] - 1})
    depth = measured(redis_facts, "mails", "rq")
    assert some(depth, "ready", "in_flight") == {"ready": 0, "in_flight": 1}
    assert depth["note"].startswith("the worker of 1 jobs in flight is gone")


def test_suspended_workers(rq: PythonBroker, redis_facts: RedisFacts) -> None:
    rq.do("fill", "mails", "note", 1)
    rq.do("suspend")
    assert measured(redis_facts, "mails", "rq")["paused"] is True
    rq.do("resume")
    assert measured(redis_facts, "mails", "rq")["paused"] is False


def test_an_unknown_queue_is_never_empty(rq: PythonBroker, redis_facts: RedisFacts) -> None:
    rq.do("fill", "mails", "note", 1)
    depth = measured(redis_facts, "mals", "rq")
    assert some(depth, "status", "exists", "ready") == {"status": "missing", "exists": False, "ready": None}
    assert depth["message"].startswith("rq knows no queue mals")


def test_a_job_that_is_on_its_way_is_in_flight(rq: PythonBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    rq.do("fill", "mails", "note", 3)
    job = redis_server.lmove("rq:queue:mails", "rq:queue:mails:intermediate")
    assert some(measured(redis_facts, "mails", "rq"), "ready", "in_flight") == {"ready": 2, "in_flight": 1}
    redis_server.zadd("rq:executions:" + job.decode(), {"one": 1})
    redis_server.zadd("rq:wip:mails", {job + b":one": redis_server.time()[0] + 60})
    assert some(measured(redis_facts, "mails", "rq"), "ready", "in_flight") == {"ready": 2, "in_flight": 1}


def test_discovery_lists_rqs_queues(rq: PythonBroker, redis_facts: RedisFacts) -> None:
    rq.do("fill", "mails", "note", 1)
    rq.do("fill", "letters", "note", 1)
    found = run(redis_facts, discover=True).data["found"]["queues"]
    assert found == [{"name": "letters", "kind": "rq"}, {"name": "mails", "kind": "rq"}]
    assert not run(redis_facts, *found).failed
