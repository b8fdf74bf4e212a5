# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What capacity came to, for people: the sections of a report, one line, and a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .advice import UP, Advice
from .amounts import Need, number_text
from .measures import Reading
from .objectives import FAIL, UNKNOWN, Standing, line_of, outlook
from .spec import Capacity
from .table import UNDER, Fit, Row
from .triggers import Told

Section = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """All that was found; ``now`` is in seconds since the epoch."""

    capacity: Capacity
    known: Mapping[str, Reading]
    row: Row | None
    why_no_row: str
    fits: Mapping[str, Fit]
    told: Sequence[Told]
    triggered: str
    objectives: Sequence[Standing]
    advice: Sequence[Advice]
    now: float


def status_of(judged: Judged) -> str:
    """Return failed when more is needed or an objective is missed, unknown when something could not be judged."""
    short = any(one.status == UNDER for one in judged.fits.values())
    missed = any(one.status == FAIL for one in judged.objectives)
    too_much = bool(judged.capacity["table"]) and judged.row is None and _load(judged).value is not None
    if short or missed or too_much or judged.triggered == "up":
        return "failed"
    unknown = [
        any(reading.value is None for reading in judged.known.values()),
        judged.triggered == "unknown",
        any(one.status == UNKNOWN for one in judged.objectives),
    ]
    return "unknown" if any(unknown) else "passed"


def summary(judged: Judged) -> str:
    """Return the outcome in one line."""
    parts = []
    if judged.capacity["table"]:
        parts.append(f"row {judged.row.name}" if judged.row else f"no row of the table: {judged.why_no_row}")
    missed = [one.measure for one in judged.objectives if one.status == FAIL]
    parts += [f"missed: {', '.join(missed)}"] if missed else []
    parts += [_change(one) for one in judged.advice] or ["nothing to change"]
    unknown = [name for name, reading in judged.known.items() if reading.value is None]
    parts += [f"not known: {', '.join(unknown)}"] if unknown else []
    return "; ".join(parts)


def sections(judged: Judged) -> list[Section]:
    """Return the sections of the report; what the inventory does not describe has none."""
    parts = [
        _advice(judged),
        _measures(judged),
        _table(judged) if judged.capacity["table"] else None,
        _triggers(judged) if judged.told else None,
        _objectives(judged) if judged.objectives else None,
    ]
    return [part for part in parts if part]


def _load(judged: Judged) -> Reading:
    return judged.known[judged.capacity["table"]["by"]]


def _change(one: Advice) -> str:
    return f"{one.resource} {one.direction} from {number_text(one.now)} to {one.wanted.text}"


def _advice(judged: Judged) -> Section:
    items = [
        {
            "text": f"{_change(one)}: {one.reason}",
            "status": "fail" if one.direction == UP else "warning",
            **({"command": one.command} if one.command else {}),
        }
        for one in judged.advice
    ]
    return {"title": "What to change", "items": items} if items else {"title": "What to change", "text": "nothing"}


def _measures(judged: Judged) -> Section:
    rows = [
        [name, _shown(reading), reading.unit, reading.reason, "" if reading.value is None else _moves(reading, judged)]
        for name, reading in judged.known.items()
    ]
    return {"title": "What was measured", "columns": ["measure", "value", "unit", "why unknown", "trend"], "rows": rows}


def _shown(reading: Reading) -> str:
    return "unknown" if reading.value is None else number_text(reading.value)


def _moves(reading: Reading, judged: Judged) -> str:
    line = line_of(reading, judged.now)
    return f"{line.per_day:+.3g} a day over {line.days:.3g} days" if line else ""


def _table(judged: Judged) -> Section:
    rows = [[name, _amount(fit.now), _need(fit.need), fit.status, fit.reason] for name, fit in judged.fits.items()]
    return {
        "title": "The capacity table",
        "text": _row_text(judged),
        "columns": ["resource", "now", "wanted", "status", "why unknown"],
        "rows": rows,
    }


def _row_text(judged: Judged) -> str:
    load = _load(judged)
    if judged.row is None:
        return f"no row is known: {judged.why_no_row}"
    limit = "" if judged.row.up_to is None else f", up to {number_text(judged.row.up_to)}"
    text = f"{load.name} is {_shown(load)} {load.unit}".rstrip() + f": row {judged.row.name}{limit}"
    line = line_of(load, judged.now)
    if judged.row.up_to is None or line is None:
        return text
    return f"{text}; {outlook(line, line.days_until(judged.row.up_to))} in this row"


def _amount(value: float | None) -> str:
    return "unknown" if value is None else number_text(value)


def _need(need: Need | None) -> str:
    if need is None:
        return ""
    if need.most is None:
        return f"{need.least.text} or more"
    return need.least.text if need.least == need.most else f"{need.least.text} to {need.most.text}"


def _triggers(judged: Judged) -> Section:
    words = {True: "holds", False: "does not hold", None: "unknown"}
    return {
        "title": "Triggers",
        "text": f"scale {judged.triggered}" if judged.triggered in ("up", "down") else f"scaling: {judged.triggered}",
        "columns": ["direction", "condition", "status"],
        "rows": [[one.direction, one.text, words[one.holds]] for one in judged.told],
    }


def _objectives(judged: Judged) -> Section:
    return {
        "title": "Objectives",
        "columns": ["measure", "status", "how it stands"],
        "rows": [[one.measure, one.status, one.text] for one in judged.objectives],
    }
