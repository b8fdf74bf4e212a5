# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the snapshots of a repository come to, in one pass over their list of which only a few are kept."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import snapshots
from .connection import Client
from .names import check_snapshot, family, resolved
from .snapshots import Snapshot

AHEAD = 60.0  # seconds that a snapshot may begin after our clock: another host's clock dates it
_NAMED = 20  # of what does not count or still runs, so many are kept


@dataclass(frozen=True)
class Wanted:
    """Which snapshots are looked at.

    :param asked: name or pattern with ``*`` for the server. :param names: which of those it finds; None for all.
    """

    asked: str
    names: re.Pattern[str] | None = None


def wanted(pattern: str) -> Wanted:
    """Return what ``pattern`` means: a name, in which ``*`` stands for anything and ``{now/d}`` for any day.

    :raises InputError: no snapshot can have such a name.
    """
    check_snapshot(resolved(pattern, 0.0).replace("*", "x"))
    if "{" not in pattern:
        return Wanted(pattern)
    names = family(pattern).pattern.replace(r"\*", ".*")
    return Wanted(f"{pattern.partition('{')[0]}*", re.compile(names))


def found(client: Client, repository: str, which: Wanted) -> Iterator[Snapshot]:
    """Yield the snapshots that are meant, in no order. :raises OpsError: see :func:`.snapshots.listed`."""
    for one in snapshots.listed(client, repository, which.asked):
        if which.names is None or which.names.match(one.name):
            yield one


class Newest:
    """The newest of many, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[float, str, int, Snapshot]] = []
        self._seen = 0

    def add(self, one: Snapshot) -> None:
        """Keep it, unless there are enough that are newer."""
        self._seen += 1
        entry = (one.started_at, one.name, self._seen, one)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def all(self) -> list[Snapshot]:
        """Return what is kept, the newest first."""
        return [entry[-1] for entry in sorted(self._kept, reverse=True)]

    def first(self) -> Snapshot | None:
        """Return the newest; None when there is none."""
        return next(iter(self.all()), None)

    def __len__(self) -> int:
        return len(self._kept)


class Overview:
    """What one pass has seen."""

    def __init__(self, passing: Iterable[Snapshot], limit: int, now: float) -> None:
        """Look at all that pass; keep ``limit`` of them, at least one. :param now: seconds since the epoch."""
        self.states: Counter[str] = Counter()
        self.names: set[str] = set()
        self.shown = Newest(max(limit, 1))
        self._successes, self._running, self._wrong = Newest(1), Newest(_NAMED), Newest(_NAMED)
        self._ahead = Newest(_NAMED)
        self.counted = 0
        self._now = now
        for one in passing:
            self._look_at(one)

    def _look_at(self, one: Snapshot) -> None:
        self.states[one.state] += 1
        self.names.add(one.name)
        self.shown.add(one)
        if one.running:
            self._running.add(one)
        elif not one.whole:
            self._wrong.add(one)
        elif one.started_at - self._now > AHEAD:
            self._ahead.add(one)
        else:
            self.counted += 1
            self._successes.add(one)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.states.values())

    @property
    def last_success(self) -> Snapshot | None:
        """The newest that is whole, and not dated ahead of our clock: of such a one nobody knows how old it is."""
        return self._successes.first()

    @property
    def age(self) -> float | None:
        """Seconds since that one was begun, as what was written later is not in it; None when there is none."""
        last = self.last_success
        return None if last is None else round(max(self._now - last.started_at, 0.0), 1)

    @property
    def running(self) -> list[Snapshot]:
        """Those that are being made, the newest first, at most twenty."""
        return self._running.all()

    @property
    def wrong(self) -> list[Snapshot]:
        """Those that have ended and are not whole, the newest first, at most twenty."""
        return self._wrong.all()

    @property
    def ahead(self) -> list[Snapshot]:
        """Those that are whole, and dated ahead of our clock, at most twenty."""
        return self._ahead.all()

    def is_newer(self, one: Snapshot) -> bool:
        """Whether it was begun after the last one that counts."""
        last = self.last_success
        return last is None or one.started_at > last.started_at
