# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers as services have them, on a list, a stream and a sorted set of Redis.

Each fails while the key `broken` says why, and puts what it failed at among the dead letters, with the reason; what it
has done it notes in the list `processed`.
"""

from __future__ import annotations

import json
from typing import Any

Client = Any


class Worker:
    """Works on the items of a queue: objects with a `number`."""

    def __init__(self, server: Client) -> None:
        self.server = server

    def put(self, *numbers: int) -> None:
        """Put in items of these numbers."""
        raise NotImplementedError

    def work(self) -> None:
        """Work until nothing is left."""
        raise NotImplementedError

    def now(self) -> float:
        """Return the server's time, in seconds."""
        seconds, microseconds = self.server.time()
        return float(seconds + microseconds / 1e6)

    def done(self, item: dict[str, Any]) -> bool:
        """Try to do an item; tell it why when that fails."""
        reason = self.server.get("broken")
        if reason:
            item["reason"] = reason.decode()
            return False
        self.server.rpush("processed", item["number"])
        return True


class ListWorker(Worker):
    """Takes from the list `jobs`, keeps what it works on in `jobs:processing`; the dead are in `jobs:dead`."""

    def put(self, *numbers: int) -> None:
        """See Worker."""
        self.server.rpush("jobs", *(json.dumps({"number": number, "kind": f"mail.{number % 2}"}) for number in numbers))

    def work(self) -> None:
        """See Worker."""
        while text := self.server.lmove("jobs", "jobs:processing", "LEFT", "RIGHT"):
            item = json.loads(text)
            if not self.done(item):
                self.server.rpush("jobs:dead", json.dumps(item))
            self.server.lrem("jobs:processing", 1, text)


class GroupWorker(Worker):
    """A consumer of the group `workers` of the stream `events`; the dead are in `events:dlq`."""

    def __init__(self, server: Client) -> None:
        super().__init__(server)
        server.xgroup_create("events", "workers", "0", mkstream=True)

    def put(self, *numbers: int) -> None:
        """See Worker."""
        for number in numbers:
            self.server.xadd("events", {"data": json.dumps({"event": f"order.{number % 2}", "number": number})})

    def work(self, consumer: str = "one") -> None:
        """See Worker."""
        while taken := self.server.xreadgroup("workers", consumer, {"events": ">"}, count=10):
            for entry, fields in taken[0][1]:
                item = json.loads(fields[b"data"])
                if not self.done(item):
                    item["moved_at"] = self.server.time()[0] - item["number"]
                    self.server.xadd("events:dlq", {"data": json.dumps(item)})
                self.server.xack("events", "workers", entry)


class DueWorker(Worker):
    """Takes what is due from the sorted set `reminders`, scored in milliseconds; the dead are in `reminders:dead`."""

    def put(self, *numbers: int) -> None:
        """See Worker."""
        for number in numbers:
            body = json.dumps({"kind": f"mail.{number % 2}", "number": number})
            self.server.zadd("reminders", {body: self.due() - 1000 + number})

    def due(self) -> int:
        """Return the score of what is due now."""
        return int(self.now() * 1000)

    def work(self) -> None:
        """See Worker."""
        while found := self.server.zrangebyscore("reminders", "-inf", self.due(), start=0, num=1):
            text = found[0]
            if self.server.zrem("reminders", text) and not self.done(json.loads(text)):
                self.server.zadd("reminders:dead", {text: self.due()})
