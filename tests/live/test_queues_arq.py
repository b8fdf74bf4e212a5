# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind arq: filled by arq's own client, worked on by arq's own worker."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .arq_help import RELEASE, ArqBroker
from .queue_help import Client, measured, run, some


@pytest.fixture
def broker(redis_facts: RedisFacts, redis_server: Client) -> ArqBroker:
    """arq on an empty database."""
    redis_server.ping()
    return ArqBroker(redis_facts)


def test_waiting_running_and_delayed_jobs(broker: ArqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    broker.hold(5)
    broker.hold(2, _defer_by=3600)
    without = measured(redis_facts, "jobs", "arq")
    assert some(without, "ready", "in_flight", "delayed", "consumers") == {
        "ready": 5,
        "in_flight": 0,
        "delayed": 2,
        "consumers": 0,
    }
    redis_server.set("arq:in-progress:of-another-queue", 1)
    with broker.working(max_jobs=3):
        wait_for("three jobs to run", lambda: len(redis_server.keys("arq:in-progress:*")) == 4)
        depth = measured(redis_facts, "jobs", "arq", min_consumers=1)
        assert some(depth, "ready", "in_flight", "delayed", "consumers", "dead") == {
            "ready": 2,
            "in_flight": 3,
            "delayed": 2,
            "consumers": 1,
            "dead": None,
        }
        assert "one sign of life" in depth["note"]
        assert 0 <= depth["oldest_age"] < 60
        redis_server.set(RELEASE, 1)
        result = run(redis_facts, {"name": "jobs", "kind": "arq"}, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
        assert some(result.data["queues"][0], "ready", "in_flight", "delayed") == {
            "ready": 0,
            "in_flight": 0,
            "delayed": 2,
        }
    assert len(redis_server.keys("arq:result:*")) == 5


def test_a_worker_proves_an_empty_queue(broker: ArqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    before = measured(redis_facts, "jobs", "arq")
    assert some(before, "status", "ready", "consumers") == {"status": "missing", "ready": None, "consumers": 0}
    with broker.working(max_jobs=1):
        wait_for("a sign of life", lambda: bool(redis_server.exists("arq:queue:health-check")))
        with_worker = measured(redis_facts, "jobs", "arq")
    assert some(with_worker, "status", "exists", "ready", "consumers") == {
        "status": "ok",
        "exists": True,
        "ready": 0,
        "consumers": 1,
    }
    assert measured(redis_facts, "jobs", "arq", missing="empty")["ready"] == 0


def test_a_queue_of_another_name(broker: ArqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    broker.hold(2, _queue_name="arq:mails")
    redis_server.set(RELEASE, 1)
    assert measured(redis_facts, "mails", "arq", key="arq:mails")["ready"] == 2
    with broker.working(max_jobs=2, queue_name="arq:mails"):
        mails = {"name": "mails", "kind": "arq", "key": "arq:mails"}
        assert not run(redis_facts, mails, wait="drained", wait_timeout=30, wait_settle=0.1).failed
