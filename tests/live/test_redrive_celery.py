# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters of Celery: buried by its own worker, redriven, and then done by its own worker, once each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .passing import Options, begun, measured, peeked, redriven, reprocess, settle_all, two_at_once
from .python_broker import PythonBroker
from .queue_help import Client, in_redis, some, user_who_may
from .snapshot import Snapshot

DEAD = "mails:dead"
URGENT = "mails\x06\x169"
PLAIN, PRIOR, RETRIED = 20, 8, 4
ALL = PLAIN + PRIOR + RETRIED


@pytest.fixture
def celery(redis_facts: RedisFacts, redis_server: Client) -> PythonBroker:
    """Celery on an empty database."""
    redis_server.ping()
    return PythonBroker("celery", redis_facts)


@pytest.fixture
def mails(redis_facts: RedisFacts) -> Options:
    """The dead letters of the queue that the tests fill."""
    return in_redis(redis_facts, {"name": "mails", "kind": "celery", "dead": DEAD, "missing": "empty"})


@pytest.fixture(scope="module")
def once() -> Snapshot:
    """What the database held when Celery's worker had failed all tasks."""
    return Snapshot()


@pytest.fixture
def buried(celery: PythonBroker, redis_server: Client, once: Snapshot) -> Client:
    """Messages whose tasks Celery's worker has failed, their cause mended; an administrator's client."""
    if not once.restore(redis_server):
        redis_server.set("broken", "no connection")
        celery.do("fill", "mails", "note", PLAIN)
        celery.do("fill", "mails", "note", PRIOR, "priority=9")
        celery.do("fill", "mails", "tenacious", RETRIED)
        with celery.working("work", "mails"):
            wait_for("all tasks to fail", lambda: redis_server.llen(DEAD) == ALL, seconds=60)
        redis_server.delete("broken")
        once.take(redis_server)
    return redis_server


def headers(message: bytes) -> Any:
    """Return the headers of a message."""
    return json.loads(message)["headers"]


def work_until_done(celery: PythonBroker, redis_server: Client, count: int) -> list[int]:
    """Have a worker at work until so many tasks are done; return their numbers."""
    with celery.working("work", "mails"):
        wait_for("the tasks to be done", lambda: redis_server.llen("processed") >= count, seconds=60)
        wait_for("the last acknowledgment", lambda: redis_server.hlen("unacked") == 0, seconds=60)
    return sorted(int(number) for number in redis_server.lrange("processed", 0, -1))


def test_all_messages_are_redriven_and_done_once(celery: PythonBroker, buried: Client, mails: Options) -> None:
    letters = peeked(mails)
    assert len({letter.id for letter in letters}) == ALL
    assert {(one.type, one.error, one.attempts, one.gone, one.fault) for one in letters} == {
        ("note", "ValueError('no connection')", 1, "", ""),
        ("tenacious", "ValueError('no connection')", 3, "", ""),
    }
    assert all(abs((one.failed_at or 0.0) - buried.time()[0]) < 600 for one in letters)
    assert sorted(one.payload["args"][0] for one in letters if one.type == "tenacious") == list(range(RETRIED))
    assert measured(mails)["dead"] == ALL
    with begun(mails) as passed:
        assert settle_all(passed, most=7).sums == {"moved": ALL}
        assert passed.take(10) == []
    assert (buried.llen("mails"), buried.llen(URGENT), buried.llen(DEAD)) == (PLAIN + RETRIED, PRIOR, 0)
    assert some(measured(mails), "ready", "dead") == {"ready": ALL, "dead": 0}
    numbers = work_until_done(celery, buried, ALL)
    assert numbers == sorted([*range(PLAIN), *range(PRIOR), *range(RETRIED)])


