# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The processes of this host, from /proc: who uses memory and CPU, and who started whom. No argument's value."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import one_line

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Of an interpreter the script tells more than its own name.
_INTERPRETERS = re.compile(r"(python|node|ruby|perl|php|java|bash|dash|sh)[\d.]*\Z")
_NAMED_BY = ("-m", "-jar")
_WITH_VALUE = ("-cp", "-classpath", "--class-path", "-W", "-X")


@dataclass(frozen=True)
class Process:
    """A process at one moment. ``rss`` is in bytes, ``cpu_seconds`` since its start."""

    pid: int
    parent: int
    user: int | None
    argv: tuple[str, ...]
    name: str
    rss: int
    cpu_seconds: float

    @property
    def program(self) -> str:
        """Return what runs, in a few words: other arguments may be secrets."""
        return program(self.argv) or self.name

    @property
    def owner(self) -> str:
        """Return the name of its user."""
        return "unknown" if self.user is None else user_name(self.user)

    @property
    def told(self) -> str:
        """Return it in a few words."""
        return f"{self.program} (pid {self.pid}, user {self.owner})"


def user_name(number: int) -> str:
    """Return a user's name, or the number of one that has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def program(argv: Iterable[str]) -> str:
    """Return the program's name, and with an interpreter what it runs: ``python3 -m shop.worker``."""
    words = list(argv)
    if not words or not words[0]:
        return ""
    name = words[0].split()[0].rpartition("/")[2] if " " in words[0] else words[0].rpartition("/")[2]
    more = _script(words[1:]) if _INTERPRETERS.match(name) else ""
    return one_line(f"{name} {more}".rstrip(), 80)


def _script(arguments: list[str]) -> str:
    """Return what an interpreter was told to run; nothing of code given on the command line."""
    before = ""
    for word in arguments:
        if before in _NAMED_BY:
            return f"{before} {word.rpartition('/')[2]}"
        if word in ("-c", "-e"):
            return word
        if not word.startswith("-") and before not in _WITH_VALUE:
            return word.rpartition("/")[2]
        before = word
    return ""


def look(proc: Path = PROC) -> dict[int, Process]:
    """Return all processes that can be seen, by number; not kernel threads."""
    found = (_process(proc / entry) for entry in os.listdir(proc) if entry.isdigit())
    return {one.pid: one for one in found if one}


def _process(folder: Path) -> Process | None:
    """Return what is known of a process, None when it is gone, a zombie or of the kernel."""
    stat = read(folder / "stat")
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 22 or fields[0] in "ZX" or (fields[1] == "2" or folder.name == "2"):
        return None
    user = re.search(r"^Uid:\s+(\d+)", read(folder / "status"), re.MULTILINE)
    return Process(
        pid=int(folder.name),
        parent=int(fields[1]),
        user=int(user[1]) if user else None,
        argv=tuple(read(folder / "cmdline").rstrip("\0").split("\0")),
        name=one_line(stat.partition("(")[2].rpartition(")")[0], 40),
        rss=int(fields[21]) * _PAGE,
        cpu_seconds=(int(fields[11]) + int(fields[12])) / _TICKS,
    )


def read(path: Path) -> str:
    """Return a file of /proc; empty when it cannot be read or is gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def top(first: Mapping[int, Process], second: Mapping[int, Process], seconds: float, most: int) -> dict[str, Any]:
    """Return who has most memory and who used most CPU between two looks, and what all used: 100 for a whole CPU.

    :param seconds: between the looks. :param most: entries of each list.
    """
    rows: list[dict[str, Any]] = [
        {
            "pid": one.pid,
            "program": one.program,
            "user": one.owner,
            "rss": one.rss,
            "cpu_percent": _percent(first.get(one.pid), one, seconds),
        }
        for one in second.values()
    ]
    by_memory = sorted(rows, key=lambda row: -row["rss"])[:most]
    by_cpu = sorted((row for row in rows if row["cpu_percent"]), key=lambda row: -row["cpu_percent"])[:most]
    used = round(sum(row["cpu_percent"] or 0 for row in rows), 1)
    return {"count": len(rows), "cpu_percent": used, "by_memory": by_memory, "by_cpu": by_cpu}


def _percent(before: Process | None, now: Process, seconds: float) -> float | None:
    """Return the use of one CPU in percent; None of a process that is new or took another's number."""
    if before is None or seconds <= 0 or now.cpu_seconds < before.cpu_seconds:
        return None
    return round(100 * (now.cpu_seconds - before.cpu_seconds) / seconds, 1)


def family(processes: Mapping[int, Process], pids: Iterable[int]) -> set[int]:
    """Return processes and all that they started, and that those started."""
    found = set(pids)
    size = -1
    while size != len(found):
        size = len(found)
        found |= {one.pid for one in processes.values() if one.parent in found}
    return found
