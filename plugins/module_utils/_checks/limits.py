# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Threshold options as a table: which option bounds which value, how, in which unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._core.argspec import ArgSpec
from .._core.durations import duration
from .base import Condition, Options

# Types of options, for SPECs: what a threshold of that type looks like.
PERCENT = "float"
SECONDS = duration
BYTES = "bytes"
COUNT = "int"


@dataclass(frozen=True)
class Limit:
    """One threshold: ``option`` of ``type`` bounds the value at ``path`` by ``op``.

    :param null_means: why that value may be null, for the message.
    :param detail: name of a value with words to put behind the reason.
    """

    option: str
    type: object
    path: str
    op: str = "le"
    unit: str = ""
    null_means: str = ""
    detail: str = ""

    def condition(self, value: object) -> Condition:
        """Return the condition for the option's ``value``."""
        return Condition(self.path, self.op, value, self.unit, self.null_means, detail=self.detail)


MAX_LATENCY = Limit("max_latency", SECONDS, "latency", unit="s")


def limits_spec(table: Iterable[Limit]) -> ArgSpec:
    """Return the options of the thresholds in ``table``."""
    return ArgSpec(options={limit.option: {"type": limit.type} for limit in table})


def limit_conditions(table: Iterable[Limit], options: Options) -> list[Condition]:
    """Return the conditions of those thresholds that ``options`` give."""
    return [limit.condition(options[limit.option]) for limit in table if options.get(limit.option) is not None]
