# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters of Celery: buried by its own worker, redriven, and then done by its own worker, once each."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .passes import Dead, go_through, whole_run
from .python_broker import PythonBroker
from .queue_help import Client, measured, some
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
def mails(redis_facts: RedisFacts) -> Dead:
    """The dead letters of the queue that the tests fill."""
    return Dead(redis_facts, "mails", "celery", dead=DEAD, missing="empty")


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


def test_all_messages_are_redriven_and_done_once(
    celery: PythonBroker, buried: Client, mails: Dead, redis_facts: RedisFacts
) -> None:
    letters = mails.peeked()
    assert len({letter.id for letter in letters}) == ALL
    assert {(one.type, one.error, one.attempts, one.gone, one.fault) for one in letters} == {
        ("note", "ValueError('no connection')", 1, "", ""),
        ("tenacious", "ValueError('no connection')", 3, "", ""),
    }
    assert all(abs((one.failed_at or 0.0) - buried.time()[0]) < 600 for one in letters)
    assert sorted(one.payload["args"][0] for one in letters if one.type == "tenacious") == list(range(RETRIED))
    assert measured(redis_facts, "mails", "celery", dead=DEAD)["dead"] == ALL
    with mails.passing() as passed:
        assert go_through(passed, most=7) == {"moved": ALL}
        assert passed.take(10) == []
    assert (buried.llen("mails"), buried.llen(URGENT), buried.llen(DEAD)) == (PLAIN + RETRIED, PRIOR, 0)
    redriven = some(measured(redis_facts, "mails", "celery", dead=DEAD, missing="empty"), "ready", "dead")
    assert redriven == {"ready": ALL, "dead": 0}
    numbers = work_until_done(celery, buried, ALL)
    assert numbers == sorted([*range(PLAIN), *range(PRIOR), *range(RETRIED)])


def test_messages_are_moved_as_they_are_the_oldest_first(buried: Client, mails: Dead) -> None:
    before = buried.lrange(DEAD, 0, -1)
    mails.redriven()
    plain = [message for message in before if not json.loads(message)["properties"]["priority"]]
    assert buried.lrange("mails", 0, -1) == plain  # workers take from the right, where the oldest was


def test_the_newest_first(buried: Client, mails: Dead) -> None:
    (newest,) = buried.lrange(DEAD, 0, 0)
    assert mails.peeked(order="newest")[0].body == newest
    assert mails.peeked(order="newest")[-1].body != newest


def test_retries_are_counted_anew(buried: Client, mails: Dead) -> None:
    mails.redriven(attempts="reset")
    again = buried.lrange("mails", 0, -1)
    assert {headers(message)["retries"] for message in again} == {0}
    assert sum(headers(message)["task"] == "tenacious" for message in again) == RETRIED


