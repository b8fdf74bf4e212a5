# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What became of a service's dead letters: each host's result and the sections of a report on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .stops import GOOD

PASSED = "passed"
FAILED = "failed"
REFUSED = "refused"

_COLUMNS = (
    "host",
    "queue",
    "dead before",
    "put back",
    "parked",
    "left where they were",
    "dead again",
    "dead now",
    "per second",
    "ended because",
)
_COLUMNS_OF_PLAN = ("host", "queue", "dead", "would be put back", "would be parked", "would be left")
_COLUMNS_OF_ERRORS = ("host", "queue", "letters", "error")
_MOST_ERRORS = 20

Result = Mapping[str, Any]


def host_account(looked: Sequence[Result], done: Sequence[Result], before: Result, after: Result) -> dict[str, Any]:
    """Return one host's part: a result in the shape of ``health_gate`` with the ``queues`` beside it.

    :param looked: results of ``dlq_info`` in a loop over names of queues.
    :param done: those of ``dlq_reprocess``; empty, when nothing was dead or the gate was closed.
    :param before, after: results of the gates; empty when there was none.
    """
    queues = _queues(looked, done, refused=_is_closed(before))
    failures = [queue["line"] for queue in queues if queue["status"] != PASSED]
    gates = {"the gate before": before, "the gate after": after}
    failures += [
        f"{name} is closed: {gate.get('msg') or 'no result'}" for name, gate in gates.items() if _is_closed(gate)
    ]
    last = after or before
    return {
        "status": FAILED if failures else PASSED,
        "summary": _summary(queues),
        "failures": failures,
        "warnings_seen": list(last.get("warnings_seen") or []),
        "checks": list(last.get("checks") or []),
        "queues": queues,
    }


def _is_closed(gate: Result) -> bool:
    return bool(gate) and gate.get("status") != PASSED


def _queues(looked: Sequence[Result], done: Sequence[Result], refused: bool) -> list[dict[str, Any]]:
    results = {_item(result): result for result in done if not result.get("skipped")}
    return [_queue(_item(look), look, results.get(_item(look)), refused) for look in looked]


def _item(result: Result) -> str:
    """Return for which item of a loop a result is."""
    return str(result.get(result.get("ansible_loop_var", "item")))


def _queue(name: str, look: Result, done: Result | None, refused: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "dead": look.get("dead"), "by_error": look.get("by_error") or {}}
    if "meant" not in look:
        return {**row, "status": FAILED, "line": _line(name, look.get("msg"))}
    if done is not None:
        return {**row, **_outcome(name, done)}
    if refused and look.get("meant"):
        return {**row, "status": REFUSED, "line": f"{name}: nothing was put back, as the gate before is closed"}
    return {**row, "status": PASSED, "line": f"{name}: nothing to put back"}


def _outcome(name: str, done: Result) -> dict[str, Any]:
    fields = ("moved", "parked", "skipped_for", "returned", "left", "rate", "stop_reason", "plan", "resumed")
    bad = "plan" not in done and done.get("stop_reason") not in GOOD
    return {
        **{field: done[field] for field in fields if field in done},
        "status": FAILED if bad else PASSED,
        "line": _line(name, done.get("msg")),
    }


def _line(name: str, message: Any) -> str:
    """Return a message that begins with the queue's name."""
    text = str(message or "no result")
    return text if text.startswith(f"{name}: ") else f"{name}: {text}"


def _summary(queues: Sequence[Result]) -> str:
    if not queues:
        return "no queue with dead letters"
    planned = [queue["plan"] for queue in queues if queue.get("plan")]
    if planned:
        return f"would put back {_add_up(planned, 'move'):,}, park {_add_up(planned, 'park'):,} dead letters"
    bad = [queue["name"] for queue in queues if queue["status"] != PASSED]
    told = f"put back {_add_up(queues, 'moved'):,}, parked {_add_up(queues, 'parked'):,} dead letters"
    return told + (f"; not well: {', '.join(bad)}" if bad else "")


def _add_up(values: Sequence[Result], name: str) -> int:
    return sum(value.get(name) or 0 for value in values)


def told(accounts: Mapping[str, Result]) -> dict[str, Any]:
    """Return the report's ``summary`` and ``sections`` for the parts of all hosts."""
    queues = [(host, queue) for host, account in accounts.items() for queue in account.get("queues") or ()]
    sections = [_planned(queues) if any("plan" in queue for _host, queue in queues) else _done(queues)]
    errors = [
        [host, queue["name"], count, error]
        for host, queue in queues
        for error, count in list(queue["by_error"].items())[:_MOST_ERRORS]
    ]
    if errors:
        sections.append({"title": "Of what they died", "columns": list(_COLUMNS_OF_ERRORS), "rows": errors})
    return {"summary": _summary([queue for _host, queue in queues]), "sections": sections}


def _done(queues: Sequence[tuple[str, Result]]) -> dict[str, Any]:
    rows = [
        [
            host,
            queue["name"],
            queue["dead"],
            queue.get("moved", 0),
            queue.get("parked", 0),
            _by_reason(queue.get("skipped_for")),
            queue.get("returned", 0),
            queue.get("left", queue["dead"]),
            queue.get("rate", 0.0),
            queue.get("stop_reason") or queue["line"].partition(": ")[2],
        ]
        for host, queue in queues
    ]
    return {"title": "Dead letters", "columns": list(_COLUMNS), "rows": rows}


def _planned(queues: Sequence[tuple[str, Result]]) -> dict[str, Any]:
    plans = [(host, queue, queue.get("plan") or {}) for host, queue in queues]
    rows = [
        [
            host,
            queue["name"],
            queue["dead"],
            plan.get("move", 0),
            plan.get("park", 0),
            _by_reason(plan.get("skipped")),
        ]
        for host, queue, plan in plans
    ]
    return {"title": "What would be done", "columns": list(_COLUMNS_OF_PLAN), "rows": rows}


def _by_reason(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{count} ({reason})" for reason, count in (counts or {}).items()) or "0"
