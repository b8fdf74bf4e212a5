# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters in a sorted set: failed by a worker that takes what is due, redriven, and then done, once each."""

from __future__ import annotations

import json
import random

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.progress import exact
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_sorted_set_scripts import ALREADY_THERE
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, begun, measured, peeked, reprocess, settle_all, some_of, sweep_all, two_at_once
from .queue_help import Client, in_redis, some, user_who_may
from .redis_workers import DueWorker

REMINDERS: Options = {
    "name": "reminders",
    "kind": "redis_sorted_set",
    "score": "milliseconds",
    "dead": "reminders:dead",
    "missing": "empty",
    "item": {"type": "kind", "id": "number"},
}
PLAIN: Options = {"name": "plain", "kind": "redis_sorted_set", "dead": "plain:dead"}
NUMBER = 50


@pytest.fixture
def reminders(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, REMINDERS)


@pytest.fixture
def worker(redis_server: Client) -> DueWorker:
    """A worker that takes what is due, on an empty database."""
    return DueWorker(redis_server)


@pytest.fixture
def failed(worker: DueWorker, redis_server: Client) -> Client:
    """Reminders that the worker failed on, the cause mended; an administrator's client."""
    worker.put(*range(NUMBER))
    redis_server.set("broken", "no connection")
    worker.work()
    redis_server.delete("broken")
    assert redis_server.zcard("reminders:dead") == NUMBER
    return redis_server


def processed(server: Client) -> list[int]:
    """Return the numbers of the reminders that were done, in order."""
    return [int(number) for number in server.lrange("processed", 0, -1)]


def test_all_members_are_redriven_and_done_once(worker: DueWorker, failed: Client, reminders: Options) -> None:
    letters = peeked(reminders)
    assert sorted(int(letter.id) for letter in letters) == list(range(NUMBER))
    assert {letter.type for letter in letters} == {"mail.0", "mail.1"}
    assert all(0 <= failed.time()[0] + 1 - (letter.failed_at or 0) < 60 for letter in letters)
    plan = reprocess(reminders, check_mode=True)
    assert plan.data["plan"]["move"] == NUMBER
    failed.zadd("reminders", {'{"number": "later"}': worker.due() + 3_600_000})
    result = reprocess(reminders)
    assert some_of(result, "moved", "left", "stop_reason") == {"moved": NUMBER, "left": 0, "stop_reason": "end"}
    depth = measured(reminders)
    assert some(depth, "ready", "delayed", "dead") == {"ready": NUMBER, "delayed": 1, "dead": 0}
    worker.work()
    assert sorted(processed(failed)) == list(range(NUMBER))
    assert not reprocess(reminders).changed


@pytest.mark.parametrize(("score", "expected"), [("seconds", 1e9), ("milliseconds", 1e12), ("none", 0.0)])
def test_scores_are_due_at_once(redis_facts: RedisFacts, redis_server: Client, score: str, expected: float) -> None:
    redis_server.zadd("plain:dead", {"one": 7, "two": 8})
    queue = in_redis(redis_facts, {**PLAIN, "score": score})
    with begun(queue) as letters:
        taken = letters.take(1)
        assert letters.settle(taken, [MOVE]).moved == 1
        assert sweep_all(letters).sums == {"moved": 1}
    scores = [float(found) for _member, found in redis_server.zrange("plain", 0, -1, withscores=True)]
    assert all(expected <= found <= 10 * expected for found in scores)
    assert measured(queue)["ready"] == 2


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("distinct", [1, 7, 500])
def test_a_pass_sees_each_member_once(redis_facts: RedisFacts, redis_server: Client, order: str, distinct: int) -> None:
    """Whatever scores are the same, whatever is kept, and whoever else adds and removes."""
    chosen = random.Random(distinct)
    members = {bytes([chosen.randrange(256) for _byte in range(4)]): chosen.randrange(distinct) for _one in range(500)}
    redis_server.zadd("plain:dead", members)
    queue = in_redis(redis_facts, {**PLAIN, "score": "none"})
    ranked = [letter.body for letter in peeked(queue, most=1000, order=order)]
    by_rank = redis_server.zrange("plain:dead", 0, -1)
    assert ranked == (by_rank if order == "oldest" else by_rank[::-1])
    kept: set[bytes] = set(chosen.sample(by_rank, 200))
    with begun(queue, order=order) as letters:
        seen: list[bytes] = []
        while taken := letters.take(13):
            bodies = [letter.body or b"" for letter in taken]
            letters.settle(taken, [KEEP if body in kept else MOVE for body in bodies])
            seen += bodies
            if bodies[-1] in kept:  # the member that the pass has come to is removed by somebody else
                redis_server.zrem("plain:dead", bodies[-1])
                kept.discard(bodies[-1])
            redis_server.zadd("plain:dead", {f"new{len(seen)}": distinct + 1})
    assert seen == ranked
    left = redis_server.zcard("plain:dead")
    assert left > len(kept)
    with begun(queue, order=order) as letters:
        assert sweep_all(letters).sums == {"moved": left}
    assert set(redis_server.zrange("plain", 0, -1)) >= kept


