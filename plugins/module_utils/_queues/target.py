# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The queue that letters are put back into: how full it is, and whether somebody works."""

from __future__ import annotations

from .._core.errors import InputError
from .._core.waiting import Clock
from .base import CONSUMERS, Depth, Queue
from .look import Observer
from .stops import CONSUMERS as NO_CONSUMERS
from .stops import FULL, Stop

_PAUSE_SECONDS = 0.2


class Target:
    """Looks at the queue when asked to. Use the observer's context around it."""

    def __init__(
        self, queue: Queue, observer: Observer, pause_above: int | None, pause_timeout: float, min_consumers: int
    ) -> None:
        """Take what is wanted of the queue.

        :param pause_above: ready items, above which nothing more is put in. :param pause_timeout: seconds.
        :param min_consumers: how many workers must be alive; 0 for "does not matter".
        :raises InputError: the kind cannot tell what is wanted.
        """
        if min_consumers and CONSUMERS not in queue.capabilities:
            raise InputError(
                f"require_consumers: the queue {queue.name} cannot tell its consumers",
                advice="see docs/queues.md for kinds and options that can",
            )
        self._queue = queue
        self._observer = observer
        self._pause_above = pause_above
        self._pause_timeout = pause_timeout
        self._min_consumers = min_consumers
        self._full_since: float | None = None
        self._full_before = 0.0
        self._room: int | None = None

    @property
    def watched(self) -> bool:
        """Tell whether anything is wanted of the queue."""
        return bool(self._min_consumers) or self._pause_above is not None

    @property
    def room(self) -> int | None:
        """Return how many items may be put in before the next look; None for any number."""
        return self._room

    def spend(self, items: int) -> None:
        """Note that so many were put in."""
        if self._room is not None:
            self._room -= items

    def full_for(self, now: float) -> float:
        """Return for how many seconds there has been no room.

        :param now: of the clock that :meth:`look` is given.
        """
        return self._full_before if self._full_since is None else now - self._full_since

    def go_on(self, full: float) -> None:
        """Take over for how many seconds there was no room when an earlier part of the run ended."""
        self._full_before = full

    def depth(self) -> Depth:
        """Return how full it is now.

        :raises OpsError: it cannot be measured.
        """
        (reading,) = self._observer.look()
        if reading.error:
            raise reading.error
        return reading.depth

    def look(self, clock: Clock) -> Stop | None:
        """Look, and wait a moment when it is too full; return why the run must stop, if it must.

        :raises OpsError: it cannot be measured. :raises InputError: it cannot tell what is ready.
        """
        depth = self.depth()
        if self._min_consumers and (depth.consumers or 0) < self._min_consumers:
            alive = "not known" if depth.consumers is None else str(depth.consumers)
            return Stop(NO_CONSUMERS, f"consumers alive: {alive}, at least {self._min_consumers} required")
        return self._make_room(depth, clock) if self._pause_above is not None else None

    def _make_room(self, depth: Depth, clock: Clock) -> Stop | None:
        limit = self._pause_above or 0
        ready = 0 if depth.ready is None and depth.exists is False else depth.ready
        if ready is None:
            raise InputError(f"pause_above: the queue {self._queue.name} cannot tell what is ready")
        self._room = max(limit - ready, 0)
        now = clock.monotonic()
        if self._room:
            self._full_since, self._full_before = None, 0.0
            return None
        if self._full_since is None:
            self._full_since = now - self._full_before
        if now - self._full_since >= self._pause_timeout:
            return Stop(FULL, f"{ready} items are ready, and were not below {limit} for {self._pause_timeout:g} s")
        clock.sleep(_PAUSE_SECONDS)
        return None
