# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind process: how many processes match, how old, how large. Standard library only; Linux's /proc.

Command lines may hold secrets, so none is ever returned.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, NotThere
from .._core.option_types import regular_expression
from .base import Condition, Context, Options, Values
from .limits import BYTES, COUNT, SECONDS, Limit, limit_conditions, limits_spec

LIMITS = (
    Limit("max_count", COUNT, "count"),
    Limit("max_rss_bytes", BYTES, "rss_bytes", unit="bytes"),
    Limit("min_age", SECONDS, "youngest_age", "ge", "s", "no process matches"),
)

SPEC = ArgSpec(
    options={
        "pattern": {"type": regular_expression, "required": True},
        "user": {"type": "str"},
        "min_count": {"type": "int"},
    }
) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()

_PROC = Path("/proc")
_SHOWN_PIDS = 20
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Found:
    """A process that matches: its id, its start in seconds after boot, its resident memory in bytes."""

    pid: int
    started: float
    rss: int


def probe(options: Options, _context: Context) -> Values:
    """Return count, pids (the first 20), oldest_age and youngest_age (s; null without a process), rss_bytes (sum).

    Left out: this process and those that started it (their command lines hold the pattern), kernel threads, zombies.

    :raises AccessDenied: this user may not see the processes of others, so that a count would be wrong.
    :raises NotThere: no such user.
    """
    require_sight()
    pattern = re.compile(options["pattern"])
    wanted = _user_id(options["user"]) if options.get("user") else None
    found = [process for process in map(_look, _matching(pattern, wanted)) if process]
    now = _seconds_up()
    ages = [max(0.0, now - process.started) for process in found]
    return {
        "count": len(found),
        "pids": sorted(process.pid for process in found)[:_SHOWN_PIDS],
        "oldest_age": round(max(ages), 1) if ages else None,
        "youngest_age": round(min(ages), 1) if ages else None,
        "rss_bytes": sum(process.rss for process in found),
    }


def require_sight() -> None:
    """Look at the first process: with hidepid or without rights it, and others, cannot be seen."""
    try:
        (_PROC / "1/cmdline").read_bytes()
    except OSError as error:
        raise AccessDenied(
            "cannot see the processes of other users",
            on="/proc",
            advice="/proc is mounted with hidepid: run the check as root",
        ) from error


def _user_id(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise NotThere("no such user on this host", on=name) from error


def _matching(pattern: re.Pattern[str], user: int | None) -> Iterator[int]:
    ours = _ourselves()
    for entry in os.listdir(_PROC):
        if not entry.isdigit() or int(entry) in ours:
            continue
        line = _read(int(entry), "cmdline").replace("\0", " ").strip()
        if line and pattern.search(line) and user in (None, _real_user(int(entry))):
            yield int(entry)


def _ourselves() -> set[int]:
    """Return our process id and those above it."""
    ours = set()
    pid = os.getpid()
    while pid > 0 and pid not in ours:
        ours.add(pid)
        fields = _stat_fields(pid)
        pid = int(fields[1]) if fields else 0
    return ours - {1} | {os.getpid()}


def _real_user(pid: int) -> int | None:
    match = re.search(r"^Uid:\s+(\d+)", _read(pid, "status"), re.MULTILINE)
    return int(match[1]) if match else None


def _look(pid: int) -> _Found | None:
    """Return what /proc says of a process, or None when it is gone or a zombie."""
    fields, pages = _stat_fields(pid), _read(pid, "statm").split()
    if not fields or not pages or fields[0] in "ZX":
        return None
    return _Found(pid, int(fields[19]) / _TICKS, int(pages[1]) * _PAGE)


def _stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; the name before it may hold blanks and brackets."""
    return _read(pid, "stat").rpartition(")")[2].split()


def _read(pid: int, name: str) -> str:
    """Return a file of a process; empty when the process has ended meanwhile."""
    try:
        return (_PROC / str(pid) / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _seconds_up() -> float:
    return float((_PROC / "uptime").read_text(encoding="utf-8").split()[0])


def conditions(options: Options) -> list[Condition]:
    """Expect min_count processes (1 when neither it nor max_count says how many), and hold the limits given."""
    least = options.get("min_count")
    if least is None:
        least = 1 if options.get("max_count") != 0 else 0
    return [Condition("count", "ge", least), *limit_conditions(LIMITS, options)]
