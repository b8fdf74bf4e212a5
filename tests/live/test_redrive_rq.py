# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters of rq: failed by rq's own worker, redriven, and then done by rq's own worker, once each."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, begun, measured, peeked, redriven, settle_all, two_at_once
from .python_broker import PythonBroker
from .queue_help import Client, in_redis, user_who_may
from .snapshot import Snapshot

FAILED = "rq:failed:mails"
JOBS = 40


@pytest.fixture
def rq(redis_facts: RedisFacts, redis_server: Client) -> PythonBroker:
    """rq on an empty database."""
    redis_server.ping()
    return PythonBroker("rq", redis_facts)


@pytest.fixture
def mails(redis_facts: RedisFacts) -> Options:
    """The queue that the tests fill."""
    return in_redis(redis_facts, {"name": "mails", "kind": "rq"})


@pytest.fixture(scope="module")
def once() -> Snapshot:
    """What the database held when rq's worker had failed all jobs."""
    return Snapshot()


@pytest.fixture
def failed(rq: PythonBroker, redis_server: Client, once: Snapshot) -> Client:
    """Jobs that rq's worker has failed, their cause mended; an administrator's client."""
    if not once.restore(redis_server):
        redis_server.set("broken", "no connection")
        rq.do("fill", "mails", "note", JOBS)
        rq.do("work", "mails", "burst")
        redis_server.delete("broken")
        once.take(redis_server)
    assert redis_server.zcard(FAILED) == JOBS
    return redis_server


def processed(redis_server: Client) -> list[int]:
    """Return the numbers of the jobs that were done."""
    return sorted(int(number) for number in redis_server.lrange("processed", 0, -1))


def test_a_letter_tells_what_its_job_does(failed: Client, mails: Options) -> None:
    letters = peeked(mails)
    assert len({letter.id for letter in letters}) == JOBS
    assert {(one.error, one.type, one.attempts, one.body, one.gone) for one in letters} == {
        ("ValueError: no connection", "jobs.note", 1, None, "")
    }
    assert all(abs((one.failed_at or 0.0) - failed.time()[0]) < 60 for one in letters)


def test_a_requeued_job_is_as_rq_itself_requeues_it(failed: Client, mails: Options) -> None:
    from rq import Queue
    from rq.job import Job

    theirs, ours = (job.decode() for job in failed.zrange(FAILED, 0, 1))
    Job.fetch(theirs, connection=failed).requeue()
    redriven(mails, lambda letter: MOVE if letter.id == ours else KEEP)
    assert Queue("mails", connection=failed).job_ids == [theirs, ours]
    hashes = [failed.hgetall(f"rq:job:{job}") for job in (theirs, ours)]
    own = (b"description", b"created_at", b"last_heartbeat", b"data")
    for one in hashes:
        assert len(one.pop(b"enqueued_at")) == len("2026-01-01T00:00:00.000000Z")
        one.pop(b"exc_info", None)
        for name in own:
            one.pop(name, None)
    assert hashes[0] == hashes[1]
    assert failed.ttl(f"rq:job:{ours}") == -1  # it shall not be forgotten while it waits


def test_jobs_that_die_again_do_not_belong_to_the_pass(rq: PythonBroker, failed: Client, mails: Options) -> None:
    failed.set("broken", "still no connection")
    with begun(mails) as letters:
        first = letters.take(10)
        letters.settle(first, [MOVE] * len(first))
        rq.do("work", "mails", "burst")
        assert letters.still_dead([letter.id for letter in first]) == len(first)
        assert settle_all(letters).sums == {"moved": JOBS - len(first)}
    assert failed.zcard(FAILED) == len(first)
    again = peeked(mails)
    assert {(letter.error, letter.attempts) for letter in again} == {("ValueError: still no connection", 2)}


