# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The operation behind ``diagnose_info``: look at a host from many sides, each of which may fail without the others.

What could not be looked at is told as unknown, and never taken for well.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, TypeVar

from .._checks.base import Context
from .._checks.disk import SPEC as DISK
from .._checks.disk import probe as look_at_disk
from .._checks.process import require_sight
from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, NotThere, OpsError, one_line
from .._core.masking import masked
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from .._logs.base import Budget
from .._logs.sources import SOURCES, entries
from .._logs.sources import SPEC as SOURCE
from .._runtimes.base import Part
from .._runtimes.compose import Compose
from .._runtimes.kubernetes import Kubernetes
from .._runtimes.operation import described
from .._runtimes.systemd import Systemd
from . import connections, memory, ports, processes, sockets
from .findings import CRITICAL, Finding, ranked
from .parts import Instance, judge, lacking

SPEC = ArgSpec(
    options={
        "runtime": {"type": "dict", "default": {}},
        "ports": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "port": {"type": "int", "required": True},
                "part": {"type": "str"},
                "pattern": {"type": "str"},
            },
        },
        "environment": {"type": "dict", "default": {}},
        "disks": {"type": "list", "elements": "path", "default": ["/", "/tmp", "/var"]},
        "logs": {"type": "list", "elements": "dict", "default": []},
        "lines": {"type": "int", "default": 20},
        "top": {"type": "int", "default": 10},
    }
)
_GROUPS = 200  # groups of connections that are judged
_LAST_PORT = 65535
_WINDOW = 0.5  # seconds between the two looks that the use of CPUs is taken from
_FULL = 95.0  # percent of a file system, or of its inodes
_BUSY = 95.0  # percent of each CPU
_LOG_SECONDS, _LOG_BACK = 5.0, 3600.0
_LONGEST_LINE = 400
_TAIL = 256 << 10  # bytes of a file that last lines are looked for in

Seen = TypeVar("Seen")


class _Diagnosis:
    """What was found so far, and what could not be looked at."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.unknown: list[dict[str, str]] = []
        self.data: dict[str, Any] = {}

    def tried(self, name: str, look: Callable[[], Seen], otherwise: Seen) -> Seen:
        """Return what a source says; say why it cannot be looked at, and return another thing, where it cannot."""
        try:
            return look()
        except OpsError as error:
            self.not_known(name, str(error))
        except Exception as error:  # a fault of ours must not hide the other sources
            self.not_known(name, f"unexpected {type(error).__name__}: {error}; please report it")
        return otherwise

    def not_known(self, name: str, why: str) -> None:
        """Say of a source that it could not be looked at."""
        self.unknown.append({"source": name, "why": masked(one_line(why, 300))})


def operate(params: Mapping[str, Any], _check_mode: bool = False, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Look at all that ``params`` (the module's options) name. Reads only.

    :raises InputError: something is described wrongly; nothing has been looked at by then.
    """
    _check(params)
    params = params if params["runtime"] else _without_parts(params)
    found = _Diagnosis()
    runtime, parts = _runtime(found, params)
    before, sockets_before, started = _first_look(found), _sockets(found), clock.monotonic()
    instances = _parts(found, runtime, parts, params)
    for disk in params["disks"]:
        found.tried(f"disk {disk}", partial(_disk, found, disk), None)
    _lines(found, params)
    clock.sleep(max(0.0, _WINDOW - (clock.monotonic() - started)))
    seen = _processes(found, before, clock.monotonic() - started, params["top"])
    found.tried("memory", lambda: _memory(found, seen, instances), None)
    if sockets_before is not None:
        now = _Now(params, runtime, parts, instances, seen)
        found.tried("connections", lambda: _connections(found, sockets_before, now), None)
    return _result(found)


def _check(params: Mapping[str, Any]) -> None:
    for name in ("lines", "top"):
        if not 1 <= params[name] <= 200:
            raise InputError(f"{name} is out of range", on=str(params[name]), advice="expected 1 to 200")
    for one in params["ports"]:
        if not 1 <= one["port"] <= _LAST_PORT:
            raise InputError("ports: no port of TCP", on=str(one["port"]), advice=f"expected 1 to {_LAST_PORT}")
    for part, names in params["environment"].items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(
                f"environment: {part} has no list of names", advice="expected such as {api: [DATABASE_URL]}"
            )
    _refuse_strangers(params)
    for number, source in enumerate(params["logs"]):
        SOURCE.validate({key: value for key, value in source.items() if key != "name"}, f"logs[{number}]")


def _runtime(found: _Diagnosis, params: Mapping[str, Any]) -> tuple[Any, Sequence[Part]]:
    """Return what runs the service, and its parts; None and none where there is none, or nothing of it is to be had.

    :raises InputError: it is described wrongly, or something names a part that it has not.
    """
    if not params["runtime"]:
        return None, []
    try:
        runtime, parts = described(params["runtime"], [])
    except InputError:
        raise
    except OpsError as error:  # such as a project whose folder is gone
        found.not_known("the runtime", str(error))
        return None, []
    return runtime, parts


