# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What was looked at on all hosts as one page: findings by rank, what is not known, and the tables behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.errors import one_line
from .._core.masking import masked
from . import checks as of_checks
from .findings import CRITICAL, Finding, ranked

Host = Mapping[str, Any]
_MIB = 1 << 20


def diagnosis(hosts: Mapping[str, Host], abouts: Mapping[str, str]) -> dict[str, Any]:
    """Return ``findings``, ``unknown``, ``status``, ``summary`` and the ``sections`` of the page.

    :param hosts: by name, what the role gathered: ``reachable``, ``checks`` (of health_gate), ``seen`` (of
        diagnose_info) and ``logs`` (of log_review_info), each an empty dictionary where there is none, and ``failed``,
        by source, why it could not be looked at.
    :param abouts: as :func:`.checks.judge` takes them.
    """
    findings: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    for name, host in hosts.items():
        told, not_known = _of_host(name, host, abouts)
        findings += [{"host": name, **one} for one in told]
        unknown += [{"host": name, **one} for one in not_known]
    findings = ranked(findings)
    critical = sum(one["severity"] == CRITICAL for one in findings)
    counts = f"{len(findings)} findings, {critical} critical, {len(unknown)} sources not known"
    first = f"; first: {findings[0]['what']}" if findings else ""
    return {
        "findings": findings,
        "unknown": unknown,
        "status": "failed" if critical else "unknown" if unknown else "passed",
        "summary": f"{counts}{first}",
        "sections": [section for section in _sections(hosts, findings, unknown) if section],
    }


def _of_host(name: str, host: Host, abouts: Mapping[str, str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    if not host.get("reachable", True):
        return [Finding("unreachable", f"{name} cannot be reached").told()], [{"source": name, "why": "unreachable"}]
    seen = host.get("seen") or {}
    found, unknown = of_checks.judge((host.get("checks") or {}).get("checks") or [], abouts)
    told = [*(seen.get("findings") or []), *(one.told() for one in [*found, *_of_logs(host.get("logs") or {})])]
    unknown += seen.get("unknown") or []
    unknown += [{"source": source, "why": one_line(why, 300)} for source, why in (host.get("failed") or {}).items()]
    for log in (host.get("logs") or {}).get("sources") or []:
        if log["status"] != "ok" and not any(one["source"] == f"last lines of {log['name']}" for one in unknown):
            unknown.append({"source": f"log {log['name']}", "why": log["message"]})
    return told, unknown


def _of_logs(logs: Mapping[str, Any]) -> Iterator[Finding]:
    for log in logs.get("sources") or []:
        levels = log.get("levels") or {}
        errors = sum(levels.get(level) or 0 for level in ("error", "critical"))
        if errors:
            often = next((one["message"] for one in log.get("messages") or []), "")
            yield Finding("log", f"{log['name']}: {errors} errors{'; most often: ' + often if often else ''}")


def _sections(
    hosts: Mapping[str, Host], findings: Sequence[Mapping[str, Any]], unknown: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    columns = ["severity", "host", "what was seen", "what it means", "what to do next"]
    rows = [[one["severity"], one["host"], one["what"], one["means"], one["next"]] for one in findings]
    yield {"title": "Findings", "columns": columns, "rows": rows, "text": "" if rows else "Nothing was found."}
    yield _table(
        "Not known", ["host", "source", "why"], [[one["host"], one["source"], masked(one["why"])] for one in unknown]
    )
    seen = {name: host["seen"] for name, host in hosts.items() if host.get("seen")}
    yield from _tables_of_hosts(seen)
    checks = {name: (host.get("checks") or {}).get("checks") or [] for name, host in hosts.items()}
    yield from _tables_of_servers(checks)
    yield from _tables_of_logs(hosts, seen)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return a section; an empty one without rows."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return {"title": title, "columns": list(columns), "rows": cells} if rows else {}


def _each(hosts: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for host, seen in hosts.items():
        for one in seen.get(name) or []:
            yield host, one


def _tables_of_hosts(seen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    columns = ["host", "part", "instance", "state", "exit status", "restarts", "message"]
    fields = ("part", "instance", "state", "exit_code", "restarts", "message")
    yield _table("Parts", columns, [[host, *(one[field] for field in fields)] for host, one in _each(seen, "parts")])
    yield _table(
        "Ports",
        ["host", "port", "part", "who listens"],
        [[host, one["port"], one["part"], _listeners(one)] for host, one in _each(seen, "ports")],
    )
    for title, name in (("Processes by memory", "by_memory"), ("Processes by CPU", "by_cpu")):
        lists = {host: one.get("processes") or {} for host, one in seen.items()}
        rows = [
            [host, one["pid"], one["program"], one["user"], one["rss"] // _MIB, one["cpu_percent"]]
            for host, one in _each(lists, name)
        ]
        yield _table(title, ["host", "pid", "program", "user", "MiB", "% of a CPU"], rows)
    ends = ("direction", "peer", "port", "state", "count")
    rows = [[host, *(one[field] for field in ends)] for host, one in _each(seen, "connections")]
    yield _table("Connections", ["host", *ends], rows)
    rows = [
        [host, one["path"], one["used_percent"], one["free_bytes"] // _MIB, one["inodes_percent"]]
        for host, one in _each(seen, "disks")
    ]
    yield _table("Disks", ["host", "path", "% used", "MiB free", "% of inodes"], rows)


def _listeners(one: Mapping[str, Any]) -> str:
    told = [f"{row['program'] or 'not seen'} (pid {row['pid'] or '?'}, user {row['user']})" for row in one["listeners"]]
    return ", ".join(told) or "nobody"


# Lists that checks of servers return, and what is shown of their entries.
_LISTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "statements": ("Statements of Postgres that took most time", ("calls", "seconds", "mean", "rows", "query")),
    "sessions": ("Sessions of Postgres", ("user", "database", "application", "state", "count")),
    "slowlog": ("Slow commands of Redis", ("at", "duration", "command", "arguments", "client")),
    "clients": ("Clients of Redis", ("host", "name", "user", "count", "largest")),
}


def _tables_of_servers(checks: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    for name, (title, fields) in _LISTS.items():
        rows = [
            [host, *(one.get(field) for field in fields)]
            for host, made in checks.items()
            for check in made
            for one in _list(check, name)
        ]
        yield _table(title, ["on", *fields], rows)


def _list(check: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = (check.get("seen") or {}).get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _tables_of_logs(hosts: Mapping[str, Host], seen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows = [
        [host, log["name"], one["count"], one["message"].splitlines()[0] if one["message"] else ""]
        for host, told in hosts.items()
        for log in (told.get("logs") or {}).get("sources") or []
        for one in log.get("messages") or []
    ]
    yield _table("What the logs say most", ["host", "log", "count", "message"], rows)
    for host, name, lines in _lines(seen):
        yield {"title": f"Last lines of {name} on {host}", "text": "\n".join(lines)} if lines else {}


def _lines(seen: Mapping[str, Any]) -> Iterator[tuple[str, str, Sequence[str]]]:
    for host, one in _each(seen, "parts"):
        yield host, one["instance"], one["lines"] or []
    for host, one in _each(seen, "logs"):
        yield host, one["name"], one["lines"] or []
