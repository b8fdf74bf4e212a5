# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""One run as it is remembered: when, how each check ended, and the numbers that it saw. Small, JSON-safe, no text."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.jsonpath import quoted

Run = dict[str, Any]

# What the runs of a host are replaced by when they cannot be read: one entry with the reason under this key.
DAMAGED = "damaged"

# A run of hundreds of checks stays in the tens of kilobytes.
_NUMBERS = 40


def run_of(result: Mapping[str, Any], at: float) -> Run:
    """Return the run that a result of ``health_gate`` came to.

    Its shape is ``{"at": "2026-11-24T06:00:00Z", "status": str, "checks": {name: {"status": str, "seen": {path:
    number}}}}``; a path is one into the values that the check returned, such as ``counts.active``.

    :param at: seconds since the epoch.
    """
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        "status": result.get("status", "unknown"),
        "checks": {
            str(check["name"]): {"status": check["status"], "seen": numbers(check.get("seen") or {})}
            for check in result.get("checks", [])
        },
    }


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the first numbers in ``values`` by their path; true and false, NaN and what is in lists are none."""
    found: dict[str, float] = {}
    for path, number in _numbers(values, ""):
        if len(found) == _NUMBERS:
            break
        found[path] = number
    return found


def _numbers(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        path = f"{prefix}{quoted(str(name))}"
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{path}.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            yield path, value


def needed_by(runs: Sequence[Mapping[str, Any]], wanted: Mapping[str, int]) -> list[Run]:
    """Return what ``wanted`` (check -> number of runs) needs of ``runs``: all that is to be sent to a host."""
    most = max(wanted.values(), default=0)
    last = runs[-most:] if most else []
    return [
        {**run, "checks": {name: check for name, check in run["checks"].items() if name in wanted}}
        if isinstance(run.get("checks"), Mapping)
        else dict(run)
        for run in last
    ]
