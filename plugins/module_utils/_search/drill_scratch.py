# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Scratch indices of drills: names that say whose they are, and until when, so that those of a killed run are known.

A name is ``day2-drill-DEADLINE-HOST-PID-STARTED-INDEX``, so that an index and what is known of its maker appear in one
step. Another run removes it when its maker is gone, which can be seen on the same host, or long after the maker's own
deadline, when it has given up. So two drills at a time do not end each other.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .._core.errors import InputError

PREFIX = "day2-drill-"
_SHAPE = re.compile(
    rf"{PREFIX}(?P<until>[0-9a-f]{{8}})-(?P<host>[0-9a-f]{{8}})-(?P<pid>[0-9a-f]+)-(?P<began>[0-9a-f]+)-"
)
# For the last question before a maker gives up, what it removes then, and clocks that differ.
_GRACE = 3600
_MOST_BYTES = 255


@dataclass(frozen=True)
class Maker:
    """Who makes scratch indices. :param until: when it gives up, seconds since the epoch. :param began: in ticks."""

    until: int
    host: str
    pid: int
    began: int

    @property
    def prefix(self) -> str:
        """How the names of its indices begin."""
        return f"{PREFIX}{self.until:08x}-{self.host}-{self.pid:x}-{self.began:x}-"

    def scratch(self, index: str) -> str:
        """Return the scratch name of an index. :raises InputError: it would be too long."""
        name = f"{self.prefix}{index}"
        if len(name.encode()) > _MOST_BYTES:
            raise InputError(
                f"the name of {index} is too long for a scratch name before it", advice="leave it out in indices"
            )
        return name

    def gone(self, now: float) -> bool:
        """Return whether nobody needs its indices any more."""
        if now > self.until + _GRACE:
            return True
        return self.host == _host() and _sees_others() and _began(self.pid) != self.began


def maker(until: float) -> Maker:
    """Return this process as one, which gives up at ``until``, seconds since the epoch."""
    pid = os.getpid()
    return Maker(int(until), _host(), pid, _began(pid) or 0)


def leftovers(names: Iterable[str], now: float) -> Iterator[str]:
    """Yield those that are scratch indices of makers that are gone."""
    for name in names:
        match = _SHAPE.match(name)
        if match is None:
            continue
        known = Maker(int(match["until"], 16), match["host"], int(match["pid"], 16), int(match["began"], 16))
        if known.gone(now):
            yield name


def without_scratch(patterns: list[str]) -> list[str]:
    """Return patterns that mean no scratch index, where one of them would: they are no part of a backup."""
    heads = [one.partition("*")[0] for one in patterns if "*" in one and not one.startswith("-")]
    out = f"-{PREFIX}*"
    return [*patterns, out] if out not in patterns and any(map(PREFIX.startswith, heads)) else patterns


def _host() -> str:
    """Return what is the same for processes that see each other: of one start of a machine, and one list of them."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read()
        return hashlib.sha256(f"{boot}{os.readlink('/proc/self/ns/pid')}".encode()).hexdigest()[:8]
    except OSError:
        return os.urandom(4).hex()  # nobody sees whether its maker is gone; the deadline remains


def _sees_others() -> bool:
    """Return whether processes of others are seen here, which proc(5) may be mounted to hide."""
    return _began(1) is not None


def _began(pid: int) -> int | None:
    """Return when a process was started, in ticks since the machine was (proc(5): stat, starttime); None for none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # the name of the program, in brackets, may have any character
            return int(file.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None
