# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The journal of a maintenance window: who holds it, what was done, what is still to do. It is the lock as well."""

from __future__ import annotations

import contextlib
import copy
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import InputError, OpsError
from .._core.files import exclusive, read_json, write_json
from .._core.names import service_name
from .budget import NO_END, Budget
from .owner import Owner
from .spare import Spare

OPEN = "open"
CLOSED = "closed"
FORMAT = 1
MAINTENANCE = "maintenance"  # the purpose of a window of which nothing else is said
UNDO = "undo"  # the step under which a journal tells that what was begun is undone
ENDING = ("failed", "undone")  # statuses of a window that is ended
TAKE_UP, REFUSE, REQUIRE = "take_up", "refuse", "require"  # what to do about a window that a dead controller left
_PATIENCE = 10.0  # seconds; each change takes milliseconds, and who only asks must not make the holder's note fail

Record = dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """How opening went: the journal, and whether it continues a window whose controller died."""

    record: Record
    resumed: bool


@dataclass(frozen=True)
class Wanted:
    """What window is wanted.

    budget: the time of a new one. is_end_given: the end is a moment, which holds for one that was left too. needs:
    seconds that must be left besides the reserve. unfinished: what to do about one that was left. purpose: what kind of
    work it is for; one that was left is for the same, or is refused.
    """

    budget: Budget = NO_END
    is_end_given: bool = False
    needs: float = 0.0
    unfinished: str = TAKE_UP
    purpose: str = MAINTENANCE


ANY = Wanted()


