# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind load: the load average per CPU that we may use. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .._core.argspec import ArgSpec
from .._core.cgroup import cpu_limit
from .._core.errors import AccessDenied
from .base import Condition, Context, Options, Values

_POSITIONS = {1: 0, 5: 1, 15: 2}

SPEC = ArgSpec(
    options={
        "max_per_cpu": {"type": "float", "default": 2.0},
        "window": {"type": "int", "default": 5, "choices": list(_POSITIONS)},
    }
)
LIBRARIES: Sequence[str] = ()


def probe(options: Options, _context: Context) -> Values:
    """Return what :func:`measure` says of this host."""
    return measure(options["window"], len(os.sched_getaffinity(0)), Path("/"))


def measure(window: int, usable: int, root: Path) -> Values:
    """Return load (the average over ``window`` minutes), cpus and per_cpu.

    The load average is the host's; the CPUs are those that we may run on, or our control group's quota when lower.

    :param usable: number of CPUs that the process may run on. :param root: where ``proc`` and ``sys`` are.
    :raises AccessDenied: /proc/loadavg cannot be read.
    """
    path = root / "proc/loadavg"
    try:
        load = float(path.read_text(encoding="utf-8").split()[_POSITIONS[window]])
    except OSError as error:
        raise AccessDenied(f"cannot read the file ({error.strerror})", on=str(path)) from error
    cpus = min(float(usable), cpu_limit(root) or float(usable))
    return {"load": load, "window": window, "cpus": round(cpus, 2), "per_cpu": round(load / cpus, 3)}


def conditions(options: Options) -> list[Condition]:
    """Hold the load per CPU against max_per_cpu."""
    return [Condition("per_cpu", "le", options["max_per_cpu"])]
