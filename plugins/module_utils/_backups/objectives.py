# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a rehearsed restore is held against: how long it may take (RTO), and how old its data may be (RPO)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.periods import AHEAD

SPEC = ArgSpec(options={"rto": {"type": "raw"}, "rpo": {"type": "raw"}})


def objectives_of(given: Mapping[str, Any] | None) -> dict[str, float]:
    """Return the objectives that are given, in seconds. :raises InputError: an unknown or wrong one."""
    valid = SPEC.validate(given or {}, "objectives")
    return {name: seconds_of(f"objectives: {name}", value) for name, value in valid.items() if value is not None}


def age(began: float, held_at: float) -> float:
    """Return how old data are; a little from the future is of now, as clocks differ.

    :param began: when the drill did, and :param held_at: when the data were as they are; seconds since the epoch.
    """
    seconds = round(began - held_at, 1)
    return seconds if seconds < -AHEAD else max(0.0, seconds)


def held(wanted: Mapping[str, float], measured: Mapping[str, float | None], check_mode: bool) -> dict[str, Any]:
    """Return each objective with what was measured, and whether it is met.

    What was not measured has not met it, but in check mode nothing is restored. Data from the future, by this host's
    clock, are of an age that nobody knows.
    """
    return {
        name: {"objective": most, "measured": measured[name], "met": _met(measured[name], most, check_mode)}
        for name, most in wanted.items()
    }


def _met(measured: float | None, most: float, check_mode: bool) -> bool:
    return check_mode if measured is None else 0 <= measured <= most


def missed(objectives: Mapping[str, Any]) -> list[str]:
    """Return the names of those that are not met."""
    return [name for name, one in objectives.items() if not one["met"]]


def told(objectives: Mapping[str, Any]) -> list[str]:
    """Return a part of a line for each that was measured: ``RTO 8 s of 15 min, met``."""
    return [
        f"{name.upper()} {show_duration(one['measured'])} of {show_duration(one['objective'])},"
        f" {'met' if one['met'] else 'missed'}"
        for name, one in objectives.items()
        if one["measured"] is not None
    ]
