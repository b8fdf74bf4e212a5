# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for queues on a real server, with a worker that really takes from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .queue_help import Client, Options, run

ORDERS: Options = {"name": "orders", "kind": "redis_list", "in_flight": ["orders:processing:*"]}
KNOWN: Options = {**ORDERS, "missing": "empty"}


class Worker:
    """Takes orders into a list of its own, and finishes the one it holds when it is let."""

    def __init__(self, facts: RedisFacts) -> None:
        self._client: Client = connect(facts, db=9)
        self._ended = threading.Event()
        self.may_finish = threading.Event()
        self.finished = 0

    def work(self) -> None:
        """Work until the end is called."""
        while not self._ended.is_set():
            if self._client.blmove("orders", "orders:processing:1", 0.05, "LEFT", "RIGHT") is None:
                continue
            self.may_finish.wait()
            self._client.lpop("orders:processing:1")
            self.finished += 1
        self._client.close()

    def end(self) -> None:
        """Let the worker go home."""
        self.may_finish.set()
        self._ended.set()


@contextmanager
def working(facts: RedisFacts) -> Iterator[Worker]:
    """Have a worker at work."""
    worker = Worker(facts)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        yield worker
    finally:
        worker.end()
        thread.join()


@contextmanager
def beside(wait: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Run a wait in a thread; gives what fetches its result."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(wait)
        yield lambda: future.result(60)


def looks_taken(server: Client) -> int:
    """Return how often the length of a list was asked for."""
    return int(server.info("commandstats").get("cmdstat_llen", {}).get("calls", 0))


def wait_for_looks(server: Client) -> None:
    """Wait until a few looks more have been taken."""
    before = looks_taken(server)
    wait_for("looks", lambda: looks_taken(server) >= before + 6)


def test_drained_is_more_than_empty(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", *range(20))
    with working(redis_facts) as worker:
        wait_for("an order in flight", lambda: redis_server.llen("orders") == 19)
        redis_server.ltrim("orders", 1, 0)
        assert not run(redis_facts, KNOWN, wait="empty", wait_timeout=5).failed
        held = run(redis_facts, KNOWN, wait="drained", wait_timeout=1, wait_settle=0.1)
        assert held.failed
        assert held.msg.startswith("orders: not drained: ready 0, in flight 1 after ")
        worker.may_finish.set()
        redis_server.rpush("orders", *range(200))
        result = run(redis_facts, KNOWN, wait="drained", wait_timeout=30, wait_settle=0.2)
        assert not result.failed, result.msg
        assert worker.finished == 201
        assert result.data["drained"]
        assert result.data["waited"] >= 0.2
        assert result.data["looks"] > 1


def test_what_was_seen_and_is_gone_is_empty(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    redis_server.rpush("orders:processing:1", 2)
    with beside(lambda: run(redis_facts, ORDERS, wait="drained", wait_timeout=30, wait_settle=0.1)) as result:
        wait_for_looks(redis_server)
        redis_server.delete("orders", "orders:processing:1")
        assert not result().failed, result().msg
        assert result().data["queues"][0]["exists"] is False
        assert result().data["queues"][0]["ready"] == 0


def test_what_was_never_there_ends_the_wait(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert not redis_server.exists("orders")
    result = run(redis_facts, ORDERS, wait="drained", wait_timeout=60, wait_settle=0.1)
    assert result.data["waited"] < 30
    assert result.data["failures"] == [
        "orders: the keys orders, orders:processing:* do not exist, and an empty list cannot be told from a misspelt"
        " one; say `missing: empty` if it means empty"
    ]


def test_a_kind_that_cannot_see_items_in_flight_says_so(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert not redis_server.exists("orders")
    blind = {"name": "orders", "kind": "redis_list", "missing": "empty"}
    result = run(redis_facts, blind, wait="drained", wait_timeout=10, wait_settle=0.1)
    assert not result.failed
    assert result.warnings == ["items in flight cannot be seen in orders: drained only means that nothing is ready"]


def test_below_waits_for_the_limits(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", *range(5))
    limited = {**KNOWN, "max_ready": 2}
    late = run(redis_facts, limited, wait="below", wait_timeout=0.3)
    assert late.data["failures"] == ["orders: ready is 5, at most 2 expected"]
    with beside(lambda: run(redis_facts, limited, wait="below", wait_timeout=30)) as result:
        wait_for_looks(redis_server)
        redis_server.ltrim("orders", 0, 1)
        assert not result().failed, result().msg
        assert result().data["queues"][0]["ready"] == 2


def test_check_mode_looks_once(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    result = run(redis_facts, KNOWN, wait="drained", wait_timeout=60, check_mode=True)
    assert not result.failed
    assert result.data["looks"] == 1
    assert result.warnings == ["orders: not drained: ready 1, in flight 0 after 0 s"]


def test_a_short_loss_of_the_connection_is_no_end(lab: Lab, redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    redis_server.rpush("orders:processing:1", 2)
    with beside(lambda: run(redis_facts, ORDERS, wait="drained", wait_timeout=60, wait_settle=0.2)) as result:
        wait_for_looks(redis_server)
        lab.break_server("redis", "stop")
        lab.mend("redis", "stop")
        with connect(redis_facts, db=9) as client:
            wait_for_looks(client)
            client.delete("orders", "orders:processing:1")
        assert not result().failed, result().msg


def test_a_loss_that_lasts_is_told(lab: Lab, redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("orders", 1)
    lab.break_server("redis", "stop")
    try:
        result = run(redis_facts, ORDERS, wait="drained", wait_timeout=2, wait_settle=0.1)
    finally:
        lab.mend("redis", "stop")
    assert result.msg.startswith("orders: cannot measure the queue: no connection")
    assert result.data["looks"] > 1
    assert redis_server.llen("orders") == 1
