# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a report holds: one JSON value that every form of the report is made from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

FORMAT = 1
PASSED = "passed"

# A host that no result came from was not checked, and what was not checked is not healthy.
_NO_RESULT = {"status": "unknown", "summary": "unknown: no result came from this host", "checks": [], "failures": []}

Report = dict[str, Any]


def build(params: Mapping[str, Any]) -> Report:
    """Return the report for the options of the module ``report``.

    Its ``hosts`` map each host to ``status``, ``summary``, ``failures``, ``warnings`` and ``checks`` in the shape that
    ``health_gate`` returns; ``window`` is the record of a maintenance window, or empty.
    """
    hosts = {name: _host(result or {}) for name, result in sorted(params["hosts"].items())}
    status = params["status"] or worst_status(hosts)
    return {
        "format": FORMAT,
        "name": params["name"],
        "title": params["title"] or params["name"],
        "generated_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "status": status,
        "summary": params["summary"] or _counted(hosts),
        "hosts": hosts,
        "window": params["window"],
    }


def _host(result: Mapping[str, Any]) -> dict[str, Any]:
    if "status" not in result:
        reason = result.get("msg")
        return {**_NO_RESULT, "warnings": [], **({"summary": f"unknown: {reason}"} if reason else {})}
    return {
        "status": result["status"],
        "summary": result["summary"],
        "failures": list(result["failures"]),
        "warnings": list(result["warnings_seen"]),
        "checks": list(result["checks"]),
    }


def worst_status(hosts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return failed before unknown before passed; without a host it is unknown."""
    statuses = {host["status"] for host in hosts.values()} or {"unknown"}
    return next((status for status in ("failed", "unknown") if status in statuses), PASSED)


def _counted(hosts: Mapping[str, Mapping[str, Any]]) -> str:
    good = sum(host["status"] == PASSED for host in hosts.values())
    return f"{good} of {len(hosts)} hosts pass"


def lines(report: Report) -> list[str]:
    """Return the report for a terminal: a line a host, then what is wrong, host by host."""
    hosts = report["hosts"]
    width = max((len(name) for name in hosts), default=0)
    told = [f"{report['title']}: {report['status']}: {report['summary']}"]
    told += [f"  {name.ljust(width)}  {host['summary']}" for name, host in hosts.items()]
    for name, host in hosts.items():
        told += [f"  {name}: {line}" for line in [*host["failures"], *host["warnings"]]]
    return told
