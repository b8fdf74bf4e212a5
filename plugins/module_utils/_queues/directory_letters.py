# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a folder, put back into the folder they came from: each by a rename, so it is in one place always.

A pass goes by when files were written, then by name. It does not keep the listing of a large folder: it looks for the
next some thousands each time.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import nlargest, nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Any

from .._core.errors import NotThere, one_line
from .dead_letters import DROP, KEEP, MOVE, OLDEST, PARK, Settled, Terms
from .directory_archive import record_of, restore
from .directory_files import make_like, read_file, refuse_unwritable, take_along
from .directory_moves import Way
from .directory_scan import OWN_PREFIX, Folder, Found, explained
from .letters import Letter, Reader

if TYPE_CHECKING:
    from .directory import Directory

# Entries that are kept of a listing, letters of a batch; bytes of a body, of the bodies of a batch, of a note.
_PORTION = 20_000
_MOST_LETTERS = 1000
_MOST_BODY = 1 << 20
_MOST_BATCH = 8 << 20
_MOST_ERROR = 4096

TAKEN_NAME = "a file of that name is there already"
IN_HAND = "another process is moving it"

_Key = tuple[int, str]


class DirectoryLetters:
    """A pass through a folder of dead letters. See :class:`.dead_letters.DeadLetters` for what the methods do."""

    def __init__(self, queue: Directory, terms: Terms) -> None:
        """Take a pass's terms. Nothing is touched."""
        self._queue = queue
        self._terms = terms
        self._reader = Reader(queue.options.get("item"))
        self._folder: Folder = queue.folder("dead")
        self._after: _Key | None = None
        self._last: _Key | None = None  # the pass ends with it
        self._left = 0
        self._portion: deque[Found] = deque()
        self._ways: dict[str, Way] = {}
        self._notes: list[str] = []
        # the names of files by the text that shows them, where that is another
        self._real: dict[str, str] = {}

    # The pass

    def begin(self) -> int:
        """See the protocol."""
        position = self._terms.position
        self._after = _as_key(position.get("after"))
        self._last = _as_key(position.get("last"))
        if self._queue.may_be_missing and not os.path.lexists(self._folder.path):
            self._note(f"the folder {self._folder.path} does not exist: no dead letters")
            return 0
        if not self._terms.dry:
            self._way(str(self._queue.options["path"]))
            self._finish_moves()
        self._left = self._count_left()
        if position:
            self._left = min(self._left, int(position["left"]))
        return self._left

    def count(self) -> int:
        """See the protocol."""
        try:
            return self._folder.count()
        except NotThere:
            if self._queue.may_be_missing:
                return 0
            raise

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol. What is larger than 1 MiB is not read, and its letter says so."""
        letters: list[Letter] = []
        size = 0
        for found in self._next(min(most, _MOST_LETTERS)):
            letters.append(self._letter(found))
            size += len(letters[-1].body or b"")
            if size >= _MOST_BATCH:
                break
        if self._terms.dry:
            self._walk_past([letter.handle for letter in letters])
        return letters

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol."""
        return self._settle([letter.handle for letter in letters], verdicts)

    def sweep(self, most: int) -> Settled:
        """See the protocol. Nothing is read of the files."""
        batch = self._next(most)
        return self._settle(batch, [MOVE] * len(batch))

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol."""
        names = (self._real.get(shown, shown) for shown in ids)
        return sum(1 for name in names if os.path.lexists(os.path.join(self._folder.path, name)))

    def parking(self) -> str:
        """See the protocol: the terms' folder, the queue's option ``park``, or one beside that of the dead letters."""
        beside = f"{self._folder.path.rstrip('/')}.parked"
        return str(self._terms.park or self._queue.options.get("park") or beside)

    def position(self) -> dict[str, Any]:
        """See the protocol."""
        return {"after": _as_json(self._after), "last": _as_json(self._last), "left": self._left}

    def account(self) -> Mapping[str, int]:
        """See the protocol: nothing is noted."""
        return {}

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def close(self) -> None:
        """See the protocol: nothing is held."""

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes:
            self._notes.append(sentence)

    # Which letters come next

    def _count_left(self) -> int:
        """Count what belongs to the pass, and fix its last letter unless that is known."""
        count = 0
        last = None
        for found in self._folder.files():
            key = (found.written, found.name)
            if self._belongs(key):
                count += 1
                last = key if last is None or self._comes_after(key, last) else last
        self._last = self._last or last
        return count

    def _comes_after(self, key: _Key, other: _Key) -> bool:
        return key > other if self._terms.order == OLDEST else key < other

    def _belongs(self, key: _Key) -> bool:
        """Tell whether a letter is one of those that the pass has before it."""
        if self._after is not None and not self._comes_after(key, self._after):
            return False
        return self._last is None or not self._comes_after(key, self._last)

    def _next(self, most: int) -> list[Found]:
        wanted = min(most, self._left)
        if wanted <= 0:
            return []
        if not self._portion:
            choose = nsmallest if self._terms.order == OLDEST else nlargest
            self._portion.extend(choose(min(_PORTION, self._left), self._those_left()))
        if not self._portion:
            self._left = 0
        return list(islice(self._portion, wanted))

    def _those_left(self) -> Iterator[Found]:
        return (found for found in self._folder.files() if self._belongs((found.written, found.name)))

    def _walk_past(self, batch: Sequence[Found]) -> None:
        for found in batch:
            self._portion.popleft()
            self._after = (found.written, found.name)
        self._left -= len(batch)

    # Reading

    def _letter(self, found: Found) -> Letter:
        body, fault, since = read_file(os.path.join(self._folder.path, found.name), _MOST_BODY)
        letter = Letter(id="") if body is None else self._reader.letter(body)
        letter.id, letter.named, letter.handle = _shown(found.name), True, found
        if letter.id != found.name:
            self._real[letter.id] = found.name
        letter.fault = fault or letter.fault
        note = self._sidecar(self._folder.path, found.name)
        if note and letter.error is None:
            text, _fault, told = read_file(note, _MOST_ERROR, cut=True)
            letter.error = one_line(text.decode("utf-8", "replace")) if text else None
            since = told or since
        letter.failed_at = since if letter.failed_at is None else letter.failed_at
        return letter

    def _sidecar(self, folder: str, name: str) -> str:
        """Return the path of the file that tells why a letter died; empty when there are no such files."""
        suffix = self._queue.options.get("error_suffix")
        return os.path.join(folder, name + suffix) if suffix else ""

    # Settling

    def _settle(self, batch: Sequence[Found], verdicts: Sequence[str]) -> Settled:
        began = time.monotonic()
        skipped: Counter[str] = Counter()
        done: Counter[str] = Counter()
        size = 0
        for found, verdict in zip(batch, verdicts):
            try:
                self._execute(found.name, verdict)
            except FileNotFoundError:
                done["vanished"] += 1
            except FileExistsError:
                self._count_taken_name(found.name, done, skipped)
            except BlockingIOError:
                skipped[IN_HAND] += 1
            except OSError as error:
                skipped[(error.strerror or type(error).__name__).lower()] += 1
            else:
                done[verdict] += 1
                size += found.size if verdict == MOVE else 0
        self._walk_past(batch)
        if self._terms.gentle and batch:
            time.sleep(time.monotonic() - began)  # as long again belongs to everybody else
        return Settled(
            done[MOVE], done[PARK], done[DROP], done[KEEP], dict(skipped), done["vanished"], changed=False, size=size
        )

    def _count_taken_name(self, name: str, done: Counter[str], skipped: Counter[str]) -> None:
        """A name that is taken may be the letter itself, moved by somebody else at this very moment."""
        if os.path.lexists(os.path.join(self._folder.path, name)):
            skipped[TAKEN_NAME] += 1
        else:
            done["vanished"] += 1

    def _execute(self, name: str, verdict: str) -> None:
        note = self._sidecar(self._folder.path, name)
        if verdict == MOVE:
            self._way(str(self._queue.options["path"])).move(name)
        elif verdict == PARK:
            self._way(self.parking(), make=True).move(name)
            if note:
                take_along(note, self._sidecar(self.parking(), name))
        elif verdict == DROP:
            os.unlink(os.path.join(self._folder.path, name))
        if verdict != KEEP:
            self._remove_note(name)

    def _remove_note(self, name: str) -> None:
        """Remove what tells of a letter, unless it is back: then it has died again, and the note is of that."""
        note = self._sidecar(self._folder.path, name)
        if name and note and not os.path.lexists(os.path.join(self._folder.path, name)):
            with suppress(OSError):
                os.unlink(note)

    def _way(self, target: str, make: bool = False) -> Way:
        """Return the way to a folder. The first time, make sure that both can be written to.

        :param make: whether to make the folder where it is missing.
        :raises OpsError: no such folder, or one that we may not write to.
        """
        if target not in self._ways:
            if make:
                make_like(target, self._folder.path)
            for folder in (self._folder.path, target):
                refuse_unwritable(folder)
            try:
                self._ways[target] = Way(self._folder.path, target)
            except OSError as error:
                raise explained(error, "read the folder", target) from error
        return self._ways[target]

    def _finish_moves(self) -> None:
        """Finish what killed moves to other file systems left."""
        foreign = 0
        for name in list(self._folder.own_files()):
            try:
                plain = next(filter(None, (way.finish(name) for way in self._ways_known())), "")
                foreign += not plain
                self._remove_note(plain)
            except FileExistsError:
                continue  # it is a dead letter again
            except OSError as error:
                raise explained(error, "finish a move", os.path.join(self._folder.path, name)) from error
        if foreign:
            self._note(
                f"{foreign} letters in {self._folder.path} are hidden as {OWN_PREFIX}*: they were on their way to"
                " another folder when a run was killed, which a run with that folder finishes"
            )

    def _ways_known(self) -> Iterator[Way]:
        yield self._way(str(self._queue.options["path"]))
        if os.path.isdir(self.parking()):
            yield self._way(self.parking())

    # Archives

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`, and :func:`.directory_archive.record_of`."""
        return record_of(self._folder.path, letter)

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. Names tell which letters are there already, so ``batch`` does not."""
        return restore(self._folder.path, str(self._queue.options.get("error_suffix") or ""), records)


def _shown(name: str) -> str:
    """Return a name as text; bytes that are none are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _as_json(key: _Key | None) -> list[Any] | None:
    return None if key is None else [key[0], _shown(key[1])]


def _as_key(value: Any) -> _Key | None:
    return None if value is None else (int(value[0]), str(value[1]))
