# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sign of life: what waits gets less, or a mark of finished work moves, while we watch.

A worker that hangs may still send heartbeats, and a depth that stands still may be one that is filled as fast as it is
emptied. So the queue is looked at again and again for a while, and any of these is progress: fewer items that wait or
are in flight than at the look before, an oldest item that is gone without another one taken, a mark that changed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .._core.argspec import ArgSpec
from .._core.durations import duration, show_duration
from .._core.errors import InputError
from .._core.redis_connection import connect
from .._core.waiting import wait_until
from .._queues.base import Depth
from .._queues.look import Observer
from .base import Condition, Context, Options, Values
from .worker_mark import read_mark
from .worker_queue import described_queue, look_at

if TYPE_CHECKING:
    import redis

SPEC = ArgSpec(
    options={
        "window": {"type": duration},
        "progress_key": {"type": "str", "no_log": False},
        "progress_field": {"type": "str"},
    },
    required_by={"window": ["queue_kind"], "progress_key": ["window"], "progress_field": ["progress_key"]},
)

_INTERVAL = 0.2  # seconds between two looks
_JITTER = 0.1  # seconds by which the moment at which an item came may seem to move, as it is told by its age


@dataclass(frozen=True)
class _Seen:
    """One look. :param since: when the oldest item came, on our monotonic clock; None when not known."""

    depth: Depth
    mark: str | None
    since: float | None

    @property
    def unfinished(self) -> int:
        return (self.depth.ready or 0) + (self.depth.in_flight or 0)

    def progressed_from(self, before: _Seen) -> bool:
        """Tell whether work was finished between the look ``before`` and this one."""
        return self.unfinished < before.unfinished or self.mark != before.mark or self._oldest_gone(before)

    def _oldest_gone(self, before: _Seen) -> bool:
        """Tell whether the oldest item is another one. Where one more was taken since, it need not be finished."""
        if self.since is None or before.since is None:
            return False
        taken = (self.depth.in_flight or 0) > (before.depth.in_flight or 0)
        return not taken and self.since > before.since + _JITTER


class _Watcher:
    """Looks, and remembers whether there was progress since the first look."""

    def __init__(self, look: Callable[[], _Seen]) -> None:
        self._look = look
        self.last = look()
        self.progressed = False

    def watch(self) -> bool:
        """Look once more; tell whether there is nothing left to watch for."""
        seen = self._look()
        self.progressed = self.progressed or seen.progressed_from(self.last)
        self.last = seen
        return self.progressed or not seen.depth.ready


def look(options: Options, _context: Context) -> Values:
    """Watch the queue for ``window`` seconds, or until there is progress or nothing waits.

    It does not queue up for the server as short looks do: it would keep them waiting all that time.

    :raises NotThere: no such queue or mark. :raises OpsError: one could not be read.
    """
    started = time.monotonic()
    with Observer([described_queue(options)]) as observer, connect(options) as client:
        look_at(observer)  # the first look takes longer, as it connects: no moment is told by it
        watcher = _Watcher(lambda: _look(observer, client, options))
        if watcher.last.depth.ready:
            wait_until(watcher.watch, bool, options["window"], interval=min(_INTERVAL, options["window"] / 2))
    return {"progress": _told(watcher, time.monotonic() - started)}


def _look(observer: Observer, client: redis.Redis, options: Options) -> _Seen:
    now = time.monotonic()
    depth = look_at(observer).depth
    # An age of 0 while items wait is one that is not known, or that clocks which differ have made up.
    since = now - depth.oldest_age if depth.oldest_age else None
    return _Seen(depth, read_mark(client, options), since)


def _told(watcher: _Watcher, watched: float) -> Values:
    """Return the values: ``stuck`` is how many items wait of which none was finished, null when not known."""
    depth = watcher.last.depth
    stuck = 0 if watcher.progressed else depth.ready
    return {
        "stuck": stuck,
        "hindrance": _hindrance(depth) if stuck else None,
        "ready": depth.ready,
        "in_flight": depth.in_flight,
        "watched": round(watched, 3),
    }


def _hindrance(depth: Depth) -> str | None:
    if depth.paused:
        return "the queue is paused"
    return "no consumer is there" if depth.consumers == 0 else None


def conditions(options: Options) -> list[Condition]:
    """Expect that nothing is stuck.

    :raises InputError: the window is as long as the check's timeout, or no time at all.
    """
    if not 0 < options["window"] < options["timeout"]:
        raise InputError(
            f"the window of the check {options['name']} is {show_duration(options['window'])}",
            advice=f"expected more than 0 and less than the check's timeout of {show_duration(options['timeout'])}",
        )
    return [
        Condition("progress.stuck", "le", 0, "items", "how many items wait is not known"),
        Condition("progress.hindrance", "eq", None),
    ]
