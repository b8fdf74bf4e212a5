# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a review of logs found, as sections of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .tables import Section, cut, no_result, worst

PASS, UNKNOWN, WARNING = "pass", "unknown", "warning"
_ERRORS = ("error", "critical")

Results = Mapping[str, Mapping[str, Any]]


def log_sections(title: str, results: Results) -> tuple[list[Section], str, str]:
    """Return the sections, the status and a few words for the results of ``log_review_info`` of each host.

    A log that could not be read is unknown, never quiet.
    """
    if not results:
        return [{"title": title, "text": "not measured: the inventory names no logs (day2_logs)"}], PASS, ""
    silent = [[host, "", UNKNOWN, "", "", "", "", "", no_result(result)] for host, result in _without(results)]
    rows = [_row(host, log) for host, log in _logs(results)]
    columns = ["host", "log", "status", "lines", "errors", "worst hour", "denied", "slow", "why"]
    sections = [cut({"title": title, "columns": columns, "rows": [*silent, *rows]}), *_details(results)]
    return sections, worst([_status(row) for row in [*silent, *rows]]), _words(results, [*silent, *rows])


def _without(results: Results) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((host, result) for host, result in results.items() if "sources" not in result)


def _logs(results: Results) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((host, log) for host, result in results.items() for log in result.get("sources", []))


def _row(host: str, log: Mapping[str, Any]) -> list[Any]:
    """Return the row of a log; of one that was not read all numbers are null."""
    hours = log["errors_per_hour"] or []
    most = max(hours, key=lambda hour: int(hour["count"]), default=None)
    return [
        host,
        log["name"],
        log["status"],
        log["lines"],
        _errors(log),
        f"{most['hour']}: {most['count']}" if most else "",
        (log["http"] or {}).get("denied_total"),
        (log["slow"] or {}).get("count"),
        log["message"],
    ]


def _errors(log: Mapping[str, Any]) -> Any:
    return None if log["levels"] is None else sum(log["levels"].get(level, 0) for level in _ERRORS)


def _status(row: list[Any]) -> str:
    """Return how a log stands: what was read in part, or has errors, is a warning."""
    if row[2] == "unknown":
        return UNKNOWN
    return WARNING if row[2] != "ok" or row[4] else PASS


def _words(results: Results, rows: list[list[Any]]) -> str:
    errors = sum(_errors(log) or 0 for _host, log in _logs(results))
    unread = [str(row[1] or row[0]) for row in rows if row[2] == "unknown"]
    told = [f"{errors} errors in the logs"] if errors else []
    return "; ".join([*told, *([f"logs not read: {', '.join(unread)}"] if unread else [])])


def _details(results: Results) -> Iterator[Section]:
    """Yield a table for each list of the logs that holds anything."""
    lists = (
        ("Most frequent messages", ("level", "count", "message", "first_at", "last_at"), _messages),
        ("Patterns", ("name", "count", "last_at", "last"), _patterns),
        ("Denied requests", ("status", "client", "path", "count", "last_at"), _denied),
        ("Slowest lines", ("seconds", "at", "line"), _slowest),
    )
    for title, columns, entries_of in lists:
        rows = [
            [host, log["name"], *(entry.get(column) for column in columns)]
            for host, log in _logs(results)
            for entry in entries_of(log)
        ]
        if rows:
            yield cut({"title": f"{title} in the logs", "columns": ["host", "log", *columns], "rows": rows})


def _messages(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(log["messages"] or [])


def _patterns(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in log["patterns"] or [] if entry["count"]]


def _denied(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((log["http"] or {}).get("denied") or [])


def _slowest(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((log["slow"] or {}).get("slowest") or [])
