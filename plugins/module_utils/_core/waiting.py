# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Waiting that is bounded, that can be tested without waiting, and that remembers what it saw last."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, sleep, time
from typing import Callable, Generic, Protocol, TypeVar

Seen = TypeVar("Seen")


class Clock(Protocol):
    """Where time comes from. Tests give one that moves by itself."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def time(self) -> float:
        """Return seconds since the epoch (UTC)."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class SystemClock:
    """The real thing."""

    monotonic = staticmethod(monotonic)
    sleep = staticmethod(sleep)
    time = staticmethod(time)


SYSTEM_CLOCK: Clock = SystemClock()


@dataclass(frozen=True)
class Waited(Generic[Seen]):
    """How a wait went: what was seen at ``first`` and at ``last``, ``elapsed`` seconds, the number of ``looks``."""

    done: bool
    first: Seen
    last: Seen
    elapsed: float
    looks: int


def wait_until(
    look: Callable[[], Seen],
    good: Callable[[Seen], bool],
    timeout: float,
    settle: float = 0.0,
    interval: float = 0.2,
    clock: Clock = SYSTEM_CLOCK,
) -> Waited[Seen]:
    """Look again and again until what is seen has been good for ``settle`` seconds without changing, or time is up.

    :param look: measures; an exception of its ends the wait and is the caller's.
    :param good: whether what was seen is what we wait for.
    :param timeout: seconds in all; 0 means a single look (and no settling).
    :param settle: seconds for which what is seen must stay good *and* equal to itself.
    :param interval: seconds between two looks.
    """
    started = clock.monotonic()
    good_since: float | None = None
    first = seen = look()
    previous: Seen | None = None
    looks = 1
    while True:
        now = clock.monotonic()
        if not good(seen):
            good_since = None
        elif good_since is None or seen != previous:
            good_since = now
        if good_since is not None and now - good_since >= settle:
            return Waited(True, first, seen, now - started, looks)
        if now - started + interval > timeout:
            return Waited(False, first, seen, now - started, looks)
        previous = seen
        clock.sleep(interval)
        seen = look()
        looks += 1
