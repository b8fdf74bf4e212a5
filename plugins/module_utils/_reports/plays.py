# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The results of a play's tasks as a report's hosts: each task a check, each host judged as Ansible judges it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .masking import Net
from .text import harmless

HIDDEN = "what it said is hidden by no_log"

# Rows that a page opens at once with; beyond it what passed is counted and not listed.
MOST_ROWS = 20_000

# The keys of Ansible's recap, in its words.
_RECAP = {
    "ok": "ok",
    "changed": "changed",
    "failures": "failed",
    "unreachable": "unreachable",
    "skipped": "skipped",
    "rescued": "rescued",
    "ignored": "ignored",
}


@dataclass(frozen=True)
class Outcome:
    """How a task ended on a host.

    :param status: pass, fail, unknown (the host could not be reached) or skipped.
    :param ignored: whether the play goes on all the same, by ``ignore_errors`` or ``ignore_unreachable``.
    """

    status: str
    ignored: bool = False


@dataclass
class _Host:
    checks: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    left_out: int = 0


class Collector:
    """Takes in the results of tasks as they come."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}
        self._begun: dict[tuple[str, str], float] = {}
        self._given: dict[str, Mapping[str, Any]] = {}
        self._rows = 0

    def begin(self, host: str, task: str) -> None:
        """Note that the task with this identity begins on a host."""
        self._begun[host, task] = time.monotonic()

    def end(self, host: str, task: Any, result: Mapping[str, Any], outcome: Outcome) -> None:
        """Take in how a task (Ansible's own object) ended on a host."""
        seconds = time.monotonic() - self._begun.pop((host, task._uuid), time.monotonic())
        told = self._hosts.setdefault(host, _Host())
        if outcome.status in ("pass", "skipped") and self._rows >= MOST_ROWS:
            told.left_out += 1
            return
        self._rows += 1
        self._given.setdefault(task._uuid, dict(task.args))
        # no_log may be a template, which is truth enough; the result is then censored, or it does not apply
        hidden = task.no_log is True or "censored" in result
        told.checks.append(
            {
                "name": _unique(task.get_name(), told.names),
                "kind": str(task.action),
                "severity": "observe" if outcome.ignored else "critical",
                "status": outcome.status,
                "reason": _reason(result, outcome.status, hidden),
                "seconds": seconds,
                "seen": {"changed": bool(result.get("changed", False))},
            }
        )

    def hosts(self, stats: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, Any]]:
        """Return the hosts of a report.

        :param stats: for each host the recap of Ansible: how many tasks were ``ok``, ``failures``, ``unreachable``, and
            so on. A host without failures passed, as what failed was rescued.
        """
        net = Net(*self._given.values())
        names = sorted({*self._hosts, *stats})
        return {name: _host(self._hosts.get(name, _Host()), stats.get(name, {}), net) for name in names}


def _unique(name: str, names: dict[str, int]) -> str:
    shown = harmless(name, 180)
    names[shown] = names.get(shown, 0) + 1
    return shown if names[shown] == 1 else f"{shown} ({names[shown]})"


def _reason(result: Mapping[str, Any], status: str, hidden: bool) -> str:
    if status == "skipped":
        return ""
    if status == "pass":
        return "changed" if result.get("changed") else ""
    if hidden:
        return HIDDEN
    return harmless("; ".join(_said(result)) or "failed without a word")


def _said(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a result says on its failure; of a loop, what each item that failed says."""
    items = result.get("results")
    bad = [one for one in items if isinstance(one, Mapping) and _is_bad(one)] if isinstance(items, Sequence) else []
    for item in bad:
        label = item.get("_ansible_item_label", item.get("item", ""))
        yield f"{harmless(label, 80)}: {'; '.join(_said(item))}" if "censored" not in item else HIDDEN
    if bad:
        return
    yield from (str(result[key]) for key in ("msg", "module_stderr", "stderr") if result.get(key))


def _is_bad(item: Mapping[str, Any]) -> bool:
    # which of these a failed item has depends on the version of ansible-core
    return bool(any(map(item.get, ("failed", "unreachable", "failed_when_result", "exception"))))


def _host(told: _Host, stats: Mapping[str, int], net: Net) -> dict[str, Any]:
    failed, unreachable = stats.get("failures", 0), stats.get("unreachable", 0)
    status = "failed" if failed else "unknown" if unreachable or not stats else "passed"
    checks = [_settled(check, status, net) for check in told.checks]
    lines = [
        (check["severity"], f"{check['severity']} {check['name']}: {check['status']}: {check['reason']}")
        for check in checks
        if check["status"] in ("fail", "unknown")
    ]
    return {
        "status": status,
        "summary": f"{status}: {_recap(stats, told.left_out)}",
        "failures": [line for severity, line in lines if severity == "critical"],
        "warnings_seen": [line for severity, line in lines if severity != "critical"],
        "checks": checks,
    }


def _settled(check: dict[str, Any], status: str, net: Net) -> dict[str, Any]:
    """Return a check whose failure did not fail its host as an observation, and without the secrets of any task."""
    severity = "observe" if status == "passed" else check["severity"]
    return {**check, "severity": severity, "name": net.text(check["name"]), "reason": net.text(check["reason"])}


def _recap(stats: Mapping[str, int], left_out: int) -> str:
    told = [f"{stats[key]} {word}" for key, word in _RECAP.items() if stats.get(key)] or ["no task ran"]
    return ", ".join([*told, f"{left_out} of them not listed"] if left_out else told)
