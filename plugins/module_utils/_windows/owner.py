# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Who holds a window: a user on a host, by a process that can be seen to live or not."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_START_TIME = 19  # proc_pid_stat(5): starttime is field 22, the 20th behind the command's closing parenthesis


@dataclass(frozen=True)
class Owner:
    """A process that holds a window; ``started`` (clock ticks since boot) and ``boot`` tell it from later ones.

    ``namespace`` is that of process ids: containers may share a host name and see different processes.
    """

    user: str
    host: str
    pid: int
    started: int
    boot: str
    namespace: str

    @classmethod
    def of_process(cls, pid: int) -> Owner:
        """Return the owner that the process ``pid`` of this host stands for."""
        return cls(getpass.getuser(), socket.gethostname(), pid, _started(pid), _boot(), _namespace())

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Owner:
        """Read back what :meth:`as_record` made."""
        return cls(**{name: record[name] for name in ("user", "host", "pid", "started", "boot", "namespace")})

    def as_record(self) -> dict[str, Any]:
        """Return a JSON-safe form."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"

    def is_gone(self) -> bool:
        """Tell whether the process is known to have ended. Of what cannot be seen from here nothing is known: no."""
        if self.host != socket.gethostname() or not self.started:
            return False
        if self.boot != _boot():
            return True
        return self.namespace == _namespace() and _started(self.pid) != self.started


def _started(pid: int) -> int:
    """Return when a process started, or 0 when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[_START_TIME])


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
