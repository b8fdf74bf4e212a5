# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind worker on the demo service, whose readiness can be green with a worker that hangs, and on real keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.stores import open_redis
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.queue_help import connection

Options = dict[str, Any]


@pytest.fixture
def login(redis_facts: RedisFacts) -> Options:
    """Options for database 9, which `redis_server` empties."""
    return connection(redis_facts)


@pytest.fixture
def demo(lab: Lab) -> Iterator[Options]:
    """Options for the demo service's database; its queue is empty before and after."""
    facts = lab.facts["redis"]
    open_redis(facts, seconds=5).delete(names.QUEUE, names.DEAD)
    yield connection(facts, db=facts["db"])
    lab.mend_all()
    open_redis(facts, seconds=5).delete(names.QUEUE, names.DEAD)


BEATS: Options = {"heartbeat_key": f"{names.HEARTBEAT}*", "heartbeat_path": "at", "max_age": "30s"}
ORDERS: Options = {
    "queue": names.QUEUE,
    "queue_kind": "redis_list",
    "missing": "empty",
    "in_flight": [f"{names.PROCESSING}*"],
    "heartbeat": f"{names.HEARTBEAT}*",
    "window": "1500ms",
    "timeout": 10,
}


def push(facts: Facts, count: int) -> None:
    orders = [json.dumps({"id": f"worker-test-{time.time_ns()}-{number}", "amount": 1}) for number in range(count)]
    open_redis(facts["redis"], seconds=5).rpush(names.QUEUE, *orders)


def test_living_workers(demo: Options) -> None:
    outcome = attempt("worker", **demo, **BEATS, min_workers=2)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["heartbeat"]["workers"] == 2
    assert outcome.values["heartbeat"]["silent"] == []
    assert attempt("worker", **demo, heartbeat_key=f"{names.HEARTBEAT}*").status == "pass"


def test_a_worker_that_hangs_is_silent(lab: Lab, demo: Options) -> None:
    client = open_redis(lab.facts["redis"], seconds=5)
    lab.break_server("worker-1", "hang")
    wait_for("the end of its heartbeat", lambda: not client.exists(f"{names.HEARTBEAT}worker-1"))
    outcome = attempt("worker", **demo, **BEATS, min_workers=2)
    assert outcome.status == "fail"
    assert outcome.reason == "heartbeat.workers is 1, expected at least 2"


def test_no_worker_is_left(lab: Lab, demo: Options) -> None:
    lab.break_server("service", "worker-kill")
    outcome = attempt("worker", **demo, **BEATS)
    assert outcome.status == "fail"
    assert "heartbeat.workers is 0, expected at least 1" in outcome.reason
    assert "heartbeat.youngest_age is null (there is no heartbeat)" in outcome.reason
    queue = {name: value for name, value in ORDERS.items() if name != "window"}
    seen = attempt("worker", **demo, **queue, min_consumers=1)
    assert (seen.status, seen.reason) == ("fail", "consumers.alive is 0, expected at least 1")


def test_progress_is_seen_and_does_not_take_the_whole_window(facts: Facts, demo: Options) -> None:
    push(facts, 300)
    outcome = attempt("worker", **demo, **{**ORDERS, "window": "8s"})
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["progress"]["stuck"] == 0
    assert outcome.values["progress"]["ready"] > 0


def test_nothing_waits(demo: Options) -> None:
    outcome = attempt("worker", **demo, **ORDERS)
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["progress"]["ready"] == 0


def test_alive_and_without_progress(lab: Lab, demo: Options) -> None:
    """With the database away, workers send heartbeats and finish nothing."""
    lab.break_server("postgres", "hang")
    push(lab.facts, 20)
    client = open_redis(lab.facts["redis"], seconds=5)
    taken = [f"{names.PROCESSING}{worker}" for worker in ("worker-1", "worker-2")]
    wait_for("two orders in hand", lambda: sum(int(str(client.llen(key))) for key in taken) == 2)
    outcome = attempt("worker", **demo, **ORDERS, **BEATS, min_workers=2)
    assert outcome.status == "fail"
    assert outcome.reason == f"progress.stuck is {client.llen(names.QUEUE)} items, expected at most 0 items"
    assert outcome.values["heartbeat"]["workers"] == 2
    assert outcome.values["progress"]["in_flight"] == 2


def test_what_waits_for_nobody(lab: Lab, demo: Options) -> None:
    lab.break_server("service", "worker-kill")
    push(lab.facts, 3)
    outcome = attempt("worker", **demo, **ORDERS)
    assert outcome.status == "fail"
    assert outcome.reason == (
        "progress.stuck is 3 items, expected at most 0 items; "
        "progress.hindrance is 'no consumer is there', expected null"
    )


