# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a report holds: one JSON value that every form of the report is made from.

All text in it is harmless (:mod:`.text`) and without secrets (:mod:`.masking`); a form only escapes what has a meaning
in its own language.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._core.errors import InputError
from . import severity
from .changes import BAD, Change, changes_of, is_new
from .masking import Net
from .past import LETTERS, Past
from .sections import sections_of
from .text import harmless, harmless_value, name

FORMAT = 2
PASSED = "passed"
STATUSES = (PASSED, "failed", "unknown")
# Of a report as a whole: work that was broken off on purpose did not fail, and nothing is said of the hosts by it.
REPORT_STATUSES = (*STATUSES, "aborted")

# A host that no result came from was not checked, and what was not checked is not healthy.
_NO_RESULT = "unknown: no result came from this host"

_AS_CHECK = {"passed": "pass", "failed": "fail", "unknown": "unknown"}
_SEVERITIES = ("critical", "warning", "observe")

Report = dict[str, Any]


def build(params: Mapping[str, Any], now: float | None = None, known: Iterable[str] = ()) -> Report:
    """Return the report for the options of the module ``report``.

    Its ``hosts`` map each host to ``status``, ``summary``, ``failures``, ``warnings`` and ``checks`` in the shape that
    ``health_gate`` returns; ``window`` is the record of a maintenance window, or empty.

    :param now: seconds since the epoch. :param known: secrets that are masked besides those that it finds.
    :raises InputError: a host's result or a section is not in its shape.
    """
    values = (*params["hosts"].values(), params["window"], params["sections"], params["title"], params["summary"])
    net = Net(*values, known=known)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    given = {host: net.over(result or {}) for host, result in sorted(params["hosts"].items())}
    names = _told_apart(net.text(str(host)) for host in given)
    pasts = {names[place]: Past(params["history"].get(host)) for place, host in enumerate(given)}
    hosts = {named: _host(named, result, pasts[named], at) for named, result in zip(names, given.values())}
    worst = severity.of_report(params["status"], hosts.values())
    status = params["status"] or worst_status(hosts)
    return {
        "format": FORMAT,
        "name": name(params["name"]),
        "title": name(net.text(params["title"] or params["name"])),
        "generated_at": at,
        "status": status,
        "severity": worst,
        "exit_status": severity.EXIT_STATUS[worst],
        "summary": harmless(net.text(params["summary"])) or _counted(hosts),
        "counts": _counts(hosts),
        "changes": _changes(hosts, pasts),
        "hosts": hosts,
        "window": harmless_value(net.over(params["window"])),
        "sections": sections_of(net.over(params["sections"])),
    }


def _told_apart(given: Iterable[str]) -> list[str]:
    """Return short names, no two the same, however they were cut."""
    names: list[str] = []
    taken: set[str] = set()
    for one in map(name, given):
        number, unique = 1, one
        while unique in taken:
            number += 1
            unique = f"{one} ({number})"
        taken.add(unique)
        names.append(unique)
    return names


def _host(host: str, result: Any, past: Past, at: str) -> dict[str, Any]:
    _require(isinstance(result, Mapping), host, "a dictionary")
    if "status" not in result:
        reason = result.get("msg")
        summary = harmless(f"unknown: {reason}") if reason else _NO_RESULT
        return {"status": "unknown", "summary": summary, "failures": [], "warnings": [], "checks": []}
    checks = result.get("checks") or []
    _require(_are(checks, Mapping), f"{host}.checks", "a list of dictionaries")
    return {
        "status": result["status"] if result["status"] in STATUSES else "unknown",
        "summary": harmless(result.get("summary") or result["status"]),
        "failures": _lines_of(result, "failures", host),
        "warnings": _lines_of(result, "warnings_seen", host),
        "checks": [_check(check, past, at) for check in checks],
    }


def _lines_of(result: Mapping[str, Any], key: str, host: str) -> list[str]:
    given = result.get(key) or []
    _require(isinstance(given, (list, tuple)), f"{host}.{key}", "a list of text")
    return [harmless(line) for line in given]


def _are(values: Any, kind: type) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(value, kind) for value in values)


def _require(holds: bool, where: str, expected: str) -> None:
    if not holds:
        raise InputError("a result in hosts is not as it should be", on=f"hosts.{where}", advice=f"expected {expected}")


def _check(given: Mapping[str, Any], past: Past, at: str) -> dict[str, Any]:
    """Return a check with what is known of it from before; a status or a severity that nobody knows is the worst."""
    status = given.get("status")
    status = status if status in LETTERS else "unknown"
    key = str(given.get("name", ""))
    graded = given.get("severity")
    return {
        **given,
        "name": name(key),
        "kind": name(given.get("kind") or ""),
        "severity": graded if graded in _SEVERITIES else "critical",
        "status": status,
        "reason": harmless(given.get("reason") or ""),
        "seconds": _seconds(given.get("seconds")),
        "runbook": harmless(given.get("runbook") or ""),
        "seen": given.get("seen") or {},
        "new": is_new(status, past.before(key), past),
        **past.course(key, status, given.get("seen"), at),
    }


def _seconds(given: Any) -> float:
    usable = isinstance(given, (int, float)) and not isinstance(given, bool) and 0 <= given < float("inf")
    return round(float(given), 3) if usable else 0.0


def worst_status(hosts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return failed before unknown before passed; without a host it is unknown."""
    statuses = {host["status"] for host in hosts.values()} or {"unknown"}
    return next((status for status in ("failed", "unknown") if status in statuses), PASSED)


def _counted(hosts: Mapping[str, Mapping[str, Any]]) -> str:
    good = sum(host["status"] == PASSED for host in hosts.values())
    return f"{good} of {len(hosts)} hosts pass"


def _counts(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    of_hosts = dict.fromkeys(STATUSES, 0)
    of_checks = dict.fromkeys(LETTERS, 0)
    for host in hosts.values():
        of_hosts[host["status"]] += 1
        for check in host["checks"]:
            of_checks[check["status"]] += 1
    return {"hosts": of_hosts, "checks": of_checks}


def _changes(hosts: Mapping[str, Mapping[str, Any]], pasts: Mapping[str, Past]) -> dict[str, Any]:
    """Return what is new and what is fixed as lines; nothing at all when there is no earlier run to compare with."""
    last = max((past.last_at for past in pasts.values()), default="")
    if not any(pasts.values()):
        return {}
    new, fixed = changes_of(hosts, pasts)
    return {"since": name(last), "new": _lines(new), "fixed": _lines(fixed)}


def _lines(changes: Sequence[Change]) -> list[str]:
    return [change.line for change in changes]


def rows(report: Report) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (host, check) for each check, and one for a host that has none, so that it is not overlooked."""
    return [(host, row) for host, result in report["hosts"].items() for row in rows_of_host(host, result)]


def rows_of_host(host: str, result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the checks of a host; without any, what the host as a whole came to in the shape of a check."""
    if result["checks"]:
        checks: Sequence[Mapping[str, Any]] = result["checks"]
        return checks
    status = _AS_CHECK[result["status"]]
    return [
        {
            "name": "(the host)",
            "kind": "host",
            "severity": "critical",
            "status": status,
            "reason": result["summary"],
            "runbook": "",
            "seconds": 0.0,
            "new": False,
            "since": "",
            "history": {"statuses": LETTERS[status]},
        }
    ]


def problems(report: Report) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (host, check) for each row that does not pass, critical before warning, fail before unknown."""
    found = [(host, row) for host, row in rows(report) if row["status"] in BAD]
    return sorted(found, key=lambda item: (_SEVERITIES.index(item[1]["severity"]), item[1]["status"]))
