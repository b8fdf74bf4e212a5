# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a runtime is: it tells how the parts of a service run, and what cannot be done to them.

What is done is done by the role ``service`` with the modules of other collections; here is only looking and refusing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._core.argspec import ArgSpec
from .._core.durations import duration

STARTED, STOPPED, RESTARTED, FORCED, ROLLED = "started", "stopped", "restarted", "forced", "rolled"
RECREATED, SCALED, LIMITED, UPDATED = "recreated", "scaled", "limited", "updated"
AUTOSCALED, RENEWED = "autoscaled", "renewed"
INTENTS = (STARTED, STOPPED, RESTARTED, FORCED, ROLLED, RECREATED, SCALED, LIMITED, UPDATED, RENEWED, AUTOSCALED)

PART = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "unit": {"type": "str"},
        "grace": {"type": duration, "default": 60.0},
        "count": {"type": "int"},
        "max": {"type": "int"},
        "joined": {"type": "list", "elements": "dict", "default": []},
        "triggers": {"type": "list", "elements": "dict", "default": []},
        "autoscale": {"type": "dict", "default": {}},
    }
)


@dataclass(frozen=True)
class Part:
    """A part of a service as the inventory has it.

    :param unit: what the runtime calls it. :param grace: seconds that a stop may take. :param count: how many there are
        to be. :param most: how many there may be at most. Both None when nobody has said.
    """

    name: str
    unit: str
    grace: float
    count: int | None
    most: int | None


@dataclass(frozen=True)
class Ask:
    """What is to be done with parts: one of ``INTENTS``, and with what. cpus are a number, memory is in bytes."""

    intent: str | None
    count: int | None = None
    cpus: float | None = None
    memory: int | None = None
    image: str | None = None


@dataclass(frozen=True)
class State:
    """How a part runs now.

    :param present: instances that there are to be, running or not, before anything is done.
    :param running: those that run. :param ready: those that run and are healthy, as far as the runtime can tell.
    :param image: what all of them run; None when they differ or there is no such thing. Limits likewise.
    :param faults: what is wrong with those that should run and are not ready, a few words each.
    :param fixed: why there can be no more than ``most``; empty when there can.
    :param restless: those that neither run nor rest: they are restarted by the runtime, hang, or are ending.
    :param asked: how many the runtime was told to have, where that is kept apart from what there is.
    """

    present: int
    running: int
    ready: int
    instances: Sequence[str] = ()
    image: str | None = None
    cpus: float | None = None
    memory: int | None = None
    faults: Sequence[str] = ()
    fixed: str = ""
    most: int | None = None
    restless: Sequence[str] = ()
    asked: int | None = None

    @property
    def awake(self) -> int:
        """Return how many are not at rest: what a stop has to end."""
        return self.running + len(self.restless)

    def shown(self) -> dict[str, Any]:
        """Return what is told of it."""
        return {
            "running": self.running,
            "ready": self.ready,
            "instances": list(self.instances),
            "image": self.image,
            "cpus": self.cpus,
            "memory": self.memory,
        }


class Runtime(Protocol):
    """One way in which services run. An object of it is for one service, with options that are valid."""

    def look(self, parts: Sequence[Part]) -> Mapping[str, State]:
        """Return the state of each part, by its name.

        :raises NotThere: a unit that does not exist, or the runtime's tool. :raises OpsError: nothing can be told.
        """

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """Return why that cannot be done to the part, to follow its name; empty when it can."""

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return what the role's tasks need to do it, beside what is said of every part, or instead."""

    def means(self) -> Mapping[str, Any]:
        """Return what the role's tasks need for all parts."""
