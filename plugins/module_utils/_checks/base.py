# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of a check: probe first, then expect. A kind of check is one file that says how to do both."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol, TypeVar

from .._core.argspec import ArgSpec

# Connections that the checks of one call hold to one server at a time.
_A_SERVER = 4

PASS = "pass"
FAIL = "fail"
UNKNOWN = "unknown"

CRITICAL = "critical"
WARNING = "warning"
OBSERVE = "observe"

Options = Mapping[str, Any]
Values = dict[str, Any]
Shared = TypeVar("Shared")

CONDITION_OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "op": {
        "type": "str",
        "default": "eq",
        "choices": ["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "contains", "matches"],
    },
    "value": {"type": "raw", "required": True},
}

BASELINE_OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "max_increase": {"type": "float"},
    "max_increase_percent": {"type": "float"},
    "max_decrease": {"type": "float"},
}

PROGRESS_OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "str", "required": True},
    "trend": {"type": "str", "choices": ["moves", "not_growing", "not_falling"]},
    "runs": {"type": "int", "default": 1},
    "max_increase": {"type": "float"},
    "max_decrease": {"type": "float"},
    "counter": {"type": "bool", "default": False},
}

COMMON = ArgSpec(
    options={
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "required": True},
        "severity": {"type": "str", "default": CRITICAL, "choices": [CRITICAL, WARNING, OBSERVE]},
        "timeout": {"type": "float", "default": 5.0},
        "runbook": {"type": "str"},
        "tolerate_unknown": {"type": "bool", "default": False},
        "expect": {"type": "list", "elements": "dict", "options": CONDITION_OPTIONS, "default": []},
        "baseline": {
            "type": "list",
            "elements": "dict",
            "options": BASELINE_OPTIONS,
            "default": [],
        },
        "progress": {"type": "list", "elements": "dict", "options": PROGRESS_OPTIONS, "default": []},
    }
)


@dataclass(frozen=True)
class Condition:
    """One expectation on what a probe saw.

    :param path: into the probe's values (:mod:`.._core.jsonpath`); each value that it leads to must hold.
    :param op: one of ``CONDITION_OPTIONS["op"]["choices"]``.
    :param value: what to compare with.
    :param unit: for messages: ``s``, ``%``, ``bytes``.
    :param null_means: why a value may be null, for the message: ``the server has no maxmemory``.
    :param null_is: what a null comes to where ``op`` cannot compare it; a kind must have a good reason to say pass.
    :param missing_is: what it comes to when the path leads nowhere, as a ``*`` over nothing does; likewise.
    :param otherwise: what it comes to when it does not hold; unknown where that means that nothing can be said.
    :param detail: name of a value with words to put behind the reason, for instance which of many things it was.
    """

    path: str
    op: str
    value: Any
    unit: str = ""
    null_means: str = ""
    null_is: str = UNKNOWN
    missing_is: str = UNKNOWN
    otherwise: str = FAIL
    detail: str = ""

    @classmethod
    def from_options(cls, given: Mapping[str, Any], prefix: str = "") -> Condition:
        """Make one of the user's ``{path, op, value}``; ``prefix`` is put before the path."""
        return cls(prefix + given["path"], given["op"], given["value"])


@dataclass(frozen=True)
class Finding:
    """What one expectation came to: ``status`` is pass, fail or unknown, ``reason`` one line (empty for pass)."""

    status: str
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What one attempt of a check came to.

    ``values`` are the probe's, less those whose name begins with an underscore; ``seconds`` is how long the probe took;
    ``missing_libraries`` names packages without which the check could not be made.
    """

    status: str
    reason: str = ""
    values: Values = field(default_factory=dict)
    seconds: float = 0.0
    missing_libraries: tuple[str, ...] = ()


class Context:
    """What the checks of one call share: clients that are dear to make. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[object, Any] = {}

    def shared(self, key: object, make: Callable[[], Shared]) -> Shared:
        """Return the thing made for ``key``; the first caller's ``make`` makes it."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: Shared = self._made[key]
            return made

    def few_at_once(self, place: str) -> threading.BoundedSemaphore:
        """Return what lets few of the checks in to the server at ``place``, to hold with ``with`` while connected.

        A check is no load test: many logins at once are dear to a server, and a TLS context each is dear to us.
        """
        return self.shared(("few at once", place), lambda: threading.BoundedSemaphore(_A_SERVER))


class Kind(Protocol):
    """What the file of a kind offers, as module-level names.

    ``SPEC`` holds the options of the kind alone (``COMMON`` is added by the gate). ``LIBRARIES`` names the optional
    libraries that ``probe`` loads, so that the gate can import them before the time of an attempt starts to count.
    ``probe`` looks, bounded by ``options["timeout"]`` seconds, and returns JSON-safe values; a name with a leading
    underscore is for conditions only and is not shown. It raises ``OpsError`` when it could not look:
    ``Unreachable`` and a plain ``OpsError`` mean that the thing checked is at fault (fail), the other kinds of
    ``OpsError`` that the check could not be made (unknown).
    ``conditions`` turns the kind's threshold options into conditions on those values. It must not be empty-handed:
    a kind whose probe alone proves health returns no condition and says so in its docstring.
    """

    SPEC: ArgSpec
    LIBRARIES: Sequence[str]

    def probe(self, options: Options, context: Context, /) -> Values:
        """Look once."""

    def conditions(self, options: Options, /) -> Sequence[Condition]:
        """Say what is expected of what ``probe`` returned."""


@dataclass(frozen=True)
class Check:
    """A validated check, ready to run: its options with defaults, its kind, and where it stood in the list."""

    name: str
    options: Options
    kind: Kind

    @property
    def severity(self) -> str:
        """Return critical, warning or observe."""
        return str(self.options["severity"])

    @property
    def timeout(self) -> float:
        """Return the seconds that one attempt may take."""
        return float(self.options["timeout"])
