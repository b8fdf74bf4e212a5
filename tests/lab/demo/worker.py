# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One worker of the demo service: orders go from Redis to Postgres, at least once, and none is lost.

    python -m ...lab.demo.worker STATE_JSON NAME [WORK_SECONDS]

An order that was taken stays in the worker's own processing list until it is in the database or in the
dead-letter list. What is left there by a worker that was killed goes back to the queue when it starts again.
SIGTERM ends it after the order in hand.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import psycopg
import redis

from ..state import Facts
from . import names
from .intake import Order
from .stores import open_postgres, open_redis, read_facts

WORK_SECONDS = 0.02
HEARTBEAT_SECONDS = 3
_TAKE_SECONDS = 1
_PAUSE_SECONDS = 0.2

_RECORD = """\
INSERT INTO orders (id, amount, worker, processed_at) VALUES (%s, %s, %s, now())
ON CONFLICT (id) DO UPDATE SET times = orders.times + 1"""

# Done again after an answer that got lost, it changes nothing.
_SETTLE = """\
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
if ARGV[3] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[3]) end
return 1
"""


class OrderError(Exception):
    """An order that this version of the service cannot process."""


class Worker:
    """Takes orders one by one."""

    def __init__(self, facts: Facts, name: str, work_seconds: float) -> None:
        self.name = name
        self.work_seconds = work_seconds
        self.stopping = threading.Event()
        self._facts = facts
        self._redis = open_redis(facts["redis"], seconds=_TAKE_SECONDS + 2)
        self._processing = f"{names.PROCESSING}{name}"
        self._database: psycopg.Connection[tuple[Any, ...]] | None = None

    def run(self) -> None:
        """Work until `stopping` is set."""
        beat = threading.Thread(target=self._beat, daemon=True)
        beat.start()
        while not self.stopping.is_set():
            try:
                # Also after an error: what was taken and never seen here goes back first.
                self._put_back()
                self._work()
            except redis.RedisError as error:
                self._say(error)
                self.stopping.wait(_PAUSE_SECONDS)
        beat.join()

    def _work(self) -> None:
        while not self.stopping.is_set():
            item = self._redis.blmove(names.QUEUE, self._processing, _TAKE_SECONDS, "LEFT", "RIGHT")
            if item is not None:
                self._finish(str(item))

    def _finish(self, item: str) -> None:
        try:
            order = Order.parse(item)
            self._process(order)
        except (ValueError, OrderError) as error:
            self._settle(item, "failed", _dead_letter(item, str(error)))
            return
        if self._record(order):
            self._settle(item, "processed", "")

    def _process(self, order: Order) -> None:
        time.sleep(self.work_seconds)
        if order.amount % 10 == 3 and self._redis.get(names.BUG) == "on":
            raise OrderError(f"cannot handle an amount that ends in 3: {order.amount}")

    def _record(self, order: Order) -> bool:
        """Write to the database, however long that takes; returns False when told to stop before."""
        while True:
            try:
                self._database = self._database or open_postgres(self._facts["postgres"])
                self._database.execute(_RECORD, (order.id, order.amount, self.name))
                return True
            except psycopg.Error as error:
                self._say(error)
                self._leave_database()
            if self.stopping.wait(_PAUSE_SECONDS):
                return False

    def _leave_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _settle(self, item: str, counter: str, dead: str) -> None:
        """Take the order out of hand, however long that takes: it is recorded, and once is enough."""
        while not self.stopping.is_set() or not dead:
            try:
                keys = (self._processing, names.COUNTERS, names.DEAD)
                self._redis.eval(_SETTLE, len(keys), *keys, item, counter, dead)
                return
            except redis.RedisError as error:
                self._say(error)
            if self.stopping.wait(_PAUSE_SECONDS):
                return

    def _put_back(self) -> None:
        while self._redis.lmove(self._processing, names.QUEUE, "RIGHT", "LEFT") is not None:
            continue

    def _beat(self) -> None:
        client = open_redis(self._facts["redis"], seconds=1)
        key = f"{names.HEARTBEAT}{self.name}"
        while not self.stopping.is_set():
            try:
                client.set(key, json.dumps({"worker": self.name, "at": time.time()}), ex=HEARTBEAT_SECONDS)
            except redis.RedisError as error:
                self._say(error)
            self.stopping.wait(1)
        try:
            client.delete(key)
        except redis.RedisError as error:
            self._say(error)  # it goes by itself

    def _say(self, error: Exception) -> None:
        print(f"{self.name}: {type(error).__name__}: {error}".splitlines()[0], flush=True)


def _dead_letter(item: str, error: str) -> str:
    try:
        order = Order.parse(item)
    except ValueError:
        order = Order(item[:100], 0)
    letter = {"id": order.id, "amount": order.amount, "error": error, "failed_at": time.time()}
    return json.dumps({**letter, "attempts": order.attempts + 1})


def main() -> None:
    """Run until a signal ends it."""
    work_seconds = float(sys.argv[3]) if len(sys.argv) > 3 else WORK_SECONDS
    worker = Worker(read_facts(sys.argv[1]), sys.argv[2], work_seconds)

    def end(_number: int, _frame: FrameType | None) -> None:
        worker.stopping.set()

    signal.signal(signal.SIGTERM, end)
    worker.run()


if __name__ == "__main__":
    main()
