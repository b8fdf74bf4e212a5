# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind bullmq: filled by BullMQ's own client, worked on by its own worker."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .bullmq_help import VERSIONS, BullBroker
from .queue_help import Client, measured, run, some


@pytest.fixture(params=VERSIONS)
def bull(request: pytest.FixtureRequest, redis_facts: RedisFacts, redis_server: Client) -> BullBroker:
    """BullMQ on an empty database, in each of its versions."""
    return BullBroker(redis_facts, redis_server, request.param)


def test_each_state_of_a_job(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.fill("jobs", 5)
    bull.fill("jobs", 2, delay=3600_000)
    bull.fill("jobs", 1, priority=3)
    depth = measured(redis_facts, "jobs", "bullmq")
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
    with bull.working("jobs", "hold", 2) as worker:
        wait_for("two jobs in flight", lambda: redis_server.llen("bull:jobs:active") == 2)
        depth = measured(redis_facts, "mine", "bullmq", queue="jobs", min_consumers=1)
        assert some(depth, "ready", "in_flight", "delayed", "consumers") == {
            "ready": 4,
            "in_flight": 2,
            "delayed": 2,
            "consumers": 1,
        }
        assert depth["note"] == ""
        redis_server.set("release", 1)
        jobs = {"name": "jobs", "kind": "bullmq"}
        result = run(redis_facts, jobs, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
        redis_server.delete("release")
        bull.fill("jobs", 1)
        wait_for("a job in flight", lambda: redis_server.llen("bull:jobs:active") == 1)
        worker.kill()
        worker.wait(60)
    (job,) = redis_server.lrange("bull:jobs:active", 0, -1)
    redis_server.delete(f"bull:jobs:{job.decode() if isinstance(job, bytes) else job}:lock")
    depth = measured(redis_facts, "jobs", "bullmq")
    assert some(depth, "ready", "in_flight", "consumers") == {"ready": 0, "in_flight": 1, "consumers": 0}
    assert depth["note"].startswith("the worker of 1 jobs in flight is gone")


def test_failed_paused_and_due_jobs(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 3)
    bull.do("pause", "jobs")
    bull.fill("jobs", 2)
    bull.fill("jobs", 1, delay=3600_000)
    depth = measured(redis_facts, "jobs", "bullmq")
    assert some(depth, "ready", "delayed", "dead", "paused") == {"ready": 2, "delayed": 1, "dead": 3, "paused": True}
    for job in redis_server.zrange("bull:jobs:delayed", 0, -1):
        redis_server.zadd("bull:jobs:delayed", {job: (redis_server.time()[0] - 1000) * 1000 * 4096})
    depth = measured(redis_facts, "jobs", "bullmq")
    assert some(depth, "ready", "delayed") == {"ready": 3, "delayed": 0}
    assert depth["oldest_age"] >= 1000
    bull.do("resume", "jobs")
    assert measured(redis_facts, "jobs", "bullmq")["paused"] is False


def test_a_parent_that_waits_for_its_child(redis_facts: RedisFacts, redis_server: Client) -> None:
    bull = BullBroker(redis_facts, redis_server)
    bull.do("flow", "jobs")
    assert some(measured(redis_facts, "jobs", "bullmq"), "ready", "delayed") == {"ready": 1, "delayed": 1}


def test_consumers_are_unknown_to_who_may_not_ask(redis_facts: RedisFacts, redis_server: Client) -> None:
    BullBroker(redis_facts, redis_server).fill("jobs", 1)
    with connect(redis_facts, db=9) as administrator:
        administrator.execute_command(
            "ACL", "SETUSER", "reader", "on", ">reader", "+@read", "+time", "+select", "~bull:*"
        )
        try:
            depth = measured(redis_facts, "jobs", "bullmq", login_user="reader", login_password="reader")
        finally:
            administrator.execute_command("ACL", "DELUSER", "reader")
    assert some(depth, "status", "ready", "consumers") == {"status": "ok", "ready": 1, "consumers": None}


def test_an_unknown_queue_is_never_empty(redis_facts: RedisFacts, redis_server: Client) -> None:
    BullBroker(redis_facts, redis_server).fill("jobs", 1)
    depth = measured(redis_facts, "jbos", "bullmq")
    assert some(depth, "status", "exists", "ready") == {"status": "missing", "exists": False, "ready": None}
    assert depth["message"].startswith("there is no BullMQ queue bull:jbos")
