# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A walk through dead letters that a broker keeps in a sorted set, scored by when they died.

What is moved leaves the set, what is kept stays where it is, and others add and remove meanwhile. So the walk remembers
the member that it has come to, not a rank; and it ends at the member that was last when it began.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import InputError, WrongType
from .dead_letters import NEWEST, Settled, Terms
from .letters import Letter
from .redis_letters import RedisLetters, as_text
from .redis_place import member_at, place_of
from .redis_queue import RedisQueue

# Ranks after every member that is text.
_HIGHEST = b"\xff"


@dataclass(frozen=True)
class Entry:
    """A member of a sorted set and its score, as the server writes it."""

    member: bytes
    score: bytes

    @property
    def rank(self) -> tuple[float, bytes]:
        """Return by what the server orders its members."""
        return float(self.score), self.member


def entries(answer: Sequence[bytes]) -> list[Entry]:
    """Return the members that a range with scores consists of."""
    return [Entry(member, score) for member, score in zip(answer[::2], answer[1::2])]


class SortedSetLetters(RedisLetters):
    """A pass through dead letters in a sorted set. A kind makes letters of members, and settles them."""

    def __init__(self, queue: RedisQueue, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._newest_first = terms.order == NEWEST
        self._last: Entry | None = None  # the one with the highest rank that belongs to the pass
        self._reached: Entry | None = None  # the one that the walk has come to
        self._passed = 0  # members of that score which an earlier part of the run has passed and left
        self._page: list[Entry] = []
        self._left = 0

    @abstractmethod
    def letters(self, page: Sequence[Entry]) -> list[Letter]:
        """Return the letters of members, in order; those that are no letters of this queue are left out."""

    @abstractmethod
    def settle_page(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """Do as the verdicts say, in one step."""

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        (kind,) = self.ask(("TYPE", self.dead))
        if as_text(kind) not in ("zset", "none"):
            raise WrongType(f"the key {self.dead} holds a {as_text(kind)}, a zset was expected", on=self.on)
        (last,) = self.ask(("ZRANGE", self.dead, -1, -1, "WITHSCORES"))
        if not last:
            self.note(f"the key {self.dead} does not exist: there are no dead letters")
            return 0
        (self._last,) = entries(last)
        self._resume()
        (ahead,) = self.ask(("ZCOUNT", self.dead, *self._bounds()))
        self._left = max(ahead - self._passed, 0)
        return self._left

    def _resume(self) -> None:
        """Go to where an earlier part of the run was."""
        last, reached = (_score(self.terms.position.get(name), self.on) for name in ("last", "reached"))
        if last is not None:
            self._last = Entry(_HIGHEST, last)
        if reached is not None:
            text = as_text(reached)
            member = member_at(self.ask, self.dead, text, _whole(self.terms.position.get("passed")), self._newest_first)
            self._passed = _whole(self.terms.position.get("passed")) if member else 0
            self._reached = Entry(member or (_HIGHEST if self._newest_first else b""), reached)

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`."""
        told = {"last": self._last, "reached": self._reached}
        position: dict[str, Any] = {name: as_text(entry.score) for name, entry in told.items() if entry is not None}
        if self._reached is not None:
            score, member = position["reached"], self._reached.member
            position["passed"] = place_of(self.ask, self.dead, score, member, self._newest_first)
        return position

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        while self._left > 0:
            self._page = self._next(min(most, self._left, self.size.items))
            if not self._page:
                self._left = 0
                break
            letters = self.letters(self._page)
            self.size.learn(len(self._page), 0.0, sum(len(letter.body or b"") for letter in letters))
            if self.terms.dry or not letters:
                self._pass_page()
            if letters:
                return self.with_redrives(letters)
        return []

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        done = self.settle_page(letters, verdicts)
        self._pass_page()
        return done

    def _pass_page(self) -> None:
        if self._page:
            self._reached = self._page[-1]
            self._left -= len(self._page)
            self._page = []

    def _next(self, most: int) -> list[Entry]:
        """Return the members that come next. As many as share a score may have to be passed over to find them."""
        offset = 0
        while True:
            low, high = self._bounds()
            ends = (
                ("ZREVRANGEBYSCORE", self.dead, high, low)
                if self._newest_first
                else ("ZRANGEBYSCORE", self.dead, low, high)
            )
            (answer,) = self.ask((*ends, "WITHSCORES", "LIMIT", offset, most))
            found = [entry for entry in entries(answer) if self._is_ahead(entry)]
            if found or len(answer) < 2 * most:
                return found
            offset += most

    def _bounds(self) -> tuple[bytes, bytes]:
        """Return the lowest and the highest score of what is ahead."""
        last = self._last.score if self._last else b"+inf"
        if self._reached is None:
            return b"-inf", last
        return (b"-inf", self._reached.score) if self._newest_first else (self._reached.score, last)

    def _is_ahead(self, entry: Entry) -> bool:
        if self._last is not None and entry.rank > self._last.rank:
            return False
        if self._reached is None:
            return True
        return entry.rank < self._reached.rank if self._newest_first else entry.rank > self._reached.rank


def _score(written: Any, on: str) -> bytes | None:
    """Return a score that :meth:`SortedSetLetters.position` wrote; None when it wrote none."""
    if written is None:
        return None
    try:
        return repr(float(written)).encode()
    except (TypeError, ValueError):
        raise InputError("the position of the earlier run cannot be read", on=on) from None


def _whole(value: Any) -> int:
    """Return what a position says of how many were passed; 0 where it says nothing."""
    return value if isinstance(value, int) and value > 0 else 0