def test_parked_dropped_and_kept_messages(buried: Client, mails: Dead) -> None:
    order = [letter.id for letter in mails.peeked()]
    fate = dict(zip(order, [MOVE, PARK, DROP, KEEP] * (ALL // 4), strict=True))
    each = ALL // 4
    done = mails.redriven(lambda letter: fate[letter.id], most=3, count_redrives=True)
    assert done == {"moved": each, "parked": each, "dropped": each, "kept": each}
    assert [letter.id for letter in mails.peeked()] == [one for one in order if fate[one] == KEEP]
    assert buried.llen(f"{DEAD}:parked") == each


def test_what_no_worker_could_read_is_not_moved(buried: Client, mails: Dead) -> None:
    for foreign in (b"\xff\xfe", b"[1, 2]", b'{"task": "note"}', b'{"body": "", "headers": {}, "properties": {}}'):
        buried.lpush(DEAD, foreign)
    assert {letter.gone for letter in mails.peeked()[-4:]} == {"not a message of Celery"}
    assert mails.redriven(most=5) == {"moved": ALL, "not a message of Celery": 4}
    assert buried.llen(DEAD) == 4
    assert mails.redriven(lambda letter: PARK if letter.gone else MOVE) == {"parked": 4}


def test_a_message_whose_time_has_run_out(buried: Client, mails: Dead) -> None:
    message = json.loads(buried.lindex(DEAD, 0))
    message["headers"]["expires"] = "2020-01-01T00:00:00+00:00"
    buried.lset(DEAD, 0, json.dumps(message))
    assert [letter.gone for letter in mails.peeked()][-1] == "its time has run out"


def test_a_pickle_stays_closed(buried: Client, mails: Dead) -> None:
    message = json.loads(buried.lindex(DEAD, 0))
    message["content-type"] = "application/x-python-serialize"
    buried.lset(DEAD, 0, json.dumps(message))
    letter = mails.peeked()[-1]
    assert (letter.payload, letter.gone, letter.type) == (None, "", message["headers"]["task"])


def test_two_passes_at_once_move_each_message_once(celery: PythonBroker, buried: Client, mails: Dead) -> None:
    outcomes: list[dict[str, int]] = []
    together = threading.Barrier(2)

    def work(run: str) -> None:
        with mails.passing(run=run) as letters:
            together.wait(30)
            outcomes.append(go_through(letters, most=3))

    threads = [threading.Thread(target=work, args=(run,)) for run in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(one.get("moved", 0) for one in outcomes) == ALL
    assert len(work_until_done(celery, buried, ALL)) == ALL


def test_somebody_else_changed_the_list_meanwhile(buried: Client, mails: Dead) -> None:
    with mails.passing() as letters:
        taken = letters.take(5)
        buried.rpop(DEAD)
        done = letters.settle(taken, [MOVE] * len(taken))
        assert (done.changed, done.moved) == (True, 0)
    assert buried.llen(DEAD) == ALL - 1


def test_redrives_are_counted_by_the_tasks_id(buried: Client, mails: Dead) -> None:
    mails.redriven(count_redrives=True)
    for message in buried.lrange("mails", 0, -1):
        buried.lpush(DEAD, message)  # it failed again
    assert {letter.redrives for letter in mails.peeked(count_redrives=True)} == {1}


def test_messages_are_taken_out_and_put_back(buried: Client, mails: Dead) -> None:
    before = buried.lrange(DEAD, 0, -1)
    with mails.passing() as letters:
        taken = letters.take(ALL)
        records = [letters.record(letter) for letter in taken]
        letters.settle(taken, [DROP] * len(taken))
        assert buried.llen(DEAD) == ALL - len(taken)
        assert letters.restore(records, "batch-1") == len(taken)
        assert letters.restore(records, "batch-1") == 0
    assert sorted(buried.lrange(DEAD, 0, -1)) == sorted(before)


def test_nothing_is_done_when_a_list_is_of_another_type(buried: Client, mails: Dead) -> None:
    buried.set(URGENT, "nonsense")
    with pytest.raises(WrongType):
        mails.redriven()
    assert (buried.llen("mails"), buried.llen(DEAD)) == (0, ALL)


def test_the_list_must_be_named(redis_facts: RedisFacts) -> None:
    with pytest.raises(InputError, match="Celery keeps none itself; give dead: KEY"):
        Dead(redis_facts, "mails", "celery").peeked()


def test_a_server_without_memory_loses_nothing(buried: Client, mails: Dead) -> None:
    before = buried.lrange(DEAD, 0, -1)
    buried.config_set("maxmemory", 1)
    try:
        with pytest.raises(OpsError, match="the server has reached maxmemory"):
            mails.redriven(lambda letter: PARK if letter.id < "8" else MOVE, account=True)
    finally:
        buried.config_set("maxmemory", 0)
    assert buried.lrange(DEAD, 0, -1) == before
    assert (buried.llen("mails"), buried.llen(URGENT), buried.llen(f"{DEAD}:parked")) == (0, 0, 0)


def test_what_was_pushed_is_taken_back_when_more_is_refused(buried: Client, redis_facts: RedisFacts) -> None:
    before = buried.lrange(DEAD, 0, -1)
    buried.execute_command("ACL", "SETUSER", "half", "on", ">secret", "resetkeys", "~mails*", "+@all", "-rpush")
    try:
        login = {"login_user": "half", "login_password": "secret"}
        mails = Dead(redis_facts, "mails", "celery", dead=DEAD, missing="empty", **login)
        with pytest.raises(OpsError, match="no permissions"):
            mails.redriven(lambda letter: PARK if letter.id < "8" else MOVE)
    finally:
        buried.execute_command("ACL", "DELUSER", "half")
    assert buried.lrange(DEAD, 0, -1) == before
    assert (buried.llen("mails"), buried.llen(URGENT)) == (0, 0)


def test_the_canarys_letters_are_known_again(buried: Client, mails: Dead) -> None:
    with mails.passing() as letters:
        first = letters.take(3)
        letters.settle(first, [MOVE] * len(first))
        assert letters.still_dead([letter.id for letter in first]) == 0
        buried.lpush(DEAD, first[0].body)
        assert letters.still_dead([letter.id for letter in first]) == 1


def test_celery_does_not_run_in_a_cluster(redis_facts: RedisFacts) -> None:
    with pytest.raises(InputError, match="Celery does not run in a Redis Cluster"):
        Dead(redis_facts, "mails", "celery", dead=DEAD, cluster=True, db=0).peeked()


def test_a_user_with_the_permissions_that_are_documented(buried: Client, redis_facts: RedisFacts) -> None:
    commands = "+@read +time +select +eval +evalsha +ltrim +lpush +rpush +hincrby +hdel +expire"
    keys = ("~mails*", "~unacked*", "~_kombu.binding.*")
    buried.execute_command("ACL", "SETUSER", "operator", "reset", "on", ">secret", *keys, *commands.split())
    login = {"login_user": "operator", "login_password": "secret", "dead": DEAD}
    try:
        assert measured(redis_facts, "mails", "celery", **login)["dead"] == ALL
        mails = Dead(redis_facts, "mails", "celery", **login)
        fate = {letter.id: number % 2 for number, letter in enumerate(mails.peeked())}
        done = mails.redriven(lambda letter: PARK if fate[letter.id] else MOVE, count_redrives=True, account=True)
        assert done == {"moved": ALL // 2, "parked": ALL // 2}
    finally:
        buried.execute_command("ACL", "DELUSER", "operator")


def test_a_whole_run_and_one_whose_cause_is_not_mended(
    celery: PythonBroker, buried: Client, redis_facts: RedisFacts
) -> None:
    queue = {"name": "mails", "kind": "celery", "dead": DEAD, "missing": "empty"}
    with celery.working("work", "mails"):
        wait_for("the worker", lambda: buried.exists("_kombu.binding.celery.pidbox") == 1, seconds=60)
        where = [{"path": "args[0]", "op": "lt", "value": 3}]
        result = whole_run(redis_facts, queue, filter={"type": "^note$", "where": where}, canary=2)
        assert not result.failed, result.msg
        assert result.data["moved"] == 6
        wait_for("the tasks to be done", lambda: buried.llen("processed") == 6)
        buried.set("broken", "still no connection")
        result = whole_run(redis_facts, queue, filter={"type": "^note$"}, canary=2)
    assert result.failed
    assert (result.data["moved"], result.data["stop_reason"]) == (2, "canary")
    assert sorted(int(number) for number in buried.lrange("processed", 0, -1)) == [0, 0, 1, 1, 2, 2]
