# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""arq on database 9 of the lab's Redis: its own client and its own worker, in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import arq
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from arq.connections import ArqRedis, RedisSettings
from arq.constants import job_key_prefix
from arq.utils import timestamp_ms

RELEASE = "release"
DEAD = "arq:dead"


async def hold(ctx: dict[Any, Any], *_arguments: Any, **_named: Any) -> None:
    """Last until the test lets go."""
    while not await ctx["redis"].exists(RELEASE):
        await asyncio.sleep(0.01)


async def order(ctx: dict[Any, Any], number: int) -> None:
    """Fail while the key `broken` exists; keep the body of what fails for good."""
    try:
        if await ctx["redis"].exists("broken"):
            raise RuntimeError("no connection")
    except RuntimeError:
        ctx["dead_body"] = await ctx["redis"].get(job_key_prefix + ctx["job_id"])
        raise
    await ctx["redis"].rpush("processed", number)


async def keep_dead(ctx: dict[Any, Any]) -> None:
    """Keep a job that has failed for good; arq has removed its body by now."""
    body = ctx.pop("dead_body", None)
    if body:
        async with ctx["redis"].pipeline(transaction=True) as both:
            both.set(job_key_prefix + ctx["job_id"], body)
            both.zadd(DEAD, {ctx["job_id"]: timestamp_ms()})
            await both.execute()


def settings(facts: RedisFacts) -> RedisSettings:
    """Return arq's way to database 9."""
    return RedisSettings(
        host=facts["host"], port=facts["port"], database=9, username=facts["user"], password=facts["password"]
    )


class ArqBroker:
    """Enqueues and works. `processed` is what its workers have done."""

    def __init__(self, facts: RedisFacts) -> None:
        self._settings = settings(facts)

    def hold(self, count: int, **how: Any) -> None:
        """Put in jobs that last until the key `release` is there."""
        self._enqueue([((), how)] * count, "hold")

    def order(self, count: int) -> None:
        """Put in jobs that fail while the key `broken` is there: order-0, order-1, ..."""
        self._enqueue([((number,), {"_job_id": f"order-{number}"}) for number in range(count)], "order")

    def _enqueue(self, calls: list[tuple[tuple[Any, ...], dict[str, Any]]], function: str) -> None:
        async def put() -> None:
            pool: ArqRedis = await arq.create_pool(self._settings)
            for arguments, named in calls:
                assert await pool.enqueue_job(function, *arguments, **named)
            await pool.aclose()

        asyncio.run(put())

    def _worker(self, **how: Any) -> arq.Worker:
        given = {"functions": [hold, order], "poll_delay": 0.02, "handle_signals": False, "after_job_end": keep_dead}
        return arq.Worker(redis_settings=self._settings, **{**given, **how})

    def burst(self) -> None:
        """Have a worker work until nothing is left."""

        async def work() -> None:
            worker = self._worker(burst=True, keep_result=0)
            await worker.async_run()
            await worker.close()

        asyncio.run(work())

    @contextmanager
    def working(self, **how: Any) -> Iterator[None]:
        """Have a worker at work."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        worker = self._worker(**how)

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
