# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A weekly or monthly review: checklists for people, and what can be measured beside them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from .checklist import OVERDUE, checklist
from .log_sections import log_sections
from .tables import Section, detail_tables, worst
from .trends import trend_table

_STATUS = {"pass": "passed", "warning": "passed", "fail": "failed", "unknown": "unknown"}

Parts = Mapping[str, Any]


def review(parts: Parts) -> dict[str, Any]:
    """Return ``status``, ``summary`` and ``sections`` of a review.

    ``parts`` are what the role gathered: ``lists`` (of ``title`` and ``tasks``), ``results`` (host -> result of
    ``health_gate``), ``history`` (host -> earlier runs), ``trends``, ``logs`` and ``today`` (an ISO date).

    :raises InputError: a task that is not understood.
    """
    today = date.fromisoformat(parts["today"])
    lists = [checklist(one["title"], one["tasks"], today) for one in parts["lists"]]
    logs, log_status, log_words = log_sections("What the logs hold", parts.get("logs") or {})
    statuses = [_host_status(result or {}) for result in parts["results"].values()]
    status = _STATUS[worst([*statuses, log_status])]
    checks = [(host, check) for host, result in parts["results"].items() for check in (result or {}).get("checks", [])]
    trends = trend_table("Where numbers are heading", parts["results"], parts["history"], parts["trends"], time.time())
    return {
        "status": status,
        "summary": "; ".join(filter(None, [_measured(parts), log_words, *_todo(lists)])),
        "sections": [
            *lists,
            trends,
            *logs,
            *(section for host, check in checks for section in detail_tables(host, check)),
        ],
    }


def _host_status(result: Mapping[str, Any]) -> str:
    """Return how a host stands; one that has nothing to check is no unknown."""
    if result.get("nothing_to_check"):
        return "pass"
    return {"passed": "pass", "failed": "fail"}.get(str(result.get("status")), "unknown")


def _measured(parts: Parts) -> str:
    results = [result or {} for result in parts["results"].values()]
    checks = [check for result in results for check in result.get("checks", [])]
    good = sum(check["status"] == "pass" for check in checks)
    silent = [
        host
        for host, result in parts["results"].items()
        if _host_status(result or {}) == "unknown" and not (result or {}).get("checks")
    ]
    told = f"{good} of {len(checks)} checks pass"
    return f"{told}, no result from {', '.join(silent)}" if silent else told


def _todo(lists: list[Section]) -> list[str]:
    items = [item for section in lists for item in section.get("items", [])]
    overdue = sum(item["status"] == OVERDUE for item in items)
    return [f"{len(items)} tasks", *([f"{overdue} overdue"] if overdue else [])]
