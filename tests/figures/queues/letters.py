# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of dead letters of 1 KB each, and the module's operation on them."""

from __future__ import annotations

import json
import time
from typing import Any

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate

from ..errors import FigureError
from .own_redis import Client, Options, OwnRedis

QUEUE, DEAD, PARKED = "jobs", "jobs:dead", "jobs:dead:parked"
_SIZE = 1000
_AT_ONCE = 2000
# Two of three died of it.
ERROR = "TimeoutError: no answer within 30 s"
OTHER_ERROR = "ValueError: amount is not a number"

DESCRIPTION: Options = {
    "name": QUEUE,
    "kind": "redis_list",
    "dead": DEAD,
    "missing": "empty",
    "item": {"id": "id", "error": "error", "failed_at": "failed_at"},
}


def letter(number: int) -> bytes:
    """Return a dead letter of 1 KB with that number."""
    head = {
        "id": f"order-{number:08d}",
        "number": number,
        "error": OTHER_ERROR if number % 3 == 0 else ERROR,
        "failed_at": 1_790_000_000 + number,
        "attempts": 3,
    }
    bare = json.dumps({**head, "pad": ""})
    return json.dumps({**head, "pad": "x" * (_SIZE - len(bare))}).encode()


def number_of(body: bytes) -> int:
    """Return the number of a letter."""
    return int(json.loads(body)["number"])


def fill(client: Client, key: str, count: int) -> None:
    """Put letters with the numbers from 0 on into a list."""
    client.delete(key)
    for first in range(0, count, _AT_ONCE):
        client.rpush(key, *map(letter, range(first, min(first + _AT_ONCE, count))))


class Ready:
    """A list that is copied on the server for each try, so that a try begins at once."""

    def __init__(self, server: OwnRedis, count: int) -> None:
        self.client = server.client()
        self.count = count
        fill(self.client, "kept", count)

    def copy(self) -> None:
        """Have all letters dead, and nothing else there."""
        self.client.delete(QUEUE, DEAD, PARKED)
        self.client.copy("kept", DEAD)


def reprocess(server: OwnRedis, queue: Options | None = None, check_mode: bool = False, **options: Any) -> Result:
    """Do what the module would, in this process; without a canary, unless one is asked for."""
    params = {**server.login, "queue": {**DESCRIPTION, **(queue or {})}, "canary": 0, **options}
    return operate(SPEC.validate(params, "dlq_reprocess"), check_mode)


def seconds_of(server: OwnRedis, moved: int, queue: Options | None = None, **options: Any) -> float:
    """Return how long the whole operation takes; raises FigureError when it does not move so many."""
    began = time.perf_counter()
    result = reprocess(server, queue, **options)
    seconds = time.perf_counter() - began
    if result.failed or result.data["moved"] != moved:
        raise FigureError(f"expected {moved} letters to be moved: {result.msg}")
    return seconds


def reprocess_queue(queue: Options, moved: int) -> Result:
    """Do what the module would with any queue, in this process; raises FigureError when it does not move so many."""
    result = operate(SPEC.validate({"queue": queue, "canary": 0}, "dlq_reprocess"), False)
    if result.failed or result.data["moved"] != moved:
        raise FigureError(f"expected {moved} letters to be moved: {result.msg}")
    return result
