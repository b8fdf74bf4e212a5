# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind process: its processes, and the names of their variables from /proc, which only their user and root can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .._runtimes.base import Part
from .._runtimes.numbered import names_of
from .._runtimes.process import Process
from .parts import Environment, Instance


def look(runtime: Process, parts: Sequence[Part], _lines: int) -> list[Instance]:
    """See Look. What plain processes write goes where their starter says: the logs are in the inventory.

    :raises AccessDenied: the processes of others cannot be seen.
    """
    return [instance for part in parts for instance in _instances(runtime, part)]


def _instances(runtime: Process, part: Part) -> list[Instance]:
    found = []
    most = 1 if part.count is None else part.count
    for number, name in enumerate(names_of(part)):
        pids = runtime.pids(name)
        if pids:
            environment = environment_of(pids[0])
            found.append(Instance(part.name, name, "running", True, pids=pids, environment=environment))
        elif number < most:
            unknown = Environment(unknown="it does not run, and only a process shows them")
            found.append(Instance(part.name, name, "not running", False, "stopped", pids=[], environment=unknown))
    return found


def environment_of(pid: int, proc: Path = Path("/proc")) -> Environment:
    """Return the names of the variables that a process was started with."""
    try:
        raw = (proc / str(pid) / "environ").read_bytes()
    except OSError as error:
        return Environment(unknown=f"those of process {pid} cannot be read ({error.strerror}); run as its user or root")
    return named(entry.decode("utf-8", "replace") for entry in raw.split(b"\0") if entry)


def named(entries: Iterable[str]) -> Environment:
    """Return the names in ``NAME=value``, which are kept, and which of them are empty."""
    pairs = [entry.partition("=") for entry in entries]
    return Environment([name for name, _sign, _value in pairs], [name for name, _sign, value in pairs if not value])
