# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a runtime tells of each instance of a part, in the same words for each kind, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._core.errors import one_line
from .._core.masking import masked
from .._runtimes.base import Part
from .findings import CRITICAL, Finding

RESTARTS = 3  # that many are no accident
_LINE = 400
# What an exit status means, beside what the program itself says by it.
_STATUSES = {
    126: "the program may not be executed",
    127: "the program is not there",
    134: "it aborted",
    137: "it was killed by SIGKILL",
    139: "it crashed (SIGSEGV)",
    143: "it was told to end (SIGTERM)",
}
_TAKEN = ("address already in use", "port is already allocated")


@dataclass
class Environment:
    """The names of variables that are set, of those the empty ones, or why they are not known. Never a value."""

    names: Sequence[str] | None = None
    empty: Sequence[str] = ()
    unknown: str = ""


@dataclass
class Instance:
    """One instance of a part, or the part itself where there is none.

    :param state: in the runtime's words. :param runs: whether it runs and is well. :param fault: what is wrong, a name
        in ``ADVICE``; empty for nothing. :param pids: its processes on this host, None where they are elsewhere.
    """

    part: str
    name: str
    state: str
    runs: bool
    fault: str = ""
    exit_code: int | None = None
    restarts: int | None = None
    oom_killed: bool = False
    message: str = ""
    pids: Sequence[int] | None = None
    environment: Environment = field(default_factory=Environment)
    lines: Sequence[str] | None = None
    lines_unknown: str = ""

    def told(self) -> dict[str, Any]:
        """Return it for people and programs, less what can be told to be a secret."""
        return {
            "part": self.part,
            "instance": self.name,
            "state": self.state,
            "runs": self.runs,
            "exit_code": self.exit_code,
            "restarts": self.restarts,
            "oom_killed": self.oom_killed,
            "message": masked(one_line(self.message, _LINE)),
            "pids": None if self.pids is None else list(self.pids),
            "variables": None if self.environment.names is None else sorted(self.environment.names),
            "lines": None if self.lines is None else [masked(one_line(line, _LINE)) for line in self.lines],
        }


class Look(Protocol):
    """What the file of a kind of runtime offers."""

    def __call__(self, runtime: Any, parts: Sequence[Part], lines: int, /) -> list[Instance]:
        """Return the instances of each part, one at least of each, with so many last lines.

        :raises OpsError: nothing can be told; what cannot be told of one instance is told in it.
        """


class Published(Protocol):
    """What it may offer, too."""

    def __call__(self, runtime: Any, parts: Sequence[Part], /) -> list[dict[str, Any]]:
        """Return the ports of this host that the parts' description publishes: ``port`` and ``part``.

        :raises OpsError: it cannot be told.
        """


@dataclass(frozen=True)
class Kind:
    """A kind of runtime: how its parts are looked at, and the ports that they publish, where their description says."""

    look: Look
    published: Published | None = None


def judge(instance: Instance) -> list[Finding]:
    """Return what is wrong with an instance."""
    on = instance.part if instance.part == instance.name else f"{instance.part} ({instance.name})"
    found = []
    if instance.oom_killed:
        found.append(Finding("out_of_memory", f"{on} was killed for want of memory"))
    if instance.fault:
        message = f": {instance.message}" if instance.message else ""
        taken = any(words in instance.message for words in _TAKEN)
        found.append(Finding("port_taken" if taken else instance.fault, f"{on} {_state(instance)}{message}"))
    if (instance.restarts or 0) >= RESTARTS:
        severity = "" if instance.runs else CRITICAL
        found.append(Finding("restarts", f"{on} was started again {instance.restarts} times", severity))
    return found


def _state(instance: Instance) -> str:
    words = f"is {instance.state}"
    if instance.exit_code:
        meaning = _STATUSES.get(instance.exit_code, "the program's own status")
        words += f", it ended with {instance.exit_code} ({meaning})"
    return words


def lacking(instances: Sequence[Instance], required: Mapping[str, Sequence[str]]) -> tuple[list[Finding], list[str]]:
    """Return which required variables parts lack, and of which that is not known.

    :param required: by part, the names of variables.
    """
    findings, unknown = [], []
    for part, names in required.items():
        mine = [one for one in instances if one.part == part]
        if not mine:
            unknown.append(f"variables of {part}: no such part is described, or it cannot be told")
        for one in mine:
            seen = one.environment
            if seen.names is None:
                unknown.append(f"variables of {one.name}: {seen.unknown or 'they cannot be told'}")
                continue
            gone = [name for name in names if name not in seen.names]
            empty = [name for name in names if name in seen.empty]
            said = [f"lacks {', '.join(gone)}"] * bool(gone) + [f"has an empty {', '.join(empty)}"] * bool(empty)
            findings += [Finding("environment", f"{one.name} {' and '.join(said)}")] * bool(said)
    return findings, unknown
