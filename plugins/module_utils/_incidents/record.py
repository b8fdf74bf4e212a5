# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The record of an incident: what was known when, who did what, until when somebody must answer. On the controller.

``folder/<service>/incidents/<id>.json`` is the record, ``<id>.tar`` the evidence. Both are for their owner alone.
"""

from __future__ import annotations

import getpass
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._core.errors import NotThere, OpsError
from .._core.files import exclusive, read_json, write_json
from .._core.moments import moment, written_utc
from .._core.names import service_name
from .severity import Severity

OPEN, CLOSED = "open", "closed"
FORMAT = 1
ACKNOWLEDGED, ASSESSED, MITIGATED, COMMUNICATED = "acknowledged", "assessed", "mitigated", "communicated"
_PATIENCE = 10.0  # seconds

Record = dict[str, Any]


def who() -> str:
    """Return who runs this."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class Records:
    """The incidents of one service."""

    def __init__(self, folder: Path, service: str) -> None:
        """:raises InputError: a service name that could lead out of the folder."""
        self.service = service_name(service)
        self.folder = folder / service / "incidents"

    def path(self, number: str) -> Path:
        """Return where the record of an incident is. :raises InputError: an id that could lead out of the folder."""
        return self.folder / f"{service_name(number, 'incident')}.json"

    def bundle(self, number: str) -> Path:
        """Return where its evidence is."""
        return self.folder / f"{service_name(number, 'incident')}.tar"

    def read(self, number: str) -> Record:
        """Return the record of an incident. :raises NotThere: there is none. :raises OpsError: unreadable, or newer."""
        path = self.path(number)
        if not path.exists():
            known = ", ".join(self.opened()) or "none"
            raise NotThere(f"no incident {number} of {self.service}", on=str(path), advice=f"open are: {known}")
        record = read_json(path)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise OpsError("the record is of another format", on=str(path), advice=f"expected format {FORMAT}")
        return record

    def opened(self) -> list[str]:
        """Return the ids of incidents that are open. One that cannot be read may be open."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                state = self.read(path.stem).get("state")
            except OpsError:
                state = OPEN
            found += [path.stem] if state == OPEN else []
        return found

    def write(self, record: Record) -> None:
        """Keep a record. :raises OpsError: it cannot be written."""
        write_json(self.path(record["id"]), record)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Keep others from changing a record meanwhile. :raises OpsError: the folder cannot be made, or is held."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OpsError(f"cannot make the folder ({error.strerror})", on=str(self.folder)) from error
        with exclusive(self.folder / ".lock", _PATIENCE):
            yield


def new_id(now: float) -> str:
    """Return an id for an incident that nobody has named."""
    stamp = written_utc(now).replace("-", "").replace(":", "")
    return f"{stamp}-{secrets.token_hex(2)}"


def new(service: str, number: str, severity: Severity, now: float, by: str) -> Record:
    """Return the record of an incident that begins now, which whoever opens it has acknowledged."""
    record: Record = {
        "format": FORMAT,
        "id": number,
        "service": service,
        "state": OPEN,
        "opened_at": written_utc(now),
        "opened_by": by,
        "closed_at": None,
        "severity": severity.name,
        "is_set": False,
        "respond_by": written_utc(now + severity.respond),
        "runs": 0,
        "kept": {},
        "log": [],
    }
    note(record, ACKNOWLEDGED, now, by, "the incident was opened")
    return record


def note(record: Record, phase: str, now: float, by: str, text: str) -> None:
    """Write down what was done, in which phase."""
    record["log"].append({"at": written_utc(now), "by": by, "phase": phase, "text": text})


def assess(record: Record, severity: Severity, ranks: Mapping[str, int], is_set: bool, now: float) -> bool:
    """Take a severity into the record; tell whether it is another now.

    One that somebody has set stays until somebody sets another. One that is suggested only makes it worse: that things
    look better now is no reason to answer later.
    """
    old = record["severity"]
    worse = severity.rank < ranks.get(old, len(ranks))
    if severity.name == old or not (is_set or (worse and not record["is_set"])):
        record["is_set"] = record["is_set"] or is_set
        return False
    record["severity"], record["is_set"] = severity.name, is_set or record["is_set"]
    begun = now if worse else moment(record["opened_at"]) or now
    record["respond_by"] = written_utc(begun + severity.respond)
    return True
