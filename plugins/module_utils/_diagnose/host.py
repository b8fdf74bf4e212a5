# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the processes of a host use: its CPUs and its memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial

from .._checks.process import require_sight
from . import memory, processes
from .findings import Finding
from .found import Found
from .parts import Instance

_BUSY = 95.0  # percent of each CPU


def first_look(found: Found) -> Mapping[int, processes.Process]:
    """Return the processes, for the use of CPUs to be told at the second look."""
    found.tried("processes of others", require_sight, None)
    nothing: Mapping[int, processes.Process] = {}
    return found.tried("processes", processes.look, nothing)


def second_look(
    found: Found, before: Mapping[int, processes.Process], seconds: float, most: int
) -> Mapping[int, processes.Process]:
    """Return the processes by now, ``seconds`` after the first look; tell of the ``most`` that use most."""
    if not before:
        return before  # why is told already
    now = found.tried("processes", processes.look, before)
    found.data["processes"] = processes.top(before, now, seconds, most)
    cpus = os.cpu_count() or 1
    if found.data["processes"]["cpu_percent"] >= _BUSY * cpus:
        first = found.data["processes"]["by_cpu"][0]
        said = f"all {cpus} CPUs are used, most by {first['program']} (pid {first['pid']}): {first['cpu_percent']:g} %"
        found.findings.append(Finding("cpu", said))
    return now


def look_at_memory(found: Found, seen: Mapping[int, processes.Process], instances: Sequence[Instance]) -> None:
    """Look how much memory is left, and which processes were killed for want of it."""
    found.tried("memory", partial(_memory, found, seen, instances), None)


def _memory(found: Found, seen: Mapping[int, processes.Process], instances: Sequence[Instance]) -> None:
    found.data["memory"], unknown = memory.look()
    if unknown:
        found.not_known("the kernel's log", unknown)
    found.findings += memory.judge(found.data["memory"], seen)
    for one in instances:
        kills = max((memory.group_kills(pid) or 0 for pid in one.pids or ()), default=0)
        if kills and not one.oom_killed and one.part != one.name:
            said = f"{one.part} ({one.name}): its group lost {kills} processes for want of memory"
            found.findings.append(Finding("out_of_memory", said))
