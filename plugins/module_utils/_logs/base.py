# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a log is to us: entries of a window of time, read within a budget, from a source of any kind."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable, Protocol

from .._core.argspec import ArgSpec
from .levels import level_of

# Characters of a line that are kept and looked at; the rest of a longer one is not.
MAX_LINE = 8192
DEFAULT_BYTES = "50M"

Options = Mapping[str, Any]


@dataclass
class Entry:
    """One line. There are many: it is not frozen as that takes time, and its level is worked out when it is asked for.

    :param time: seconds since the epoch; of the line before when it has none of its own.
    :param text: the line, at most :data:`MAX_LINE` characters. :param fields: of a line that is a JSON object.
    :param given_level: what the source says beside the line.
    """

    time: float
    text: str
    fields: Mapping[str, Any]
    given_level: str | None = None

    @cached_property
    def level(self) -> str | None:
        """Return debug, info, warning, error or critical; None when the line tells none."""
        return self.given_level or level_of(self.text, self.fields)


class Budget:
    """What may be spent on reading: bytes and time. When it is spent, reading stops, and ``spent`` says why."""

    def __init__(self, max_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = self._all = max_bytes
        self._seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self.spent = ""

    @property
    def bytes_read(self) -> int:
        """Return how many bytes were taken."""
        return self._all - self._left

    @property
    def seconds_left(self) -> float:
        """Return how much time is left, at least 0."""
        return max(0.0, self._deadline - self._clock())

    def take(self, wanted: int) -> int:
        """Return how many of ``wanted`` bytes may still be read; 0 when the budget is spent."""
        if self.seconds_left == 0:
            self.stop(f"there was no time to read on after {self._seconds:g} s")
        elif self._left == 0:
            self._stop_for_size()
        granted = 0 if self.spent else min(wanted, self._left)
        self._left -= granted
        return granted

    def afford(self, size: int) -> bool:
        """Pay for ``size`` bytes that have come by themselves; False when the budget is spent by them."""
        if self.take(size) < size and not self.spent:
            self._stop_for_size()
        return not self.spent

    def _stop_for_size(self) -> None:
        self.stop(f"max_bytes of {self._all} were read")

    def stop(self, why: str) -> None:
        """End the reading; the first reason is kept."""
        self.spent = self.spent or why


class Source(Protocol):
    """What the file of a source offers, as module-level names."""

    SPEC: ArgSpec

    def read(self, options: Options, since: float, budget: Budget, /) -> Iterator[Entry]:
        """Yield the entries from ``since`` (seconds since the epoch) on, in any order, until the budget is spent.

        :raises NotThere: there is no such log. :raises AccessDenied: it may not be read.
        :raises OpsError: or another of its kinds, when it cannot be read.
        """
