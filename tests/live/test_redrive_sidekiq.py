# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead jobs of Sidekiq: failed by its own worker, redriven, and then processed by its own worker, once each."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .letters_help import Total, dead_letters, peek, redrive, settle_all
from .queue_help import Client, measured, some
from .redrive_help import reprocess, some_of
from .sidekiq_help import SidekiqBroker

QUEUE = {"name": "default", "kind": "sidekiq"}
MANY = 60


@pytest.fixture
def sidekiq(redis_facts: RedisFacts, redis_server: Client) -> SidekiqBroker:
    """Sidekiq on an empty database."""
    return SidekiqBroker(redis_facts, redis_server)


def copies(redis_server: Client, count: int, queue: str = "default") -> None:
    """Make dead jobs of a real one: of the same text, with ids and times of their own."""
    ((text, score),) = redis_server.zrange("dead", 0, -1, withscores=True)
    redis_server.zrem("dead", text)
    job = json.loads(text)
    for number in range(count):
        one = {**job, "jid": f"{number:024x}", "args": [number, 1.0], "queue": queue}
        redis_server.zadd("dead", {json.dumps(one, separators=(",", ":")): score + number / 1000})


def test_what_failed_is_processed_once_each(
    sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client
) -> None:
    sidekiq.kill("other", 2)
    sidekiq.kill("default", MANY)
    assert measured(redis_facts, "default", "sidekiq")["dead"] == MANY
    before = redis_server.zrange("dead", 0, -1, withscores=True)
    letters = peek(redis_facts, QUEUE)
    assert redis_server.zrange("dead", 0, -1, withscores=True) == before
    assert sorted(letter.payload[0] for letter in letters) == list(range(MANY))
    assert len({letter.id for letter in letters}) == MANY
    one = next(letter for letter in letters if letter.payload[0] == 7)
    assert (one.error, one.type) == ("ArgumentError: the cause of job 7 is not fixed", "Mortal")
    assert (one.body, one.attempts, one.gone, one.fault) == (b"[7,7.700000000000001]", 0, "", "")
    assert one.failed_at is not None
    assert abs(one.failed_at - redis_server.time()[0]) < 60

    with dead_letters(redis_facts, QUEUE, account=True) as passing:
        assert (passing.begin(), passing.count()) == (MANY, MANY)
        total = settle_all(passing, most=25)
        assert total.numbers() == {"moved": MANY}
        assert passing.account() == {"looked": MANY, "moved": MANY, "parked": 0}
        assert passing.still_dead(total.ids) == 0
    assert sorted(total.ids) == sorted(letter.id for letter in letters)
    assert some(measured(redis_facts, "default", "sidekiq"), "ready", "dead") == {"ready": MANY, "dead": 0}
    assert measured(redis_facts, "other", "sidekiq")["dead"] == 2
    sidekiq.work_off("default", MANY)
    assert sorted(job for job, _number, _amount in sidekiq.processed()) == sorted(total.ids)
    assert [number for _job, number, _amount in sidekiq.processed()] == list(range(MANY))


