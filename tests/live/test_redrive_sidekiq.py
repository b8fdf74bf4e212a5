# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead jobs of Sidekiq: failed by its own worker, redriven, and then processed by its own worker, once each."""

from __future__ import annotations

import json

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, measured, opened, peeked, redriven, settle_all, two_at_once
from .queue_help import Client, in_redis, some, user_who_may
from .sidekiq_help import SidekiqBroker

QUEUE: Options = {"name": "default", "kind": "sidekiq"}
MANY = 60


@pytest.fixture
def sidekiq(redis_facts: RedisFacts, redis_server: Client) -> SidekiqBroker:
    """Sidekiq on an empty database."""
    return SidekiqBroker(redis_facts, redis_server)


@pytest.fixture
def jobs(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, QUEUE)


def put_dead(redis_server: Client, count: int, queue: str = "default") -> None:
    """Put in dead jobs, each a second older than the next, with their numbers as ids."""
    for number in range(count):
        job = {"class": "Mortal", "queue": queue, "args": [number], "jid": f"{queue}-{number}", "retry_count": 1}
        redis_server.zadd("dead", {json.dumps(job): number})


def test_a_letter_tells_what_its_job_does(sidekiq: SidekiqBroker, jobs: Options, redis_server: Client) -> None:
    sidekiq.kill("default", 1)
    (letter,) = peeked(jobs)
    assert (letter.error, letter.type) == ("ArgumentError: the cause of job 0 is not fixed", "Mortal")
    assert (letter.body, letter.attempts, letter.gone, letter.fault) == (b"[0,0.0]", 0, "", "")
    assert letter.failed_at is not None
    assert abs(letter.failed_at - redis_server.time()[0]) < 60


def test_jobs_of_other_queues_stay(jobs: Options, redis_server: Client) -> None:
    put_dead(redis_server, MANY)
    put_dead(redis_server, 2, "other")
    with opened(jobs, account=True) as letters:
        assert (letters.begin(), letters.count()) == (MANY, MANY)
        passed = settle_all(letters)
        assert letters.account() == {"looked": MANY, "moved": MANY, "parked": 0}
        assert letters.still_dead(passed.ids) == 0
    assert passed.ids == [f"default-{number}" for number in range(MANY)]
    assert some(measured(jobs), "ready", "dead") == {"ready": MANY, "dead": 0}
    assert measured({**jobs, "name": "other"})["dead"] == 2


def test_two_passes_at_once(jobs: Options, redis_server: Client) -> None:
    put_dead(redis_server, 200)
    assert sum(passed.moved for passed in two_at_once(jobs)) == 200
    moved = [json.loads(text)["jid"] for text in redis_server.lrange("queue:default", 0, -1)]
    assert sorted(moved) == sorted(f"default-{number}" for number in range(200))


@pytest.mark.parametrize(("attempts", "count"), [("keep", 3), ("reset", 0), ("cap", 2)])
def test_the_count_of_attempts(jobs: Options, redis_server: Client, attempts: str, count: int) -> None:
    text = (
        '{"class":"Mortal","queue":"default","args":[1e400,12345678901234567890,{"retry_count":9}],"jid":"a",'
        '"retry": 3,"retry_count": 3 ,"enqueued_at":1795692173.3936691,"error_class":"E"}'
    )
    redis_server.zadd("dead", {text: 1795692180.25})
    assert redriven(jobs, attempts=attempts).sums == {"moved": 1}
    (moved,) = redis_server.lrange("queue:default", 0, -1)
    job = moved.decode() if isinstance(moved, bytes) else moved
    before, _colon, after = job.partition('"enqueued_at":')
    assert before == text.partition('"enqueued_at":')[0].replace('"retry_count": 3', f'"retry_count": {count}')
    assert after.endswith(',"error_class":"E"}')
    assert abs(json.loads(job)["enqueued_at"] - redis_server.time()[0]) < 60


def test_what_is_no_job_stays(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd("dead", {b"\xff\x00": 1, "[]": 2, '{"queue":"default","jid":"a","args":[]}': 3})
    with opened(jobs) as passing:
        assert passing.begin() == 1
        assert settle_all(passing).sums == {"moved": 1}
        assert passing.notes() == ["the set dead holds entries that are no jobs; they stay where they are"]
    assert redis_server.zcard("dead") == 2


def test_a_letter_that_somebody_else_took(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number)}): number for number in range(3)})
    with opened(jobs) as passing:
        passing.begin()
        letters = passing.take(3)
        redis_server.zremrangebyscore("dead", 1, 1)
        done = passing.settle(letters, [MOVE] * 3)
    assert (done.moved, done.vanished) == (2, 1)
    assert redis_server.llen("queue:default") == 2


def test_a_run_that_is_resumed(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number)}): number for number in range(1, 9)})
    with opened(jobs) as passing:
        passing.begin()
        passing.settle(passing.take(4), [MOVE, KEEP, MOVE, MOVE])
        position = json.loads(json.dumps(passing.position()))
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "later"}): 100})
    with opened(jobs, position=position) as passing:
        assert passing.begin() == 4
        assert settle_all(passing).ids == ["5", "6", "7", "8"]


def test_taken_out_and_put_back(jobs: Options, redis_server: Client) -> None:
    put_dead(redis_server, 4)
    before = redis_server.zrange("dead", 0, -1, withscores=True)
    with opened(jobs) as passing:
        passing.begin()
        letters = passing.take(10)
        records = json.loads(json.dumps([passing.record(letter) for letter in letters]))
        assert passing.settle(letters, [DROP] * 4).dropped == 4
        assert not redis_server.exists("dead")
        assert passing.restore(records, "one") == 4
        assert passing.restore(records, "one") == 0
    assert redis_server.zrange("dead", 0, -1, withscores=True) == before


def test_keys_of_other_types(jobs: Options, redis_server: Client) -> None:
    redis_server.set("dead", 1)
    with opened(jobs) as passing, pytest.raises(WrongType, match="dead holds a string, a zset was"):
        passing.begin()
    redis_server.delete("dead")
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "a"}): 1})
    redis_server.set("queue:default", 1)
    with pytest.raises(WrongType, match="queue:default holds a string, a list is needed"):
        redriven(jobs)
    assert redis_server.zcard("dead") == 1


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
    "~queue*",
    "~dead*",
]


def test_few_permissions_are_enough(jobs: Options, redis_server: Client) -> None:
    for number in range(4):
        redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number), "retry_count": 1}): number})
    with user_who_may(redis_server, *PERMISSIONS) as login:
        few = {**jobs, **login}
        with opened(few, account=True, count_redrives=True, attempts="cap") as passing:
            passing.begin()
            letters = passing.take(10)
            done = passing.settle(letters, [MOVE, PARK, DROP, KEEP])
    assert (done.moved, done.parked, done.dropped, done.kept) == (1, 1, 1, 1)


def test_whoever_may_not_remove_copies_nothing(jobs: Options, redis_server: Client) -> None:
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "a"}): 1})
    with user_who_may(redis_server, *PERMISSIONS, "-zrem") as login:
        few = {**jobs, **login}
        with pytest.raises(OpsError, match="cannot settle dead letters"):
            redriven(few)
    assert (redis_server.zcard("dead"), redis_server.exists("queue:default")) == (1, 0)
