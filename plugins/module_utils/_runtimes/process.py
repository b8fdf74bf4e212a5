# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind process: plain processes, or those of a supervisor, which are started and stopped by commands.

An instance is told by its number in the unit's name: ``worker-{number}`` is worker-1, worker-2 and so on.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._checks.base import Context
from .._checks.process import SPEC as PATTERN
from .._checks.process import probe
from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied
from .base import LIMITED, RENEWED, UPDATED, Ask, Part, State
from .numbered import forgotten, state_of, work_of

_UNIT = "{unit}"
_TICKS = os.sysconf("SC_CLK_TCK")
_START_TIME = 19  # proc_pid_stat(5): starttime is field 22, the 20th behind the command's closing parenthesis
_FIRST = 1  # the process that begins with the machine, or with the container
# Seconds by which a file may seem to be of a former boot and is not: clocks are set now and then.
_SLACK = 600.0

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
        return {part.name: state_of(part, self._runs, "one process") for part in parts}

    def _runs(self, name: str) -> bool:
        return bool(self.pids(name))

    def pids(self, name: str) -> list[int]:
        """Return the processes of an instance, the first of them if there are very many.

        :raises AccessDenied: they cannot be seen.
        """
        if self._options["pidfile"]:
            return _alive_in(Path(self._options["pidfile"].replace(_UNIT, name)))
        pattern = self._options["pattern"].replace(_UNIT, re.escape(name))
        seen = probe(PATTERN.validate({"pattern": pattern}, "pattern"), Context())
        return list(seen["pids"])

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """See Runtime.cannot."""
        if ask.intent in (LIMITED, UPDATED, RENEWED):
            return f"is a plain process, which has no {'limits' if ask.intent == LIMITED else 'image'}"
        return forgotten(ask, part, state)

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return the instances to stop and to start, the commands for each."""
        return work_of(ask, part, state)

    def means(self) -> Mapping[str, Any]:
        """Return nothing: the tasks have the commands from the inventory."""
        return {}


def _alive_in(file: Path) -> list[int]:
    """Return the process in a file of its number, if it runs; one that has ended and left the file does not.

    Within one boot numbers come again rarely, and clocks are set: there one that runs is the one.
    """
    try:
        number = int(file.read_text(encoding="ascii").split()[0])
        written = file.stat().st_mtime
        state = _stat(number)[0]
    except PermissionError as error:
        raise AccessDenied(
            "the file of a process's number cannot be read", on=str(file), advice="run as root"
        ) from error
    except (OSError, ValueError, IndexError):
        return []
    return [] if state in "ZX" or _is_of_a_former_boot(written) else [number]


def _stat(number: int) -> list[str]:
    """Return what proc_pid_stat(5) has of a process behind its command. :raises OSError: there is none."""
    return Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _is_of_a_former_boot(written: float) -> bool:
    """Tell whether a file was written before the machine, or the container, began; it was not if nobody knows.

    :param written: seconds since the epoch.
    """
    try:
        began = float(_stat(_FIRST)[_START_TIME]) / _TICKS
    except (OSError, ValueError, IndexError):
        return False
    # Not by /proc/uptime, which tells the time of the container where there is one.
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + began > written + _SLACK
