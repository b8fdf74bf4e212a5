# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Steps of a maintenance window as an inventory describes them: what is wrong with them, each in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._core.durations import duration

WAYS = ("tasks", "role", "command")
# What a step has besides what it does, each with the ways in which that is done.
PARTS = {"verify": (*WAYS, "checks"), "undo": WAYS}
LENGTHS = ("timeout", "takes")

Step = Mapping[str, Any]


def problems(steps: Sequence[Step], groups: Collection[str], only: str = "") -> list[str]:
    """Return what is wrong with steps, a line each; empty when all are fit to be done.

    :param groups: those of the inventory. :param only: the step that is to be done alone.
    """
    return [*_names(steps, only), *(line for step in steps for line in _step(step, groups))]


def _names(steps: Sequence[Step], only: str) -> Iterator[str]:
    names = [str(step["name"]) for step in steps]
    told = ", ".join(names)
    if any(count > 1 for count in Counter(names).values()):
        yield f"two maintenance steps have one name, among {told}; the journal tells steps apart by it"
    if only and only not in names:
        yield f"window_only: no maintenance step {only}; described are: {told or 'none'}"


def _step(step: Step, groups: Collection[str]) -> Iterator[str]:
    name = f"maintenance step {step['name']}"
    yield from _way(name, step, WAYS)
    if step.get("hosts") is not None and step["hosts"] not in groups:
        yield f"{name}: no group {step['hosts']} in the inventory"
    for part, ways in PARTS.items():
        if step.get(part):
            yield from _way(f"{name}: {part}", step[part], ways)
            yield from _length(f"{name}: {part}: timeout", step[part].get("timeout"))
    for option in LENGTHS:
        yield from _length(f"{name}: {option}", step.get(option))


def _way(name: str, what: Step, ways: Sequence[str]) -> Iterator[str]:
    """Tell whether it is said what to do, and once; a file of tasks must be there."""
    found = [way for way in ways if what.get(way)]
    if what.get("tasks_from") and found != ["role"]:
        yield f"{name} has tasks_from, which is a role's"
    if len(found) != 1:
        yield f"{name} has {' and '.join(found) or 'nothing to do'}; expected one of {', '.join(ways)}"
    elif found == ["tasks"] and not Path(what["tasks"]).is_file():
        yield f"{name}: no file {what['tasks']} on the controller"


def _length(name: str, value: object) -> Iterator[str]:
    if value is None:
        return
    try:
        duration(value)
    except ValueError as error:
        yield f"{name}: {error}"
