# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What results of checks come to as findings. It looks at nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .findings import CRITICAL, NOTE, WARNING, Finding

Check = Mapping[str, Any]

# Kind of a check that fails -> a name in ADVICE.
_ABOUT = {
    "http": "answer",
    "tcp": "dependency",
    "dns": "dependency",
    "tls": "dependency",
    "redis": "dependency",
    "postgres": "dependency",
    "elasticsearch": "dependency",
    "queue": "queue",
    "queues": "queue",
    "worker": "workers",
    "disk": "disk",
    "memory": "memory",
    "load": "cpu",
    "process": "stopped",
    "systemd": "stopped",
    "container": "stopped",
    "compose": "stopped",
    "kubernetes": "stopped",
}
_SERVERS = ("redis", "postgres", "elasticsearch")
_ON_SERVERS = ("queue", "queues", "worker", "sql")  # what they look at is elsewhere
_SEVERITIES = {"critical": CRITICAL, "warning": WARNING, "observe": NOTE}
_LARGE_CLIENT = 64 << 20  # bytes
_NEARLY_FULL = 90.0  # percent


def judge(checks: Sequence[Check], abouts: Mapping[str, str]) -> tuple[list[Finding], list[dict[str, str]]]:
    """Return what checks found, and which could not be made.

    :param checks: as the module ``health_gate`` returns them. :param abouts: what checks are about that are made for a
        diagnosis alone, by their names: names in ADVICE.
    """
    unknown = [{"source": f"check {one['name']}", "why": one["reason"]} for one in checks if one["status"] == "unknown"]
    failed = [one for one in checks if one["status"] == "fail"]
    down = [one for one in failed if _is_down(one)]
    findings = [*_down(down, abouts), *(_finding(one, abouts) for one in failed if one not in down)]
    for one in checks:
        findings += _noticed(one)
    return findings, unknown


def _is_down(check: Check) -> bool:
    """Tell whether a server said nothing at all: without values, it is not one of them that is out of bounds."""
    return check["kind"] in _SERVERS and not check["seen"]


def _down(checks: Iterable[Check], abouts: Mapping[str, str]) -> list[Finding]:
    """Return one finding for each server that says nothing, whatever number of checks asked it."""
    by_reason: dict[str, list[Check]] = {}
    for one in checks:
        by_reason.setdefault(one["reason"], []).append(one)
    found = []
    for reason, mine in by_reason.items():
        named = [one for one in mine if one["name"] not in abouts] or mine[:1]
        worst = CRITICAL if any(one["severity"] == "critical" for one in named) else WARNING
        found.append(Finding("dependency", f"{', '.join(one['name'] for one in named)}: {reason}", worst))
    return found


def _finding(check: Check, abouts: Mapping[str, str]) -> Finding:
    about = abouts.get(check["name"]) or _ABOUT.get(check["kind"], "check")
    if check["kind"] in _ON_SERVERS and not check["seen"]:
        about = "dependency"
    runbook = f"see {check['runbook']}" if check.get("runbook") else ""
    severity = "" if check["name"] in abouts else _SEVERITIES[check["severity"]]
    return Finding(about, f"{check['name']}: {check['reason']}", severity, runbook)


def _noticed(check: Check) -> list[Finding]:
    """Return what a check saw that it was not asked to judge."""
    seen = check["seen"] or {}
    found = []
    for client in seen.get("clients") or []:
        if isinstance(client, Mapping) and (client.get("largest") or 0) >= _LARGE_CLIENT:
            who = client["name"] or client["host"]
            found.append(Finding("clients", f"{who} ({client['user']}) takes {client['largest'] >> 20} MiB of Redis"))
    if check["kind"] == "redis" and check["status"] == "pass" and (seen.get("memory_percent") or 0) >= _NEARLY_FULL:
        found.append(Finding("memory", f"{check['name']}: {seen['memory_percent']:g} % of maxmemory is used"))
    return found
