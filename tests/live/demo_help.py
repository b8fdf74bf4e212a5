# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service's dead letters, which its API tells of and redrives; its own workers are always at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from ansible_collections.day2.ops.tests.lab.demo import names
from ansible_collections.day2.ops.tests.lab.demo.stores import open_postgres, open_redis
from ansible_collections.day2.ops.tests.lab.state import Facts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .passing import Options


class Demo:
    """The demo service. Orders whose amount ends in 3 die while its bug is there."""

    def __init__(self, facts: Facts, run: str) -> None:
        self.url = facts["service"]["url"]
        self.redis = open_redis(facts["redis"], seconds=5)
        self._facts = facts
        self._run = run
        self._headers = {"X-Admin-Token": facts["service"]["admin_token"]}
        self.clear()

    def clear(self) -> None:
        """Empty its queue, and take the bug away."""
        self.redis.delete(names.QUEUE, names.DEAD, names.INGRESS, names.BUG)

    def queue(self, by_ids: bool = False, **options: Any) -> Options:
        """Return the queue's description: redriven by number, or by ids."""
        dead, redrive = (
            ({"url": f"{self.url}/api/dlq/letters"}, {"url": f"{self.url}/api/dlq/retry", "body": {"ids": "{ids}"}})
            if by_ids
            else ({"url": f"{self.url}/api/dlq"}, {"url": f"{self.url}/api/dlq/reprocess?count={{count}}"})
        )
        return {
            "name": "orders",
            "kind": "http",
            "headers": self._headers,
            "dead": dead,
            "redrive": redrive,
            "item": {"id": "id", "error": "error", "failed_at": "failed_at", "attempts": "attempts"}
            if by_ids
            else None,
            **options,
        }

    def set_bug(self, there: bool) -> None:
        """Turn the bug on or off."""
        requests.put(f"{self.url}/bug", json={"enabled": there}, headers=self._headers, timeout=5).raise_for_status()

    def fail(self, count: int) -> list[str]:
        """Have so many orders die; return their ids."""
        self.set_bug(True)
        ids = self.order(count)
        wait_for("all orders to die", lambda: self.dead() == count)
        return ids

    def order(self, count: int) -> list[str]:
        """Give orders; return their ids."""
        ids = [f"{self._run}-{number}" for number in range(count)]
        with requests.Session() as session:
            for number, name in enumerate(ids):
                order = {"id": name, "amount": 10 * number + 3}
                session.post(f"{self.url}/orders", json=order, timeout=5).raise_for_status()
        return ids

    def dead(self) -> int:
        """Return how many orders are dead."""
        return int(str(self.redis.llen(names.DEAD)))

    def processed(self) -> dict[str, int]:
        """Return how often each order of this test was processed."""
        with open_postgres(self._facts["postgres"]) as connection:
            rows = connection.execute("SELECT id, times FROM orders WHERE id LIKE %s", (f"{self._run}-%",))
            return {str(row[0]): int(row[1]) for row in rows}

    def await_processed(self, ids: list[str]) -> None:
        """Wait until these orders have been processed, each once, and no other."""
        wait_for("the orders to be processed", lambda: self.processed().keys() == set(ids))
        assert self.processed() == dict.fromkeys(ids, 1)


@contextmanager
def demo_of(facts: Facts, run: str) -> Iterator[Demo]:
    """Have the demo service with an empty queue, before and after.

    run: begins the ids of its orders.
    """
    demo = Demo(facts, run)
    try:
        yield demo
    finally:
        demo.clear()
