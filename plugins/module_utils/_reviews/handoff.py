# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What one shift hands to the next; a part that could not be measured is told as unknown and stops no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._core.durations import duration, show_duration
from .._core.errors import InputError, one_line
from .log_sections import log_sections
from .tables import Section, cell, check_table, cut, named, objects_table, of_kinds, worst

PASS, FAIL, UNKNOWN, WARNING = "pass", "fail", "unknown", "warning"
_STATUS = {PASS: "passed", WARNING: "passed", FAIL: "failed", UNKNOWN: "unknown"}

Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One part of the handoff: its sections, how it stands, and a few words when it is no pass."""

    sections: list[Section]
    status: str = PASS
    words: str = ""


def handoff(parts: Parts) -> dict[str, Any]:
    """Return ``status``, ``summary`` and ``sections`` of the handoff.

    ``parts`` are what the role gathered: ``results`` (host -> result of ``health_gate``), ``queries``, ``alerts``,
    ``pending``, ``logs``, ``windows``, ``daily``, ``notes``, ``outgoing``, ``incoming``, ``service``, ``shift``,
    ``until``, ``backup_names`` and ``backup_kinds``.
    """
    made = [make(parts) for make in _PARTS]
    status = worst([part.status for part in made])
    words = [part.words for part in made if part.words]
    return {
        "status": _STATUS[status],
        "summary": "; ".join(words) if words else "nothing to hand over but the figures",
        "sections": [section for part in made for section in part.sections],
    }


def shift_checks(
    queries: Sequence[Mapping[str, Any]],
    shift: str,
    alerts: Mapping[str, Any],
    pending: Mapping[str, Any],
    words: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the checks that ask Prometheus and Alertmanager about the shift; an empty mapping asks nothing.

    ``{shift}`` in a query stands for its length, and each of ``words`` in braces for what is given for it.

    :raises InputError: ``shift`` is no length of time of a second or more, or a query lacks its name or text.
    """
    filled = {"shift": seconds_of(shift), **words}
    checks = [
        _asking(query, f"handoff queries[{place}]", filled)
        for place, query in enumerate([*queries, *([alerts] if alerts else [])])
    ]
    return [*checks, *([dict(pending)] if pending else [])]


def _asking(query: Mapping[str, Any], where: str, filled: Mapping[str, str]) -> dict[str, Any]:
    if not query.get("name") or not query.get("query"):
        raise InputError(f"{where}: name and query are needed", on=one_line(dict(query), 80))
    text = str(query["query"])
    for word, value in filled.items():
        text = text.replace(f"{{{word}}}", str(value))
    extra = {key: value for key, value in query.items() if key != "unit" and value is not None}
    return {"kind": "prometheus", "severity": "observe", **extra, "query": text}


def seconds_of(shift: str) -> str:
    """Return a length of time as PromQL writes it: ``86400s``.

    :raises InputError: it is none, or below a second.
    """
    try:
        seconds = duration(shift)
    except ValueError as error:
        raise InputError("the length of the shift is not understood", on=str(shift), advice=str(error)) from error
    if seconds < 1:
        raise InputError("the length of the shift is too short", on=str(shift), advice="expected 1 s or more")
    return f"{int(seconds)}s"


def _head(parts: Parts) -> Part:
    rows = [
        ["service", parts["service"]],
        ["from", parts.get("outgoing") or "not said"],
        ["to", parts.get("incoming") or "not said"],
        ["shift", f"{show_duration(duration(parts['shift']))} until {parts['until']}"],
    ]
    return Part([cut({"title": "Shift", "columns": ["what", "who or when"], "rows": rows})])


def _notes(parts: Parts) -> Part:
    given = parts.get("notes") or []
    lines = given.splitlines() if isinstance(given, str) else list(given)
    told = [one_line(line) for line in lines if str(line).strip()]
    return Part([{"title": "Notes for the next shift", "text": "\n".join(told) or "none were left"}])


def _figures(parts: Parts) -> Part:
    """Return what Prometheus counted; without Prometheus that is unknown only where the inventory names one."""
    title = "Requests, errors and uptime"
    queries = parts["queries"]
    if not queries:
        return Part([{"title": title, "text": "not measured: the inventory names no Prometheus (day2_prometheus)"}])
    found = {check["name"]: check for _host, check in named(parts["results"], [query["name"] for query in queries])}
    rows = [row for query in queries for row in _figure(query, found.get(query["name"]))]
    unknown = [query["name"] for query in queries if not _is_known(found.get(query["name"]))]
    section = cut({"title": title, "columns": ["figure", "of", "value", "unit", "why unknown"], "rows": rows})
    return Part([section], UNKNOWN if unknown else PASS, f"not known: {', '.join(unknown)}" if unknown else "")


def _figure(query: Mapping[str, Any], check: Any) -> Iterator[list[Any]]:
    """Yield a row for each series of a query's answer."""
    name, unit = query["name"], query.get("unit", "")
    if not _is_known(check):
        yield [name, "", "unknown", unit, check["reason"] if check else "no result came"]
        return
    for series in check["seen"]["series"] or [{}]:
        yield [name, _labels(series), series.get("value", "none"), unit, ""]


