# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The journal of a run: a file of JSON lines that only grows, with ids and hashes of letters, never their bodies.

A line ``intend`` stands before a batch and a line ``done`` after it, one ``done`` before all. A run that came to an end
of its own has a line ``end``. One that was killed has none and can be picked up; and where a kind cannot settle a batch
as one step, the last ``intend`` without its ``done`` names the letters that may come twice.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from .._core.errors import InputError, OpsError
from .._core.waiting import SYSTEM_CLOCK, Clock
from .letters import Letter
from .progress import Progress, picked_up
from .rules import Ruling


class Journal:
    """A journal that nobody keeps."""

    def intend(self, letters: Sequence[Letter], rulings: Sequence[Ruling]) -> None:
        """Note what is going to be done."""

    def done(self, progress: Progress) -> None:
        """Note that it was done."""

    def end(self, reason: str) -> None:
        """Note that the run is over: there is nothing to go on with."""

    def close(self) -> None:
        """Give the file back, once it is safe on disk."""


class FileJournal(Journal):
    """A journal in a file that only its owner may read."""

    def __init__(self, path: str, clock: Clock = SYSTEM_CLOCK) -> None:
        """Open the file to write at its end.

        :raises OpsError: that cannot be done.
        """
        self._path = path
        self._clock = clock
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OpsError(f"cannot write the journal: {error.strerror}", on=path) from error
        self._file: IO[bytes] = os.fdopen(descriptor, "wb", buffering=0)
        self._hold()
        if _is_cut(path):  # an empty line says that the one before it was never finished
            self._file.write(b"\n\n")

    def _hold(self) -> None:
        """Keep others from writing while this process lives.

        :raises InputError: somebody does.
        """
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InputError("another run is writing this journal", on=self._path, advice="wait for its end") from None

    def intend(self, letters: Sequence[Letter], rulings: Sequence[Ruling]) -> None:
        """See :class:`Journal`."""
        entries = [
            {"id": letter.id, "sha256": letter.digest, "verdict": ruling.verdict}
            for letter, ruling in zip(letters, rulings)
            if ruling.verdict != "keep"
        ]
        self._write({"event": "intend", "letters": entries})

    def done(self, progress: Progress) -> None:
        """See :class:`Journal`."""
        self._write({"event": "done", "progress": progress.as_dict()})

    def end(self, reason: str) -> None:
        """See :class:`Journal`."""
        self._write({"event": "end", "reason": reason})

    def close(self) -> None:
        """See :class:`Journal`."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise OpsError(f"cannot write the journal: {error.strerror}", on=self._path) from error

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps({"at": round(self._clock.time(), 3), **entry}, separators=(",", ":")).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise OpsError(f"cannot write the journal: {error.strerror}", on=self._path) from error


@dataclass(frozen=True)
class Unfinished:
    """What a journal says of the last run in it.

    :param progress: as of the last batch that was done; None when the run is over, or there was none.
    :param open_ids: letters of a batch of which it is not known whether it was done.
    """

    progress: Progress | None
    open_ids: Sequence[str] = ()


def read_journal(path: str) -> Unfinished:
    """Return where the run stands that a journal tells of. A line that was cut in half is left out.

    :raises OpsError: the file cannot be read. :raises InputError: it is no journal.
    """
    progress: Progress | None = None
    open_ids: list[str] = []
    for entry in _entries(path):
        if entry["event"] == "done":
            progress, open_ids = picked_up(entry["progress"], f"the journal {path}"), []
        elif entry["event"] == "end":
            progress, open_ids = None, []
        else:
            open_ids = [str(letter["id"]) for letter in entry["letters"]]
    return Unfinished(progress, open_ids)


def _entries(path: str) -> Iterator[Mapping[str, Any]]:
    try:
        with open(path, "rb") as lines:
            before = b""
            for number, line in enumerate(lines):
                if before.strip() and line != b"\n":
                    yield _entry(before, f"{path}:{number}")
                before = line
            if before.endswith(b"\n") and before.strip():
                yield _entry(before, path)
    except OSError as error:
        raise OpsError(f"cannot read the journal: {error.strerror}", on=path) from error


def _is_cut(path: str) -> bool:
    """Tell whether the last line of the file has no end."""
    with open(path, "rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 1, 0))
        return stream.read(1) not in (b"", b"\n")


def _entry(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
        if {"intend": "letters", "done": "progress", "end": "reason"}[entry["event"]] not in entry:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise InputError("not a line of a journal of redrives", on=where) from None
    found: Mapping[str, Any] = entry
    return found
