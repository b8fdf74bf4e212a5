# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of a maintenance window at which its controller is killed: a line that it says, or what is seen outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..watched import Watched
from .place import Place

_SECONDS = 400.0  # generous: what is killed is found by what it does, and machines are busy
_BEGIN = r"^TASK \[(day2\.ops\.maintenance_window : )?"
AGAIN, ABORT = "run", "abort"

Wait = Callable[[Place, Watched], object]


@dataclass(frozen=True)
class Point:
    """name: for people. reach: returns when the controller is there. short: is part of the short slice.

    fails: whether the window's last step does, so that the others are undone. do: how the window is ended then.
    then: where the second run is killed too, so that a third one ends it.
    """

    name: str
    reach: Wait
    short: bool = False
    fails: bool = False
    do: str = AGAIN
    then: Wait | None = None


def _task(name: str) -> Wait:
    """Reach the beginning of a task."""
    return lambda _place, controller: controller.await_line(f"{_BEGIN}{name}", _SECONDS)


def _line(text: str) -> Wait:
    """Reach the moment after something was said."""
    return lambda _place, controller: controller.await_line(f"^{text}", _SECONDS)


def _verifying(_place: Place, controller: Watched) -> None:
    """Reach the checks after the work, the second time that they are made."""

    def looks() -> int:
        return sum("day2.ops.health_checks : Check all at once" in line.text for line in list(controller.lines))

    controller.await_condition("it was verified", lambda: looks() > 1, _SECONDS)


def _note(step: str, status: str) -> Wait:
    """Reach the moment after a note in the journal."""
    what = f"'{step}' was {status} in the journal"
    return lambda place, controller: controller.await_condition(what, lambda: place.noted(step, status), _SECONDS)


def _mark(mark: str, times: int = 1) -> Wait:
    """Reach the moment after a step left a mark so often."""
    return lambda place, controller: controller.await_condition(
        f"'{mark}' was marked", lambda: place.marks(mark) >= times, _SECONDS
    )


def _state(state: str) -> Wait:
    """Reach the moment after the journal's window got that state."""
    return lambda place, controller: controller.await_condition(
        f"the journal was {state}", lambda: place.journal.get("state") == state, _SECONDS
    )


def _shut(place: Place, controller: Watched) -> None:
    """Reach the moment at which the ingress is shut, before the module that shut it has said so."""
    controller.await_condition("the ingress was closed", lambda: not place.is_open(), _SECONDS)


def _reopened(place: Place, controller: Watched) -> None:
    """Reach the moment at which the ingress is open again."""
    _shut(place, controller)
    controller.await_condition("the ingress was open again", place.is_open, _SECONDS)


def _silent(place: Place, controller: Watched) -> None:
    """Reach the moment at which Alertmanager has the silence."""
    controller.await_condition("alerts were silent", lambda: bool(place.silences()), _SECONDS)


# While a window that ends well is under way: each can be gone on with, or aborted.
_UNDER_WAY = (
    ("after the journal was opened", _state("open")),
    ("as checks run before anything is touched", _task("day2.ops.health_checks : Check all")),
    ("after the baseline was noted", _note("preflight", "done")),
    ("before the silence", _note("silenced", "started")),
    ("after the silence was noted", _note("silenced", "done")),
    ("before the ingress closes", _note("ingress closed", "started")),
    ("after the ingress was noted closed", _note("ingress closed", "done")),
    ("as the queues drain", _task("Wait until the queues are drained")),
    ("after the queues were noted drained", _note("drained", "done")),
    ("before the step of the demo", _note("step: vacuum", "started")),
    ("before a step", _note("step: second", "started")),
    ("in the middle of a step", _mark("begins second")),
    ("as a step is verified", _mark("begins verify second")),
    ("after a step is verified", _mark("ends verify second")),
    ("after a step was noted done", _note("step: second", "done")),
    ("as it is verified", _verifying),
    ("after it was noted verified", _note("verified", "done")),
)
# While what was begun is undone: whoever comes next only ends it.
_UNDOING = (
    ("as undoing begins", _note("undo", "started")),
    ("in the middle of undoing a step", _mark("begins undo second")),
    ("at the end of undoing a step", _mark("ends undo second")),
    ("after a step was noted undone", _note("step: second", "undone")),
    ("in the middle of undoing the next step", _mark("begins undo first")),
    ("after all was noted undone", _note("undo", "done")),
    ("as the ingress opens after undoing", _reopened),
)
_SECOND = _mark("begins second")
POINTS = (
    Point("as the window is taken", _task("Take the window")),
    Point("as the ingress closes", _shut, short=True),
    Point("as alerts get silent", _silent),
    Point("as the step of the demo runs", _task(".*Vacuum and analyze the orders")),
    Point("in the middle of a step, then abort", _SECOND, short=True, do=ABORT),
    Point("as the ingress opens", _reopened),
    Point("as alerts are heard again", _task("Let alerts be heard again")),
    Point("as the window is closed", _task("Close the window")),
    Point("after the journal was closed", _state("closed")),
    *(Point(name, reach) for name, reach in _UNDER_WAY),
    *(Point(f"{name}, then abort", reach, do=ABORT) for name, reach in _UNDER_WAY if reach is not _SECOND),
    *(Point(name, reach, fails=True) for name, reach in _UNDOING),
    *(Point(f"{name}, then abort", reach, fails=True, do=ABORT) for name, reach in _UNDOING),
    Point("in the middle of a step, and again as it is taken up", _SECOND, then=_line("taking up window ")),
    Point("in the middle of a step, and again as the queues drain", _SECOND, then=_task("Wait until the queues")),
    Point("in the middle of a step, and again in it", _SECOND, then=_mark("begins second", 2)),
    Point(
        "in the middle of undoing, and again in it",
        _mark("begins undo second"),
        fails=True,
        then=_mark("begins undo second", 2),
    ),
)
