# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a run has done so far. It goes into results and journals, and a later part of the run picks it up."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Callable

from .._core.errors import InputError

_VERSION = 1
_EXACT = "exact"
_Check = Callable[[Any], bool]
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


def handed_on(progress: Progress) -> dict[str, Any]:
    """Return it for a result: as :meth:`Progress.as_dict` does, and once more in a form that passes unchanged.

    Whoever masks a result for the sake of a password, replaces what looks like it in names and numbers too. None is
    likely to occur in base64.
    """
    fields = progress.as_dict()
    return {**fields, _EXACT: base64.b64encode(json.dumps(fields).encode()).decode()}


def exact(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what :func:`handed_on` gave as it was before others masked it, or what :meth:`Progress.as_dict` gave.

    :raises ValueError: it is something else.
    """
    if _EXACT not in given:
        return given
    fields = json.loads(base64.b64decode(str(given[_EXACT]), validate=True))
    if not isinstance(fields, dict):
        raise ValueError("no object")
    return fields


def picked_up(given: Mapping[str, Any], where: str) -> Progress:
    """Return what :meth:`Progress.as_dict` or :func:`handed_on` gave.

    :param where: names what it was given as, for the message.
    :raises InputError: it is something else.
    """
    try:
        fields = dict(exact(given))
        if fields.pop("version") != _VERSION:
            raise ValueError("another version")
        progress = Progress(**fields)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{where} is not the progress of a run", advice="give what an earlier part returned") from None
    damaged = [name for name, is_right in _CHECKS.items() if not is_right(getattr(progress, name))]
    if damaged:
        raise InputError(
            f"{where} is not the progress of a run, as its {damaged[0]} is damaged",
            advice="give what an earlier part returned, as it was",
        )
    return progress


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _or_none(is_right: _Check) -> _Check:
    return lambda value: value is None or is_right(value)


def _by_name(is_right: _Check) -> _Check:
    return lambda value: (
        isinstance(value, dict) and all(_is_text(name) and is_right(one) for name, one in value.items())
    )


def _with(names: Sequence[str], all_right: _Check) -> _Check:
    """Have all these names, or nothing."""
    return lambda value: all_right(value) and (not value or set(names) <= set(value))


_CHECKS: dict[str, _Check] = {
    "run": lambda value: _is_text(value) and bool(value),
    "dead_at_start": _or_none(_is_whole),
    "looked": _is_whole,
    "moved": _is_whole,
    "parked": _is_whole,
    "skipped": _by_name(_is_whole),
    "parked_for": _by_name(_is_whole),
    "returned": _or_none(_is_whole),
    "queue": _is_text,
    "canary": lambda value: isinstance(value, bool),
    "canary_ids": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "base": _with(("settled", "moved"), _by_name(_is_whole)),
    "seconds": _is_number,
    "position": lambda value: isinstance(value, dict),
    "pace": _with(PACE, _by_name(_is_number)),
}


def add_to(counts: dict[str, int], more: Mapping[str, int]) -> None:
    """Add numbers by name."""
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number
