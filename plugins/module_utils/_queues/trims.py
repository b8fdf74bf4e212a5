# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of what queues keep of work that is done: it can be counted and removed once it is old.

:data:`TRIMS` says for each kind of queue what it keeps, and where the file is that knows how to remove it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Protocol

from .._core.errors import InputError
from .base import Queue


@dataclass(frozen=True)
class Removed:
    """What one step did. Nothing looked at: it is over.

    :param looked: how many items were looked at. :param removed: how many of these were removed.
    """

    looked: int = 0
    removed: int = 0


class Trim(Protocol):
    """The items of one state in one queue, over one connection. All methods raise ``OpsError``."""

    state: str

    def begin(self) -> int:
        """Fix what is old from now on; return how many items there are, old or not.

        :raises WrongType, NotThere: there is no such thing as described.
        """

    def count(self) -> int:
        """Return how many would be removed. Changes nothing; not to be mixed with :meth:`remove`."""

    def remove(self, most: int) -> Removed:
        """Look at the next items, at most ``most``, and remove those that are old, in one step of the server."""

    def size(self) -> int:
        """Return how many items there are now."""

    def notes(self) -> Sequence[str]:
        """Return what a reader of the result must know, a sentence each."""

    def close(self) -> None:
        """Give the connection back. Does not raise."""


# Takes the queue, the state, and for how many seconds an item is not yet old.
Make = Callable[[Queue, str, float], Trim]


def _stream() -> Make:
    from .trim_stream import StreamTrim

    return StreamTrim


def _asynq() -> Make:
    from .trim_asynq import trim_asynq

    return trim_asynq


def _rq() -> Make:
    from .trim_rq import RqTrim

    return RqTrim


def _bullmq() -> Make:
    from .trim_bullmq import BullMQTrim

    return BullMQTrim


# Kind -> the states that it keeps items in (the first is meant when none is named), and who removes them.
TRIMS: dict[str, tuple[Sequence[str], Callable[[], Make]]] = {
    "redis_stream": (("read",), _stream),
    "asynq": (("completed", "archived"), _asynq),
    "rq": (("finished", "failed"), _rq),
    "bullmq": (("completed", "failed"), _bullmq),
}


def trims_of(queue: Queue, states: Sequence[str], older_than: float) -> list[Trim]:
    """Return what removes the old items of these states. Nothing is sent yet.

    :param states: none for the kind's first. :param older_than: seconds.
    :raises InputError: the kind keeps nothing, or knows no such state.
    """
    if queue.kind not in TRIMS:
        advice = f"known are {', '.join(TRIMS)}"
        raise InputError(f"the kind {queue.kind} keeps nothing of work that is done", on=queue.name, advice=advice)
    known, make = TRIMS[queue.kind]
    for state in states:
        if state not in known:
            raise InputError(
                f"the kind {queue.kind} keeps no items as {state}", advice=f"it does as {', '.join(known)}"
            )
    return [make()(queue, state, older_than) for state in dict.fromkeys(states or known[:1])]
