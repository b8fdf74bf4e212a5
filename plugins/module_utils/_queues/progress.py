# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a run has done so far. It goes into results and journals, and a later part of the run picks it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .._core.errors import InputError

_VERSION = 1
PACE = ("allowance", "full", "changed")


@dataclass
class Progress:
    """The account of a run.

    :param run: its name.
    :param dead_at_start: dead letters when it began, None when the kind cannot count them.
    :param looked, moved, parked: letters. :param skipped: reason -> letters that were left where they are.
    :param parked_for: reason -> letters that were parked.
    :param returned: letters that are dead again, None when that cannot be told.
    :param queue: the queue's kind and name. :param canary: whether the first letters were seen to stay away.
    :param canary_ids: those of the first letters that have been moved, until they were judged.
    :param base: what was ``dead``, ``settled`` and ``moved`` when counting of what comes back began anew.
    :param seconds: for how long it has worked. :param position: the kind's own.
    :param pace: what holds for a run and not for each of its parts: the ``allowance`` that its rate had left, seconds
        for which the queue has been ``full``, batches in a row that were ``changed`` by somebody else.
    """

    run: str
    dead_at_start: int | None = None
    looked: int = 0
    moved: int = 0
    parked: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    parked_for: dict[str, int] = field(default_factory=dict)
    returned: int | None = 0
    queue: str = ""
    canary: bool = False
    canary_ids: list[str] = field(default_factory=list)
    base: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    position: dict[str, Any] = field(default_factory=dict)
    pace: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-safe, for :func:`picked_up`."""
        return {"version": _VERSION, **asdict(self)}

    @property
    def settled(self) -> int:
        """Return how many letters have left the dead ones."""
        return self.moved + self.parked


def picked_up(given: Mapping[str, Any], where: str) -> Progress:
    """Return what :meth:`Progress.as_dict` gave.

    :param where: names what it was given as, for the message.
    :raises InputError: it is something else.
    """
    try:
        fields = {name: value for name, value in given.items() if name != "version"}
        if given["version"] != _VERSION or not isinstance(fields["run"], str):
            raise ValueError
        progress = Progress(**fields)
        progress.pace = {name: float(progress.pace[name]) for name in (PACE if progress.pace else ())}
        return progress
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{where} is not the progress of a run", advice="give what an earlier part returned") from None


def add_to(counts: dict[str, int], more: Mapping[str, int]) -> None:
    """Add numbers by name."""
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number
