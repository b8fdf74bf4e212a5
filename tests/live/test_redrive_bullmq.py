# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed jobs of BullMQ: failed by its own worker, redriven, and then processed by its own worker, once each."""

from __future__ import annotations

import json

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .bullmq_help import VERSIONS, BullBroker
from .passing import Options, measured, opened, peeked, redriven, settle_all, two_at_once
from .queue_help import Client, in_redis, some, user_who_may

QUEUE: Options = {"name": "jobs", "kind": "bullmq"}
FAILED = "bull:jobs:failed"
MANY = 60


@pytest.fixture(params=VERSIONS)
def each_bull(request: pytest.FixtureRequest, redis_facts: RedisFacts, redis_server: Client) -> BullBroker:
    """BullMQ on an empty database, in each of its versions."""
    return BullBroker(redis_facts, redis_server, request.param)


@pytest.fixture
def bull(redis_facts: RedisFacts, redis_server: Client) -> BullBroker:
    """BullMQ on an empty database, in its newest version."""
    return BullBroker(redis_facts, redis_server)


@pytest.fixture
def jobs(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, QUEUE)


def test_what_failed_is_processed_once_each(each_bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    each_bull.kill("jobs", MANY)
    assert measured(jobs)["dead"] == MANY
    letters = peeked(jobs)
    assert redis_server.zcard(FAILED) == MANY
    one = next(letter for letter in letters if letter.payload["number"] == 7)
    assert (one.error, one.type) == ("the cause of job 7 is not fixed", "odd")
    assert (one.attempts, one.gone, one.payload["big"]) == (1, "", 12345678901241)
    assert one.failed_at is not None
    assert abs(one.failed_at - redis_server.time()[0]) < 60

    # Workers that wait for something to do must be woken.
    with each_bull.working("jobs", "ok"):
        wait_for("a worker", lambda: measured(jobs)["consumers"] == 1)
        with opened(jobs, account=True) as passing:
            assert (passing.begin(), passing.count()) == (MANY, MANY)
            total = settle_all(passing, most=25)
            assert total.sums == {"moved": MANY}
            assert passing.account() == {"looked": MANY, "moved": MANY, "parked": 0}
            assert passing.still_dead(total.ids) == 0
        each_bull.await_processed(MANY)
    done = each_bull.processed()
    assert sorted(total.ids) == sorted(job for job, *_rest in done) == sorted(letter.id for letter in letters)
    assert [(number, big) for _job, number, _amount, big in done] == [(n, 12345678901234 + n) for n in range(MANY)]
    assert redis_server.zcard("bull:jobs:completed") == MANY
    waiting = [fields for _id, fields in redis_server.xrange("bull:jobs:events")]
    assert sum(str(fields).count("failed") for fields in waiting) >= MANY


def test_a_paused_queue_stays_paused(each_bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    each_bull.kill("jobs", 4)
    each_bull.do("pause", "jobs")
    each_bull.fill("jobs", 2)
    assert redriven(jobs).sums == {"moved": 4}
    assert some(measured(jobs), "ready", "dead", "paused") == {
        "ready": 6,
        "dead": 0,
        "paused": True,
    }
    assert not redis_server.exists("bull:jobs:marker")
    each_bull.do("resume", "jobs")
    each_bull.work_off("jobs", 6)
    assert len({job for job, *_rest in each_bull.processed()}) == len(each_bull.processed()) == 6


def test_jobs_with_priority(each_bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    each_bull.kill("jobs", 3, priority=5)
    assert redriven(jobs).sums == {"moved": 3}
    assert redis_server.zcard("bull:jobs:prioritized") == 3
    each_bull.work_off("jobs", 3)
    assert len({job for job, *_rest in each_bull.processed()}) == 3


@pytest.mark.parametrize(("attempts", "count"), [("keep", 2), ("reset", 0), ("cap", 1)])
def test_the_count_of_attempts(
    bull: BullBroker, jobs: Options, redis_server: Client, attempts: str, count: int
) -> None:
    bull.kill("jobs", 1, attempts=2)
    (letter,) = peeked(jobs)
    assert letter.attempts == 2
    redriven(jobs, attempts=attempts)
    assert int(redis_server.hget(f"bull:jobs:{letter.id}", "atm")) == count
    with bull.working("jobs", "fail"):
        wait_for("a failed job", lambda: redis_server.zcard(FAILED) == 1)
    assert int(redis_server.hget(f"bull:jobs:{letter.id}", "atm")) == max(count + 1, 2)


def test_two_passes_at_once(bull: BullBroker, jobs: Options) -> None:
    bull.kill("jobs", 200)
    assert sum(passed.moved for passed in two_at_once(jobs)) == 200
    bull.work_off("jobs", 200)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(200))


def test_a_job_that_is_gone(bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    bull.kill("jobs", 3)
    first = peeked(jobs)[0].id
    redis_server.delete(f"bull:jobs:{first}")
    letters = peeked(jobs)
    assert [letter.gone for letter in letters] == ["its job is gone", "", ""]
    total = redriven(jobs)
    assert total.sums == {"moved": 2, "its job is gone": 1}
    assert redis_server.zcard(FAILED) == 1
    assert redriven(jobs, lambda _letter: PARK).sums == {"parked": 1}


def test_a_child_goes_back_to_its_parent(each_bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    each_bull.do("flow", "jobs")
    with each_bull.working("jobs", "fail"):
        wait_for("the family to fail", lambda: redis_server.zcard(FAILED) == 2)
    child, parent = sorted(peeked(jobs), key=lambda letter: letter.type or "")
    kept = redriven(jobs, lambda _letter: DROP)
    assert kept.sums == {"part of a flow": 2}
    assert redriven(jobs, lambda letter: MOVE if letter.id == child.id else KEEP).moved == 1
    assert redis_server.scard(f"bull:jobs:{parent.id}:dependencies") == 1
    each_bull.work_off("jobs", 1)
    assert redriven(jobs).moved == 1
    each_bull.work_off("jobs", 2)
    assert [number for _job, number, *_rest in each_bull.processed()] == [1, 2]


def test_taken_out_and_put_back(bull: BullBroker, jobs: Options, redis_server: Client) -> None:
    bull.kill("jobs", 4)
    before = redis_server.zrange(FAILED, 0, -1, withscores=True)
    with opened(jobs) as passing:
        passing.begin()
        letters = passing.take(10)
        hashes = {letter.id: redis_server.hgetall(f"bull:jobs:{letter.id}") for letter in letters}
        records = json.loads(json.dumps([passing.record(letter) for letter in letters]))
        assert passing.settle(letters, [DROP] * 4).dropped == 4
        assert not redis_server.exists(FAILED, *(f"bull:jobs:{one}" for one in hashes))
        assert passing.restore(records, "one") == 4
        assert passing.restore(records, "one") == 0
    assert redis_server.zrange(FAILED, 0, -1, withscores=True) == before
    assert {one: redis_server.hgetall(f"bull:jobs:{one}") for one in hashes} == hashes
    redriven(jobs)
    bull.work_off("jobs", 4)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(4))


def test_keys_of_other_types(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd(FAILED, {"1": 1})
    redis_server.hset("bull:jobs:1", "data", "{}")
    redis_server.set("bull:jobs:wait", 1)
    with pytest.raises(WrongType, match="bull:jobs:wait holds a string, a list is needed"):
        redriven(jobs)
    assert redis_server.zcard(FAILED) == 1


def test_no_dead_letters(jobs: Options, redis_server: Client) -> None:
    redis_server.ping()
    with opened(jobs) as passing:
        assert passing.begin() == 0
        assert list(passing.take(10)) == []
        assert passing.notes() == [f"the key {FAILED} does not exist: there are no dead letters"]


# As docs/queues has it.
PERMISSIONS = [
    "+@read",
    "+time",
    "+select",
    "+eval",
    "+evalsha",
    "+zadd",
    "+zrem",
    "+lpush",
    "+sadd",
    "+hincrby",
    "+hdel",
    "+expire",
    "+hset",
    "+xadd",
    "+incr",
    "+del",
    "~bull:jobs:*",
]


def test_few_permissions_are_enough(jobs: Options, redis_server: Client) -> None:
    for number in range(4):
        redis_server.zadd(FAILED, {str(number): number})
        redis_server.hset(
            f"bull:jobs:{number}", mapping={"data": "{}", "atm": 1, "priority": number, "failedReason": "x"}
        )
    with user_who_may(redis_server, *PERMISSIONS) as login:
        few = {**jobs, **login}
        with opened(few, account=True, count_redrives=True, attempts="cap") as passing:
            passing.begin()
            letters = passing.take(10)
            done = passing.settle(letters, [MOVE, PARK, DROP, KEEP])
    assert (done.moved, done.parked, done.dropped, done.kept) == (1, 1, 1, 1)


def test_whoever_may_not_remove_copies_nothing(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd(FAILED, {"1": 1})
    redis_server.hset("bull:jobs:1", "data", "{}")
    with user_who_may(redis_server, *PERMISSIONS, "-zrem") as login:
        few = {**jobs, **login}
        with pytest.raises(OpsError, match="cannot settle dead letters"):
            redriven(few)
    assert (redis_server.zcard(FAILED), redis_server.exists("bull:jobs:wait")) == (1, 0)
