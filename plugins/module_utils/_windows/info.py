# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which maintenance windows are open, read from the journals; nothing is written and no lock is taken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.argspec import ArgSpec
from .._core.durations import show_duration
from .._core.errors import OpsError, one_line
from .._core.result import Result
from .._history.trend import moment
from .journal import MAINTENANCE, OPEN, Journal
from .owner import Owner

UNKNOWN = "unknown"

SPEC = ArgSpec(
    options={
        "state_dir": {"type": "path", "default": "~/.local/state/day2"},
        "service": {"type": "str"},
    }
)


def operate(params: Mapping[str, Any], _check_mode: bool = False) -> Result:
    """Return the last window of each service that has a journal in ``state_dir``, or of one service.

    A journal that cannot be read is a window of which nothing is known, not one that is closed.

    :raises InputError: a service's name that is none. :raises OpsError: the folder cannot be read.
    """
    folder = Path(params["state_dir"]).expanduser().absolute()
    services = [params["service"]] if params["service"] else _services(folder)
    windows = [window for window in (_window(folder, service) for service in services) if window]
    opened = [window for window in windows if window["state"] != "closed"]
    return Result(
        msg=f"{len(opened)} of {len(windows)} windows are open or unknown",
        data={"windows": windows, "open": opened, "state_dir": str(folder)},
    )


def _services(folder: Path) -> list[str]:
    """Return the services that have a journal; none when there is no folder, as no window ever was."""
    try:
        return sorted(path.parent.name for path in folder.glob("*/window.json"))
    except OSError as error:
        raise OpsError(f"cannot read the folder ({error.strerror})", on=str(folder)) from error


def _window(folder: Path, service: str) -> dict[str, Any]:
    journal = Journal(folder, service)
    try:
        record = journal.read()
        return _told(record, journal) if record else {}
    except (OpsError, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, OpsError) else f"the journal is damaged: {journal.path}"
        return {"service": service, "state": UNKNOWN, "reason": one_line(reason), "journal": str(journal.path)}


def _told(record: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    owner = Owner.from_record(record["owner"])
    is_open = record["state"] == OPEN
    age = max(0.0, time.time() - moment(record["opened_at"]))
    return {
        "service": record["service"],
        "within": record.get("within", ""),
        "purpose": record.get("purpose", MAINTENANCE),
        "id": record["id"],
        "state": record["state"],
        "reason": one_line(record["reason"]),
        "opened_at": record["opened_at"],
        "closed_at": record.get("closed_at"),
        "outcome": record.get("outcome"),
        "message": one_line(record.get("message") or ""),
        "holder": str(owner),
        "abandoned": is_open and owner.is_gone(),
        "ends_at": (record.get("budget") or {}).get("ends_at"),
        "open_for": show_duration(age) if is_open else "",
        "unfinished": sorted(name for name, step in record["steps"].items() if step["status"] != "done"),
        "journal": str(journal.path),
    }
