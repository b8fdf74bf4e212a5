# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What to change: up by the table or a trigger, down only when nothing speaks against it; the command to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .amounts import Amount, fill, number_text
from .spec import Capacity
from .table import OVER, UNDER, UNKNOWN, Fit

UP = "up"
DOWN = "down"


@dataclass(frozen=True)
class Advice:
    """One change: how much of what, why, and the command that does it (empty when the inventory gives none)."""

    resource: str
    direction: str
    now: float
    wanted: Amount
    reason: str
    command: str


def advise(capacity: Capacity, fits: Mapping[str, Fit], triggered: str) -> list[Advice]:
    """Return what to change, in the order of the resources.

    :param triggered: what the triggers came to: up, down, none or unknown.
    :raises InputError: a command with a placeholder that does not exist.
    """
    scaled = (capacity["triggers"] or {}).get("resource")
    found = []
    for resource in capacity["resources"]:
        fit = fits[resource["name"]]
        verdict = triggered if resource["name"] == scaled else "none"
        change = _up(resource, fit, verdict) or _down(resource, fit, verdict, bool(capacity["table"]))
        if change and fit.now is not None:
            wanted, reason = change
            direction = UP if wanted.number > fit.now else DOWN
            found.append(
                Advice(fit.resource, direction, fit.now, wanted, reason, _command(resource, fit.now, wanted.text))
            )
    return found


def _up(resource: Mapping[str, Any], fit: Fit, verdict: str) -> tuple[Amount, str] | None:
    """Return the amount to go up to: what the row wants, or a step more, whichever is more."""
    if fit.now is None:
        return None
    wishes: list[tuple[Amount, str]] = []
    if fit.status == UNDER and fit.need is not None:
        wishes.append((fit.need.least, "the table wants as much for this load"))
    if verdict == UP:
        more = fit.now + resource["step"]
        wishes.append((Amount(more, number_text(more)), "a trigger to scale up holds"))
    if not wishes:
        return None
    wanted, reason = max(wishes, key=lambda wish: wish[0].number)
    most = resource["max"]
    if most is not None and wanted.number > most:
        wanted, reason = Amount(most, number_text(most)), f"{reason}, and {number_text(most)} is the most allowed"
    return (wanted, reason) if wanted.number > fit.now else None


def _down(resource: Mapping[str, Any], fit: Fit, verdict: str, has_table: bool) -> tuple[Amount, str] | None:
    """Return the amount to go down to. What is not known, or a trigger that is not, speaks against it."""
    if fit.now is None or verdict in (UP, UNKNOWN):
        return None
    if fit.status == OVER and fit.need is not None and fit.need.most is not None:
        return fit.need.most, "the table wants less for this load"
    if verdict != DOWN or (has_table and fit.status in (UNDER, UNKNOWN)):
        return None
    floor = max(resource["min"], fit.need.least.number if fit.need else 0)
    less = max(fit.now - resource["step"], floor)
    return (Amount(less, number_text(less)), "all triggers to scale down hold") if less < fit.now else None


def _command(resource: Mapping[str, Any], now: float, wanted: str) -> str:
    if not resource["command"]:
        return ""
    where = f"capacity resource {resource['name']}, command"
    return fill(resource["command"], where, wanted=wanted, now=number_text(now))


def check_commands(capacity: Capacity) -> None:
    """Refuse a command with a placeholder that does not exist, before anything is measured.

    :raises InputError: as :func:`.amounts.fill`.
    """
    for resource in capacity["resources"]:
        _command(resource, 0, "0")
