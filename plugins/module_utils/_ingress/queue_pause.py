# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that pauses queues: their workers take nothing more, while those who put in go on.

What a queue was stands in a key beside its own, written in the same step as the pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._queues.description import described
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .queue_pausers import PAUSERS, UNABLE, Pauser

if TYPE_CHECKING:
    from .._queues.base import Queue
    from .._queues.redis_queue import RedisQueue

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

_OUTSIDE = {**outside.SPEC.options["outside"], "required": False}
SPEC = (
    ArgSpec(
        options={
            "queues": {"type": "list", "elements": "dict", "required": True},
            "redis": {"type": "dict", "default": {}},
        }
    )
    + outside.SPEC
    + ArgSpec(options={"outside": _OUTSIDE})
)


def position(options: Options) -> str:
    """Ask Redis. :raises OpsError: it does not answer, or the library knows no such queue."""
    states = [pauser.look() for pauser in _pausers(options)]
    if all(state.paused for state in states):
        return CLOSED
    return HALF if any(state.noted for state in states) else OPEN


def turn(options: Options, state: str) -> None:
    """Pause each queue that is not, or let those go on that were paused from here.

    Where none was, somebody else paused them all, and all go on. :raises OpsError: Redis refuses.
    """
    pausers = _pausers(options)
    if state == CLOSED:
        for pauser in pausers:
            pauser.pause()
        return
    by_others = not any(pauser.look().noted for pauser in pausers)
    for pauser in pausers:
        pauser.resume(by_others)


def seen_from_outside(options: Options) -> str:
    """Measure the queues as any check of theirs does, by a connection of its own; ask ``outside`` where it is given.

    :raises Unreachable: nobody answers outside. :raises OpsError: a queue cannot be measured.
    """
    from .._queues.look import Observer

    with Observer(_queues(options)) as observer:
        readings = observer.look()
    for reading in readings:
        if reading.message:
            raise OpsError(reading.message, on=reading.queue.name)
    seen = CLOSED if all(reading.depth.paused for reading in readings) else OPEN
    if not options.get("outside"):
        return seen
    met = outside.seen_from_outside(options)
    return met if met == seen else f"{met}, while the queues are {seen}"


def _pausers(options: Options) -> Sequence[Pauser]:
    return [PAUSERS[queue.kind](cast("RedisQueue", queue)) for queue in _queues(options)]


def _queues(options: Options) -> list[Queue]:
    if not options["queues"]:
        raise InputError("switch: queues is empty", advice="name those that are paused")
    connection = redis_connection.SPEC.validate(
        {name: value for name, value in options["redis"].items() if value is not None}, "switch: redis"
    )
    queues = described(options["queues"], connection)
    for queue in queues:
        if queue.kind not in PAUSERS:
            why = UNABLE.get(queue.kind, "it knows no pause")
            raise InputError(
                f"queues of the kind {queue.kind} cannot be paused: {why}",
                on=queue.name,
                advice=f"those of the kinds {', '.join(sorted(PAUSERS))} can",
            )
    return queues
