# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Values of a database as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Callable

from .._core.errors import WrongType, one_line

# Of a text, and of the entries of a list or an object.
_LONGEST = 500
_ENTRIES = 50


def json_safe(name: str, value: Any) -> Any:
    """Return ``value`` of the column ``name`` as JSON: numbers stay numbers, times become ISO 8601, intervals seconds.

    Texts are folded to one line and cut at 500 characters. NaN and infinities, which JSON lacks, become text.

    :raises WrongType: bytes.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    for types, convert in _CONVERTERS:
        if isinstance(value, types):
            return convert(name, value)
    return one_line(value, _LONGEST)  # UUID, addresses, ranges


def unique(names: list[str]) -> list[str]:
    """Return names of columns with ``_2`` and so on behind those that stand more than once."""
    found: list[str] = []
    for name in (one_line(name, 80) for name in names):
        number = 1
        while (name if number == 1 else f"{name}_{number}") in found:
            number += 1
        found.append(name if number == 1 else f"{name}_{number}")
    return found


def _number(_name: str, value: float) -> float | str:
    return value if math.isfinite(value) else str(Decimal(value))


def _decimal(_name: str, value: Decimal) -> float | int | str:
    if not value.is_finite():
        return str(value)
    return int(value) if value == value.to_integral_value() else float(value)


def _refuse_bytes(name: str, value: bytes | bytearray | memoryview) -> Any:
    raise WrongType(
        f"the column {name} holds {len(value)} bytes",
        advice="let the query return text or a number: encode(..., 'hex'), length(...)",
    )


def _list(name: str, value: list[Any]) -> list[Any]:
    return [json_safe(name, entry) for entry in value[:_ENTRIES]]


def _object(name: str, value: Mapping[Any, Any]) -> dict[str, Any]:
    return {one_line(key, 80): json_safe(name, entry) for key, entry in list(value.items())[:_ENTRIES]}


_CONVERTERS: tuple[tuple[Any, Callable[[str, Any], Any]], ...] = (
    (float, _number),
    (Decimal, _decimal),
    ((datetime, date, time), lambda _name, value: value.isoformat()),
    (timedelta, lambda _name, value: value.total_seconds()),
    ((bytes, bytearray, memoryview), _refuse_bytes),
    ((list, tuple), _list),
    (Mapping, _object),
)