def _is_known(check: Any) -> bool:
    """Tell whether a query was answered; an empty answer is one only where the check says that it passes."""
    return bool(
        check and check["seen"].get("series") is not None and (check["seen"]["series"] or check["status"] == PASS)
    )


def _labels(series: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {cell(value)}" for name, value in (series.get("labels") or {}).items())


def _triggered(parts: Parts) -> Part:
    title = "Alerts triggered in the shift"
    if not parts["alerts"]:
        return Part([{"title": title, "text": "not measured: the inventory names no Prometheus (day2_prometheus)"}])
    check = _one(parts, parts["alerts"]["name"])
    if not _is_known(check):
        return _unknown(title, check, "alerts triggered are not known")
    series = check["seen"]["series"]
    if not series:
        return Part([{"title": title, "text": "none"}])
    rows = [[_labels(one)] for one in series]
    return Part([cut({"title": title, "columns": ["alert"], "rows": rows})], WARNING, f"{len(series)} alerts triggered")


def _pending(parts: Parts) -> Part:
    title = "Alerts still pending"
    if not parts["pending"]:
        return Part([{"title": title, "text": "not measured: the inventory names no Alertmanager (day2_alertmanager)"}])
    check = _one(parts, parts["pending"]["name"])
    if not check or not check["seen"]:
        return _unknown(title, check, "pending alerts are not known")
    count = check["seen"]["alerts"]
    if not count:
        return Part([{"title": title, "text": "none"}])
    return Part([objects_table(title, check["seen"]["pending"])], FAIL, f"{count} alerts pending")


def _one(parts: Parts, name: str) -> Any:
    return next((check for _host, check in named(parts["results"], [name])), None)


def _unknown(title: str, check: Any, words: str) -> Part:
    reason = check["reason"] if check else "no result came"
    return Part([{"title": title, "text": f"unknown: {reason}"}], UNKNOWN, words)


def _logs(parts: Parts) -> Part:
    sections, status, words = log_sections("Incidents in the logs", parts.get("logs") or {})
    return Part(sections, status, words)


def _backups(parts: Parts) -> Part:
    title = "Backups and snapshots"
    checks = list(of_kinds(parts["results"], parts["backup_kinds"]))
    known = [check["name"] for _host, check in checks]
    checks += [pair for pair in named(parts["results"], parts["backup_names"]) if pair[1]["name"] not in known]
    status = worst([check["status"] for _host, check in checks])
    bad = [check["name"] for _host, check in checks if check["status"] != PASS]
    words = f"backups: {', '.join(bad)}" if bad else ""
    return Part([check_table(title, checks, "no check looks at a backup or a snapshot")], status, words)


def _hosts(parts: Parts) -> Part:
    """Return the hosts from which no result came; without any there is no such section."""
    rows = [
        [host, (result or {}).get("msg") or "no result came from this host"]
        for host, result in parts["results"].items()
        if (result or {}).get("checks") is None and not (result or {}).get("nothing_to_check")
    ]
    if not rows:
        return Part([])
    section = cut({"title": "Hosts without a result", "columns": ["host", "why"], "rows": rows})
    return Part([section], UNKNOWN, f"no result from {', '.join(row[0] for row in rows)}")


def _windows(parts: Parts) -> Part:
    title = "Maintenance windows"
    told = parts.get("windows") or {}
    if "open" not in told:
        reason = one_line(told.get("msg") or "no result came", 200)
        return Part([{"title": title, "text": f"unknown: {reason}"}], UNKNOWN, "windows are not known")
    opened = told["open"]
    if not opened:
        return Part([{"title": title, "text": "none is open"}])
    columns = ["service", "state", "opened_at", "open_for", "holder", "abandoned", "unfinished", "reason"]
    rows = [[_joined(window.get(name, "")) for name in columns] for window in opened]
    names = ", ".join(window["service"] for window in opened)
    return Part([cut({"title": title, "columns": columns, "rows": rows})], FAIL, f"window open: {names}")


def _joined(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _daily(parts: Parts) -> Part:
    title = "The last daily checks"
    told = parts.get("daily") or {}
    if not told.get("found"):
        reason = one_line(told.get("msg") or "no result came", 200)
        return Part([{"title": title, "text": f"unknown: {reason}"}], UNKNOWN, "daily checks are not known")
    text = f"{told['generated_at']}, {told['age_text']} ago: {told['summary']}"
    rows = [[host, line] for host, lines in told["failures"].items() for line in lines]
    table = {"columns": ["host", "what was wrong"], "rows": rows} if rows else {}
    section = {"title": title, "text": text, **table}
    status = {"passed": PASS, "failed": FAIL}.get(told["status"], UNKNOWN)
    words = "" if status == PASS else f"daily checks {told['status']}"
    return Part([cut(section) if rows else section], status, words)


_PARTS: tuple[Callable[[Parts], Part], ...] = (
    _head,
    _notes,
    _pending,
    _windows,
    _daily,
    _hosts,
    _figures,
    _triggered,
    _logs,
    _backups,
)
