# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archived tasks of asynq: failed by asynq's own server, redriven, and then done by asynq's own server, once each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.asynq_tasks import ID_IN_USE
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_payloads import GONE
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .asynq_help import AsynqBroker
from .passing import Options, begun, measured, peeked, reprocess, settle_all, some_of, sweep_all, two_at_once
from .queue_help import Client, in_redis, user_who_may

TASKS: Options = {"name": "tasks", "kind": "asynq", "queue": "low"}
ARCHIVED, PENDING = "asynq:{low}:archived", "asynq:{low}:pending"
NUMBER = 40


@pytest.fixture
def tasks(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, TASKS)


@pytest.fixture
def asynq(asynq_program: Path, redis_facts: RedisFacts, redis_server: Client) -> AsynqBroker:
    """asynq on an empty database."""
    redis_server.ping()
    return AsynqBroker(asynq_program, redis_facts)


@pytest.fixture
def failed(asynq: AsynqBroker, redis_server: Client) -> Client:
    """Tasks that asynq's server has failed and archived, the cause mended; an administrator's client."""
    fail(asynq, redis_server, NUMBER)
    return redis_server


@pytest.fixture
def archived(asynq: AsynqBroker, redis_server: Client) -> Client:
    """Tasks that asynq has archived without trying them, which takes less time; an administrator's client."""
    asynq.do("enqueue", "low", "order", NUMBER)
    asynq.do("archive", "low")
    return redis_server


def fail(asynq: AsynqBroker, server: Client, tasks: int, max_retry: int = 0) -> None:
    """Let asynq's server fail tasks until they are archived."""
    server.set("broken", "no connection")
    asynq.do("enqueue", "low", "order", tasks, 0, max_retry)
    with asynq.working("low", quick=True):
        wait_for("archived tasks", lambda: server.zcard(ARCHIVED) == tasks)
    server.delete("broken")


def work(asynq: AsynqBroker, server: Client, tasks: int) -> list[int]:
    """Let asynq's server work until so many are done; return their numbers."""
    with asynq.working("low", quick=True):
        wait_for(
            "tasks to be done", lambda: server.llen("processed") >= tasks and not server.llen("asynq:{low}:active")
        )
    return sorted(json.loads(payload)["number"] for payload in server.lrange("processed", 0, -1))


def state(server: Client, task: bytes) -> bytes | None:
    """Return the state that a task's hash tells."""
    found: bytes | None = server.hget(b"asynq:{low}:t:" + task, "state")
    return found


def test_a_letter_tells_what_its_task_does(failed: Client, tasks: Options) -> None:
    letters = peeked(tasks)
    assert len({letter.id for letter in letters}) == NUMBER
    assert {(one.error, one.type, one.attempts, one.gone) for one in letters} == {("no connection", "order", 1, "")}
    assert sorted(letter.payload["number"] for letter in letters) == list(range(NUMBER))
    assert all(0 <= failed.time()[0] - (letter.failed_at or 0) < 60 for letter in letters)
    assert reprocess(tasks).warnings == [
        "tasks keep their count of retries: one that had none left is archived at its first failure"
    ]
    assert 0 <= measured(tasks)["oldest_age"] < 60
    assert reprocess(tasks).warnings == []


def test_a_task_is_left_as_asynq_itself_leaves_it(asynq: AsynqBroker, failed: Client, tasks: Options) -> None:
    before = {task: failed.hgetall(b"asynq:{low}:t:" + task) for task in failed.zrange(ARCHIVED, 0, -1)}
    order = failed.zrange(ARCHIVED, 0, -1)
    asynq.do("run", "low")
    theirs = {task: failed.hgetall(b"asynq:{low}:t:" + task) for task in before}
    assert failed.lrange(PENDING, 0, -1) == order[::-1]
    assert measured(tasks)["oldest_age"] is None
    asynq.do("archive", "low")
    with begun(tasks) as letters:
        assert sweep_all(letters).sums == {"moved": NUMBER}
    assert sorted(failed.lrange(PENDING, 0, -1)) == sorted(order)
    told = 0
    for task, stored in theirs.items():
        ours = failed.hgetall(b"asynq:{low}:t:" + task)
        since = ours.pop(b"pending_since", None)  # asynq forgets to tell
        told += since is not None
        assert since is None or abs(int(since) / 1e9 - failed.time()[0]) < 60
        assert ours == stored
    assert 2 <= told < NUMBER
    for left in range(NUMBER, 0, -1):
        assert 0 <= measured(tasks)["oldest_age"] < 60, left
        failed.rpop(PENDING)