def test_a_cause_that_is_not_fixed_shows(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.kill("default", 3)
    with dead_letters(redis_facts, QUEUE, count_redrives=True) as passing:
        passing.begin()
        total = settle_all(passing)
        with sidekiq.working("default", "fail"):
            wait_for("dead jobs", lambda: redis_server.zcard("dead") == 3)
        assert passing.still_dead(total.ids) == 3
        assert list(passing.take(10)) == []
    again = peek(redis_facts, QUEUE, count_redrives=True)
    assert sorted(letter.id for letter in again) == sorted(total.ids)
    assert {letter.redrives for letter in again} == {1}
    assert {letter.attempts for letter in again} == {1}


def test_the_canary_of_a_run(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.kill("default", 30)
    with sidekiq.working("default", "fail"):
        result = reprocess(redis_facts, QUEUE, canary=5)
        assert some_of(result, "moved", "stop_reason") == {"moved": 5, "stop_reason": "canary"}
        wait_for("the canary to die again", lambda: redis_server.zcard("dead") == 30)
    with sidekiq.working("default", "ok"):
        result = reprocess(redis_facts, QUEUE, canary=5, require_consumers=1, filter={"error": "is not fixed"})
        assert some_of(result, "moved", "stop_reason") == {"moved": 30, "stop_reason": "end"}
        wait_for("all jobs", lambda: redis_server.llen("processed") == 30)
    assert [number for _job, number, *_rest in sidekiq.processed()] == list(range(30))


def test_each_verdict(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.kill("default", 1)
    copies(redis_server, 40)
    verdicts = (MOVE, PARK, DROP, KEEP)
    for order in ("oldest", "newest"):
        with dead_letters(redis_facts, QUEUE, order=order, dry=True) as passing:
            passing.begin()
            numbers = [letter.payload[0] for letter in passing.take(3)]
        assert numbers == ([0, 1, 2] if order == "oldest" else [39, 38, 37])
    total = redrive(redis_facts, QUEUE, lambda letter: verdicts[letter.payload[0] % 4], order="newest")
    assert total.numbers() == {"moved": 10, "parked": 10, "dropped": 10, "kept": 10}
    assert [letter.payload[0] for letter in total.letters] == list(reversed(range(40)))
    assert redis_server.zcard("dead:parked") == 10
    assert [letter.payload[0] % 4 for letter in peek(redis_facts, QUEUE)] == [3] * 10
    sidekiq.work_off("default", 10)
    assert [number for _job, number, _amount in sidekiq.processed()] == list(range(0, 40, 4))


def test_two_passes_at_once(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.kill("default", 1)
    copies(redis_server, 200)
    totals: list[Total] = []
    threads = [threading.Thread(target=lambda: totals.append(redrive(redis_facts, QUEUE))) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(total.moved for total in totals) == 200
    sidekiq.work_off("default", 200)
    assert [number for _job, number, _amount in sidekiq.processed()] == list(range(200))


@pytest.mark.parametrize(("attempts", "count"), [("keep", 3), ("reset", 0), ("cap", 2)])
def test_the_count_of_attempts(redis_facts: RedisFacts, redis_server: Client, attempts: str, count: int) -> None:
    text = (
        '{"class":"Mortal","queue":"default","args":[1e400,12345678901234567890,{"retry_count":9}],"jid":"a",'
        '"retry": 3,"retry_count": 3 ,"enqueued_at":1795692173.3936691,"error_class":"E"}'
    )
    redis_server.zadd("dead", {text: 1795692180.25})
    assert redrive(redis_facts, QUEUE, attempts=attempts).numbers() == {"moved": 1}
    (moved,) = redis_server.lrange("queue:default", 0, -1)
    job = moved.decode() if isinstance(moved, bytes) else moved
    before, _colon, after = job.partition('"enqueued_at":')
    assert before == text.partition('"enqueued_at":')[0].replace('"retry_count": 3', f'"retry_count": {count}')
    assert after.endswith(',"error_class":"E"}')
    assert abs(json.loads(job)["enqueued_at"] - redis_server.time()[0]) < 60


def test_what_is_no_job_stays(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("dead", {b"\xff\x00": 1, "[]": 2, '{"queue":"default","jid":"a","args":[]}': 3})
    with dead_letters(redis_facts, QUEUE) as passing:
        assert passing.begin() == 1
        assert settle_all(passing).numbers() == {"moved": 1}
        assert passing.notes() == ["the set dead holds entries that are no jobs; they stay where they are"]
    assert redis_server.zcard("dead") == 2


def test_a_letter_that_somebody_else_took(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number)}): number for number in range(3)})
    with dead_letters(redis_facts, QUEUE) as passing:
        passing.begin()
        letters = passing.take(3)
        redis_server.zremrangebyscore("dead", 1, 1)
        done = passing.settle(letters, [MOVE] * 3)
    assert (done.moved, done.vanished) == (2, 1)
    assert redis_server.llen("queue:default") == 2


def test_a_run_that_is_resumed(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number)}): number for number in range(1, 9)})
    with dead_letters(redis_facts, QUEUE) as passing:
        passing.begin()
        passing.settle(passing.take(4), [MOVE, KEEP, MOVE, MOVE])
        position = json.loads(json.dumps(passing.position()))
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "later"}): 100})
    with dead_letters(redis_facts, QUEUE, position=position) as passing:
        assert passing.begin() == 4
        assert settle_all(passing).ids == ["5", "6", "7", "8"]


def test_taken_out_and_put_back(sidekiq: SidekiqBroker, redis_facts: RedisFacts, redis_server: Client) -> None:
    sidekiq.kill("default", 4)
    before = redis_server.zrange("dead", 0, -1, withscores=True)
    with dead_letters(redis_facts, QUEUE) as passing:
        passing.begin()
        letters = passing.take(10)
        records = json.loads(json.dumps([passing.record(letter) for letter in letters]))  # type: ignore[attr-defined]
        assert passing.settle(letters, [DROP] * 4).dropped == 4
        assert not redis_server.exists("dead")
        assert passing.restore(records, "one") == 4  # type: ignore[attr-defined]
        assert passing.restore(records, "one") == 0  # type: ignore[attr-defined]
    assert redis_server.zrange("dead", 0, -1, withscores=True) == before


def test_keys_of_other_types(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.set("dead", 1)
    with dead_letters(redis_facts, QUEUE) as passing, pytest.raises(WrongType, match="dead holds a string, a zset was"):
        passing.begin()
    redis_server.delete("dead")
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "a"}): 1})
    redis_server.set("queue:default", 1)
    with pytest.raises(WrongType, match="queue:default holds a string, a list is needed"):
        redrive(redis_facts, QUEUE)
    assert redis_server.zcard("dead") == 1


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
    "~queue*",
    "~dead*",
)


def test_few_permissions_are_enough(redis_facts: RedisFacts, redis_server: Client) -> None:
    for number in range(4):
        redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": str(number), "retry_count": 1}): number})
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
    redis_server.zadd("dead", {json.dumps({"queue": "default", "jid": "a"}): 1})
    redis_server.execute_command("ACL", "SETUSER", "few", "on", ">few", *PERMISSIONS, "-zrem")
    facts: RedisFacts = {**redis_facts, "user": "few", "password": "few"}
    try:
        with pytest.raises(OpsError, match="cannot settle dead letters"):
            redrive(facts, QUEUE)
    finally:
        redis_server.execute_command("ACL", "DELUSER", "few")
    assert (redis_server.zcard("dead"), redis_server.exists("queue:default")) == (1, 0)
