# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Parts whose instances have a number in the unit's name: ``worker-{number}``, ``worker@{number}.service``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .base import SCALED, STOPPED, Ask, Part, State

_NUMBER = "{number}"
_MOST = 64  # instances that are looked for


def is_single(part: Part) -> bool:
    """Tell whether there is one instance, and can be no more."""
    return _NUMBER not in part.unit


def names_of(part: Part) -> list[str]:
    """Return what its instances are called, as many as there may be."""
    if is_single(part):
        return [part.unit]
    return [part.unit.replace(_NUMBER, str(number)) for number in range(1, (part.most or _MOST) + 1)]


def _never(_name: str) -> bool:
    return False


def state_of(
    part: Part, runs: Callable[[str], bool], what: str, stirs: Callable[[str], bool] = _never, **more: Any
) -> State:
    """Return how the part runs.

    :param runs: tells it of an instance. :param stirs: tells whether one that does not run is not at rest either.
    :param what: one of the kind, in a few words.
    """
    names = names_of(part)
    running = [name for name in names if runs(name)]
    restless = [name for name in names if name not in running and stirs(name)]
    # Where nobody has said how many, what is just not running counts. Else it may be one too many that is ending.
    present = max(len(running), part.count) if part.count is not None else max(len(running) + len(restless), 1)
    return State(
        present,
        len(running),
        len(running),
        running,
        faults=[f"{name} does not run" for name in names[:present] if name not in running],
        fixed=f"is {what}, {part.unit}, without {_NUMBER} in its name" if is_single(part) else "",
        most=1 if is_single(part) else None,
        restless=restless,
        **more,
    )


def forgotten(ask: Ask, part: Part, state: State) -> str:
    """Return why a stop would leave nobody who knows how many to start again; empty where somebody does."""
    if ask.intent != STOPPED or part.count is not None or state.awake < 2:
        return ""
    return f"has {state.awake} instances and no count, so that nobody would know how many to start again"


def work_of(ask: Ask, part: Part, state: State) -> Mapping[str, Sequence[str]]:
    """Return the instances to stop, to start and to restart. The first numbers stay when there are to be fewer."""
    running = list(state.instances)
    count = ask.count if ask.count is not None and ask.intent == SCALED else state.present
    if ask.intent == STOPPED:
        count = 0
    stay = running[:count]
    fresh = [name for name in names_of(part) if name not in running][: max(0, count - len(stay))]
    awake = [*running, *state.restless]
    to_stop = [name for name in reversed(names_of(part)) if name in awake and name not in (*stay, *fresh)]
    return {"to_stop": to_stop, "to_start": fresh, "to_restart": stay}
