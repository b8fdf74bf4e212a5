# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind process: plain processes, or those of a supervisor, which are started and stopped by commands.

An instance is told by its number in the unit's name: ``worker-{number}`` is worker-1, worker-2 and so on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._checks.base import Context
from .._checks.process import SPEC as PATTERN
from .._checks.process import probe
from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied
from .base import LIMITED, SCALED, STOPPED, UPDATED, Ask, Part, State

_NUMBER, _UNIT = "{number}", "{unit}"
_MOST = 64  # instances that are looked for

SPEC = ArgSpec(
    options={
        "start": {"type": "list", "elements": "str", "required": True},
        "stop": {"type": "list", "elements": "str", "required": True},
        "kill": {"type": "list", "elements": "str"},
        "pattern": {"type": "str"},
        "pidfile": {"type": "str"},
        "chdir": {"type": "path"},
        "environment": {"type": "dict", "default": {}},
    },
    mutually_exclusive=[("pattern", "pidfile")],
    required_one_of=[("pattern", "pidfile")],
)


class Process:
    """See Runtime."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options

    def look(self, parts: Sequence[Part]) -> Mapping[str, State]:
        """See Runtime.look."""
        return {part.name: self._state(part) for part in parts}

    def _state(self, part: Part) -> State:
        single = _NUMBER not in part.unit
        names = [part.unit] if single else [_instance(part, number) for number in range(1, (part.most or _MOST) + 1)]
        running = [name for name in names if self._runs(name)]
        present = max(len(running), 1 if part.count is None else part.count)
        fixed = f"is one process, {part.unit}, without {_NUMBER} in the name of its unit" if single else ""
        missing = [f"{name} does not run" for name in names[:present] if name not in running]
        return State(
            present, len(running), len(running), running, faults=missing, fixed=fixed, most=1 if single else None
        )

    def _runs(self, name: str) -> bool:
        if self._options["pidfile"]:
            return _is_alive(Path(self._options["pidfile"].replace(_UNIT, name)))
        pattern = self._options["pattern"].replace(_UNIT, re.escape(name))
        seen = probe(PATTERN.validate({"pattern": pattern}, "pattern"), Context())
        return bool(seen["count"])

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """See Runtime.cannot."""
        if ask.intent in (LIMITED, UPDATED):
            return f"is a plain process, which has no {'limits' if ask.intent == LIMITED else 'image'}"
        return ""

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return the instances to stop and to start, the commands for each."""
        running = list(state.instances)
        count = ask.count if ask.count is not None and ask.intent == SCALED else state.present
        names = [part.unit] if _NUMBER not in part.unit else [_instance(part, number) for number in range(1, _MOST + 1)]
        if ask.intent == STOPPED:
            count = 0
        # The first numbers stay: a worker that stops last began first.
        stay = [name for name in names if name in running][:count]
        fresh = [name for name in names if name not in running][: max(0, count - len(stay))]
        return {
            "to_stop": [name for name in reversed(running) if name not in stay],
            "to_start": fresh,
            "to_restart": stay,
        }

    def means(self) -> Mapping[str, Any]:
        """Return nothing: the tasks have the commands from the inventory."""
        return {}


def _instance(part: Part, number: int) -> str:
    return part.unit.replace(_NUMBER, str(number))


def _is_alive(file: Path) -> bool:
    """Tell whether the process in a file of its number runs; one that has ended and left the file does not."""
    try:
        number = int(file.read_text(encoding="ascii").split()[0])
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except PermissionError as error:
        raise AccessDenied(
            "the file of a process's number cannot be read", on=str(file), advice="run as root"
        ) from error
    except (OSError, ValueError, IndexError):
        return False
    return state not in "ZX"
