# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Put the letters of an archive back among the dead."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast

from .._core.errors import InputError, OpsError, one_line
from .._core.result import Result
from .archive_file import Archive, read_archive, records_of
from .archive_letters import BATCH, likeness, looked_at, there
from .dead_letters import Redrivable, Restorable, Terms

UNREMOVED = ".unremoved"


class Import:
    """One import."""

    def __init__(self, queue: Redrivable, path: Path) -> None:
        """Take what is to be put back where. Nothing is read."""
        self._queue = queue
        self._path = path
        self._restored = 0

    def result(self, check_mode: bool) -> Result:
        """Do it, or say what would be done.

        :raises InputError: not an archive of this kind. :raises OpsError: with what was put back in ``details``.
        """
        archive = self._archive()
        try:
            with closing(looked_at(self._queue)) as source:
                found = there(self._queue, source, records_of(self._path))
                dead = source.count()
            missing = archive.records - sum(self._known(found.copy()))
            if not check_mode:
                self._restore(archive, found)
        except OpsError as error:
            error.details.update(self._data(), changed=self._restored > 0)
            if self._restored:
                again = f"{self._restored} letters were put back, and the same call goes on with the others"
                error.advice = one_line(f"{error.advice}; {again}" if error.advice else again)
            raise
        return self._told(archive, missing if check_mode else self._restored, dead, check_mode)

    def _archive(self) -> Archive:
        if self._path.name.endswith(UNREMOVED):
            raise InputError(
                "an export that has not ended cannot be imported: its letters may still be dead, or at work again",
                on=str(self._path),
                advice="call the export again, which gives the file its name",
            )
        archive = read_archive(self._path)
        refuse_other_kind(archive, self._queue, self._path)
        return archive

    def _known(self, found: Counter[bytes]) -> Iterator[bool]:
        """Tell of each record whether its letter is there, as often as it is; takes them out of ``found``."""
        for record in records_of(self._path):
            one = likeness(self._queue, record)
            known = found[one] > 0
            if known:
                found[one] -= 1
            yield known

    def _restore(self, archive: Archive, found: Counter[bytes]) -> None:
        source: Restorable = cast("Any", self._queue.dead_letters(Terms(run=uuid.uuid4().hex)))
        with closing(source) as letters:
            letters.begin()
            pairs = zip(records_of(self._path), self._known(found))
            # A batch has the same number each time, whatever of it is there, as the server remembers it by that.
            for number, batch in enumerate(_batches(pairs)):
                absent = [record for record, known in batch if not known]
                if absent:
                    self._restored += letters.restore(absent, f"{archive.name}:{number}")

    def _data(self) -> dict[str, Any]:
        name = {"name": self._queue.name, "kind": self._queue.kind}
        return {
            **name,
            "exported": 0,
            "removed": 0,
            "restored": self._restored,
            "left": None,
            "path": str(self._path),
            "checksum": "",
        }

    def _told(self, archive: Archive, number: int, dead: int | None, check_mode: bool) -> Result:
        rest = archive.records - number
        would = f"{number} dead letters would be put back, {rest} are there"
        done = f"{number} dead letters put back, {rest} were there or had been put back before"
        lines = {"put back": (0, number)} if dead is None else {"dead letters": (dead, dead + number)}
        return Result(
            changed=number > 0,
            msg=f"{self._queue.name}: {would if check_mode else done}",
            data=self._data(),
            diff=diff(lines) if number else None,
        )


def diff(lines: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the numbers before and after, a line each."""
    before, after = ("".join(f"{what}: {pair[side]}\n" for what, pair in lines.items()) for side in (0, 1))
    return {"before": before, "after": after}


def refuse_other_kind(archive: Archive, queue: Redrivable, path: Path) -> None:
    """Refuse letters that the queue cannot hold.

    :raises InputError: they are of another kind.
    """
    if archive.kind != queue.kind:
        raise InputError(f"the archive holds letters of the kind {archive.kind}, not {queue.kind}", on=str(path))


def _batches(
    pairs: Iterator[tuple[dict[str, Any], bool]],
) -> Iterator[Sequence[tuple[dict[str, Any], bool]]]:
    while True:
        batch = list(islice(pairs, BATCH))
        if not batch:
            return
        yield batch