class Journal:
    """The windows of one service, in ``folder/<service>/``: ``window.json`` and, once closed, ``<id>.json``."""

    def __init__(self, folder: Path, service: str, within: str = "") -> None:
        """Take the name of the service, and of the one that it is a part of, if it is.

        :raises InputError: a service name that could lead out of the folder.
        """
        self.service = service_name(service)
        self.within = service_name(within) if within else ""
        if self.within == service:
            raise InputError(f"the service {service} is not a part of itself", advice="within names another one")
        self.all = folder
        self.folder = folder / service
        self.path = self.folder / "window.json"
        self.spare = Spare(self.folder / ".spare")

    def read(self) -> Record:
        """Return the present window; an empty record when there never was one.

        :raises OpsError: unreadable, or written by a newer version.
        """
        if not self.path.exists():
            return {}
        record = read_json(self.path)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise OpsError("the journal is of another format", on=str(self.path), advice=f"expected format {FORMAT}")
        return record

    def open(self, owner: Owner, reason: str, takeover: bool, wanted: Wanted = ANY) -> Opened:
        """Take the window for ``owner``: a new one, or the one that a dead controller left.

        A new one is refused when its time will not do. One that was left has to be ended, however late it is.

        :raises OpsError: somebody else holds it; says who, since when, and how to take it over. Or what was left is
            another thing than is ``wanted``, or there is too little time.
        """
        with self._guarded_with_the_whole(), self._guarded():
            record = self.read()
            self.check(record, wanted)
            if record.get("state") != OPEN:
                record = self._new(owner, reason, wanted)
                self.spare.keep()
                write_json(self.path, record)
                return Opened(record, resumed=False)
            return self._join(record, owner, takeover, wanted)

    def check(self, record: Record, wanted: Wanted) -> None:
        """Refuse what could not be begun. :raises OpsError: so."""
        if record.get("state") == OPEN:
            return
        if wanted.unfinished == REQUIRE:
            raise OpsError("no window is open, there is nothing to abort", on=self.service)
        wanted.budget.wants(wanted.needs, f"the window on {self.service}", time.time())
        self._refuse_beside_others()

    def _refuse_beside_others(self) -> None:
        """Keep a part and the whole from being in maintenance at once. :raises OpsError: they would be."""
        others = [Journal(self.all, self.within).read()] if self.within else self._parts()
        in_the_way = [one for one in others if one.get("state") == OPEN]
        if in_the_way:
            told = (f"{one['service']}, held by {Owner.from_record(one['owner'])}" for one in in_the_way)
            what = "the service that this is a part of" if self.within else "a part of it"
            raise OpsError(
                f"a window on {what} is open: {'; '.join(told)}", on=self.service, advice="end it first, or wait for it"
            )

    def _parts(self) -> list[Record]:
        """Return the windows of what are parts of this service. One that cannot be read can go on in no run."""
        found: list[Record] = []
        for path in sorted(self.all.glob("*/window.json")):
            with contextlib.suppress(OpsError):
                found.append(Journal(self.all, path.parent.name).read())
        return [one for one in found if one.get("within") == self.service]

    def _join(self, record: Record, owner: Owner, takeover: bool, wanted: Wanted) -> Opened:
        holder = Owner.from_record(record["owner"])
        if holder == owner:
            return Opened(record, resumed=bool(record["taken_over"]))
        if not (holder.is_gone() or takeover):
            raise OpsError(
                f"a window on {self.service} is held by {holder} since {record['opened_at']}",
                on=str(self.path),
                advice="wait for it, or take it over once it is seen dead: takeover=true, or -e day2_takeover=true",
            )
        purpose = record.get("purpose", MAINTENANCE)
        if purpose != wanted.purpose:  # only what it was opened for knows what is to be opened and started again
            raise OpsError(
                f"a window of {record['opened_at']} was opened for another purpose ({purpose}: {record['reason']})",
                on=str(self.path),
                advice="it was never ended: run again what it was opened for",
            )
        if wanted.unfinished == REFUSE:
            raise OpsError(
                f"a window of {record['opened_at']} is not finished",
                on=str(self.path),
                advice="run it again as a whole, or abort it: -e window_do=abort",
            )
        record["within"] = self.within
        if wanted.is_end_given:
            record["budget"] = wanted.budget.as_record()
        record["taken_over"].append({"from": record["owner"], "at": now()})
        record["owner"] = owner.as_record()
        self._write_at_last(self.path, record)
        return Opened(record, resumed=True)

    def _new(self, owner: Owner, reason: str, wanted: Wanted) -> Record:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return {
            "format": FORMAT,
            "id": f"{stamp}-{secrets.token_hex(2)}",
            "service": self.service,
            "within": self.within,
            "state": OPEN,
            "reason": reason,
            "purpose": wanted.purpose,
            "owner": owner.as_record(),
            "opened_at": now(),
            "budget": wanted.budget.as_record(),
            "taken_over": [],
            "steps": {},
        }

    def note(self, owner: Owner, step: str, status: str, data: Mapping[str, Any], needs: float | None = None) -> Record:
        """Write down how far a step is. ``data`` must be JSON-safe and hold no secret.

        What ends the window is noted even when the disk is full; what goes on with it is not, so that it is ended.

        :param needs: seconds that must be left besides the reserve; None when there is no turning back any more.
        :raises OpsError: the window is not open, or not ours any more; or too little time is left; or it cannot be
            written. It carries the ``window`` as the journal has it.
        """
        with self._guarded():
            record = self._ours(owner)
            if needs is not None:
                Budget.from_record(record).wants(needs, step, time.time(), window=record)
            before = copy.deepcopy(record)
            entry = record["steps"].setdefault(step, {"started_at": now(), "data": {}})
            entry.update(status=status, data={**entry["data"], **data}, at=now())
            write = self._write_at_last if step == UNDO or status in ENDING else write_json
            try:
                write(self.path, record)
            except OpsError as error:
                error.details.setdefault("window", before)
                raise
            return record

    def close(self, owner: Owner, outcome: str, message: str) -> Record:
        """End the window and keep its record under its own name.

        :raises OpsError: the window is not open, or not ours any more.
        """
        with self._guarded():
            record = self._ours(owner)
            record.update(state=CLOSED, outcome=outcome, message=message, closed_at=now())
            self._write_at_last(self.folder / f"{record['id']}.json", record)
            self._write_at_last(self.path, record)
            self.spare.give()
            return record

    def _write_at_last(self, path: Path, record: Record) -> None:
        """Write what must be written, with the room that was kept for it when there is no other.

        :raises OpsError: that does not do either.
        """
        try:
            write_json(path, record)
        except OpsError:
            if not self.spare.give():
                raise
            write_json(path, record)

    def _ours(self, owner: Owner) -> Record:
        record = self.read()
        if record.get("state") != OPEN:
            raise OpsError("no window is open", on=self.service, advice="open one first")
        holder = Owner.from_record(record["owner"])
        if holder != owner:
            raise OpsError(
                f"the window was taken over by {holder}",
                on=self.service,
                advice="this run stops here, and leaves all as it is",
                window=record,
                held_by=str(holder),
            )
        return record

    def _guarded_with_the_whole(self) -> Any:
        """Keep a part and the whole from being opened at the same moment.

        :raises OpsError: the folder cannot be made.
        """
        return Journal(self.all, self.within)._guarded() if self.within else contextlib.nullcontext()

    def _guarded(self) -> Any:
        """Keep two controllers from changing the journal at the same moment.

        :raises OpsError: the folder cannot be made.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OpsError(f"cannot make the folder ({error.strerror})", on=str(self.folder)) from error
        return exclusive(self.folder / ".guard", patience=_PATIENCE)


def now() -> str:
    """Return the present time, UTC, ISO 8601, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
