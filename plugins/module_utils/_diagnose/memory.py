# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whether memory ran out: what the kernel's log says, how often it killed, and what a control group counts.

Sources: the kernel's documentation of /dev/kmsg (ABI/testing/dev-kmsg), /proc/vmstat (``oom_kill``) and the files
``memory.events`` of control groups version 2.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._checks.memory import measure
from .._core.durations import show_duration
from .._core.errors import AccessDenied, NotThere, OpsError, one_line
from .findings import CRITICAL, WARNING, Finding
from .processes import Process, read

_KILLED = re.compile(r"[Kk]illed process (?P<pid>\d+) \((?P<name>[^)]*)\)")
_RECORD = 8192  # bytes of one record of /dev/kmsg, at most
_MOST = 100_000  # records that are read
_RECENT = 86_400.0  # seconds
_JUST_NOW = 900.0
_SHOWN = 3  # kills, the last ones
_NEARLY_FULL = 90.0  # percent
_HOG = 0.5  # share of all memory


@dataclass(frozen=True)
class Kill:
    """A process that the kernel killed for want of memory, so many seconds ago."""

    pid: int
    name: str
    age: float


def kernel_kills(root: Path = Path("/")) -> list[Kill]:
    """Return whom the kernel's log says it killed in the last day.

    :raises AccessDenied: this user may not read the log. :raises NotThere: there is none here, as in most containers.
    """
    on = str(root / "dev/kmsg")
    try:
        handle = os.open(on, os.O_RDONLY | os.O_NONBLOCK)
    except PermissionError as error:
        raise AccessDenied("the kernel's log cannot be read", on=on, advice="run as root") from error
    except OSError as error:
        raise NotThere("there is no kernel's log here", on=on) from error
    up = _seconds_up(root)
    try:
        return [kill for kill in (_kill(record, up) for record in _records(handle)) if kill and kill.age < _RECENT]
    except PermissionError as error:
        raise AccessDenied("the kernel's log cannot be read", on=on, advice="run as root") from error
    except OSError as error:
        raise OpsError(f"the kernel's log cannot be read ({error.strerror})", on=on) from error
    finally:
        os.close(handle)


def _records(handle: int) -> Iterator[str]:
    for _number in range(_MOST):
        try:
            record = os.read(handle, _RECORD)
        except BlockingIOError:
            return  # all has been read
        except BrokenPipeError:
            continue  # it was overwritten before we came to it
        if not record:
            return
        yield record.decode("utf-8", "replace")


def _kill(record: str, up: float) -> Kill | None:
    """Return what a record ``priority,number,microseconds,flags;text`` tells of a killed process."""
    head, _sign, text = record.partition(";")
    found = _KILLED.search(text)
    fields = head.split(",")
    if not found or "memory" not in text.lower() or len(fields) < 3 or not fields[2].isdigit():
        return None
    return Kill(int(found["pid"]), one_line(found["name"], 40), max(0.0, up - int(fields[2]) / 1e6))


def _seconds_up(root: Path) -> float:
    text = read(root / "proc/uptime").split()
    return float(text[0]) if text else time.monotonic()


def kills_since_boot(root: Path = Path("/")) -> int | None:
    """Return how many processes the kernel killed for want of memory since it started; None when it does not count."""
    found = re.search(r"^oom_kill (\d+)$", read(root / "proc/vmstat"), re.MULTILINE)
    return int(found[1]) if found else None


def group_kills(pid: int, root: Path = Path("/")) -> int | None:
    """Return how often the control group of a process lost one for want of memory; None where that is not counted."""
    for line in read(root / "proc" / str(pid) / "cgroup").splitlines():
        if line.startswith("0::"):
            events = read(root / "sys/fs/cgroup" / line[3:].strip().lstrip("/") / "memory.events")
            found = re.search(r"^oom_kill (\d+)$", events, re.MULTILINE)
            return int(found[1]) if found else None
    return None


def look(root: Path = Path("/")) -> tuple[dict[str, Any], str]:
    """Return how much memory there is and what was killed, and why the kernel's log is not known, if so.

    :raises OpsError: the host's memory cannot be told.
    """
    unknown, kills = "", None
    try:
        kills = [{"pid": one.pid, "name": one.name, "age": round(one.age)} for one in kernel_kills(root)]
    except OpsError as error:
        unknown = str(error)
    return {**measure(root), "killed": kills, "killed_since_boot": kills_since_boot(root)}, unknown


def _killed(one: Mapping[str, Any]) -> Finding:
    said = f"the kernel killed {one['name']} (pid {one['pid']}) {show_duration(one['age'])} ago, as memory ran out"
    return Finding("out_of_memory", said, CRITICAL if one["age"] < _JUST_NOW else WARNING)


def judge(seen: Mapping[str, Any], processes: Mapping[int, Process]) -> list[Finding]:
    """Return what :func:`look` came to."""
    found = [_killed(one) for one in (seen["killed"] or [])[: -_SHOWN - 1 : -1]]
    if seen["killed"] is None and seen["killed_since_boot"]:
        said = f"{seen['killed_since_boot']} processes of the machine were killed for want of memory since it started"
        found.append(Finding("out_of_memory", said, WARNING, "read the kernel's log as root: it names them"))
    if seen["used_percent"] >= _NEARLY_FULL:
        found.append(Finding("memory", f"{seen['used_percent']:g} % of the memory of the {seen['source']} is used"))
    hogs = [one for one in processes.values() if one.rss > _HOG * seen["total_bytes"]]
    found += [Finding("memory", f"{one.told} has {one.rss >> 20} MiB, over half of the memory") for one in hogs]
    return found