def test_messages_are_moved_as_they_are_the_oldest_first(buried: Client, mails: Options) -> None:
    before = buried.lrange(DEAD, 0, -1)
    redriven(mails)
    plain = [message for message in before if not json.loads(message)["properties"]["priority"]]
    assert buried.lrange("mails", 0, -1) == plain  # workers take from the right, where the oldest was


def test_the_newest_first(buried: Client, mails: Options) -> None:
    (newest,) = buried.lrange(DEAD, 0, 0)
    assert peeked(mails, order="newest")[0].body == newest
    assert peeked(mails, order="newest")[-1].body != newest


def test_retries_are_counted_anew(buried: Client, mails: Options) -> None:
    redriven(mails, attempts="reset")
    again = buried.lrange("mails", 0, -1)
    assert {headers(message)["retries"] for message in again} == {0}
    assert sum(headers(message)["task"] == "tenacious" for message in again) == RETRIED


def test_parked_dropped_and_kept_messages(buried: Client, mails: Options) -> None:
    order = [letter.id for letter in peeked(mails)]
    fate = dict(zip(order, [MOVE, PARK, DROP, KEEP] * (ALL // 4), strict=True))
    each = ALL // 4
    done = redriven(mails, lambda letter: fate[letter.id], most=3, count_redrives=True).sums
    assert done == {"moved": each, "parked": each, "dropped": each, "kept": each}
    assert [letter.id for letter in peeked(mails)] == [one for one in order if fate[one] == KEEP]
    assert buried.llen(f"{DEAD}:parked") == each


def test_what_no_worker_could_read_is_not_moved(buried: Client, mails: Options) -> None:
    for foreign in (b"\xff\xfe", b"[1, 2]", b'{"task": "note"}', b'{"body": "", "headers": {}, "properties": {}}'):
        buried.lpush(DEAD, foreign)
    assert {letter.gone for letter in peeked(mails)[-4:]} == {"not a message of Celery"}
    assert redriven(mails, most=5).sums == {"moved": ALL, "not a message of Celery": 4}
    assert buried.llen(DEAD) == 4
    assert redriven(mails, lambda letter: PARK if letter.gone else MOVE).sums == {"parked": 4}


def test_a_message_whose_time_has_run_out(buried: Client, mails: Options) -> None:
    message = json.loads(buried.lindex(DEAD, 0))
    message["headers"]["expires"] = "2020-01-01T00:00:00+00:00"
    buried.lset(DEAD, 0, json.dumps(message))
    assert [letter.gone for letter in peeked(mails)][-1] == "its time has run out"


def test_a_pickle_stays_closed(buried: Client, mails: Options) -> None:
    message = json.loads(buried.lindex(DEAD, 0))
    message["content-type"] = "application/x-python-serialize"
    buried.lset(DEAD, 0, json.dumps(message))
    letter = peeked(mails)[-1]
    assert (letter.payload, letter.gone, letter.type) == (None, "", message["headers"]["task"])


def test_two_passes_at_once_move_each_message_once(celery: PythonBroker, buried: Client, mails: Options) -> None:
    outcomes = two_at_once(mails)
    assert sum(passed.moved for passed in outcomes) == ALL
    assert len(work_until_done(celery, buried, ALL)) == ALL


def test_somebody_else_changed_the_list_meanwhile(buried: Client, mails: Options) -> None:
    with begun(mails) as letters:
        taken = letters.take(5)
        buried.rpop(DEAD)
        done = letters.settle(taken, [MOVE] * len(taken))
        assert (done.changed, done.moved) == (True, 0)
    assert buried.llen(DEAD) == ALL - 1


def test_redrives_are_counted_by_the_tasks_id(buried: Client, mails: Options) -> None:
    redriven(mails, count_redrives=True)
    for message in buried.lrange("mails", 0, -1):
        buried.lpush(DEAD, message)  # it failed again
    assert {letter.redrives for letter in peeked(mails, count_redrives=True)} == {1}


def test_messages_are_taken_out_and_put_back(buried: Client, mails: Options) -> None:
    before = buried.lrange(DEAD, 0, -1)
    with begun(mails) as letters:
        taken = letters.take(ALL)
        records = [letters.record(letter) for letter in taken]
        letters.settle(taken, [DROP] * len(taken))
        assert buried.llen(DEAD) == ALL - len(taken)
        assert letters.restore(records, "batch-1") == len(taken)
        assert letters.restore(records, "batch-1") == 0
    assert sorted(buried.lrange(DEAD, 0, -1)) == sorted(before)


def test_nothing_is_done_when_a_list_is_of_another_type(buried: Client, mails: Options) -> None:
    buried.set(URGENT, "nonsense")
    with pytest.raises(WrongType):
        redriven(mails)
    assert (buried.llen("mails"), buried.llen(DEAD)) == (0, ALL)


def test_the_list_must_be_named(redis_facts: RedisFacts) -> None:
    with pytest.raises(InputError, match="Celery keeps none itself; give dead: KEY"):
        peeked(in_redis(redis_facts, {"name": "mails", "kind": "celery"}))


def test_a_server_without_memory_loses_nothing(buried: Client, mails: Options) -> None:
    before = buried.lrange(DEAD, 0, -1)
    buried.config_set("maxmemory", 1)
    try:
        with pytest.raises(OpsError, match="the server has reached maxmemory"):
            redriven(mails, lambda letter: PARK if letter.id < "8" else MOVE, account=True)
    finally:
        buried.config_set("maxmemory", 0)
    assert buried.lrange(DEAD, 0, -1) == before
    assert (buried.llen("mails"), buried.llen(URGENT), buried.llen(f"{DEAD}:parked")) == (0, 0, 0)


def test_what_was_pushed_is_taken_back_when_more_is_refused(buried: Client, mails: Options) -> None:
    before = buried.lrange(DEAD, 0, -1)
    half = user_who_may(buried, "~mails*", "+@all", "-rpush")
    with half as login, pytest.raises(OpsError, match="no permissions"):
        redriven({**mails, **login}, lambda letter: PARK if letter.id < "8" else MOVE)
    assert buried.lrange(DEAD, 0, -1) == before
    assert (buried.llen("mails"), buried.llen(URGENT)) == (0, 0)


def test_the_canarys_letters_are_known_again(buried: Client, mails: Options) -> None:
    with begun(mails) as letters:
        first = letters.take(3)
        letters.settle(first, [MOVE] * len(first))
        assert letters.still_dead([letter.id for letter in first]) == 0
        buried.lpush(DEAD, first[0].body)
        assert letters.still_dead([letter.id for letter in first]) == 1


def test_celery_does_not_run_in_a_cluster(mails: Options) -> None:
    with pytest.raises(InputError, match="Celery does not run in a Redis Cluster"):
        peeked({**mails, "cluster": True, "db": 0})


def test_a_user_with_the_permissions_that_are_documented(buried: Client, mails: Options) -> None:
    commands = "+@read +time +select +eval +evalsha +ltrim +lpush +rpush +hincrby +hdel +expire"
    keys = ("~mails*", "~unacked*", "~_kombu.binding.*")
    with user_who_may(buried, *keys, *commands.split()) as login:
        operators = {**mails, **login}
        assert measured(operators)["dead"] == ALL
        fate = {letter.id: number % 2 for number, letter in enumerate(peeked(operators))}
        done = redriven(operators, lambda letter: PARK if fate[letter.id] else MOVE, count_redrives=True, account=True)
        assert done.sums == {"moved": ALL // 2, "parked": ALL // 2}


def test_letters_that_are_meant_by_their_arguments(buried: Client, mails: Options) -> None:
    meant = {"type": "^note$", "where": [{"path": "args[0]", "op": "lt", "value": 3}]}
    assert reprocess(mails, filter=meant).data["moved"] == 6
    assert buried.llen(DEAD) == ALL - 6
