# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Limits on what is in a queue. What is not known never keeps a limit."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .base import Depth


@dataclass(frozen=True)
class Threshold:
    """One limit: on which field of :class:`.base.Depth`, and how it is said."""

    field: str
    words: str
    unit: str = ""

    @property
    def what(self) -> str:
        """Return the field as people say it."""
        return self.field.replace("_", " ")


THRESHOLDS: dict[str, Threshold] = {
    "max_ready": Threshold("ready", "at most"),
    "max_in_flight": Threshold("in_flight", "at most"),
    "max_delayed": Threshold("delayed", "at most"),
    "max_dead": Threshold("dead", "at most"),
    "max_lag": Threshold("lag", "at most"),
    "max_oldest_age": Threshold("oldest_age", "at most", " s"),
    "min_consumers": Threshold("consumers", "at least"),
}
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {"at most": operator.le, "at least": operator.ge}

SPEC = ArgSpec(options={name: {"type": "float" if limit.unit else "int"} for name, limit in THRESHOLDS.items()})


def given(options: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits that ``options`` (of a queue, validated by ``SPEC``) name."""
    return {name: options[name] for name in THRESHOLDS if options.get(name) is not None}


def broken(options: Mapping[str, Any], depth: Depth) -> list[str]:
    """Return a sentence for each limit that ``depth`` does not keep: ``ready is 12, at most 10 expected``.

    :param options: of a queue, validated by ``SPEC``.
    """
    return [sentence for name, limit in given(options).items() for sentence in _broken(THRESHOLDS[name], limit, depth)]


def _broken(threshold: Threshold, limit: float, depth: Depth) -> list[str]:
    value = getattr(depth, threshold.field)
    expected = f"{threshold.words} {_shown(limit)}{threshold.unit} expected"
    if value is None:
        return [f"{threshold.what} is not known, {expected}"]
    if _HOLDS[threshold.words](value, limit):
        return []
    return [f"{threshold.what} is {_shown(value)}{threshold.unit}, {expected}"]


def _shown(number: float) -> str:
    """Return a number as people write it: in full, and no more exact than a tenth."""
    return f"{round(number, 1):.15g}"
