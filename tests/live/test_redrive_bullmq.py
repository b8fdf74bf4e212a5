# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed jobs of BullMQ: failed by its own worker, redriven, and then processed by its own worker, once each."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .bullmq_help import VERSIONS, BullBroker
from .letters_help import Total, dead_letters, peek, redrive, settle_all
from .queue_help import Client, measured, some
from .redrive_help import reprocess, some_of

QUEUE = {"name": "jobs", "kind": "bullmq"}
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


def test_what_failed_is_processed_once_each(
    each_bull: BullBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    each_bull.kill("jobs", MANY)
    assert measured(redis_facts, "jobs", "bullmq")["dead"] == MANY
    letters = peek(redis_facts, QUEUE)
    assert redis_server.zcard(FAILED) == MANY
    one = next(letter for letter in letters if letter.payload["number"] == 7)
    assert (one.error, one.type) == ("the cause of job 7 is not fixed", "odd")
    assert (one.attempts, one.gone, one.payload["big"]) == (1, "", 12345678901241)
    assert one.failed_at is not None
    assert abs(one.failed_at - redis_server.time()[0]) < 60

    # Workers that wait for something to do must be woken.
    with each_bull.working("jobs", "ok"):
        wait_for("a worker", lambda: measured(redis_facts, "jobs", "bullmq")["consumers"] == 1)
        with dead_letters(redis_facts, QUEUE, account=True) as passing:
            assert (passing.begin(), passing.count()) == (MANY, MANY)
            total = settle_all(passing, most=25)
            assert total.numbers() == {"moved": MANY}
            assert passing.account() == {"looked": MANY, "moved": MANY, "parked": 0}
            assert passing.still_dead(total.ids) == 0
        each_bull.await_processed(MANY)
    done = each_bull.processed()
    assert sorted(total.ids) == sorted(job for job, *_rest in done) == sorted(letter.id for letter in letters)
    assert [(number, big) for _job, number, _amount, big in done] == [(n, 12345678901234 + n) for n in range(MANY)]
    assert redis_server.zcard("bull:jobs:completed") == MANY
    waiting = [fields for _id, fields in redis_server.xrange("bull:jobs:events")]
    assert sum(str(fields).count("failed") for fields in waiting) >= MANY


def test_a_paused_queue_stays_paused(each_bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    each_bull.kill("jobs", 4)
    each_bull.do("pause", "jobs")
    each_bull.fill("jobs", 2)
    assert redrive(redis_facts, QUEUE).numbers() == {"moved": 4}
    assert some(measured(redis_facts, "jobs", "bullmq"), "ready", "dead", "paused") == {
        "ready": 6,
        "dead": 0,
        "paused": True,
    }
    assert not redis_server.exists("bull:jobs:marker")
    each_bull.do("resume", "jobs")
    each_bull.work_off("jobs", 6)
    assert len({job for job, *_rest in each_bull.processed()}) == len(each_bull.processed()) == 6


def test_jobs_with_priority(each_bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    each_bull.kill("jobs", 3, priority=5)
    assert redrive(redis_facts, QUEUE).numbers() == {"moved": 3}
    assert redis_server.zcard("bull:jobs:prioritized") == 3
    each_bull.work_off("jobs", 3)
    assert len({job for job, *_rest in each_bull.processed()}) == 3


@pytest.mark.parametrize(("attempts", "count"), [("keep", 2), ("reset", 0), ("cap", 1)])
def test_the_count_of_attempts(
    bull: BullBroker, redis_facts: RedisFacts, redis_server: Client, attempts: str, count: int
) -> None:
    bull.kill("jobs", 1, attempts=2)
    (letter,) = peek(redis_facts, QUEUE)
    assert letter.attempts == 2
    redrive(redis_facts, QUEUE, attempts=attempts)
    assert int(redis_server.hget(f"bull:jobs:{letter.id}", "atm")) == count
    with bull.working("jobs", "fail"):
        wait_for("a failed job", lambda: redis_server.zcard(FAILED) == 1)
    assert int(redis_server.hget(f"bull:jobs:{letter.id}", "atm")) == max(count + 1, 2)


def test_a_cause_that_is_not_fixed_shows(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 3)
    with dead_letters(redis_facts, QUEUE, count_redrives=True) as passing:
        passing.begin()
        total = settle_all(passing)
        with bull.working("jobs", "fail"):
            wait_for("failed jobs", lambda: redis_server.zcard(FAILED) == 3)
        assert passing.still_dead(total.ids) == 3
        assert list(passing.take(10)) == []
    assert {letter.redrives for letter in peek(redis_facts, QUEUE, count_redrives=True)} == {1}


def test_the_canary_of_a_run(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 30)
    with bull.working("jobs", "fail"):
        result = reprocess(redis_facts, QUEUE, canary=5)
        assert some_of(result, "moved", "stop_reason") == {"moved": 5, "stop_reason": "canary"}
        wait_for("the canary to die again", lambda: redis_server.zcard(FAILED) == 30)
    with bull.working("jobs", "ok"):
        result = reprocess(redis_facts, QUEUE, canary=5, require_consumers=1, filter={"error": "is not fixed"})
        assert some_of(result, "moved", "stop_reason") == {"moved": 30, "stop_reason": "end"}
        wait_for("all jobs", lambda: redis_server.llen("processed") == 30)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(30))


def test_each_verdict(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 40)
    verdicts = (MOVE, PARK, DROP, KEEP)
    total = redrive(redis_facts, QUEUE, lambda letter: verdicts[letter.payload["number"] % 4], order="newest")
    assert total.numbers() == {"moved": 10, "parked": 10, "dropped": 10, "kept": 10}
    times = [letter.failed_at or 0.0 for letter in total.letters]
    assert times == sorted(times, reverse=True)
    assert redis_server.zcard(f"{FAILED}:parked") == 10
    assert {letter.payload["number"] % 4 for letter in peek(redis_facts, QUEUE)} == {3}
    assert sum(bool(redis_server.exists(f"bull:jobs:{one}")) for one in total.ids) == 30
    bull.work_off("jobs", 10)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(0, 40, 4))


def test_two_passes_at_once(bull: BullBroker, redis_facts: RedisFacts) -> None:
    bull.kill("jobs", 200)
    totals: list[Total] = []
    threads = [threading.Thread(target=lambda: totals.append(redrive(redis_facts, QUEUE))) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(total.moved for total in totals) == 200
    bull.work_off("jobs", 200)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(200))


def test_a_job_that_is_gone(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 3)
    first = peek(redis_facts, QUEUE)[0].id
    redis_server.delete(f"bull:jobs:{first}")
    letters = peek(redis_facts, QUEUE)
    assert [letter.gone for letter in letters] == ["its job is gone", "", ""]
    total = redrive(redis_facts, QUEUE)
    assert (total.numbers(), total.skipped) == ({"moved": 2}, {"its job is gone": 1})
    assert redis_server.zcard(FAILED) == 1
    assert redrive(redis_facts, QUEUE, lambda _letter: PARK).numbers() == {"parked": 1}


def test_a_child_goes_back_to_its_parent(each_bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    each_bull.do("flow", "jobs")
    with each_bull.working("jobs", "fail"):
        wait_for("the family to fail", lambda: redis_server.zcard(FAILED) == 2)
    child, parent = sorted(peek(redis_facts, QUEUE), key=lambda letter: letter.type or "")
    kept = redrive(redis_facts, QUEUE, lambda _letter: DROP)
    assert (kept.numbers(), kept.skipped) == ({}, {"part of a flow": 2})
    assert redrive(redis_facts, QUEUE, lambda letter: MOVE if letter.id == child.id else KEEP).moved == 1
    assert redis_server.scard(f"bull:jobs:{parent.id}:dependencies") == 1
    each_bull.work_off("jobs", 1)
    assert redrive(redis_facts, QUEUE).moved == 1
    each_bull.work_off("jobs", 2)
    assert [number for _job, number, *_rest in each_bull.processed()] == [1, 2]


def test_taken_out_and_put_back(bull: BullBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    bull.kill("jobs", 4)
    before = redis_server.zrange(FAILED, 0, -1, withscores=True)
    with dead_letters(redis_facts, QUEUE) as passing:
        passing.begin()
        letters = passing.take(10)
        hashes = {letter.id: redis_server.hgetall(f"bull:jobs:{letter.id}") for letter in letters}
        records = json.loads(json.dumps([passing.record(letter) for letter in letters]))  # type: ignore[attr-defined]
        assert passing.settle(letters, [DROP] * 4).dropped == 4
        assert not redis_server.exists(FAILED, *(f"bull:jobs:{one}" for one in hashes))
        assert passing.restore(records, "one") == 4  # type: ignore[attr-defined]
        assert passing.restore(records, "one") == 0  # type: ignore[attr-defined]
    assert redis_server.zrange(FAILED, 0, -1, withscores=True) == before
    assert {one: redis_server.hgetall(f"bull:jobs:{one}") for one in hashes} == hashes
    redrive(redis_facts, QUEUE)
    bull.work_off("jobs", 4)
    assert [number for _job, number, *_rest in bull.processed()] == list(range(4))


def test_keys_of_other_types(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd(FAILED, {"1": 1})
    redis_server.hset("bull:jobs:1", "data", "{}")
    redis_server.set("bull:jobs:wait", 1)
    with pytest.raises(WrongType, match="bull:jobs:wait holds a string, a list is needed"):
        redrive(redis_facts, QUEUE)
    assert redis_server.zcard(FAILED) == 1


def test_no_dead_letters(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.ping()
    with dead_letters(redis_facts, QUEUE) as passing:
        assert passing.begin() == 0
        assert list(passing.take(10)) == []
        assert passing.notes() == [f"the key {FAILED} does not exist: there are no dead letters"]


# As docs/queues has it.
PERMISSIONS = (
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
)


def test_few_permissions_are_enough(redis_facts: RedisFacts, redis_server: Client) -> None:
    for number in range(4):
        redis_server.zadd(FAILED, {str(number): number})
        redis_server.hset(
            f"bull:jobs:{number}", mapping={"data": "{}", "atm": 1, "priority": number, "failedReason": "x"}
        )
    redis_server.execute_command("ACL", "SETUSER", "few", "on", ">few", *PERMISSIONS)
    facts: RedisFacts = {**redis_facts, "user": "few", "password": "few"}
    try:
        with dead_letters(facts, QUEUE, account=True, count_redrives=True, attempts="cap") as passing:
            passing.begin()
            letters = passing.take(10)
            total = Total()
            total.add(passing.settle(letters, [MOVE, PARK, DROP, KEEP]))
    finally:
        redis_server.execute_command("ACL", "DELUSER", "few")
    assert total.numbers() == {"moved": 1, "parked": 1, "dropped": 1, "kept": 1}


def test_whoever_may_not_remove_copies_nothing(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd(FAILED, {"1": 1})
    redis_server.hset("bull:jobs:1", "data", "{}")
    redis_server.execute_command("ACL", "SETUSER", "few", "on", ">few", *PERMISSIONS, "-zrem")
    facts: RedisFacts = {**redis_facts, "user": "few", "password": "few"}
    try:
        with pytest.raises(OpsError, match="cannot settle dead letters"):
            redrive(facts, QUEUE)
    finally:
        redis_server.execute_command("ACL", "DELUSER", "few")
    assert (redis_server.zcard(FAILED), redis_server.exists("bull:jobs:wait")) == (1, 0)
