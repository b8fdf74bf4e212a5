# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What an inventory says about capacity: measures, resources, a table, triggers and objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.errors import InputError

COMBINE = ["max", "min", "sum", "mean"]

_MEASURE: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "check": {"type": "dict"},
        "path": {"type": "str"},
        "value": {"type": "float"},
        "unit": {"type": "str", "default": ""},
        "hosts": {"type": "str"},
        "combine": {"type": "str", "choices": COMBINE, "default": "max"},
    },
    "required_one_of": [("check", "value")],
    "mutually_exclusive": [("check", "value")],
    "required_by": {"check": ["path"]},
}
_RESOURCES: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "name": {"type": "str", "required": True},
        "measure": {"type": "str"},
        "command": {"type": "str"},
        "min": {"type": "int", "default": 1},
        "max": {"type": "int"},
        "step": {"type": "int", "default": 1},
        "tolerance_percent": {"type": "float", "default": 0.0},
    },
}
_TABLE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "by": {"type": "str", "required": True},
        "rows": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "up_to": {"type": "float"},
                "needs": {"type": "dict", "default": {}},
            },
        },
    },
}
_CONDITIONS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "measure": {"type": "str", "required": True},
        "op": {"type": "str", "choices": ["gt", "ge", "lt", "le", "eq"], "required": True},
        "value": {"type": "float", "required": True},
        "runs": {"type": "int", "default": 1},
    },
}
_TRIGGERS: dict[str, Any] = {
    "type": "dict",
    "options": {
        "resource": {"type": "str", "required": True},
        "up": _CONDITIONS,
        "down": _CONDITIONS,
    },
}
_OBJECTIVES: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "measure": {"type": "str", "required": True},
        "at_most": {"type": "float"},
        "at_least": {"type": "float"},
        "warn_days": {"type": "float", "default": 30.0},
    },
    "required_one_of": [("at_most", "at_least")],
    "mutually_exclusive": [("at_most", "at_least")],
}

CAPACITY = ArgSpec(
    options={
        "measures": _MEASURE,
        "resources": _RESOURCES,
        "table": _TABLE,
        "triggers": _TRIGGERS,
        "objectives": _OBJECTIVES,
    }
)

Capacity = dict[str, Any]


def validated(given: Mapping[str, Any]) -> Capacity:
    """Return the description with types and defaults, each name in it known.

    :raises InputError: what is wrong, where, and what was expected.
    """
    if not given:
        raise InputError("no capacity is described", on="day2_capacity", advice="expected at least its measures")
    capacity = CAPACITY.validate(given, "capacity")
    _refuse_twice("measures", capacity["measures"])
    _refuse_twice("resources", capacity["resources"])
    _refuse_unknown(capacity)
    _refuse_rows(capacity)
    _refuse_numbers(capacity)
    return capacity


def _refuse_twice(what: str, entries: Sequence[Mapping[str, Any]]) -> None:
    names = [entry["name"] for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"capacity: two of the {what} have the same name", on=", ".join(twice))


def _refuse_unknown(capacity: Capacity) -> None:
    """Refuse the name of a measure or a resource that is not described."""
    measures = [measure["name"] for measure in capacity["measures"]]
    resources = [resource["name"] for resource in capacity["resources"]]
    table, triggers = capacity["table"] or {}, capacity["triggers"] or {}
    conditions = [*triggers.get("up", []), *triggers.get("down", [])]
    named = [("table.by", table["by"])] if table else []
    named += [("resources", one["measure"] or one["name"]) for one in capacity["resources"]]
    named += [("triggers", one["measure"]) for one in conditions]
    named += [("objectives", one["measure"]) for one in capacity["objectives"]]
    _refuse(named, measures, "measure")
    needed = [(f"table row {row['name']}", name) for row in table.get("rows", []) for name in row["needs"]]
    needed += [("triggers.resource", triggers["resource"])] if triggers else []
    _refuse(needed, resources, "resource")


def _refuse(named: Sequence[tuple[str, str]], known: Sequence[str], what: str) -> None:
    for where, name in named:
        if name not in known:
            raise InputError(
                f"capacity {where}: no {what} has that name",
                on=name,
                advice=f"expected one of {', '.join(known) or f'the {what}s, and none is described'}",
            )


def _refuse_rows(capacity: Capacity) -> None:
    """Refuse a table whose rows are not in the order of their limits, or of which one but the last has none."""
    if not capacity["table"]:
        return
    rows = capacity["table"]["rows"]
    if not rows:
        raise InputError("capacity table: it has no row")
    limits = [row["up_to"] for row in rows[:-1]] + [limit for limit in [rows[-1]["up_to"]] if limit is not None]
    if None in limits or limits != sorted(set(limits)):
        raise InputError(
            "capacity table: the rows are not in the order of up_to",
            on=", ".join(f"{row['name']}: {row['up_to']}" for row in rows),
            advice="expected growing numbers, and at most the last row without one",
        )


def _refuse_numbers(capacity: Capacity) -> None:
    for one in capacity["resources"]:
        if one["min"] < 0 or one["step"] < 1 or (one["max"] is not None and one["max"] < one["min"]):
            raise InputError(
                "capacity resource: expected 0 <= min <= max and step of 1 or more",
                on=f"{one['name']}: min {one['min']}, max {one['max']}, step {one['step']}",
            )
    triggers = capacity["triggers"] or {}
    for condition in [*triggers.get("up", []), *triggers.get("down", [])]:
        if condition["runs"] < 1:
            raise InputError(
                "capacity triggers: runs is too small", on=str(condition["runs"]), advice="expected 1 or more"
            )
