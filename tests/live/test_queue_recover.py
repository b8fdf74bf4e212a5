# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items of workers that were killed in the middle of their work are put back, and done by another worker."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.recover_operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .asynq_help import AsynqBroker
from .passing import some_of
from .queue_help import Client, Options, connection, measured, some

WORKER = Path(__file__).parents[1] / "lab" / "programs" / "redis_worker.py"
ORDERS: Options = {
    "name": "orders",
    "kind": "redis_list",
    "in_flight": ["orders:processing:*"],
    "heartbeat": "orders:worker:*",
    "missing": "empty",
}
EVENTS: Options = {"name": "events", "kind": "redis_stream", "group": "workers"}
TASKS: Options = {"name": "tasks", "kind": "asynq", "queue": "low"}


def recover(facts: RedisFacts, queue: Options, check_mode: bool = False, **options: Any) -> Result:
    """Return what the module would."""
    params = {**connection(facts), "queue": queue, "idle": 0.3, **options}
    return operate(SPEC.validate(params, "queue_recover"), check_mode)


@contextmanager
def worker(facts: RedisFacts, kind: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have a worker of a list or of a stream at work; it is killed at the end."""
    login = json.dumps({name: facts[name] for name in ("host", "port", "user", "password")})
    with subprocess.Popen([sys.executable, str(WORKER), kind, name], stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(login.encode())
        process.stdin.close()
        try:
            yield process
        finally:
            process.kill()


def processed(server: Client) -> list[int]:
    """Return the numbers of what was done."""
    return sorted(int(number) for number in server.lrange("processed", 0, -1))


# Lists


def hold_orders(facts: RedisFacts, server: Client) -> None:
    """Let a worker take an order, and kill it in the middle."""
    with worker(facts, "list", "w1"):
        wait_for("the worker to hold an order", lambda: server.llen("orders:processing:w1") == 1)
    server.delete("orders:worker:w1")  # as it expires


def test_a_list_s_worker_is_killed(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.set("hold", 1)
    redis_server.rpush("orders", *range(5))
    hold_orders(redis_facts, redis_server)
    with worker(redis_facts, "list", "w2"):
        wait_for("another to hold one", lambda: redis_server.llen("orders:processing:w2") == 1)
        plan = recover(redis_facts, ORDERS, check_mode=True)
        assert some_of(plan, "recovered", "left_for") == {"recovered": 1, "left_for": {"its worker is alive": 1}}
        assert redis_server.llen("orders:processing:w1") == 1
        result = recover(redis_facts, ORDERS)
        assert some_of(result, "recovered", "left", "left_for") == some_of(plan, "recovered", "left", "left_for")
        assert result.data["consumers"] == [
            {"name": "orders:processing:w1", "stale": 1, "settled": 1, "in_flight": 1},
            {"name": "orders:processing:w2", "stale": 0, "settled": 0, "in_flight": 1},
        ]
        assert result.diff == {
            "before": "in flight with workers that are gone: 1\n",
            "after": "in flight with workers that are gone: 0\n",
        }
        again = recover(redis_facts, ORDERS)
        assert (again.changed, again.data["recovered"]) == (False, 0)
        redis_server.delete("hold")
        wait_for("all to be done", lambda: len(processed(redis_server)) == 5)
    assert processed(redis_server) == list(range(5))


def test_a_worker_that_comes_back_while_it_is_watched(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders:processing:w1", "a", "b")
    redis_server.rpush("orders:processing:w2", "c")

    class Clock:
        """Time that passes by itself, and in which workers do something."""

        now = 0.0

        def monotonic(self) -> float:
            return self.now

        time = monotonic

        def sleep(self, seconds: float) -> None:
            self.now += seconds
            if self.now > 30:
                redis_server.set("orders:worker:w1", 1)
                redis_server.lpop("orders:processing:w2")

    params = SPEC.validate({**connection(redis_facts), "queue": ORDERS, "idle": 60}, "queue_recover")
    result = operate(params, False, Clock())
    assert some_of(result, "recovered", "left_for") == {
        "recovered": 0,
        "left_for": {"its worker is alive": 2, "its list changed meanwhile": 1},
    }
    assert redis_server.lrange("orders:processing:w1", 0, -1) == [b"a", b"b"]


@pytest.mark.parametrize(("push", "order"), [("right", [b"b", b"a", b"x"]), ("left", [b"x", b"a", b"b"])])
def test_items_are_taken_next(redis_facts: RedisFacts, redis_server: Client, push: str, order: list[bytes]) -> None:
    redis_server.rpush("orders:processing:w1", "a", "b")
    redis_server.rpush("orders", "x")
    assert recover(redis_facts, {**ORDERS, "push": push}).data["recovered"] == 2
    assert redis_server.lrange("orders", 0, -1) == order


def test_items_that_tell_when_they_were_taken(redis_facts: RedisFacts, redis_server: Client) -> None:
    now = redis_server.time()[0]
    items = [json.dumps({"taken": now - 100 + 30 * number}) for number in range(4)]
    redis_server.rpush("orders:processing", *items, "not JSON")
    queue: Options = {"name": "orders", "kind": "redis_list", "in_flight": ["orders:processing"]}
    result = recover(redis_facts, queue, idle=60, taken_at="taken")
    assert some_of(result, "recovered", "left_for") == {
        "recovered": 2,
        "left_for": {"it was taken lately": 2, "it does not tell when it was taken": 1},
    }
    assert sorted(redis_server.lrange("orders", 0, -1)) == sorted(item.encode() for item in items[:2])
    assert not recover(redis_facts, queue, idle=60, taken_at="taken").changed


def test_a_limit(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders:processing:w1", *range(120))
    plan = recover(redis_facts, ORDERS, check_mode=True, limit=70)
    assert some_of(plan, "recovered", "left_for") == {"recovered": 70, "left_for": {"beyond the limit": 50}}
    assert some_of(recover(redis_facts, ORDERS, limit=70), "recovered", "left") == {"recovered": 70, "left": 50}
    assert recover(redis_facts, ORDERS).data["recovered"] == 50
    assert redis_server.llen("orders") == 120


# Streams


def test_a_stream_s_consumer_is_killed(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.set("hold", 1)
    redis_server.xgroup_create("events", "workers", "0", mkstream=True)
    for number in range(6):
        redis_server.xadd("events", {"number": number})
    with worker(redis_facts, "stream", "w1"):
        wait_for("the consumer to hold entries", lambda: pending(redis_server, "w1") == 2)
    wait_for("its silence", lambda: idle(redis_server, "w1") > 400)
    with worker(redis_facts, "stream", "w2"):
        wait_for("another to hold entries", lambda: pending(redis_server, "w2") == 2)
        plan = recover(redis_facts, EVENTS, check_mode=True)
        assert some_of(plan, "recovered", "left_for") == {"recovered": 2, "left_for": {"its consumer is alive": 2}}
        result = recover(redis_facts, EVENTS)
        assert some_of(result, "recovered", "left_for") == some_of(plan, "recovered", "left_for")
        assert not recover(redis_facts, EVENTS).changed
        redis_server.delete("hold")
        wait_for("all to be done", lambda: len(processed(redis_server)) >= 6)
    assert processed(redis_server) == list(range(6))
    assert some(measured(redis_facts, **EVENTS), "ready", "in_flight") == {"ready": 0, "in_flight": 0}


def pending(server: Client, consumer: str) -> int:
    """Return how many entries are pending for a consumer."""
    return sum(
        one["pending"] for one in server.xinfo_consumers("events", "workers") if one["name"].decode() == consumer
    )


def idle(server: Client, consumer: str) -> int:
    """Return for how many milliseconds a consumer has been silent."""
    return int(
        next(one["idle"] for one in server.xinfo_consumers("events", "workers") if one["name"].decode() == consumer)
    )


def give(server: Client, count: int, consumer: str = "gone") -> list[bytes]:
    """Give entries to a consumer that does nothing with them; return their ids."""
    if not server.exists("events"):
        server.xgroup_create("events", "workers", "0", mkstream=True)
    for number in range(count):
        server.xadd("events", {"number": number})
    taken = server.xreadgroup("workers", consumer, {"events": ">"}, count=count)
    return [entry for entry, _fields in taken[0][1]]


def test_many_entries_some_of_which_are_deleted(redis_facts: RedisFacts, redis_server: Client) -> None:
    ids = give(redis_server, 1200)
    redis_server.xdel("events", *ids[:3])
    wait_for("its silence", lambda: idle(redis_server, "gone") > 20)
    result = recover(redis_facts, EVENTS, idle=0.02)
    assert some_of(result, "recovered", "gone", "left") == {"recovered": 1197, "gone": 3, "left": 0}
    assert pending(redis_server, "gone") == 0
    assert measured(redis_facts, **EVENTS)["ready"] == 1197


def test_entries_are_claimed_where_other_groups_read_too(redis_facts: RedisFacts, redis_server: Client) -> None:
    give(redis_server, 4)
    redis_server.xgroup_create("events", "auditors", "0")
    wait_for("its silence", lambda: idle(redis_server, "gone") > 1500)
    with pytest.raises(InputError, match="would be worked on by other groups of the stream too: auditors"):
        recover(redis_facts, EVENTS, idle=1.5)
    with pytest.raises(InputError, match="the consumer heir is not alive in the group workers"):
        recover(redis_facts, EVENTS, idle=1.5, consumer="heir")
    redis_server.xreadgroup("workers", "heir", {"events": ">"})
    result = recover(redis_facts, EVENTS, idle=1.5, consumer="heir")
    assert result.data["recovered"] == 4
    assert (pending(redis_server, "gone"), pending(redis_server, "heir")) == (0, 4)
    assert redis_server.xlen("events") == 4


def test_what_cannot_be(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.xadd("events", {"number": 1})
    redis_server.rpush("a list", "x")
    redis_server.zadd("orders:processing:w1", {"x": 1})
    refused: list[tuple[type[OpsError], str, Options, Options]] = [
        (NotThere, "the stream evnts does not exist", {**EVENTS, "key": "evnts"}, {}),
        (NotThere, "the stream events has no group workers", EVENTS, {}),
        (WrongType, "holds a list, a stream was expected", {**EVENTS, "key": "a list"}, {}),
        (WrongType, "holds a zset, a list was expected", ORDERS, {}),
        (InputError, "does not say whose entries are meant", {**EVENTS, "group": None}, {}),
        (InputError, "does not say where items in flight are", {**ORDERS, "in_flight": None}, {}),
        (InputError, "cannot be told from those that do not", {**ORDERS, "heartbeat": None}, {}),
        (InputError, "give one \\*", {**ORDERS, "heartbeat": "orders:alive"}, {}),
        (InputError, "consumer is for streams", ORDERS, {"consumer": "x"}),
        (InputError, "taken_at is for lists", EVENTS, {"taken_at": "x"}),
        (InputError, "idle must be at least 30 seconds", TASKS, {}),
        (NotThere, "asynq knows no queue low", TASKS, {"idle": 30}),
        (InputError, "idle must be more than 0", ORDERS, {"idle": 0}),
        (InputError, "of the kind arq cannot be put back to work", {"name": "jobs", "kind": "arq"}, {}),
    ]
    for error, message, queue, options in refused:
        with pytest.raises(error, match=message):
            recover(redis_facts, queue, **options)


# asynq


def test_asynq_s_server_is_killed(asynq_program: Path, redis_facts: RedisFacts, redis_server: Client) -> None:
    asynq = AsynqBroker(asynq_program, redis_facts)
    asynq.do("enqueue", "low", "hold", 3, 0, 2)
    asynq.do("enqueue", "low", "hold", 1)
    with asynq.working("low") as server:
        wait_for("tasks to run", lambda: redis_server.llen("asynq:{low}:active") == 4)
        server.kill()
        server.wait(60)
    untouched = recover(redis_facts, TASKS, idle=30)
    assert some_of(untouched, "recovered", "left") == {"recovered": 0, "left": 4}
    tasks = redis_server.lrange("asynq:{low}:active", 0, -1)
    lost = redis_server.time()[0] - 31
    redis_server.zadd("asynq:{low}:lease", {**dict.fromkeys(tasks, lost), "without a message": lost})
    redis_server.rpush("asynq:{low}:active", "without a message")
    redis_server.hset("asynq:{low}:t:without a message", "state", "active")
    assert recover(redis_facts, TASKS, idle=30, check_mode=True).data["recovered"] == 5
    result = recover(redis_facts, TASKS, idle=30)
    assert some_of(result, "recovered", "archived", "gone", "left") == {
        "recovered": 3,
        "archived": 1,
        "gone": 1,
        "left": 0,
    }
    assert not redis_server.exists("asynq:{low}:active", "asynq:{low}:lease", "asynq:{low}:t:without a message")
    assert some(measured(redis_facts, **TASKS), "ready", "in_flight", "dead") == {"ready": 3, "in_flight": 0, "dead": 1}
    assert not recover(redis_facts, TASKS, idle=30).changed
    redis_server.set("release", 1)
    with asynq.working("low", quick=True):
        wait_for("the tasks to be done", lambda: redis_server.llen("processed") == 3)
