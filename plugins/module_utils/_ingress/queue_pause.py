# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A switch that pauses queues: their workers take nothing more, while those who put in go on.

What a queue was stands in a key beside its own, written in the same step as the pause.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._core import redis_connection
from .._core.argspec import ArgSpec
from .._core.errors import InputError
from . import outside
from .base import CLOSED, HALF, OPEN, Options
from .queue_pauser import Pauser, Place
from .queue_pausers import pauser_of

__all__ = ["SPEC", "position", "seen_from_outside", "turn"]

_QUEUE = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True},
    "queue": {"type": "str"},
    "prefix": {"type": "str"},
}
_OUTSIDE = {**outside.SPEC.options["outside"], "required": False}
SPEC = (
    ArgSpec(
        options={
            "queues": {"type": "list", "elements": "dict", "required": True, "options": _QUEUE},
            "redis": {"type": "dict", "default": {}},
        }
    )
    + outside.SPEC
    + ArgSpec(options={"outside": _OUTSIDE})
)


def position(options: Options) -> str:
    """Ask Redis. :raises OpsError: it does not answer, or the library knows no such queue."""
    states = [pauser.look() for pauser in _pausers(options)]
    if all(state.for_good for state in states):
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
    """See whether workers get anything, as they look it up themselves; ask ``outside``, too, where it is given.

    :raises Unreachable: nobody answers outside. :raises OpsError: Redis does not answer.
    """
    seen = CLOSED if all(pauser.look().now for pauser in _pausers(options)) else OPEN
    if not options.get("outside"):
        return seen
    met = outside.seen_from_outside(options)
    return met if met == seen else f"{met}, while the queues are {seen}"


def _pausers(options: Options) -> Sequence[Pauser]:
    if not options["queues"]:
        raise InputError("switch: queues is empty", advice="name those that are paused")
    given = {name: value for name, value in options["redis"].items() if value is not None}
    connection = redis_connection.SPEC.validate(given, "switch: redis")
    found: list[Pauser] = []
    for queue in options["queues"]:
        place = Place(connection, queue["queue"] or queue["name"], queue["prefix"])
        found.append(pauser_of(queue["kind"], queue["name"])(place))
    return found
