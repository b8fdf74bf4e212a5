# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of a maintenance window at which its controller is killed: a line that it says, or what is seen outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..watched import Watched
from .place import Place

_SECONDS = 120.0
_BEGIN = r"^TASK \[(day2\.ops\.maintenance_window : )?"

Wait = Callable[[Place, Watched], object]


@dataclass(frozen=True)
class Point:
    """name: for people. reach: returns when the controller is there. short: is part of the short slice."""

    name: str
    reach: Wait
    short: bool = False


def _task(name: str) -> Wait:
    """Reach the beginning of a task."""
    return lambda _place, controller: controller.await_line(f"{_BEGIN}{name}", _SECONDS)


def _note(step: str, status: str) -> Wait:
    """Reach the moment after a note in the journal."""
    what = f"'{step}' was {status} in the journal"
    return lambda place, controller: controller.await_condition(what, lambda: place.noted(step, status), _SECONDS)


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


POINTS = (
    Point("as the window is taken", _task("Take the window")),
    Point("after the journal was opened", _state("open")),
    Point(
        "as checks run before anything is touched", _task("Check that all is well|day2.ops.health_checks : Check all")
    ),
    Point("after the baseline was noted", _note("preflight", "done")),
    Point("before the ingress closes", _note("ingress closed", "started")),
    Point("as the ingress closes", _shut, short=True),
    Point("after the ingress was noted closed", _note("ingress closed", "done")),
    Point("as the queues drain", _task("Wait until the queues are drained")),
    Point("after the queues were noted drained", _note("drained", "done")),
    Point("before the step", _note("step: vacuum", "started")),
    Point("as the step runs", _task(".*Vacuum and analyze the orders"), short=True),
    Point("after the step was noted done", _note("step: vacuum", "done")),
    Point("as it is verified", _task("Verify that nothing is worse")),
    Point("after it was noted verified", _note("verified", "done")),
    Point("as the ingress opens", _reopened, short=True),
    Point("as the window is closed", _task("Close the window")),
    Point("after the journal was closed", _state("closed")),
)
