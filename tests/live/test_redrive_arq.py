# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed jobs of arq, kept as docs/queues/arq.md shows it, redriven, and then done by arq's own worker, once each."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import arq
import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from arq.connections import ArqRedis, RedisSettings
from arq.constants import job_key_prefix
from arq.utils import timestamp_ms

from .queue_help import Client, Options, measured, some
from .redrive_help import passing, peeked, reprocess, settle_all, some_of

JOBS: Options = {"name": "jobs", "kind": "arq", "dead": "arq:dead", "missing": "empty"}
NUMBER = 30


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
            both.zadd("arq:dead", {ctx["job_id"]: timestamp_ms()})
            await both.execute()


def settings(facts: RedisFacts) -> RedisSettings:
    """Return arq's way to database 9."""
    return RedisSettings(
        host=facts["host"], port=facts["port"], database=9, username=facts["user"], password=facts["password"]
    )


def enqueue(facts: RedisFacts, count: int) -> None:
    """Put jobs into the queue with arq's client."""

    async def put() -> None:
        pool: ArqRedis = await arq.create_pool(settings(facts))
        for number in range(count):
            assert await pool.enqueue_job("order", number, _job_id=f"order-{number}")
        await pool.aclose()

    asyncio.run(put())


def work(facts: RedisFacts) -> None:
    """Let arq's worker work until nothing is left."""

    async def burst() -> None:
        worker = arq.Worker(
            functions=[order],
            redis_settings=settings(facts),
            burst=True,
            poll_delay=0.02,
            handle_signals=False,
            keep_result=0,
            after_job_end=keep_dead,
        )
        await worker.async_run()
        await worker.close()

    asyncio.run(burst())


@pytest.fixture
def failed(redis_facts: RedisFacts, redis_server: Client) -> Client:
    """Jobs that arq's worker has failed, the cause mended; an administrator's client."""
    redis_server.set("broken", 1)
    enqueue(redis_facts, NUMBER)
    work(redis_facts)
    redis_server.delete("broken")
    assert (redis_server.zcard("arq:queue"), redis_server.zcard("arq:dead")) == (0, NUMBER)
    return redis_server


def processed(server: Client) -> list[int]:
    """Return the numbers of the jobs that were done."""
    return sorted(int(number) for number in server.lrange("processed", 0, -1))


def test_all_jobs_are_redriven_and_done_once(failed: Client, redis_facts: RedisFacts) -> None:
    assert measured(redis_facts, **JOBS)["dead"] == NUMBER
    letters = peeked(redis_facts, JOBS)
    assert {letter.id for letter in letters} == {f"order-{number}" for number in range(NUMBER)}
    assert all(0 <= failed.time()[0] + 1 - (letter.failed_at or 0) < 60 for letter in letters)
    assert reprocess(redis_facts, JOBS, check_mode=True).data["plan"]["move"] == NUMBER
    result = reprocess(redis_facts, JOBS)
    assert some_of(result, "moved", "left", "stop_reason") == {"moved": NUMBER, "left": 0, "stop_reason": "end"}
    assert some(measured(redis_facts, **JOBS), "ready", "dead") == {"ready": NUMBER, "dead": 0}
    work(redis_facts)
    assert processed(failed) == list(range(NUMBER))
    assert not reprocess(redis_facts, JOBS).changed


def test_jobs_that_die_again(failed: Client, redis_facts: RedisFacts) -> None:
    failed.set("broken", 1)
    with passing(redis_facts, JOBS) as letters:
        first = letters.take(10)
        assert letters.settle(first, [MOVE] * 10).moved == 10
        assert letters.still_dead([letter.id for letter in first]) == 0
        work(redis_facts)
        assert letters.still_dead([letter.id for letter in first]) == 10
        assert settle_all(letters) == {"moved": NUMBER - 10}


def test_jobs_whose_body_is_gone_stay(failed: Client, redis_facts: RedisFacts) -> None:
    failed.delete("arq:job:order-3", "arq:job:order-4")
    result = reprocess(redis_facts, JOBS)
    assert some_of(result, "moved", "skipped_for") == {"moved": NUMBER - 2, "skipped_for": {"its payload is gone": 2}}
    parked = reprocess(redis_facts, JOBS, park=True)
    assert some_of(parked, "parked", "left") == {"parked": 2, "left": 0}


def test_each_verdict(failed: Client, redis_facts: RedisFacts) -> None:
    order_of = [letter.id for letter in peeked(redis_facts, JOBS)]
    verdicts = {one: (MOVE, PARK, DROP, KEEP)[number % 4] for number, one in enumerate(order_of)}
    with passing(redis_facts, JOBS) as letters:
        assert settle_all(letters, lambda letter: verdicts[letter.id]) == {
            "moved": 8,
            "parked": 8,
            "dropped": 7,
            "kept": 7,
        }
    bodies = {one: bool(failed.exists(f"arq:job:{one}")) for one in order_of}
    assert bodies == {one: verdict != DROP for one, verdict in verdicts.items()}
    assert reprocess(redis_facts, {**JOBS, "dead": "arq:dead:parked"}).data["moved"] == 8
    work(redis_facts)
    assert len(processed(failed)) == 16


def test_taken_out_and_put_back(failed: Client, redis_facts: RedisFacts) -> None:
    before = failed.zrange("arq:dead", 0, -1, withscores=True)
    with passing(redis_facts, JOBS, dry=True) as letters:
        records = json.loads(json.dumps([letters.record(letter) for letter in letters.take(NUMBER)]))
    with passing(redis_facts, JOBS) as letters:
        assert settle_all(letters, lambda _letter: DROP) == {"dropped": NUMBER}
        assert failed.keys("arq:job:*") == []
        assert letters.restore(records, "batch:1") == NUMBER
        assert letters.restore(records, "batch:1") == 0
        with pytest.raises(InputError, match="not one of arq"):
            letters.restore([{"id": "x", "score": "1", "body": "e30="}], "batch:2")
    assert failed.zrange("arq:dead", 0, -1, withscores=True) == before
    assert reprocess(redis_facts, JOBS).data["moved"] == NUMBER
    work(redis_facts)
    assert processed(failed) == list(range(NUMBER))


def test_what_cannot_be(failed: Client, redis_facts: RedisFacts) -> None:
    with pytest.raises(InputError, match="arq forgets jobs that fail, and the queue jobs does not say where"):
        reprocess(redis_facts, {**JOBS, "dead": None})
    failed.rpush("a list", "x")
    with pytest.raises(WrongType, match="the key a list holds a list, a zset was expected"):
        reprocess(redis_facts, {**JOBS, "dead": "a list"})
