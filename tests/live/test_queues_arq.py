# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind arq: filled by arq's own client, worked on by arq's own worker."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import arq
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from arq.connections import ArqRedis, RedisSettings

from .queue_help import Client, measured, run, some

RELEASE = "release"


async def hold(ctx: dict[Any, Any], *_arguments: Any, **_named: Any) -> None:
    """Last until the test lets go."""
    while not await ctx["redis"].exists(RELEASE):
        await asyncio.sleep(0.01)


def settings(facts: RedisFacts) -> RedisSettings:
    """Return arq's way to database 9."""
    return RedisSettings(
        host=facts["host"], port=facts["port"], database=9, username=facts["user"], password=facts["password"]
    )


def enqueue(facts: RedisFacts, count: int, **how: Any) -> None:
    """Put jobs into the queue with arq's client."""

    async def put() -> None:
        pool: ArqRedis = await arq.create_pool(settings(facts))
        for _number in range(count):
            assert await pool.enqueue_job("hold", **how)
        await pool.aclose()

    asyncio.run(put())


@contextmanager
def working(facts: RedisFacts, max_jobs: int, **how: Any) -> Iterator[None]:
    """Have a worker of arq at work."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = arq.Worker(
        functions=[hold],
        redis_settings=settings(facts),
        max_jobs=max_jobs,
        poll_delay=0.02,
        handle_signals=False,
        **how,
    )

    def work() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(worker.async_run())
        except asyncio.CancelledError:
            loop.run_until_complete(worker.close())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(lambda: worker.main_task and worker.main_task.cancel())
        thread.join()
        loop.close()


def test_waiting_running_and_delayed_jobs(redis_facts: RedisFacts, redis_server: Client) -> None:
    enqueue(redis_facts, 5)
    enqueue(redis_facts, 2, _defer_by=3600)
    without = measured(redis_facts, "jobs", "arq")
    assert some(without, "ready", "in_flight", "delayed", "consumers") == {
        "ready": 5,
        "in_flight": 0,
        "delayed": 2,
        "consumers": 0,
    }
    redis_server.set("arq:in-progress:of-another-queue", 1)
    with working(redis_facts, max_jobs=3):
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


def test_a_worker_proves_an_empty_queue(redis_facts: RedisFacts, redis_server: Client) -> None:
    before = measured(redis_facts, "jobs", "arq")
    assert some(before, "status", "ready", "consumers") == {"status": "missing", "ready": None, "consumers": 0}
    with working(redis_facts, max_jobs=1):
        wait_for("a sign of life", lambda: bool(redis_server.exists("arq:queue:health-check")))
        with_worker = measured(redis_facts, "jobs", "arq")
    assert some(with_worker, "status", "exists", "ready", "consumers") == {
        "status": "ok",
        "exists": True,
        "ready": 0,
        "consumers": 1,
    }
    assert measured(redis_facts, "jobs", "arq", missing="empty")["ready"] == 0


def test_a_queue_of_another_name(redis_facts: RedisFacts, redis_server: Client) -> None:
    enqueue(redis_facts, 2, _queue_name="arq:mails")
    redis_server.set(RELEASE, 1)
    assert measured(redis_facts, "mails", "arq", key="arq:mails")["ready"] == 2
    with working(redis_facts, max_jobs=2, queue_name="arq:mails"):
        mails = {"name": "mails", "kind": "arq", "key": "arq:mails"}
        assert not run(redis_facts, mails, wait="drained", wait_timeout=30, wait_settle=0.1).failed
