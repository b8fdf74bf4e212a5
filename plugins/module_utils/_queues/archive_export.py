# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Take dead letters out into a file: write it, check it, and only then remove what it holds."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from .._core.errors import InputError, OpsError, one_line
from .._core.result import Result
from .archive_file import Archive, is_same, read_archive, records_of, rename, taken, write_archive, write_checksum
from .archive_import import UNREMOVED, diff, refuse_other_kind
from .archive_letters import BATCH, Held, Meant, looked_at, still_held
from .dead_letters import DROP, KEEP, Redrivable, Restorable, Terms
from .letters import Letter

# Times that the head of the queue may be found changed before we give up.
_MOST_CHANGES = 200


class Export:
    """One export.

    An archive whose letters are not removed yet has a name of its own, by which an interrupted run is picked up.
    """

    def __init__(self, queue: Redrivable, path: Path, meant: Meant, remove: bool) -> None:
        """Take what is to be written where. Nothing is read."""
        self._queue = queue
        self._path = path
        self._meant = meant
        self._remove = remove
        self._pending = path.with_name(f"{path.name}{UNREMOVED}") if remove else path
        self._resumed = False
        self._exported = 0
        self._removed = 0
        self._checksum = ""
        self._dead: int | None = None  # how many there were before
        self._left: int | None = None
        self._wrote = False

    def result(self, check_mode: bool) -> Result:
        """Do it, or say what would be done.

        :raises InputError: before anything is changed. :raises OpsError: with what was done in ``details``.
        """
        interrupted = self._interrupted() if self._remove else None
        try:
            if interrupted:
                self._resumed, self._exported = True, interrupted.records
            if check_mode:
                return self._planned()
            if interrupted:
                self._dead = self._count()
            else:
                self._write()
            return self._finished() if self._exported else self._told(0, False)
        except OpsError as error:
            self._explain(error)
            raise

    def _interrupted(self) -> Archive | None:
        """Return the archive of a run that ended before its letters were removed."""
        if not os.path.lexists(self._pending):
            return None
        archive = read_archive(self._pending)
        refuse_other_kind(archive, self._queue, self._pending)
        if archive.queue != self._queue.name:
            raise InputError(
                f"an earlier run, which has not ended, exported the queue {archive.queue}, not {self._queue.name}",
                on=str(self._pending),
                advice="give another path",
            )
        if os.path.lexists(self._path) and not is_same(self._pending, self._path):
            raise taken(self._path)
        return archive

    def _planned(self) -> Result:
        if self._resumed:
            self._dead = self._count()
            number = still_held(self._queue, records_of(self._pending))
        else:
            with closing(looked_at(self._queue)) as source:
                number = self._exported = sum(1 for _letter in self._meant.letters(source))
                self._left, self._dead = self._meant.left, source.count()
            if number and os.path.lexists(self._path):
                raise taken(self._path)
        return self._told(number if self._remove else 0, True)

    def _count(self) -> int | None:
        with closing(looked_at(self._queue)) as source:
            source.begin()
            return source.count()

    def _write(self) -> None:
        """Write the archive, unless there is nothing to write."""
        with closing(looked_at(self._queue)) as source:
            letters = self._meant.letters(source)
            first = next(letters, None)
            self._dead = source.count()
            if first is None:
                self._left = 0
                return
            if os.path.lexists(self._path):
                raise taken(self._path)
            records = _records(source, first, letters)
            archive = write_archive(self._pending, self._queue.name, self._queue.kind, records, not self._remove)
        self._wrote = True
        self._exported, self._left = archive.records, self._meant.left

    def _finished(self) -> Result:
        self._checksum = write_checksum(self._pending, self._path)
        if self._remove:
            self._remove_held()
            if self._resumed:
                with closing(looked_at(self._queue)) as source:
                    self._left = self._meant.all(source)
            elif self._removed < self._exported:
                return self._unsettled()
            rename(self._pending, self._path)
        return self._told(self._removed, False)

    def _remove_held(self) -> None:
        """Remove what the archive holds from the dead letters: each as often as it is in there, and no other."""
        held = Held(self._queue, records_of(self._pending))
        changes = kept = 0
        with closing(cast("Restorable", self._queue.dead_letters(Terms(run=uuid.uuid4().hex)))) as letters:
            letters.begin()
            # Where letters were kept the pass goes on to its end, as only then they are in their old order.
            while kept or held.left:
                batch = letters.take(BATCH)
                if not batch:
                    return
                prints = [held.take(letters, letter) for letter in batch]
                done = letters.settle(batch, [KEEP if one is None else DROP for one in prints])
                if done.changed:
                    held.put_back(prints)
                changes = changes + 1 if done.changed else 0
                if changes >= _MOST_CHANGES:
                    raise OpsError("somebody else keeps changing the dead letters", on=self._queue.name)
                self._removed += done.dropped
                kept += done.kept

    def _explain(self, error: OpsError) -> None:
        """Tell in the error of a run what it has done."""
        pending = self._remove and (self._resumed or self._wrote)
        changed = self._wrote or self._removed > 0
        error.details.update(self._data(), changed=changed)
        if pending:
            error.details["path"] = str(self._pending)
            again = f"{self._removed} letters were removed, and the same call goes on with {self._pending}"
            error.advice = one_line(f"{error.advice}; {again}" if error.advice else again)

    def _unsettled(self) -> Result:
        """Return the result of a run whose letters others have moved meanwhile."""
        number = self._exported - self._removed
        result = self._told(self._removed, False)
        result.failed = True
        result.data["path"] = str(self._pending)
        result.msg = (
            f"{self._queue.name}: {number} of {self._exported} letters in {self._pending} were no longer dead when they"
            f" were to be removed, {self._removed} were removed: somebody put them to work, or they are in the file"
            " twice; the same call tries again and then gives the file its name; an import would make them dead again"
        )
        return result

    def _data(self) -> dict[str, Any]:
        return {
            "name": self._queue.name,
            "kind": self._queue.kind,
            "exported": self._exported,
            "removed": self._removed,
            "restored": 0,
            "left": self._left,
            "path": str(self._path),
            "checksum": self._checksum,
        }

    def _told(self, removed: int, check_mode: bool) -> Result:
        """Return the result of a run.

        :param removed: how many letters were removed, or would be.
        """
        would = "would be " if check_mode else ""
        removal = f", {removed} {would}removed" if self._remove else ""
        msg = f"{self._exported} dead letters {would}exported to {self._path}{removal}"
        return Result(
            changed=self._exported > 0,
            msg=f"{self._queue.name}: {msg if self._exported else 'no dead letters are meant, nothing to export'}",
            data=self._data(),
            diff=self._diff(removed) if self._exported else None,
            warnings=self._warnings(removed),
        )

    def _diff(self, removed: int) -> dict[str, Any]:
        lines = {} if self._dead is None else {"dead letters": (self._dead, self._dead - removed)}
        return diff({**lines, f"in {self._path}": (0, self._exported)})

    def _warnings(self, removed: int) -> list[str]:
        warnings = []
        if self._left:
            warnings.append(
                f"{self._left} dead letters that are meant are not in the archive: give another path for them"
            )
        if self._resumed and removed < self._exported:
            warnings.append(
                f"{self._exported - removed} letters of {self._path} were no longer dead when this run picked it up:"
                " an earlier part removed them, or somebody put them to work; an import would make them dead again"
            )
        return warnings


def _records(source: Restorable, first: Letter, others: Iterator[Letter]) -> Iterator[dict[str, Any]]:
    yield source.record(first)
    for letter in others:
        yield source.record(letter)
