# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""One look at many queues: one connection a place, places side by side, and no queue hides another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .._core.errors import OpsError
from .base import Depth, Measurer, Queue

OK = "ok"
MISSING = "missing"
ERROR = "error"

_MOST_THREADS = 8
_NOTHING = Depth()


@dataclass(frozen=True)
class Reading:
    """What one look at one queue brought: its depth, or the error that kept it from being measured."""

    queue: Queue
    depth: Depth = _NOTHING
    error: OpsError | None = None

    @property
    def status(self) -> str:
        """Return ok, missing or error."""
        if self.error:
            return ERROR
        return MISSING if self.depth.missing else OK

    @property
    def message(self) -> str:
        """Return what is wrong, in one line; empty when the status is ok."""
        if self.error:
            return str(self.error)
        return self.depth.note if self.depth.missing else ""

    def seen(self) -> str:
        """Return what was seen, for messages: ``ready 12, in flight 3``, and why this may stay so: ``paused``."""
        if self.status != OK:
            return self.message
        numbers = {"ready": self.depth.ready, "in flight": self.depth.in_flight}
        seen = [f"{what} {'not known' if value is None else value}" for what, value in numbers.items()]
        hindrances = {"paused": self.depth.paused, "no consumers": self.depth.consumers == 0}
        return ", ".join([*seen, *(what for what, there in hindrances.items() if there)])

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-safe, the fields of the depth beside name, kind, status and message."""
        about = {"name": self.queue.name, "kind": self.queue.kind, "status": self.status, "message": self.message}
        return {**about, **self.depth.as_dict()}


class Observer:
    """Looks at queues as often as wanted; connections stay open between looks. Use it as a context manager."""

    def __init__(self, queues: Sequence[Queue]) -> None:
        self._queues = queues
        self._places: dict[Hashable, list[int]] = {}
        for number, queue in enumerate(queues):
            self._places.setdefault(queue.place(), []).append(number)
        self._measurers: dict[Hashable, Measurer] = {}

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_error: object) -> None:
        for measurer in self._measurers.values():
            measurer.close()

    def look(self) -> list[Reading]:
        """Return a reading for each queue, in their order."""
        readings: dict[int, Reading] = {}
        for found in self._each(list(self._places.items())):
            readings.update(found)
        return [readings[number] for number in range(len(self._queues))]

    def _each(self, places: list[tuple[Hashable, list[int]]]) -> Iterable[dict[int, Reading]]:
        """Look at the places side by side, so that one that hangs does not hold up the others."""
        if len(places) <= 1:
            return [self._look_at(*place) for place in places]
        with ThreadPoolExecutor(min(len(places), _MOST_THREADS)) as pool:
            return list(pool.map(lambda place: self._look_at(*place), places))

    def _look_at(self, place: Hashable, numbers: list[int]) -> dict[int, Reading]:
        queues = [self._queues[number] for number in numbers]
        try:
            if place not in self._measurers:
                self._measurers[place] = queues[0].open()
            outcomes = self._measurers[place].measure(queues)
        except OpsError as error:
            outcomes = [error] * len(queues)
        return {number: _reading(self._queues[number], outcome) for number, outcome in zip(numbers, outcomes)}


def _reading(queue: Queue, outcome: Depth | OpsError) -> Reading:
    return Reading(queue, error=outcome) if isinstance(outcome, OpsError) else Reading(queue, outcome)