def test_parked_dropped_and_kept_jobs(rq: PythonBroker, failed: Client, mails: Options) -> None:
    order = [letter.id for letter in peeked(mails)]
    fate = dict(zip(order, [MOVE, PARK, DROP, KEEP] * (JOBS // 4), strict=True))
    each = JOBS // 4
    done = redriven(mails, lambda letter: fate[letter.id], most=3, count_redrives=True).sums
    assert done == {"moved": each, "parked": each, "dropped": each, "kept": each}
    assert {job.decode() for job in failed.zrange(FAILED, 0, -1)} == {job for job in order if fate[job] == KEEP}
    assert failed.zcard(f"{FAILED}:parked") == each
    dropped = next(job for job in order if fate[job] == DROP)
    assert failed.exists(f"rq:job:{dropped}", f"rq:results:{dropped}") == 0
    rq.do("work", "mails", "burst")
    assert len(processed(failed)) == each


def test_parked_jobs_are_the_failed_ones_of_a_queue_of_that_name(
    rq: PythonBroker, failed: Client, mails: Options
) -> None:
    redriven(mails, lambda _letter: PARK)
    assert failed.zcard(FAILED) == 0
    parked = {**mails, "queue": "mails:parked"}
    assert redriven(parked).sums == {"moved": JOBS}
    rq.do("work", "mails", "burst")
    assert processed(failed) == list(range(JOBS))


def test_a_job_that_is_gone_can_never_succeed(rq: PythonBroker, failed: Client, mails: Options) -> None:
    lost = failed.zrange(FAILED, 0, 2)
    for job in lost:
        failed.delete(b"rq:job:" + job)
    assert {letter.gone for letter in peeked(mails) if letter.id.encode() in lost} == {"its payload is gone"}
    assert redriven(mails, most=2).sums == {"moved": JOBS - 3, "its payload is gone": 3}
    assert failed.zcard(FAILED) == 3
    assert redriven(mails, lambda letter: PARK if letter.gone else MOVE).sums == {"parked": 3}
    rq.do("work", "mails", "burst")
    assert len(processed(failed)) == JOBS - 3


def test_a_job_whose_key_holds_something_else(failed: Client, mails: Options) -> None:
    (job,) = failed.zrange(FAILED, 0, 0)
    failed.delete(b"rq:job:" + job)
    failed.set(b"rq:job:" + job, "nonsense")
    assert redriven(mails).sums == {"moved": JOBS - 1, "its payload is gone": 1}


def test_two_passes_at_once_move_each_job_once(rq: PythonBroker, failed: Client, mails: Options) -> None:
    outcomes = two_at_once(mails)
    assert sum(passed.moved for passed in outcomes) == JOBS
    rq.do("work", "mails", "burst")
    assert processed(failed) == list(range(JOBS))


def test_a_job_that_died_again_meanwhile_is_not_moved_a_second_time(
    rq: PythonBroker, failed: Client, mails: Options
) -> None:
    failed.set("broken", "still no connection")
    with begun(mails) as late:
        taken = late.take(JOBS)
        assert redriven(mails, run="two").moved == JOBS
        rq.do("work", "mails", "burst")
        done = late.settle(taken, [MOVE] * len(taken))
    assert (done.moved, done.vanished) == (0, len(taken))
    assert failed.llen("rq:queue:mails") == 0


def test_the_newest_first(failed: Client, mails: Options) -> None:
    assert [one.id for one in peeked(mails, order="newest")] == [one.id for one in peeked(mails)][::-1]
    oldest = peeked(mails)[0].id
    with begun(mails, order="newest") as letters:
        first = letters.take(5)
        letters.settle(first, [KEEP] * len(first))
        rest = settle_all(letters, most=6).sums
    assert rest == {"moved": JOBS - len(first)}
    assert oldest not in {job.decode() for job in failed.zrange(FAILED, 0, -1)}


def test_a_pass_is_picked_up_where_it_was_left(failed: Client, mails: Options) -> None:
    with begun(mails, account=True) as letters:
        kept = letters.take(4)
        letters.settle(kept, [KEEP] * len(kept))
        moved = letters.take(4)
        letters.settle(moved, [MOVE] * len(moved))
        position = letters.position()
        unseen = letters.take(4)
        letters.settle(unseen, [MOVE] * len(unseen))  # its journal was not written any more
    looked = len(kept) + len(moved) + len(unseen)
    with begun(mails, account=True, position=position) as letters:
        assert letters.account() == {"looked": looked, "moved": looked - len(kept), "parked": 0}
        assert settle_all(letters).sums == {"moved": JOBS - looked}
    assert {job.decode() for job in failed.zrange(FAILED, 0, -1)} == {letter.id for letter in kept}


def test_redrives_are_counted(failed: Client, rq: PythonBroker, mails: Options) -> None:
    failed.set("broken", "still no connection")
    redriven(mails, count_redrives=True)
    rq.do("work", "mails", "burst")
    assert {letter.redrives for letter in peeked(mails, count_redrives=True)} == {1}


def test_json_and_retries(rq: PythonBroker, redis_server: Client, mails: Options) -> None:
    redis_server.set("broken", "no connection")
    rq.do("fill", "mails", "other", 3, "json", 2)
    rq.do("work", "mails", "burst", "json")
    letters = peeked(mails)
    assert sorted(letter.payload["args"][0] for letter in letters) == [0, 1, 2]
    assert {(letter.type, letter.attempts, letter.fault) for letter in letters} == {("jobs.other", None, "")}
    (job, *_others) = (letter.id for letter in letters)
    assert redis_server.hget(f"rq:job:{job}", "retries_left") == b"0"
    assert redriven(mails, attempts="reset").sums == {"moved": 3}
    assert redis_server.hget(f"rq:job:{job}", "retries_left") == b"1"
    redis_server.delete("broken")
    rq.do("work", "mails", "burst", "json")
    assert processed(redis_server) == [0, 1, 2]


def test_a_job_with_a_rate_limit_waits_for_its_turn(failed: Client, mails: Options) -> None:
    limited = failed.zrange(FAILED, 0, 2)
    for job in limited:
        failed.hset(b"rq:job:" + job, mapping={"rate_limit_key": "smtp", "rate_limit_concurrency": 1})
    redriven(mails)
    assert failed.zrange("rq:rl:smtp:allowed", 0, -1) == limited[:1]
    assert set(failed.zrange("rq:rl:smtp:rate_limited", 0, -1)) == set(limited[1:])
    assert failed.llen("rq:queue:mails") == JOBS - 2
    assert failed.hget(b"rq:job:" + limited[1], "status") == b"rate_limited"


def test_jobs_are_taken_out_and_put_back(rq: PythonBroker, failed: Client, mails: Options) -> None:
    def known() -> list[tuple[object, ...]]:
        return [(one.id, one.type, one.error) for one in peeked(mails)]

    before = known()
    with begun(mails) as letters:
        taken: list[Letter] = list(letters.take(JOBS))
        records = [letters.record(letter) for letter in taken]
        letters.settle(taken, [DROP] * len(taken))
        assert failed.zcard(FAILED) == JOBS - len(taken)
        assert letters.restore(records, "batch-1") == len(taken)
        assert letters.restore(records, "batch-1") == 0
    assert known() == before
    assert redriven(mails, run="two").moved == JOBS
    rq.do("work", "mails", "burst")
    assert processed(failed) == list(range(JOBS))


def test_a_record_of_another_kind_is_refused(mails: Options, redis_server: Client) -> None:
    redis_server.ping()
    with begun(mails) as letters, pytest.raises(InputError, match="not one of rq"):
        letters.restore([{"id": "1", "body": "YQ=="}], "batch-1")


def test_nothing_there_and_another_type(redis_server: Client, mails: Options) -> None:
    with begun(mails) as letters:
        assert letters.notes()[0].startswith("rq knows no queue mails")
        assert letters.count() is None
        assert letters.take(10) == []
    redis_server.set(FAILED, "nonsense")
    with pytest.raises(WrongType, match="holds a string, a zset was expected"):
        peeked(mails)
    redis_server.delete(FAILED)


def test_nothing_is_done_when_the_queue_is_of_another_type(failed: Client, mails: Options) -> None:
    failed.delete("rq:queue:mails")
    failed.set("rq:queue:mails", "nonsense")
    with pytest.raises(WrongType):
        redriven(mails)
    assert failed.zcard(FAILED) == JOBS


def test_a_server_without_memory_loses_nothing(rq: PythonBroker, failed: Client, mails: Options) -> None:
    failed.config_set("maxmemory", 1)
    try:
        with pytest.raises(OpsError, match="the server has reached maxmemory"):
            redriven(mails, lambda letter: PARK if letter.id < "8" else MOVE, count_redrives=True, account=True)
    finally:
        failed.config_set("maxmemory", 0)
    assert (failed.zcard(FAILED), failed.llen("rq:queue:mails"), failed.zcard(f"{FAILED}:parked")) == (JOBS, 0, 0)
    assert redriven(mails, run="two").sums == {"moved": JOBS}
    rq.do("work", "mails", "burst")
    assert processed(failed) == list(range(JOBS))


def test_a_user_with_the_permissions_that_are_documented(failed: Client, mails: Options) -> None:
    commands = "+@read +time +select +eval +evalsha +zadd +zrem +rpush +sadd +hset +hincrby +hdel +expire +persist"
    with user_who_may(failed, "~rq:*", *commands.split()) as login:
        operators = {**mails, **login}
        assert measured(operators)["dead"] == JOBS
        fate = {letter.id: number % 2 for number, letter in enumerate(peeked(operators))}
        done = redriven(operators, lambda letter: PARK if fate[letter.id] else MOVE, count_redrives=True, account=True)
        assert done.sums == {"moved": JOBS // 2, "parked": JOBS // 2}


def test_keys_that_cannot_be_meant(mails: Options) -> None:
    with pytest.raises(InputError, match="dead and parked are the same key"):
        redriven(mails, park=FAILED)
    with pytest.raises(InputError, match="rq does not run in a Redis Cluster"):
        peeked({**mails, "cluster": True, "db": 0})