@pytest.mark.parametrize("swept", [True, False])
def test_the_oldest_go_first(archived: Client, tasks: Options, swept: bool) -> None:
    for number, task in enumerate(archived.zrange(ARCHIVED, 0, -1)):
        archived.zadd(ARCHIVED, {task: 1_700_000_000 + number // 9})  # asynq's scores are whole seconds
    order = archived.zrange(ARCHIVED, 0, -1)
    with begun(tasks) as letters:
        assert (sweep_all(letters) if swept else settle_all(letters)).sums == {"moved": NUMBER}
    assert archived.lrange(PENDING, 0, -1) == order[::-1]  # the right end is taken first


def test_the_newest_first(archived: Client, tasks: Options) -> None:
    for number, task in enumerate(archived.zrange(ARCHIVED, 0, -1)):
        archived.zadd(ARCHIVED, {task: 1_700_000_000 + number // 9})
    order = archived.zrange(ARCHIVED, 0, -1)
    newest = [letter.id.encode() for letter in peeked(tasks, order="newest")]
    assert newest == order[::-1]
    result = reprocess(tasks, order="newest", limit=15)
    rest = reprocess(tasks, order="newest", continue_from=result.data["progress"])
    assert (result.data["moved"], rest.data["moved"]) == (15, NUMBER)
    assert archived.lrange(PENDING, 0, -1) == order


@pytest.mark.parametrize("swept", [True, False])
def test_tasks_whose_payload_is_gone_stay(archived: Client, tasks: Options, swept: bool) -> None:
    order = archived.zrange(ARCHIVED, 0, -1)
    lost, emptied, reused = order[3], order[20], order[-1]
    archived.delete(b"asynq:{low}:t:" + lost)
    if not swept:  # a sweep does not see this one
        archived.hdel(b"asynq:{low}:t:" + emptied, "msg")
    archived.hset(b"asynq:{low}:t:" + reused, "state", "pending")
    letters = {letter.id.encode(): letter for letter in peeked(tasks)}
    assert (letters[lost].gone, letters[emptied].gone, letters[reused].gone) == (GONE, "" if swept else GONE, ID_IN_USE)
    looks: Options = {} if swept else {"filter": {"min_age": 0}}
    result = reprocess(tasks, **looks)
    skipped = {GONE: 1 if swept else 2, ID_IN_USE: 1}
    assert some_of(result, "moved", "skipped_for") == {"moved": NUMBER - sum(skipped.values()), "skipped_for": skipped}
    assert archived.zrange(ARCHIVED, 0, -1) == [lost, *([] if swept else [emptied]), reused]
    with begun(tasks) as letters:
        assert settle_all(letters).sums == skipped
    assert archived.exists(b"asynq:{low}:t:" + lost) == 0  # asynq's own way makes a hash that no worker can use
    parked = reprocess(tasks, park=True)
    assert parked.data["parked_for"] == skipped


def test_each_verdict(asynq: AsynqBroker, archived: Client, tasks: Options, redis_facts: RedisFacts) -> None:
    order = [letter.id for letter in peeked(tasks)]
    verdicts = {task: (MOVE, PARK, DROP, KEEP)[number % 4] for number, task in enumerate(order)}
    with begun(tasks, count_redrives=True) as letters:
        assert letters.parking() == "asynq:{low}:archived:parked"
        assert settle_all(letters, lambda letter: verdicts[letter.id]).sums == {
            "moved": 10,
            "parked": 10,
            "dropped": 10,
            "kept": 10,
        }
        assert letters.still_dead(order) == 10
    states = {task: state(archived, task.encode()) for task in order}
    wanted = {MOVE: b"pending", PARK: b"archived", DROP: None, KEEP: b"archived"}
    assert states == {task: wanted[verdict] for task, verdict in verdicts.items()}
    parked = {**tasks, "dead": "asynq:{low}:archived:parked"}
    assert measured(parked)["dead"] == 10
    assert reprocess(parked).data["moved"] == 10  # there is a way back
    numbers = [number for number, task in enumerate(order) if verdicts[task] in (MOVE, PARK)]
    assert len(work(asynq, archived, len(numbers))) == len(numbers)


def test_what_is_removed_gives_its_lock_back(asynq: AsynqBroker, tasks: Options, redis_server: Client) -> None:
    asynq.do("enqueue", "low", "order", 3, 0, 0, 3600)
    asynq.do("archive", "low")
    assert len(redis_server.keys("asynq:{low}:unique:*")) == 3
    with begun(tasks, dry=True) as letters:
        records = json.loads(json.dumps([letters.record(letter) for letter in letters.take(10)]))
    before = {key: redis_server.hgetall(key) for key in redis_server.keys("asynq:{low}:t:*")}
    scores = redis_server.zrange(ARCHIVED, 0, -1, withscores=True)
    with begun(tasks) as letters:
        assert settle_all(letters, lambda _letter: DROP).sums == {"dropped": 3}
        assert redis_server.keys("asynq:{low}:unique:*") == []
        assert letters.restore(records, "batch:1") == 3
        assert letters.restore(records, "batch:1") == 0
        with pytest.raises(InputError, match="not one of asynq"):
            letters.restore([{"body": "e30="}], "batch:2")
    assert {key: redis_server.hgetall(key) for key in redis_server.keys("asynq:{low}:t:*")} == before
    assert redis_server.zrange(ARCHIVED, 0, -1, withscores=True) == scores


@pytest.mark.parametrize(("attempts", "tries"), [("keep", 1), ("cap", 2), ("reset", 4)])
def test_the_count_of_retries(
    asynq: AsynqBroker, tasks: Options, redis_server: Client, attempts: str, tries: int
) -> None:
    fail(asynq, redis_server, 4, max_retry=3)
    before = peeked(tasks)
    assert {letter.attempts for letter in before} == {4}
    for _time in range(2):  # the cap leaves those alone that have tries left
        with begun(tasks, attempts=attempts) as letters:
            assert sweep_all(letters).sums == {"moved": 4}
        asynq.do("archive", "low")
    expected = {"keep": 4, "cap": 3, "reset": 1}[attempts]
    after = peeked(tasks)
    assert {letter.attempts for letter in after} == {expected}
    assert sorted(letter.body or b"" for letter in after) == sorted(letter.body or b"" for letter in before)
    redis_server.delete("asynq:{low}:processed")
    assert reprocess(tasks).data["moved"] == 4
    redis_server.set("broken", "still no connection")
    with asynq.working("low", quick=True):
        wait_for("archived tasks", lambda: redis_server.zcard(ARCHIVED) == 4)
    assert int(redis_server.get("asynq:{low}:processed")) == 4 * tries


def test_a_message_that_changed_meanwhile_is_left(archived: Client, tasks: Options) -> None:
    with begun(tasks, attempts="reset") as letters:
        taken = letters.take(3)
        key = f"asynq:{{low}}:t:{taken[1].id}"
        # One that was retried twice, as it would have been archived anew within the same second.
        taken[1].handle.stored[b"msg"] += b"\x30\x02"
        assert letters.settle(taken, [MOVE] * 3).vanished == 1
        assert archived.hget(key, "state") == b"archived"


@pytest.mark.parametrize("swept", [True, False])
def test_two_passes_at_once_move_each_task_once(archived: Client, tasks: Options, swept: bool) -> None:
    order = archived.zrange(ARCHIVED, 0, -1)
    outcomes = two_at_once(tasks, sweep_all if swept else settle_all)
    assert sum(passed.moved for passed in outcomes) == NUMBER
    assert sorted(archived.lrange(PENDING, 0, -1)) == sorted(order)


def test_redrives_are_counted(archived: Client, tasks: Options, asynq: AsynqBroker) -> None:
    for moved in (NUMBER, NUMBER, 0):
        assert reprocess(tasks, max_attempts=2).data["moved"] == moved
        asynq.do("archive", "low")
    parked = reprocess(tasks, max_attempts=2, park_to="asynq:{low}:quarantine")
    assert some_of(parked, "moved", "parked", "left") == {"moved": 0, "parked": NUMBER, "left": 0}


def test_what_must_be_known(asynq: AsynqBroker, archived: Client, tasks: Options) -> None:
    asynq.do("pause", "low")
    assert (
        "the queue low is paused: nobody takes its tasks until it is unpaused"
        in reprocess(tasks, check_mode=True).warnings
    )
    many = {f"t{number}": 1 for number in range(10_000)}
    archived.zadd(ARCHIVED, many)
    assert (
        "when a task dies, asynq deletes all but the newest 9,999 archived ones" in reprocess(tasks, limit=1).warnings
    )
    with pytest.raises(NotThere, match="asynq knows no queue lwo"):
        reprocess({**tasks, "queue": "lwo"})
    archived.rpush("a list", "x")
    with pytest.raises(WrongType, match="the key a list holds a list, a zset was expected"):
        reprocess({**tasks, "dead": "a list"})


def test_who_may_not_write_changes_nothing(archived: Client, tasks: Options) -> None:
    order = archived.zrange(ARCHIVED, 0, -1)
    for command in ("zrem", "lpush", "hset"):
        with user_who_may(archived, "~*", "+@all", f"-{command}") as login:
            with pytest.raises(OpsError, match="settle dead letters"):
                reprocess({**tasks, **login})
            with pytest.raises(OpsError, match="settle dead letters"):
                reprocess({**tasks, **login}, filter={"type": "order"})
        assert archived.zrange(ARCHIVED, 0, -1) == order
        assert not archived.exists(PENDING)
        assert {state(archived, task) for task in order} == {b"archived"}
