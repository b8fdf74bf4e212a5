# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How long things took, where lines tell: fields of JSON, ``name=value`` in text, numbers or such as ``350ms``."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from typing import Any

from .._core.errors import one_line
from .._core.masking import masked
from .._core.moments import written_utc
from .base import Entry

# The last part of a field's name tells the unit of a bare number; without one it is seconds.
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s?(ns|us|µs|ms|s|sec|seconds|m|h)?\Z")
_SHOWN = 300

DEFAULT_FIELDS = (
    "duration",
    "duration_ms",
    "duration_seconds",
    "elapsed",
    "elapsed_ms",
    "latency",
    "latency_ms",
    "request_time",
    "response_time",
    "response_time_ms",
)


class Slow:
    """Keeps the slowest of those that took ``limit`` seconds or longer, and counts them all."""

    def __init__(self, fields: Sequence[str], limit: float, most: int) -> None:
        self._fields = fields
        names = "|".join(map(re.escape, fields))
        self._in_text = re.compile(rf"\b({names})[=:]\"?([\d.]+[a-zµ]{{0,7}})") if fields else None
        self._limit = limit
        self._most = most
        self._slowest: list[tuple[float, float, str]] = []
        self._measured = self._slow = 0

    def add(self, entry: Entry) -> None:
        """Look at one line."""
        took = self._took(entry)
        if took is None:
            return
        self._measured += 1
        if took < self._limit:
            return
        self._slow += 1
        one = (took, entry.time, entry.text)
        if len(self._slowest) < self._most:
            heapq.heappush(self._slowest, one)
        elif self._slowest:
            heapq.heappushpop(self._slowest, one)

    def _took(self, entry: Entry) -> float | None:
        if entry.fields:
            named = ((name, entry.fields[name]) for name in self._fields if name in entry.fields)
            return next((seconds for seconds in (_seconds(*one) for one in named) if seconds is not None), None)
        found = self._in_text.search(entry.text) if self._in_text else None
        return _seconds(found[1], found[2]) if found else None

    def told(self) -> dict[str, Any]:
        """Return how many told how long they took, how many were slow, and the slowest, the worst first."""
        return {
            "measured": self._measured,
            "count": self._slow,
            "slowest": [
                {"seconds": round(took, 4), "at": written_utc(at), "line": one_line(masked(text), _SHOWN)}
                for took, at, text in sorted(self._slowest, reverse=True)
            ],
        }


def _seconds(name: str, value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    found = _WRITTEN.match(str(value).strip())
    if found is None:
        return None
    unit = found[2] or name.rpartition("_")[2]
    return float(found[1]) * _UNITS.get(unit, 1.0)
