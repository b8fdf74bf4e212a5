# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a cleanup has done: each host's result, and the section of a report on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WAYS = {"recovered": "put back to work", "removed": "removed", "deleted": "deleted"}
_COLUMNS = ("host", "step", "what", "how many", "told")

Result = Mapping[str, Any]


def host_account(results: Sequence[Result]) -> dict[str, Any]:
    """Return one host's part in the shape of a result of ``health_gate``, with the ``steps`` beside it.

    :param results: those of ``queue_recover``, ``queue_trim`` and ``sql_retention`` in loops over names of steps.
    """
    steps = [_step(result) for result in results]
    failures = [f"{step['name']}: {step['told']}" for step in steps if step["failed"]]
    return {
        "status": "failed" if failures else "passed",
        "summary": _summary(steps),
        "failures": failures,
        "checks": [],
        "steps": steps,
    }


def _step(result: Result) -> dict[str, Any]:
    way = next((name for name in _WAYS if name in result), None)
    return {
        "name": str(result.get(result.get("ansible_loop_var", "item"))),
        "what": _WAYS[way] if way else "",
        "number": result[way] if way else None,
        "told": str(result.get("msg") or "no result"),
        "failed": bool(result.get("failed")),
    }


def _summary(steps: Sequence[Result]) -> str:
    if not steps:
        return "nothing to clean up"
    done = {what: sum(step["number"] or 0 for step in steps if step["what"] == what) for what in _WAYS.values()}
    told = ", ".join(f"{what} {number:,}" for what, number in done.items() if number) or "nothing was old or stuck"
    bad = [step["name"] for step in steps if step["failed"]]
    return told + (f"; not well: {', '.join(bad)}" if bad else "")


def told(accounts: Mapping[str, Result]) -> dict[str, Any]:
    """Return the report's ``summary`` and ``sections`` for the parts of all hosts."""
    steps = [(host, step) for host, account in accounts.items() for step in account.get("steps") or ()]
    rows = [[host, step["name"], step["what"], step["number"], step["told"]] for host, step in steps]
    return {
        "summary": _summary([step for _host, step in steps]),
        "sections": [{"title": "Steps", "columns": list(_COLUMNS), "rows": rows}] if rows else [],
    }
