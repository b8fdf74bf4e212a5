# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``maintenance_window`` to the journal and back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.durations import seconds_of
from .._core.errors import one_line
from .._core.result import Result
from .budget import Budget, needed
from .journal import MAINTENANCE, OPEN, REFUSE, REQUIRE, TAKE_UP, Journal, Record, Wanted
from .owner import Owner

STATUSES = ["started", "done", "failed", "undone"]
OUTCOMES = ["done", "failed", "refused", "aborted"]
_LONGEST_MESSAGE = 4000

SPEC = ArgSpec(
    options={
        "service": {"type": "str", "required": True},
        "within": {"type": "str", "default": ""},
        "state_dir": {"type": "path", "default": "~/.local/state/day2"},
        "state": {"type": "str", "required": True, "choices": ["open", "noted", "closed"]},
        "reason": {"type": "str", "default": ""},
        "purpose": {"type": "str", "default": MAINTENANCE},
        "takeover": {"type": "bool", "default": False},
        "unfinished": {"type": "str", "default": TAKE_UP, "choices": [TAKE_UP, REFUSE, REQUIRE]},
        "ends_at": {"type": "str"},
        "duration": {"type": "raw"},
        "reserve": {"type": "raw"},
        "needs": {"type": "list", "elements": "raw"},
        "timeout": {"type": "raw"},
        "step": {"type": "str"},
        "status": {"type": "str", "choices": STATUSES},
        "data": {"type": "dict", "default": {}},
        "outcome": {"type": "str", "choices": OUTCOMES},
        "message": {"type": "str", "default": ""},
    },
    required_if=[("state", "noted", ("step", "status")), ("state", "closed", ("outcome",))],
)


def operate(params: Mapping[str, Any], check_mode: bool, owner: Owner) -> Result:
    """Open a window, note a step or close it, as ``params["state"]`` says. In check mode nothing is written.

    :raises OpsError: see :class:`Journal`.
    """
    journal = Journal(Path(params["state_dir"]).expanduser(), params["service"], params["within"])
    before = journal.read()
    wanted = _wanted(params)
    if params["state"] == "open":
        journal.check(before, wanted)  # before a folder is made
    if check_mode:
        there = before if before.get("state") == OPEN else {}  # one that is closed is not what would be gone on with
        told = _told(there, changed=_would_change(before, params), resumed=False, journal=journal)
        told.data["left"] = _left(Budget.from_record(there) if there else wanted.budget)
        return told
    return _OPERATIONS[params["state"]](journal, params, owner)


def _open(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    opened = journal.open(owner, params["reason"], params["takeover"], _wanted(params))
    told = _told(opened.record, changed=True, resumed=opened.resumed, journal=journal)
    told.data["left"] = _left(Budget.from_record(opened.record))
    return told


def _note(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    timeout = seconds_of("timeout", params.get("timeout") or 0)
    data = {**params["data"], **_message(params)}
    record = journal.note(owner, params["step"], params["status"], data, needed(params.get("needs")))
    told = _told(record, changed=True, resumed=bool(record["taken_over"]), journal=journal)
    told.data["step"] = params["step"]
    told.data["deadline"] = time.time() + timeout if timeout else 0.0
    return told


def _message(params: Mapping[str, Any]) -> dict[str, str]:
    """Return what was seen of a step, for people, as the journal keeps it beside the other data; nothing without."""
    return {"message": one_line(params["message"], _LONGEST_MESSAGE)} if params["message"] else {}


def _close(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    record = journal.close(owner, params["outcome"], params["message"])
    return _told(record, changed=True, resumed=bool(record["taken_over"]), journal=journal)


def _left(budget: Budget) -> float | None:
    """Return the seconds until the window's end; None for no end."""
    return None if budget.ends_at is None else max(0.0, round(budget.ends_at - time.time(), 1))


def _wanted(params: Mapping[str, Any]) -> Wanted:
    return Wanted(
        budget=Budget.asked_for(params, time.time()),
        is_end_given=bool(params.get("ends_at")),
        needs=needed(params.get("needs")) or 0.0,
        unfinished=params.get("unfinished") or TAKE_UP,
        purpose=params.get("purpose") or MAINTENANCE,
    )


_OPERATIONS: dict[str, Callable[[Journal, Mapping[str, Any], Owner], Result]] = {
    "open": _open,
    "noted": _note,
    "closed": _close,
}


def _would_change(record: Record, params: Mapping[str, Any]) -> bool:
    """Tell what check mode may promise: opening when none is open, closing when one is."""
    is_open = record.get("state") == OPEN
    return not is_open if params["state"] == "open" else is_open


def _told(record: Record, changed: bool, resumed: bool, journal: Journal) -> Result:
    steps = record.get("steps", {})
    return Result(
        changed=changed,
        msg=f"window {record.get('id', 'none')} on {journal.service} is {record.get('state', 'not there')}",
        data={
            "window": record,
            "resumed": resumed,
            "done": sorted(name for name, entry in steps.items() if entry["status"] == "done"),
            "journal": str(journal.path),
            "service": journal.service,
            "state_dir": str(journal.all),
        },
    )