@contextmanager
def repeating(do: Any) -> Iterator[None]:
    """Do something every few milliseconds while inside."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            do()
            done.wait(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_queue_that_is_filled_as_fast_as_it_is_emptied(login: Options, redis_server: redis.Redis) -> None:
    queue = {"queue": "work", "queue_kind": "redis_list", "window": "1s", "timeout": 5}
    redis_server.rpush("work", *range(10))
    redis_server.hset("counters", "done", "0")

    def work() -> None:
        with redis_server.pipeline() as together:
            together.rpush("work", "more")
            together.lpop("work")
            together.hincrby("counters", "done", 1)
            together.execute()  # type: ignore[no-untyped-call]

    with repeating(work):
        blind = attempt("worker", **login, **queue)
        marked = attempt("worker", **login, **queue, progress_key="counters", progress_field="done")
    assert (blind.status, blind.values["progress"]["stuck"]) == ("fail", 10)
    assert marked.status == "pass", marked.reason


def test_a_group_that_acknowledges_under_load(login: Options, redis_server: redis.Redis) -> None:
    """The depth never falls, but the oldest entry is another one each time."""
    stream: Options = {
        "queue": "events",
        "queue_kind": "redis_stream",
        "group": "workers",
        "window": "3s",
        "timeout": 8,
    }
    redis_server.xgroup_create("events", "workers", mkstream=True)
    for _entry in range(5):
        redis_server.xadd("events", {"data": "1"})
    redis_server.xreadgroup("workers", "one", {"events": ">"}, count=1)
    redis_server.xadd("events", {"data": "waits"})
    stuck = attempt("worker", **login, **{**stream, "window": "1s"}, min_consumers=1)
    assert stuck.status == "fail", stuck.values
    assert stuck.values["progress"]["stuck"] == 5

    def work() -> None:
        redis_server.xadd("events", {"data": "more"})
        redis_server.xadd("events", {"data": "more"})
        for _key, entries in redis_server.xreadgroup("workers", "one", {"events": "0"}, count=1):  # type: ignore[union-attr]
            redis_server.xack("events", "workers", *[entry for entry, _fields in entries])
        redis_server.xreadgroup("workers", "one", {"events": ">"}, count=1)

    with repeating(work):
        moving = attempt("worker", **login, **stream)
        marked = attempt("worker", **login, **stream, progress_key="events", progress_field="workers")
    assert moving.status == "pass", moving.reason
    assert marked.status == "pass", marked.reason


def test_a_worker_that_takes_an_item_and_dies_again_and_again_makes_no_progress(
    login: Options, redis_server: redis.Redis
) -> None:
    redis_server.rpush("work", *range(5))

    def work() -> None:
        redis_server.lmove("work", "work:processing:one", "LEFT", "RIGHT")
        redis_server.lmove("work:processing:one", "work", "RIGHT", "LEFT")

    queue = {"queue": "work", "queue_kind": "redis_list", "in_flight": ["work:processing:one"], "missing": "empty"}
    with repeating(work):
        outcome = attempt("worker", **login, **queue, window="1s", timeout=5)
    assert outcome.status == "fail", outcome.values


def test_a_paused_queue_is_said(login: Options, redis_server: redis.Redis) -> None:
    redis_server.sadd("asynq:queues", "critical")
    redis_server.rpush("asynq:{critical}:pending", "1")
    redis_server.set("asynq:{critical}:paused", "1")
    outcome = attempt("worker", **login, queue="critical", queue_kind="asynq", window="400ms")
    assert outcome.status == "fail"
    assert "progress.hindrance is 'the queue is paused', expected null" in outcome.reason


NOW_AS = {
    "seconds": lambda: f"{time.time():.3f}",
    "milliseconds": lambda: str(time.time_ns() // 1_000_000),
    "nanoseconds": lambda: str(time.time_ns()),
    "ISO 8601": lambda: datetime.now(UTC).isoformat(),
    "RFC 3339": lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "no zone": lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
}


@pytest.mark.parametrize("written", NOW_AS)
def test_times_as_workers_write_them(written: str, login: Options, redis_server: redis.Redis) -> None:
    redis_server.set("beat", NOW_AS[written]())
    outcome = attempt("worker", **login, heartbeat_key="beat", max_age="30s")
    assert outcome.status == "pass", outcome.reason


def test_an_old_heartbeat(login: Options, redis_server: redis.Redis) -> None:
    redis_server.set("beat", time.time() - 300)
    outcome = attempt("worker", **login, heartbeat_key="beat", max_age="1m")
    assert outcome.status == "fail"
    assert outcome.reason == (
        "heartbeat.youngest_age is 5 min, expected at most 1 min; heartbeat.workers is 0, expected at least 1"
    )
    assert outcome.values["heartbeat"]["silent"] == ["beat (5 min)"]


def test_hashes_and_sorted_sets(login: Options, redis_server: redis.Redis) -> None:
    now = time.time()
    redis_server.hset("beats", mapping={"one": now, "two": now - 3600})
    redis_server.zadd("scores", {"one": now * 1000, "two": (now - 3600) * 1000, "three": (now + 7200) * 1000})
    field = attempt("worker", **login, heartbeat_key="beats", heartbeat_path="one", max_age="1m")
    assert field.status == "pass", field.reason
    whole = attempt("worker", **login, heartbeat_key="beats", max_age="1m", min_workers=2)
    assert (whole.status, whole.values["heartbeat"]["silent"]) == ("fail", ["beats two (1 h)"])
    scores = attempt("worker", **login, heartbeat_key="scores", max_age="1m")
    assert scores.status == "pass", scores.reason
    assert scores.values["heartbeat"]["workers"] == 1
    assert "ahead of the server's clock" in scores.values["heartbeat"]["silent"][0]


def test_what_holds_no_time_is_unknown(login: Options, redis_server: redis.Redis) -> None:
    redis_server.set("beat", "ok")
    redis_server.set("json", '{"at": null}')
    redis_server.rpush("list", "1")
    aged = {**login, "max_age": "1m"}
    assert attempt("worker", **aged, heartbeat_key="beat").reason.startswith("the heartbeat holds no time: beat; ")
    assert attempt("worker", **aged, heartbeat_key="beat", heartbeat_path="at").reason.startswith(
        "the heartbeat is no JSON: beat"
    )
    for options in ({"heartbeat_key": "json", "heartbeat_path": "at"}, {"heartbeat_key": "list"}):
        assert attempt("worker", **aged, **options).status == "unknown"
    for_ever = attempt("worker", **login, heartbeat_key="beat")
    assert (for_ever.status, for_ever.reason) == (
        "unknown",
        "the heartbeat has no time to live, so that it is there proves nothing: beat; give max_age if it holds a time",
    )


def test_marks_that_are_not_there_are_unknown(login: Options, redis_server: redis.Redis) -> None:
    redis_server.rpush("work", "1")
    redis_server.hset("counters", "done", "0")
    work = {**login, "queue": "work", "queue_kind": "redis_list", "window": "400ms"}
    assert attempt("worker", **work, progress_key="nowhere").reason.startswith("there is no such mark of progress: ")
    assert "has no such field" in attempt("worker", **work, progress_key="counters", progress_field="x").reason
    assert attempt("worker", **work, progress_key="counters").status == "unknown"


def test_a_queue_that_is_not_there_is_unknown(login: Options, redis_server: redis.Redis) -> None:
    redis_server.set("other", "1")
    for options in ({"window": "400ms"}, {"min_consumers": 1}):
        outcome = attempt("worker", **login, queue="work", queue_kind="redis_list", **options)
        assert outcome.status == "unknown"
        assert "the key work does not exist" in outcome.reason


def test_consumers_that_a_queue_cannot_tell_are_unknown(login: Options, redis_server: redis.Redis) -> None:
    redis_server.rpush("work", "1")
    outcome = attempt("worker", **login, queue="work", queue_kind="redis_list", min_consumers=1)
    assert outcome.status == "unknown"
    assert "this queue, as described, cannot tell them" in outcome.reason


@pytest.mark.parametrize(("how", "status"), [("stop", "fail"), ("wrong-password", "unknown")])
def test_a_server_that_does_not_let_us_look(lab: Lab, demo: Options, how: str, status: str) -> None:
    lab.break_server("redis", how)
    outcome = attempt("worker", **demo, **BEATS)
    assert outcome.status == status
    assert "cannot read the heartbeat" in outcome.reason


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the following is required: heartbeat_key, min_consumers, window"),
        ({"window": "1s"}, "queue_kind"),
        ({"queue": "a", "queue_kind": "redis_list", "window": "5s"}, "less than the check's timeout of 5 s"),
        ({"queue": "a", "queue_kind": "redis_list", "window": 0}, "expected more than 0"),
        ({"queue": "a", "queue_kind": "redis_list", "window": "1s", "max_ready": 1}, "unknown option max_ready"),
        ({"queue": "a", "queue_kind": "what", "window": "1s"}, "queue_kind must be one of"),
        ({"queue_kind": "arq", "min_consumers": 1}, "queue"),
        ({"heartbeat_key": "a", "heartbeat_path": "b"}, "max_age"),
    ],
)
def test_options_that_make_no_sense(options: Options, says: str) -> None:
    with pytest.raises(InputError, match=says):
        attempt("worker", **options)