def _without_parts(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a host where no part runs: what a group says of its parts is for others."""
    return {**params, "environment": {}, "ports": [one for one in params["ports"] if not one["part"]]}


def _refuse_strangers(params: Mapping[str, Any]) -> None:
    """:raises InputError: something names a part that is not described, where parts are."""
    if not params["runtime"]:
        return
    given = params["runtime"].get("parts")
    names = [str(one.get("name")) for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    wanted = {*params["environment"], *(one["part"] for one in params["ports"] if one["part"])}
    strangers = sorted(wanted - {*names})
    if strangers:
        known = ", ".join(names) or "none"
        raise InputError(f"no part {', '.join(strangers)} is described", advice=f"described are {known}")


def _first_look(found: _Diagnosis) -> Mapping[int, processes.Process]:
    found.tried("processes of others", require_sight, None)
    nothing: Mapping[int, processes.Process] = {}
    return found.tried("processes", processes.look, nothing)


def _sockets(found: _Diagnosis) -> list[sockets.Socket] | None:
    return found.tried("connections", sockets.look, None)


def _looks(runtime: Any) -> Callable[[Sequence[Part], int], list[Instance]]:
    """Return what looks at the parts of a runtime; each kind's file is loaded when it is needed."""
    if isinstance(runtime, Compose):
        from . import parts_compose

        return lambda parts, lines: parts_compose.look(runtime, parts, lines)
    if isinstance(runtime, Systemd):
        from . import parts_systemd

        return lambda parts, lines: parts_systemd.look(runtime, parts, lines)
    if isinstance(runtime, Kubernetes):
        from . import parts_kubernetes

        return parts_kubernetes.Pods(runtime.options).look
    from . import parts_process

    return lambda parts, lines: parts_process.look(runtime, parts, lines)


def _parts(found: _Diagnosis, runtime: Any, parts: Sequence[Part], params: Mapping[str, Any]) -> list[Instance]:
    instances: list[Instance] = []
    for part in parts:  # one by one: a part that is not there hides no other
        instances += found.tried(f"part {part.name}", partial(_looks(runtime), [part], params["lines"]), [])
    for one in instances:
        found.findings += judge(one)
        if one.lines_unknown:
            found.not_known(f"last lines of {one.name}", one.lines_unknown)
    findings, unknown = lacking(instances, params["environment"])
    found.findings += findings
    for why in unknown:
        found.not_known(*why.split(": ", 1))
    found.data["parts"] = [one.told() for one in instances]
    return instances


def _disk(found: _Diagnosis, path: str) -> None:
    seen = look_at_disk(DISK.validate({"path": path}, "disks"), Context())
    row = {name: seen[name] for name in ("path", "used_percent", "free_bytes", "total_bytes", "inodes_percent")}
    known = found.data.setdefault("disks", [])
    if any(os.stat(one["path"]).st_dev == os.stat(path).st_dev for one in known):
        return  # on the same file system
    known.append(row)
    if seen["used_percent"] >= _FULL:
        free = seen["free_bytes"] >> 20
        found.findings.append(Finding("disk", f"{path} is full to {seen['used_percent']:g} %, {free} MiB are free"))
    if (seen["inodes_percent"] or 0) >= _FULL:
        said = f"{seen['inodes_percent']:g} % of the inodes of {path} are used"
        found.findings.append(Finding("disk", said, then="find the folder with very many files, and remove them"))


def _lines(found: _Diagnosis, params: Mapping[str, Any]) -> None:
    """Read the last lines of the logs that are named."""
    for given in params["logs"]:
        name = str(given.get("name") or next(given[way] for way in SOURCES if given.get(way)))
        found.tried(f"last lines of {name}", partial(_log, found, name, given, params["lines"]), None)


def _log(found: _Diagnosis, name: str, given: Mapping[str, Any], count: int) -> None:
    own = {key: value for key, value in given.items() if key != "name"}
    options = SOURCE.validate({"max_bytes": "5M", **own, "timeout": _LOG_SECONDS}, f"logs ({name})")
    budget = Budget(options["max_bytes"], _LOG_SECONDS)
    last = _end_of(options["path"], count) if options["path"] else _last(options, budget, count)
    found.data.setdefault("logs", []).append({"name": name, "lines": last})
    if budget.spent:
        found.not_known(f"last lines of {name}", budget.spent)


def _end_of(path: str, count: int) -> list[str]:
    """Return the last lines of a file, whatever their time is: many have none.

    :raises OpsError: or one of its kinds: it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
            text = stream.read(_TAIL).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise NotThere("no such file", on=path) from error
    except OSError as error:
        raise AccessDenied(f"the file cannot be read ({error.strerror})", on=path) from error
    return [masked(one_line(line, _LONGEST_LINE)) for line in text.splitlines()[-count:]]


def _last(options: Mapping[str, Any], budget: Budget, count: int) -> list[str]:
    newest: deque[tuple[float, str]] = deque(maxlen=50 * count)  # sources differ in their order
    for entry in entries(options, time.time() - (options["since"] or _LOG_BACK), budget):
        newest.append((entry.time, entry.text))
    by_time = sorted(newest, key=lambda one: one[0])[-count:]
    return [masked(one_line(text, _LONGEST_LINE)) for _at, text in by_time]


def _processes(
    found: _Diagnosis, before: Mapping[int, processes.Process], seconds: float, most: int
) -> Mapping[int, processes.Process]:
    if not before:
        return before  # why is told already
    now = found.tried("processes", processes.look, before)
    found.data["processes"] = processes.top(before, now, seconds, most)
    busy = sum(row["cpu_percent"] for row in found.data["processes"]["by_cpu"])
    cpus = os.cpu_count() or 1
    if busy >= _BUSY * cpus:
        first = found.data["processes"]["by_cpu"][0]
        said = f"all {cpus} CPUs are used, most by {first['program']} (pid {first['pid']}): {first['cpu_percent']:g} %"
        found.findings.append(Finding("cpu", said))
    return now


def _memory(found: _Diagnosis, seen: Mapping[int, processes.Process], instances: Sequence[Instance]) -> None:
    found.data["memory"], unknown = memory.look()
    if unknown:
        found.not_known("the kernel's log", unknown)
    found.findings += memory.judge(found.data["memory"], seen)
    for one in instances:
        kills = max((memory.group_kills(pid) or 0 for pid in one.pids or ()), default=0)
        if kills and not one.oom_killed and one.part != one.name:
            said = f"{one.part} ({one.name}): its group lost {kills} processes for want of memory"
            found.findings.append(Finding("out_of_memory", said))


@dataclass(frozen=True)
class _Now:
    """What is known when connections are looked at: the options, how the service runs, and its processes."""

    params: Mapping[str, Any]
    runtime: Any
    parts: Sequence[Part]
    instances: Sequence[Instance]
    processes: Mapping[int, processes.Process]


def _connections(found: _Diagnosis, before: Sequence[sockets.Socket], known: _Now) -> None:
    now = sockets.look()
    found.data["connections"] = sockets.grouped(now, known.params["top"])
    found.findings += connections.judge(sockets.grouped(now, _GROUPS), before, now, sockets.port_range())
    wanted = _wanted(found, known)
    listening = [one for one in now if one.port in {row["port"] for row in wanted} and one.state == sockets.LISTEN]
    found.data["ports"] = ports.look(wanted, listening, sockets.holders(listening), known.processes)
    patterns = {row["port"]: row["pattern"] for row in wanted if row.get("pattern")}
    findings, unknown = ports.judge(found.data["ports"], patterns, _ours(known), known.processes)
    found.findings += findings
    for why in unknown:
        found.not_known(*why.split(": ", 1))


def _wanted(found: _Diagnosis, known: _Now) -> list[Mapping[str, Any]]:
    """Return the ports that are named, and those that a project of compose publishes."""
    wanted: list[Mapping[str, Any]] = list(known.params["ports"])
    if isinstance(known.runtime, Compose):
        from .parts_compose import published

        named = {row["port"] for row in wanted}
        none: list[dict[str, Any]] = []
        rows = found.tried("published ports", lambda: published(known.runtime, known.parts), none)
        wanted += [row for row in rows if row["port"] not in named]
    return wanted


def _ours(known: _Now) -> dict[str, set[int]]:
    """Return the processes of each part whose instances all tell theirs."""
    found = {}
    for part in known.parts:
        mine = [one for one in known.instances if one.part == part.name]
        if mine and all(one.pids is not None for one in mine):
            found[part.name] = processes.family(known.processes, [pid for one in mine for pid in one.pids or ()])
    return found


def _result(found: _Diagnosis) -> Result:
    findings = ranked([one.told() for one in found.findings])
    critical = sum(one["severity"] == CRITICAL for one in findings)
    first = f"; first: {findings[0]['what']}" if findings else ""
    unknown = f", {len(found.unknown)} sources are not known" if found.unknown else ""
    lists: dict[str, Any] = {"parts": [], "disks": [], "logs": []}
    nothing: dict[str, Any] = dict.fromkeys(("processes", "memory", "connections", "ports"))
    return Result(
        msg=f"{len(findings)} findings, {critical} critical{unknown}{first}",
        data={**lists, **nothing, **found.data, "findings": findings, "unknown": found.unknown},
    )
