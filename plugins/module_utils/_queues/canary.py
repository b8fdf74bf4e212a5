# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The first letters of a run: they are put back, and only when they stay away do others follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from .._core.waiting import Clock, wait_until
from .base import Depth
from .stops import CANARY, UNPROVEN, Stop

_INTERVAL = 0.2
# For how long a queue must be idle before the canary counts as done.
_SETTLE = 2.0


@dataclass(frozen=True)
class _Look:
    """What is seen of the canary: how many came back (None: cannot be told), whether all work is done, whether
    something was taken since."""

    returned: int | None
    idle: bool
    taken: bool


@dataclass(frozen=True)
class Canary:
    """Judges the first letters.

    :param returned: tells how many of them are dead again. :param depth: measures the queue.
    :param most: how many may come back. :param wait: seconds to watch at most.
    :param known: whether letters that are dead again are known by their ids; else any that die are counted.
    """

    returned: Callable[[], int | None]
    depth: Callable[[], Depth]
    most: int
    wait: float
    known: bool
    clock: Clock
    doubts: list[str] = field(default_factory=list)

    def verdict(self, letters: int, ready_before: int | None) -> Stop | None:
        """Watch until too many came back, the queue is idle, or time is up; return why the run must stop, if it must.

        :param letters: how many were put back. :param ready_before: what was ready then.
        """
        least: list[int] = []

        def look() -> _Look:
            depth = self.depth()
            least.extend([] if depth.ready is None else [depth.ready])
            full = None if ready_before is None else ready_before + letters
            taken = full is None or any(ready < full for ready in least)
            # What is in flight may still fail; where that cannot be seen, all of the time is waited.
            return _Look(self.returned(), depth.ready == 0 and depth.in_flight == 0, taken)

        settle = min(_SETTLE, self.wait / 2)
        waited = wait_until(
            look, lambda seen: self._failed(seen) or seen.idle, self.wait, settle, _INTERVAL, self.clock
        )
        return self._stop(waited.last, letters, waited.elapsed)

    def _failed(self, seen: _Look) -> bool:
        return seen.returned is not None and seen.returned > self.most

    def _stop(self, seen: _Look, letters: int, elapsed: float) -> Stop | None:
        if self._failed(seen):
            back = "came back" if self.known else "came back, or others died,"
            number = f"{seen.returned} of the first {letters} letters" if self.known else f"{seen.returned} letters"
            first = "" if self.known else f" after the first {letters} went"
            return Stop(
                CANARY,
                f"{number} {back} within {elapsed:.1f} s{first} (at most {self.most} may): the cause is not fixed",
            )
        if not seen.taken:
            return Stop(
                UNPROVEN,
                f"none of the first {letters} letters was seen to be taken within {elapsed:.1f} s:"
                " nobody works, or the queue only grows",
            )
        if not seen.idle:
            self.doubts.append(
                f"the queue was not idle within {elapsed:.1f} s, so some of the first {letters} letters may not have"
                " been tried yet; a longer canary_wait would tell"
            )
        return None
