# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind systemd: its units, as systemctl and the journal tell of them."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence

from .._core.durations import duration
from .._core.errors import NotThere, OpsError
from .._core.systemctl import parse_count, show
from .._logs.base import Budget
from .._logs.journal import read
from .._runtimes.base import Part
from .._runtimes.numbered import names_of
from .._runtimes.systemd import Systemd
from .parts import Environment, Instance
from .parts_process import environment_of, named

_SECONDS = 5.0
_BACK = duration("1h")
_BYTES = 2 << 20
_PROPERTIES = (
    "ActiveState",
    "SubState",
    "Result",
    "NRestarts",
    "ExecMainStatus",
    "ExecMainCode",
    "MainPID",
    "Environment",
    "EnvironmentFiles",
)
_KILLED = "2"  # CLD_KILLED of waitid(2): the status is the signal's number


def look(runtime: Systemd, parts: Sequence[Part], lines: int) -> list[Instance]:
    """See Look. :raises OpsError: or one of its kinds: systemd cannot be asked."""
    found = []
    for part in parts:
        most = 1 if part.count is None else part.count
        for number, name in enumerate(names_of(part)):
            instance = _instance(runtime, part, name, lines, number < most)
            found += [instance] if instance else []
    return found


def _instance(runtime: Systemd, part: Part, name: str, lines: int, wanted: bool) -> Instance | None:
    """Return a unit; None of one that does not run and need not."""
    scope = str(runtime.means()["scope"])
    try:
        seen = show(name, _PROPERTIES, scope, _SECONDS)
    except NotThere as error:
        return Instance(part.name, name, "not there", False, "stopped", message=str(error), pids=[]) if wanted else None
    runs = seen.get("ActiveState") in ("active", "reloading", "refreshing")
    if not runs and not wanted:
        return None
    pid = parse_count(seen.get("MainPID")) or 0
    status = parse_count(seen.get("ExecMainStatus"))
    found = Instance(
        part.name,
        name,
        f"{seen.get('ActiveState')} ({seen.get('SubState')})",
        runs,
        "" if runs else "stopped",
        exit_code=None if runs or status is None else status + 128 * (seen.get("ExecMainCode") == _KILLED),
        restarts=parse_count(seen.get("NRestarts")),
        oom_killed=seen.get("Result") == "oom-kill",
        message="" if seen.get("Result", "success") == "success" else f"result {seen['Result']}",
        pids=[pid] if pid else [],
        environment=environment_of(pid) if pid else _described(seen),
    )
    _add_lines(found, name, lines)
    return found


def _described(seen: Mapping[str, str]) -> Environment:
    """Return the names that the unit and its files set; not known when a file that is to be there cannot be read."""
    entries = shlex.split(seen.get("Environment", ""))
    for line in seen.get("EnvironmentFiles", "").split(")"):
        path, _sign, optional = line.strip().partition(" (ignore_errors=")
        if not path:
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as content:
                entries += [text.strip() for text in content if "=" in text and text.lstrip()[:1] not in "#;"]
        except OSError as error:
            if optional != "yes":
                return Environment(unknown=f"{path} cannot be read ({error.strerror})")
    return named(entries)


def _add_lines(instance: Instance, unit: str, count: int) -> None:
    budget = Budget(_BYTES, _SECONDS)
    try:
        newest = list(read({"journal_unit": unit}, time.time() - _BACK, budget))
    except OpsError as error:
        instance.lines_unknown = str(error)
        return
    instance.lines = [entry.text for entry in newest[:count]][::-1]
