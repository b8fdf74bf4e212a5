# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that are sent before the one in front was answered: each letter is looked at once, also where some are left."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, begun, swept
from .queue_help import in_redis, user_who_may

_COUNT = 3000
_MANY = 100_000  # as many at once as the pass wants


def sorted_set(server: redis.Redis) -> Options:
    """Have members of few scores, of which each tenth is in the queue already."""
    server.zadd("jobs:dead", {f"job-{number:04d}": 1000 + number // 100 for number in range(_COUNT)})
    server.zadd("jobs", {f"job-{number:04d}": 5 for number in range(0, _COUNT, 10)})
    return {"name": "jobs", "kind": "redis_sorted_set", "dead": "jobs:dead"}


def asynq(server: redis.Redis) -> Options:
    """Have archived tasks, of which each tenth has a hash that says that it is active."""
    server.sadd("asynq:queues", "mails")
    for number in range(_COUNT):
        state = "active" if number % 10 == 0 else "archived"
        server.hset(f"asynq:{{mails}}:t:{number}", mapping={"msg": "x", "state": state})
        server.zadd("asynq:{mails}:archived", {str(number): 1000 + number // 100})
    return {"name": "mails", "kind": "asynq"}


def stream(server: redis.Redis) -> Options:
    """Have entries."""
    for number in range(_COUNT):
        server.xadd("events:dead", {"data": number})
    server.xgroup_create("events", "workers", mkstream=True)
    return {"name": "events", "kind": "redis_stream", "dead": "events:dead", "group": "workers"}


KINDS = {"asynq": (asynq, _COUNT // 10), "sorted set": (sorted_set, _COUNT // 10), "stream": (stream, 0)}


@pytest.fixture(params=KINDS)
def filled(request: pytest.FixtureRequest, redis_server: redis.Redis, redis_facts: RedisFacts) -> tuple[Options, int]:
    """A queue with dead letters, and how many of them cannot be moved."""
    fill, stay = KINDS[request.param]
    return in_redis(redis_facts, fill(redis_server)), stay


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_each_letter_is_looked_at_once(filled: tuple[Options, int], order: str) -> None:
    queue, stay = filled
    passed = swept(queue, _MANY, order=order)
    assert (passed.moved, sum(passed.skipped.values())) == (_COUNT - stay, stay)
    assert len(passed.batches) < _COUNT / 4  # of several letters each, of fewer where the machine is busy
    with begun(queue) as letters:
        assert letters.count() == stay


def test_a_limit_holds(filled: tuple[Options, int]) -> None:
    queue, _stay = filled
    with begun(queue) as letters:
        looked = 0
        while looked < 1000:
            done = letters.sweep(1000 - looked)
            looked += done.moved + sum(done.skipped.values())
    assert looked == 1000


def test_what_is_ahead_does_nothing_where_no_note_may_be_written(
    filled: tuple[Options, int], redis_server: redis.Redis
) -> None:
    queue, stay = filled
    with user_who_may(redis_server, "~*", "+@all", "-set") as login:
        passed = swept({**queue, **login}, _MANY)
    assert (passed.moved, sum(passed.skipped.values())) == (_COUNT - stay, stay)


def test_a_server_that_forgot_its_scripts_is_told_them_again(
    filled: tuple[Options, int], redis_server: redis.Redis
) -> None:
    queue, stay = filled
    with begun(queue) as letters:
        passed: list[Any] = [letters.sweep(_MANY)]
        redis_server.script_flush()
        while (done := letters.sweep(_MANY)).moved or done.skipped:
            passed.append(done)
    assert sum(done.moved for done in passed) == _COUNT - stay
