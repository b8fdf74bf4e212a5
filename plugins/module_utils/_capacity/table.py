# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which row of the capacity table a load falls in, and whether what is there fits that row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InputError
from .amounts import Need, need, number_text
from .measures import Reading
from .spec import Capacity

FITS = "fits"
UNDER = "under"
OVER = "over"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """The row that a load falls in; ``up_to`` is None for a last row without a limit."""

    name: str
    up_to: float | None
    needs: Mapping[str, Need]


@dataclass(frozen=True)
class Fit:
    """How a resource stands: ``status`` is fits, under, over or unknown, ``reason`` why it is unknown."""

    resource: str
    status: str
    now: float | None
    need: Need | None
    reason: str = ""


def rows_of(capacity: Capacity) -> list[Row]:
    """Return the rows of the table, in their order.

    :raises InputError: a need that is no amount.
    """
    return [
        Row(row["name"], row["up_to"], {name: need(value, _place(row, name)) for name, value in row["needs"].items()})
        for row in capacity["table"]["rows"]
    ]


def _place(row: Mapping[str, Any], name: str) -> str:
    return f"capacity table row {row['name']}, {name}"


def row_for(rows: list[Row], load: float) -> Row | None:
    """Return the first row whose limit the load does not exceed, or None when it is above all of them."""
    return next((row for row in rows if row.up_to is None or load <= row.up_to), None)


def fits(capacity: Capacity, row: Row | None, known: Mapping[str, Reading]) -> dict[str, Fit]:
    """Return for each resource how what is there compares with what the row wants."""
    return {one["name"]: _fit(one, row, known[one["measure"] or one["name"]]) for one in capacity["resources"]}


def _fit(resource: Mapping[str, Any], row: Row | None, there: Reading) -> Fit:
    name = resource["name"]
    if row is None:
        return Fit(name, UNKNOWN, there.value, None, "no row of the table is known for the load")
    wanted = row.needs.get(name)
    if there.value is None:
        return Fit(name, UNKNOWN, None, wanted, there.reason)
    if wanted is None:
        return Fit(name, UNKNOWN, there.value, None, f"the row {row.name} says nothing about it")
    slack = resource["tolerance_percent"] / 100
    if there.value < wanted.least.number * (1 - slack):
        return Fit(name, UNDER, there.value, wanted)
    if wanted.most is not None and there.value > wanted.most.number * (1 + slack):
        return Fit(name, OVER, there.value, wanted)
    return Fit(name, FITS, there.value, wanted)


def load_row(capacity: Capacity, known: Mapping[str, Reading]) -> tuple[Row | None, str]:
    """Return the row that the load falls in, or None and why.

    :raises InputError: a need of the table that is no amount.
    """
    if not capacity["table"]:
        return None, "the inventory has no capacity table"
    rows = rows_of(capacity)
    load = known[capacity["table"]["by"]]
    if load.value is None:
        return None, load.reason
    row = row_for(rows, load.value)
    if row is None:
        return None, f"{load.name} is {number_text(load.value)}, above the last row ({rows[-1].name})"
    return row, ""


def check_needs(capacity: Capacity) -> None:
    """Refuse needs that are no amounts, before anything is measured.

    :raises InputError: as :func:`rows_of`.
    """
    if capacity["table"]:
        for row in rows_of(capacity):
            if not row.needs:
                raise InputError(f"capacity table row {row.name}: it needs nothing", advice="expected needs")
