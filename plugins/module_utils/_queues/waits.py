# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What one can wait for, and the waiting: a short loss of the connection counts as "not yet"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Callable

from .._core.errors import Unreachable
from .._core.waiting import SYSTEM_CLOCK, Clock, Waited, wait_until
from . import thresholds
from .base import IN_FLIGHT
from .look import OK, Reading

Holds = Callable[[Reading], bool]


def drained(reading: Reading) -> bool:
    """Tell whether nothing is ready and nothing in flight. A kind that cannot see items in flight is believed."""
    return empty(reading) and not (reading.depth.in_flight or _blind_for_now(reading))


def empty(reading: Reading) -> bool:
    """Tell whether it is known that nothing is ready."""
    return reading.status == OK and reading.depth.ready == 0


def below(reading: Reading) -> bool:
    """Tell whether all of the queue's own ``max_*`` and ``min_*`` hold."""
    return reading.status == OK and not thresholds.broken(reading.queue.options, reading.depth)


def cannot_see_in_flight(reading: Reading) -> bool:
    """Tell whether this queue, as described, has no way of telling what is in flight."""
    return IN_FLIGHT not in reading.queue.capabilities


def _blind_for_now(reading: Reading) -> bool:
    return reading.depth.in_flight is None and not cannot_see_in_flight(reading)


# Is told what was seen, and for how many seconds has been waited.
Tell = Callable[[Sequence[Reading], float], None]

WAITS: dict[str, Holds] = {"drained": drained, "empty": empty, "below": below}


@dataclass(frozen=True)
class _Look:
    """One look at all queues. Two looks are equal when the numbers are that must not change while things settle."""

    settled_by: tuple[object, ...]
    readings: list[Reading] = field(compare=False)


def _numbers(readings: Sequence[Reading]) -> tuple[object, ...]:
    return tuple((reading.depth.ready, reading.depth.in_flight, reading.depth.dead) for reading in readings)


def wait_for(
    look: Callable[[], list[Reading]],
    what: str,
    timeout: float,
    settle: float,
    interval: float,
    clock: Clock = SYSTEM_CLOCK,
    tell: Tell | None = None,
) -> Waited[list[Reading]]:
    """Look until ``what`` (a name of ``WAITS``) holds for all queues and has for ``settle`` seconds, or time is up.

    When waiting for ``drained`` the numbers, dead letters too, must not change while things settle. A queue that is
    missing, or cannot be measured for another reason than a lost connection, ends the wait: time does not mend it.

    :param timeout, settle, interval: seconds. :param tell: is told of each look.
    :returns: the first and the last readings; ``done`` tells whether ``what`` holds.
    """
    holds = WAITS[what]
    began = clock.monotonic()

    def one_look() -> _Look:
        readings = look()
        if tell:
            tell(readings, clock.monotonic() - began)
        return _Look((hopeless(readings), *(_numbers(readings) if what == "drained" else ())), readings)

    def enough(seen: _Look) -> bool:
        return all(map(holds, seen.readings)) or hopeless(seen.readings)

    def hopeless(readings: list[Reading]) -> bool:
        return any(reading.status != OK and not isinstance(reading.error, Unreachable) for reading in readings)

    waited = wait_until(one_look, enough, timeout, settle, interval, clock)
    readings = waited.last.readings
    done = waited.done and not hopeless(readings)
    return Waited(done, waited.first.readings, readings, waited.elapsed, waited.looks)
