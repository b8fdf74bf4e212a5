# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""From the options of ``maintenance_window`` to the journal and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.result import Result
from .journal import OPEN, Journal, Record
from .owner import Owner

STATUSES = ["started", "done", "failed", "undone"]
OUTCOMES = ["done", "failed", "refused", "aborted"]

SPEC = ArgSpec(
    options={
        "service": {"type": "str", "required": True},
        "state_dir": {"type": "path", "default": "~/.local/state/day2"},
        "state": {"type": "str", "required": True, "choices": ["open", "noted", "closed"]},
        "reason": {"type": "str", "default": ""},
        "takeover": {"type": "bool", "default": False},
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
    journal = Journal(Path(params["state_dir"]).expanduser(), params["service"])
    before = journal.read()
    if check_mode:
        return _told(before, changed=_would_change(before, params), resumed=False, journal=journal)
    return _OPERATIONS[params["state"]](journal, params, owner)


def _open(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    opened = journal.open(owner, params["reason"], params["takeover"])
    return _told(opened.record, changed=True, resumed=opened.resumed, journal=journal)


def _note(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    record = journal.note(owner, params["step"], params["status"], params["data"])
    told = _told(record, changed=True, resumed=bool(record["taken_over"]), journal=journal)
    told.data["step"] = params["step"]
    return told


def _close(journal: Journal, params: Mapping[str, Any], owner: Owner) -> Result:
    record = journal.close(owner, params["outcome"], params["message"])
    return _told(record, changed=True, resumed=bool(record["taken_over"]), journal=journal)


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
        },
    )