def test_what_dies_again_does_not_belong_to_the_pass(worker: DueWorker, failed: Client, reminders: Options) -> None:
    failed.set("broken", 1)
    with begun(reminders) as letters:
        first = letters.take(10)
        assert letters.settle(first, [MOVE] * len(first)).moved == 10
        worker.work()
        assert letters.count() == NUMBER
        assert letters.still_dead([letter.id for letter in first]) == 10
        assert sweep_all(letters).sums == {"moved": NUMBER - 10}
        assert letters.count() == 10


def test_a_pass_ends_though_scores_are_no_times(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("plain:dead", {"one": 0, "two": 0})
    queue = in_redis(redis_facts, {**PLAIN, "score": "none"})
    with begun(queue) as letters:
        for _round in range(2):
            assert letters.sweep(1).moved == 1
            redis_server.zrem("plain", "one", "two")
            redis_server.zadd("plain:dead", {"one": 0, "two": 0})
        assert letters.sweep(1).moved == 0
        assert letters.take(1) == []


@pytest.mark.parametrize("swept", [True, False])
def test_two_passes_at_once_move_each_member_once(
    worker: DueWorker, failed: Client, reminders: Options, swept: bool
) -> None:
    outcomes = two_at_once(reminders, sweep_all if swept else settle_all)
    assert sum(passed.moved for passed in outcomes) == NUMBER
    worker.work()
    assert sorted(processed(failed)) == list(range(NUMBER))


@pytest.mark.parametrize("swept", [True, False])
def test_a_member_that_the_queue_has_already_stays(
    worker: DueWorker, failed: Client, reminders: Options, swept: bool
) -> None:
    waiting = failed.zrange("reminders:dead", 3, 3)[0]
    due = worker.due() + 3_600_000
    failed.zadd("reminders", {waiting: due})
    looks: Options = {} if swept else {"filter": {"min_age": -60}}
    result = reprocess(reminders, **looks)
    assert some_of(result, "moved", "skipped_for", "left") == {
        "moved": NUMBER - 1,
        "skipped_for": {ALREADY_THERE: 1},
        "left": 1,
    }
    assert failed.zscore("reminders", waiting) == due  # it is not brought forward


def test_each_verdict(failed: Client, reminders: Options) -> None:
    order = [letter.id for letter in peeked(reminders)]
    verdicts = {one: (MOVE, PARK, DROP, KEEP)[number % 4] for number, one in enumerate(order)}
    with begun(reminders, count_redrives=True) as letters:
        assert letters.parking() == "reminders:dead:parked"
        assert settle_all(letters, lambda letter: verdicts[letter.id]).sums == {
            "moved": 13,
            "parked": 13,
            "dropped": 12,
            "kept": 12,
        }
    assert [letter.id for letter in peeked(reminders)] == [one for one, verdict in verdicts.items() if verdict == KEEP]
    assert failed.hgetall("reminders:dead:day2:redrives") == {
        one.encode(): b"1" for one, verdict in verdicts.items() if verdict == MOVE
    }
    assert reprocess({**reminders, "dead": "reminders:dead:parked"}).data["moved"] == 13


def test_redrives_are_counted(worker: DueWorker, failed: Client, reminders: Options) -> None:
    failed.set("broken", 1)
    for moved in (NUMBER, NUMBER, 0):
        assert reprocess(reminders, max_attempts=2).data["moved"] == moved
        worker.work()
    parked = reprocess(reminders, max_attempts=2, park=True)
    assert some_of(parked, "moved", "parked", "left") == {"moved": 0, "parked": NUMBER, "left": 0}


def test_a_run_is_picked_up_where_it_stood(failed: Client, reminders: Options) -> None:
    meant = {"type": r"mail\.1"}
    first = reprocess(reminders, limit=20, filter=meant)
    assert some_of(first, "moved", "stop_reason") == {"moved": 20, "stop_reason": "limit"}
    rest = reprocess(reminders, filter=meant, continue_from=first.data["progress"])
    assert some_of(rest, "moved", "left") == {"moved": 25, "left": 25}
    with pytest.raises(InputError, match="position of the earlier run cannot be read"):
        broken = {**exact(first.data["progress"]), "position": {"last": "x"}}
        reprocess(reminders, continue_from=broken)


def test_taken_out_and_put_back(failed: Client, reminders: Options) -> None:
    before = failed.zrange("reminders:dead", 0, -1, withscores=True)
    with begun(reminders, dry=True) as letters:
        records = json.loads(json.dumps([letters.record(letter) for letter in letters.take(10)]))
    with begun(reminders) as letters:
        assert letters.settle(letters.take(10), [DROP] * 10).dropped == 10
        assert letters.restore(records, "batch:1") == 10
        assert letters.restore(records, "batch:1") == 0
        with pytest.raises(InputError, match="not one of a sorted set"):
            letters.restore([{"body": "e30="}], "batch:2")
    assert failed.zrange("reminders:dead", 0, -1, withscores=True) == before


def test_large_and_odd_members(redis_facts: RedisFacts, redis_server: Client) -> None:
    odd = {b"": 1, b"\x00\xff": 2, b"x" * 3_000_000: 3, b"[1, 2": 4}
    redis_server.zadd("plain:dead", odd)
    queue = in_redis(
        redis_facts, {"name": "plain", "kind": "redis_sorted_set", "dead": "plain:dead", "item": {"id": "x"}}
    )
    assert [letter.fault for letter in peeked(queue)] == ["not JSON"] * 4
    with begun(queue) as letters:
        assert sweep_all(letters).sums == {"moved": 4}
    assert set(redis_server.zrange("plain", 0, -1)) == set(odd)


def test_ids_whose_payload_is_gone(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.zadd("plain:dead", {"j0": 1, "j1": 2, "j2": 3})
    redis_server.set("job:j1", "body")
    queue = in_redis(redis_facts, {**PLAIN, "payload_key": "job:{id}"})
    result = reprocess(queue)
    assert some_of(result, "moved", "skipped_for") == {"moved": 1, "skipped_for": {"its payload is gone": 2}}


def test_what_cannot_be(failed: Client, reminders: Options) -> None:
    with pytest.raises(InputError, match="give dead: KEY"):
        reprocess({**reminders, "dead": None})
    failed.rpush("a list", "x")
    with pytest.raises(WrongType, match="the key a list holds a list, a zset was expected"):
        reprocess({**reminders, "dead": "a list"})
    with pytest.raises(OpsError, match="holds a list"):
        reprocess({**reminders, "key": "a list"})
    missing = reprocess({**reminders, "dead": "reminder:dead"})
    assert missing.warnings == ["the key reminder:dead does not exist: no dead letters, or a misspelt name"]
    assert failed.zcard("reminders:dead") == NUMBER


def test_who_may_not_remove_copies_nothing(failed: Client, reminders: Options) -> None:
    with user_who_may(failed, "~*", "+@all", "-zrem") as login:
        queue = {**reminders, **login}
        with pytest.raises(OpsError, match="settle dead letters"):
            reprocess(queue)
        with pytest.raises(OpsError, match="settle dead letters"):
            reprocess(queue, filter={"type": "mail"})
        assert (failed.zcard("reminders"), failed.zcard("reminders:dead")) == (0, NUMBER)


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_run_in_parts_passes_letters_of_one_moment_once(
    redis_facts: RedisFacts, redis_server: Client, order: str
) -> None:
    redis_server.zadd("plain:dead", {json.dumps({"number": number}): 7 for number in range(200)})
    queue = in_redis(redis_facts, {**PLAIN, "item": {"id": "number"}})
    seen: list[str] = []
    position: Options = {}
    while True:
        with begun(queue, order=order, position=position) as letters:
            taken = letters.take(30)
            if not taken:
                break
            seen += [letter.id for letter in taken]
            letters.settle(taken, [MOVE if int(letter.id) % 3 == 0 else KEEP for letter in taken])
            position = letters.position()
    assert sorted(map(int, seen)) == list(range(200))
    assert redis_server.zcard("plain") == 67
    assert "number" not in json.dumps(position)
