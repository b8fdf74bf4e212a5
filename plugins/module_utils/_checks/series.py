# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Series: numbers told apart by labels. How they become values, and what is expected of each or of all together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.errors import one_line
from .._core.matchers import escape
from .base import FAIL, PASS, UNKNOWN, Condition, Options, Values

# Series that are shown; all of them count.
SHOWN = 50
_LABELS = 30
EACH = "each"
_POLICY = {"type": "str", "default": UNKNOWN, "choices": [UNKNOWN, PASS, FAIL]}
_NAME = "__name__"

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "avg": fmean,
    "min": min,
    "max": max,
    "count": len,
}

SPEC = ArgSpec(
    options={
        "aggregate": {"type": "str", "default": EACH, "choices": [EACH, *AGGREGATES]},
        "min": {"type": "float"},
        "max": {"type": "float"},
        "empty": _POLICY,
        "nan": _POLICY,
    }
)


@dataclass(frozen=True)
class Series:
    """One number and the labels that tell whose it is."""

    labels: Mapping[str, str]
    value: float

    def __str__(self) -> str:
        return describe(self.labels)


def describe(labels: Mapping[str, str]) -> str:
    """Return labels as Prometheus writes them, short and on one line."""
    pairs = ", ".join(f'{name}="{escape(value)}"' for name, value in labels.items() if name != _NAME)
    name = labels.get(_NAME, "")
    return one_line(f"{name}{{{pairs}}}" if pairs or not name else name, 160)


def json_number(value: float) -> float | str:
    """Return a number, or as text, as Prometheus writes it, what JSON cannot hold."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{value:+}".replace("inf", "Inf")


def series_values(series: Sequence[Series], options: Options) -> Values:
    """Return what a check shows of ``series`` and holds against the options of :data:`SPEC`.

    ``value``: the aggregate, or the only series' value, else null; ``lowest``, ``highest``, ``series`` (the first of
    them), ``series_total``, ``nan_series``. Hidden are the words that say which series it was.
    """
    real = sorted((one for one in series if not math.isnan(one.value)), key=lambda one: one.value)
    not_numbers = [one for one in series if math.isnan(one.value)]
    value = _value(series, real, options["aggregate"])
    return {
        "value": None if value is None else json_number(value),
        "lowest": json_number(real[0].value) if real else None,
        "highest": json_number(real[-1].value) if real else None,
        "series": [_shown(one) for one in series[:SHOWN]],
        "series_total": len(series),
        "nan_series": len(not_numbers),
        "_which_lowest": name_of_many(real, [one for one in real if _outside(options["min"], one.value, -1)]),
        "_which_highest": name_of_many(real, [one for one in reversed(real) if _outside(options["max"], one.value, 1)]),
        "_which_nan": name_of_many(series, not_numbers),
    }


def _value(series: Sequence[Series], real: Sequence[Series], aggregate: str) -> float | None:
    if aggregate == "count":
        return float(len(series)) if series else None
    if aggregate != EACH:
        return AGGREGATES[aggregate]([one.value for one in real]) if real else None
    return series[0].value if len(series) == 1 else None


def _outside(limit: float | None, value: float, sign: int) -> bool:
    return limit is not None and value * sign > limit * sign


def _shown(one: Series) -> dict[str, Any]:
    labels = {one_line(name, 80): one_line(value, 200) for name, value in list(one.labels.items())[:_LABELS]}
    return {"labels": labels, "value": json_number(one.value)}


def name_of_many(all_of_them: Sequence[Series], bad: Sequence[Series]) -> str:
    """Name the first of the bad ones and say how many more there are; nothing when there is none."""
    if not bad:
        return ""
    if len(all_of_them) == 1:
        return str(bad[0]) if bad[0].labels else ""
    more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{bad[0]}{more} of {len(all_of_them)} series"


def series_conditions(options: Options) -> list[Condition]:
    """Expect that there is something, that it is a number, and that each number or the aggregate is within limits."""
    found = []
    if options["empty"] != PASS:
        found.append(Condition("series_total", "ge", 1, otherwise=options["empty"], detail="_nothing"))
    if options["nan"] != PASS and options["aggregate"] != "count":
        found.append(Condition("nan_series", "le", 0, otherwise=options["nan"], detail="_which_nan"))
    each = options["aggregate"] == EACH
    for option, op, extreme in (("min", "ge", "lowest"), ("max", "le", "highest")):
        if options[option] is not None:
            path, detail = (extreme, f"_which_{extreme}") if each else ("value", "")
            # It is null when there is no number at all, and what that comes to was said above.
            found.append(Condition(path, op, options[option], null_is=PASS, detail=detail))
    return found
