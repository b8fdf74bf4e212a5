# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``queue_payload_info`` does: tell how long the payloads of waiting items still live.

Where a queue holds ids only, and the payloads are keys with a time to live (Redis, commands PTTL and EXPIRE), an item
that waits longer than that can never succeed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import OpsError
from .._core.result import Result
from .base import Queue
from .description import described
from .letters import Reader
from .redis_payloads import Payloads
from .redis_queue import RedisQueue
from .redis_server import RedisMeasurer, Steps

SPEC = redis_connection.SPEC + ArgSpec(
    options={
        "queues": {"type": "list", "elements": "dict", "required": True},
        "longer_than": {"type": "raw"},
    }
)
_MOST = 1000  # items that are looked at, at either end of a queue
_COMMANDS = {"list": "LRANGE", "zset": "ZRANGE"}
_FOREVER, _GONE = -1, -2  # what PTTL answers instead of milliseconds


def operate(params: Mapping[str, Any], check_mode: bool = False) -> Result:
    """Do the work of the module; it only reads.

    :raises InputError: a wrong description of a queue. :raises OpsError: a server that does not answer.
    """
    del check_mode
    defaults = {name: params[name] for name in redis_connection.SPEC.options}
    least = None if params.get("longer_than") is None else seconds_of("longer_than", params["longer_than"])
    queues = [queue for queue in described(params["queues"], defaults) if queue.options.get("payload_key")]
    told = [_looked_at(queue) for queue in queues]
    failures = [] if least is None else [line for one in told for line in _too_short(one, least)]
    return Result(
        failed=bool(failures),
        msg="; ".join(failures or [_line(one) for one in told]) or "no queue has a payload_key",
        data={"queues": told, "failures": failures},
    )


def _looked_at(queue: Queue) -> dict[str, Any]:
    kind = cast("type[RedisQueue]", type(queue))
    unknown = {"name": queue.name, "looked": None, "expiring": None, "gone": None, "shortest_ttl": None}
    if kind.TYPE not in _COMMANDS:
        return unknown
    measurer = cast(RedisMeasurer, queue.open())
    try:
        (outcome,) = measurer.converse([_ttls(cast(RedisQueue, queue))])
    finally:
        measurer.close()
    if isinstance(outcome, OpsError):
        raise outcome
    expiring = [left for left in outcome if left >= 0]
    return {
        "name": queue.name,
        "looked": len(outcome),
        "expiring": len(expiring),
        "gone": outcome.count(_GONE),
        "shortest_ttl": min(expiring) / 1000 if expiring else None,
    }


def _ttls(queue: RedisQueue) -> Steps[list[int]]:
    """Return what PTTL says of the payloads of the items at either end."""
    command = _COMMANDS[queue.TYPE]
    ends = yield from queue.ask((command, queue.key, 0, _MOST - 1), (command, queue.key, -_MOST, -1))
    reader = Reader(queue.options.get("item"))
    letters = [reader.letter(body) for body in dict.fromkeys(body for end in ends for body in end)]
    keys = Payloads(queue.options["payload_key"]).keys(letters)
    answers: list[int] = yield from queue.ask(*(("PTTL", key) for key in keys))
    return answers


def _too_short(one: Mapping[str, Any], least: float) -> Sequence[str]:
    left = one["shortest_ttl"]
    if left is None or left > least:
        return []
    return [
        f"{one['name']}: a payload lives for {show_duration(left)} more, longer than {show_duration(least)} is wanted"
    ]


def _line(one: Mapping[str, Any]) -> str:
    if one["looked"] is None:
        return f"{one['name']}: payloads of this kind are not looked at"
    left = "none expires" if one["shortest_ttl"] is None else f"the shortest lives {show_duration(one['shortest_ttl'])}"
    return f"{one['name']}: {one['looked']} payloads looked at, {left}"
