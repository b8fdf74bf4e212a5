# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What queues keep of work that is done, by each library's own worker, removed once it is old; and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, WrongType
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.protobuf import with_varint
from ansible_collections.day2.ops.plugins.module_utils._queues.trim_operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .asynq_help import AsynqBroker, built
from .bullmq_help import BullBroker
from .python_broker import PythonBroker
from .queue_help import Client, Options, connection

HOUR = 3600
STREAM: Options = {"name": "events", "kind": "redis_stream"}


def trim(facts: RedisFacts, queue: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would."""
    given = {"older_than": "1h", **options}
    return operate(SPEC.validate({**connection(facts), "queue": queue, **given}, "queue_trim"), check_mode)


def numbers(result: Result) -> tuple[dict[str, int], dict[str, int]]:
    """Return what was removed and what is left, by state."""
    return result.data["removed_by_state"], result.data["left"]


def add(server: Client, *ages: float) -> list[str]:
    """Add entries that are so old; returns their ids."""
    now = time.time()
    return [server.xadd("events", {"data": str(age)}, id=f"{int((now - age) * 1000)}-0").decode() for age in ages]


# Streams


def test_entries_that_all_groups_have_read_are_removed_once_they_are_old(
    redis_facts: RedisFacts, redis_server: Client
) -> None:
    for group in ("a", "b"):
        redis_server.xgroup_create("events", group, "0", mkstream=True)
    ids = add(redis_server, *range(10 * HOUR, HOUR, -HOUR), 60.0)  # nine are older than an hour
    redis_server.xreadgroup("a", "one", {"events": ">"}, count=10, noack=True)
    redis_server.xreadgroup("b", "one", {"events": ">"}, count=6)
    assert numbers(trim(redis_facts, STREAM)) == ({"read": 0}, {"read": 10})
    redis_server.xack("events", "b", *ids[:4], ids[5])
    planned = trim(redis_facts, STREAM, check_mode=True)
    assert numbers(planned) == ({"read": 4}, {"read": 6})
    assert planned.diff == {"before": "read: 10\n", "after": "read: 6\n"}
    assert redis_server.xlen("events") == 10
    done = trim(redis_facts, STREAM)
    assert (done.changed, done.diff, numbers(done)) == (True, planned.diff, numbers(planned))
    assert [entry.decode() for entry, _fields in redis_server.xrange("events")] == ids[4:]
    assert not trim(redis_facts, STREAM).changed
    redis_server.xack("events", "b", ids[4])
    redis_server.xreadgroup("b", "one", {"events": ">"}, count=10, noack=True)
    assert numbers(trim(redis_facts, STREAM)) == ({"read": 5}, {"read": 1})
    infos = redis_server.xinfo_groups("events")
    assert [(info["lag"], info["pending"]) for info in infos] == [(0, 0), (0, 0)]


def test_without_a_group_only_age_counts(redis_facts: RedisFacts, redis_server: Client) -> None:
    add(redis_server, *(2 * HOUR + number for number in range(1700, 0, -1)), 1.0)
    assert numbers(trim(redis_facts, STREAM, check_mode=True)) == ({"read": 1700}, {"read": 1})
    limited = trim(redis_facts, STREAM, limit=700)
    assert (numbers(limited), limited.data["stop_reason"]) == (({"read": 700}, {"read": 1001}), "limit")
    done = trim(redis_facts, STREAM)
    assert numbers(done) == ({"read": 1000}, {"read": 1})
    assert done.warnings == ["no group reads the stream events, so only its entries' age counts"]
    assert done.msg == "events: removed 1000 read older than 1 h, 1 read left"


def test_ids_are_compared_as_numbers(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.xgroup_create("events", "a", "0", mkstream=True)
    for number in (2, 9, 10, 11):
        redis_server.xadd("events", {"data": "x"}, id=f"1000-{number}")
    redis_server.xreadgroup("a", "one", {"events": ">"}, count=3)
    redis_server.xack("events", "a", "1000-2", "1000-9")
    assert numbers(trim(redis_facts, STREAM)) == ({"read": 2}, {"read": 2})


def test_a_stream_that_is_not_there(redis_facts: RedisFacts, redis_server: Client) -> None:
    with pytest.raises(NotThere, match="the stream events does not exist"):
        trim(redis_facts, STREAM)
    redis_server.set("events", 1)
    with pytest.raises(WrongType, match="the key events holds a string, a stream was expected"):
        trim(redis_facts, STREAM)


# rq


def test_finished_jobs_of_rq(redis_facts: RedisFacts, redis_server: Client) -> None:
    rq = PythonBroker("rq", redis_facts)
    rq.do("fill", "mails", "note", 5)
    rq.do("work", "mails", "burst")
    redis_server.set("broken", "no connection")
    rq.do("fill", "mails", "note", 2)
    rq.do("work", "mails", "burst")
    queue = {"name": "mails", "kind": "rq"}
    assert numbers(trim(redis_facts, queue)) == ({"finished": 0}, {"finished": 5})
    jobs = redis_server.zrange("rq:finished:mails", 0, -1)
    for job in jobs[:3]:
        redis_server.hset(b"rq:job:" + job, "ended_at", "2020-01-02T03:04:05.000006Z")
    assert numbers(trim(redis_facts, queue, check_mode=True)) == ({"finished": 3}, {"finished": 2})
    assert numbers(trim(redis_facts, queue)) == ({"finished": 3}, {"finished": 2})
    left = {key for job in jobs[:3] for key in redis_server.keys(b"*" + job + b"*")}
    assert left == set()
    assert sorted(redis_server.zrange("rq:finished:mails", 0, -1)) == sorted(jobs[3:])
    everything = trim(redis_facts, queue, states=["finished", "failed"], older_than=0)
    assert numbers(everything) == ({"finished": 2, "failed": 2}, {"finished": 0, "failed": 0})
    assert not redis_server.keys("rq:job:*")
    assert not trim(redis_facts, queue, states=["finished", "failed"], older_than=0).changed


# BullMQ


def test_completed_jobs_of_bullmq(redis_facts: RedisFacts, redis_server: Client) -> None:
    bull = BullBroker(redis_facts, redis_server)
    bull.fill("jobs", 6)
    bull.work_off("jobs", 6)
    wait_for("all to be completed", lambda: redis_server.zcard("bull:jobs:completed") == 6)
    queue = {"name": "jobs", "kind": "bullmq"}
    assert numbers(trim(redis_facts, queue)) == ({"completed": 0}, {"completed": 6})
    jobs = redis_server.zrange("bull:jobs:completed", 0, -1)
    redis_server.zadd("bull:jobs:completed", dict.fromkeys(jobs[:4], (time.time() - 2 * HOUR) * 1000))
    assert numbers(trim(redis_facts, queue, check_mode=True)) == ({"completed": 4}, {"completed": 2})
    assert numbers(trim(redis_facts, queue, limit=3)) == ({"completed": 3}, {"completed": 3})
    assert numbers(trim(redis_facts, queue)) == ({"completed": 1}, {"completed": 2})
    assert {bool(redis_server.exists(b"bull:jobs:" + job)) for job in jobs[:4]} == {False}
    assert {bool(redis_server.exists(b"bull:jobs:" + job)) for job in jobs[4:]} == {True}
    assert not trim(redis_facts, queue).changed


# asynq


def test_completed_and_archived_tasks_of_asynq(tmp_path: Path, redis_facts: RedisFacts, redis_server: Client) -> None:
    asynq = AsynqBroker(built(tmp_path), redis_facts)
    asynq.do("enqueue", "default", "ok", 5, 0, 0, 0, HOUR)
    asynq.do("enqueue", "default", "fail", 3, 0, 0, HOUR)
    completed, archived = "asynq:{default}:completed", "asynq:{default}:archived"
    with asynq.working("default", quick=True):
        wait_for(
            "the end of all tasks", lambda: (redis_server.zcard(completed), redis_server.zcard(archived)) == (5, 3)
        )
    queue = {"name": "default", "kind": "asynq"}
    assert numbers(trim(redis_facts, queue)) == ({"completed": 0}, {"completed": 5})
    tasks = redis_server.zrange(completed, 0, -1)
    for task in (tasks[0], tasks[3]):
        key = b"asynq:{default}:t:" + task
        redis_server.hset(key, "msg", with_varint(redis_server.hget(key, "msg"), 13, int(time.time()) - 2 * HOUR))
    assert numbers(trim(redis_facts, queue, check_mode=True)) == ({"completed": 2}, {"completed": 3})
    assert numbers(trim(redis_facts, queue)) == ({"completed": 2}, {"completed": 3})
    assert redis_server.zrange(completed, 0, -1) == [tasks[1], tasks[2], tasks[4]]
    assert redis_server.zcard(archived) == 3
    wait_for(
        "what is there to be of an earlier second",
        lambda: int(time.time()) > redis_server.zrange(archived, -1, -1, withscores=True)[0][1] + 1,
    )
    assert numbers(trim(redis_facts, queue, states=["archived", "completed"], older_than=1)) == (
        {"archived": 3, "completed": 3},
        {"archived": 0, "completed": 0},
    )
    assert not redis_server.keys("asynq:{default}:t:*")
    assert not redis_server.keys("asynq:{default}:unique:*")
    # what has the lock of a unique task may be enqueued again
    asynq.do("enqueue", "default", "fail", 3, 0, 0, HOUR)


# Wrong


@pytest.mark.parametrize(
    ("queue", "options", "words"),
    [
        ({"name": "a", "kind": "redis_list"}, {}, "the kind redis_list keeps nothing of work that is done"),
        ({"name": "a", "kind": "rq"}, {"states": ["completed"]}, "the kind rq keeps no items as completed"),
        ({"name": "a", "kind": "rq"}, {"older_than": "a week"}, "older_than"),
        ({"name": "a", "kind": "rq"}, {"limit": 0}, "limit must be more than 0"),
    ],
)
def test_what_is_wrong_is_told(redis_facts: RedisFacts, queue: Options, options: Options, words: str) -> None:
    with pytest.raises(InputError, match=words):
        trim(redis_facts, queue, **options)
