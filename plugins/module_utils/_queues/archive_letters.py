# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which dead letters an archive has to do with: those meant, those that it holds, those that are there again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, cast

from .._core.waiting import Clock
from .dead_letters import IDS, OLDEST, Redrivable, Restorable, Terms
from .letter_filter import Filter
from .letters import Letter

BATCH = 200
# What a record says that depends on how the queue is described, or on when the letter died.
_TOLD = frozenset({"error"})
_PLACE = frozenset({"id", "error", "score", "written"})


def looked_at(queue: Redrivable) -> Restorable:
    """Return a pass through the dead letters that only looks."""
    return cast("Restorable", queue.dead_letters(Terms(run="look", order=OLDEST, dry=True)))


def walked(source: Restorable) -> Iterator[Letter]:
    """Begin a pass that only looks, and return its letters."""
    source.begin()
    while True:
        batch = source.take(BATCH)
        if not batch:
            return
        yield from batch


class Meant:
    """The letters that are to be exported.

    :ivar left: how many are meant beyond the limit, once :meth:`letters` has ended; None: not known.
    """

    def __init__(self, meant: Filter, limit: int, clock: Clock) -> None:
        self._filter = meant
        self._limit = limit
        self._clock = clock
        self.left: int | None = None

    def letters(self, source: Restorable) -> Iterator[Letter]:
        """Return them, at most as many as the limit says, and count the others."""
        left = 0
        given = 0
        for letter in walked(source):
            if given >= self._limit and not self._filter:
                dead = source.count()  # all are meant: no need to look at each
                self.left = None if dead is None else max(dead - given, 0)
                return
            if self._filter.refuses(letter, self._clock.time()):
                continue
            if given < self._limit:
                given += 1
                yield letter
            else:
                left += 1
        self.left = left

    def all(self, source: Restorable) -> int:
        """Return how many are meant, whatever the limit."""
        number = sum(1 for _letter in self.letters(source))
        return number + (self.left or 0)


class Held:
    """The letters that an archive holds, each as often as it is in there, to find them among the dead again.

    Keeps 16 bytes of each record. :ivar left: how many were not found yet.
    """

    def __init__(self, queue: Redrivable, records: Iterable[Mapping[str, Any]]) -> None:
        self._named = _has_ids(queue)
        self._names: set[str] = set()
        self._prints: Counter[bytes] = Counter()
        for record in records:
            self._prints[self._print(record)] += 1
            if self._named:
                self._names.add(str(record.get("id")))
        self.left = sum(self._prints.values())

    def take(self, source: Restorable, letter: Letter) -> bytes | None:
        """Return the print of a letter that the archive holds, which is then held once less; None: it does not."""
        if self._named and letter.id not in self._names:
            return None  # not even read in full
        one = self._print(source.record(letter))
        if self._prints[one] <= 0:
            return None
        self._prints[one] -= 1
        self.left -= 1
        return one

    def put_back(self, prints: Iterable[bytes | None]) -> None:
        """Hold again what :meth:`take` has returned."""
        for one in prints:
            if one is not None:
                self._prints[one] += 1
                self.left += 1

    def _print(self, record: Mapping[str, Any]) -> bytes:
        # An id that is made of the body says no more than the body, and depends on the option item.
        made = not self._named and "body" in record
        return _print(record, _TOLD | {"id"} if made else _TOLD)


def there(queue: Redrivable, source: Restorable, records: Iterable[Mapping[str, Any]]) -> Counter[bytes]:
    """Return the likenesses of those records whose letters are among the dead, with how often they are.

    :param source: a pass that only looks.
    """
    asked = {likeness(queue, record) for record in records}
    found: Counter[bytes] = Counter()
    named = _has_ids(queue)
    for letter in walked(source):
        record = {"id": letter.id} if named and letter.id else source.record(letter)
        one = likeness(queue, record)
        if one in asked:
            found[one] += 1
    return found


def still_held(queue: Redrivable, records: Iterable[Mapping[str, Any]]) -> int:
    """Return how many letters of an archive are among the dead."""
    held = Held(queue, records)
    before = held.left
    with closing(looked_at(queue)) as source:
        for letter in walked(source):
            held.take(source, letter)
    return before - held.left


def likeness(queue: Redrivable, record: Mapping[str, Any]) -> bytes:
    """Return 16 bytes that a letter has in common with its like: with the same id where the kind has ids, else with the
    same content, whenever it died.
    """
    if _has_ids(queue) and record.get("id"):
        return _print({"id": record["id"]}, ())
    return _print(record, _PLACE)


def _has_ids(queue: Redrivable) -> bool:
    """Tell whether the broker itself names its letters: an instance may say so for ids that it reads from bodies."""
    return IDS in type(queue).TRAITS


def _print(record: Mapping[str, Any], without: Collection[str]) -> bytes:
    kept = {name: value for name, value in record.items() if name not in without}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).digest()[:16]
