# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Earlier runs of a host, as ``check_history`` keeps them, held beside what its checks came to now."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# The number of a check whose course is shown: the first of these that it saw. What people ask for first comes first.
PREFERRED = (
    "latency",
    "ready",
    "dead",
    "used_percent",
    "memory_percent",
    "connections_percent",
    "per_cpu",
    "value",
    "age",
    "days",
    "count",
    "restarts",
)

# One character a run, so that the course of thousands of checks stays small.
LETTERS = {"pass": "p", "fail": "f", "unknown": "u", "skipped": "s"}
ABSENT = "-"

Runs = Sequence[Mapping[str, Any]]


class Past:
    """The earlier runs of one host, oldest first; what is no run (a history that is damaged) is left out."""

    def __init__(self, runs: Any) -> None:
        given = runs if isinstance(runs, (list, tuple)) else ()
        self._runs: Runs = [run for run in given if isinstance(run, dict) and isinstance(run.get("checks"), dict)]

    def __bool__(self) -> bool:
        """Tell whether there is an earlier run."""
        return bool(self._runs)

    @property
    def last_at(self) -> str:
        """Return when the last run was (ISO 8601, UTC); empty without one."""
        return str(self._runs[-1].get("at", "")) if self._runs else ""

    @property
    def last_status(self) -> str:
        """Return what the host came to in the last run; empty without one."""
        return str(self._runs[-1].get("status", "")) if self._runs else ""

    def before(self, check: str) -> str:
        """Return what the check came to in the last run; empty when it was not made then."""
        return _status(self._runs[-1]["checks"].get(check)) if self._runs else ""

    def course(self, check: str, status: str, seen: Any, now: str) -> dict[str, Any]:
        """Return ``since`` and ``history`` of a check.

        ``history`` has ``statuses``, a letter a run with the present one last (:data:`LETTERS`), and when there is a
        number to follow ``path``, its name, and ``numbers``, one a run or null.

        :param now: when the present run is, ISO 8601.
        """
        entries = [run["checks"].get(check) for run in self._runs]
        letters = [LETTERS.get(_status(entry), ABSENT) for entry in entries]
        history: dict[str, Any] = {"statuses": "".join(letters) + LETTERS[status]}
        series = _series(entries, seen)
        return {"since": self._since(letters, LETTERS[status], now), "history": {**history, **series}}

    def _since(self, letters: Sequence[str], letter: str, now: str) -> str:
        same = 0
        while same < len(letters) and letters[-1 - same] == letter:
            same += 1
        return str(self._runs[-same].get("at", now)) if same else now


def _status(entry: Any) -> str:
    return str(entry.get("status", "")) if isinstance(entry, dict) else ""


def _series(entries: Sequence[Any], seen: Any) -> dict[str, Any]:
    values = [*(entry.get("seen") if isinstance(entry, dict) else None for entry in entries), seen]
    known = [one for one in values[-2:] if isinstance(one, dict)]
    path = next((name for name in PREFERRED for one in known if _number(one.get(name)) is not None), "")
    if not path or not entries:
        return {}
    return {"path": path, "numbers": [_number(one.get(path)) if isinstance(one, dict) else None for one in values]}


def _number(value: Any) -> float | None:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None
