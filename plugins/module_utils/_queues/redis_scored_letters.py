# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A pass through dead letters in a sorted set whose scores grow as letters die, page by page inside scripts.

The pass remembers the member that it has come to and finds its place again by halving, also when that member has left,
so a page costs the same however many letters are kept, with one score or many. It ends at the score that was the
highest when it began, and after as many letters as there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._core.errors import InputError, WrongType
from .dead_letters import NEWEST, Settled, Terms
from .redis_letters import RedisLetters, added_up, as_text, settled
from .redis_place import member_at, place_of
from .redis_queue import RedisQueue

# KEYS: the sorted set. The highest score; empty when there is nothing.
_HIGHEST = "return redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or ''"


class ScoredLetters(RedisLetters):
    """A pass through a sorted set of dead letters. A kind takes and settles."""

    TYPE: ClassVar[str] = "zset"

    def __init__(self, queue: RedisQueue, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._turned = terms.order == NEWEST
        self._last = ""  # the highest score of the pass; empty when there is nothing
        self._score = ""  # the score of the member that the pass has come to; empty at the start
        self._member = b""
        self._passed = 0  # members of that score which an earlier part of the run has passed and left
        self.left = 0

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        (kind,) = self.ask(("TYPE", self.dead))
        if as_text(kind) not in ("zset", "none"):
            raise WrongType(f"the key {self.dead} holds a {as_text(kind)}, a zset was expected", on=self.on)
        if self.terms.position:
            self._resume(self.terms.position)
        else:
            self._last = as_text(self.ask(("EVAL", _HIGHEST, 1, self.dead))[0])
        if self._last:
            (ahead,) = self.ask(("ZCOUNT", self.dead, *self._bounds()))
            self.left = max(ahead - self._passed, 0)
        return self.left

    def _bounds(self) -> tuple[str, str]:
        """Return the lowest and the highest score of what is ahead."""
        if self._turned:
            return "-inf", self._score or self._last
        return self._score or "-inf", self._last

    def _resume(self, position: Mapping[str, Any]) -> None:
        """Go to where an earlier part was."""
        try:
            self._last, self._score = (_number(position.get(name)) for name in ("last", "reached"))
            self._passed = int(position.get("passed", 0))
        except (TypeError, ValueError):
            raise InputError("the position of the earlier run cannot be read", on=self.on) from None
        if not self._score:
            return
        member = member_at(self.ask, self.dead, self._score, self._passed, self._turned)
        if member is None:
            self._passed = 0
        # Without one, all of that score are ahead.
        self._member = member or (b"\xff" * 8 if self._turned else b"")

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`. The member itself is not told, as it may be a payload."""
        told: dict[str, Any] = {"last": self._last, "reached": self._score}
        if self._score:
            told["passed"] = place_of(self.ask, self.dead, self._score, self._member, self._turned)
        return told

    def count(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (number,) = self.ask(("ZCARD", self.dead))
        return int(number)

    def walk(self) -> tuple[Any, ...]:
        """Return the four arguments of a script that say where the pass stands."""
        return "1" if self._turned else "0", self._last, self._score, self._member

    def pass_by(self, score: str, member: bytes, number: int) -> None:
        """Note the member that the pass has come to, and how many were looked at since the last one."""
        self._score, self._member = score, member
        self.left = max(self.left - number, 0)

    def swept(self, answers: Sequence[Any]) -> Settled:
        """Note where calls of a script in a row have come to, and return what they did.

        :param answers: what :func:`.redis_letters.settled` reads, score and member; empty of a call that did nothing.
        """
        batches = [settled(answer) for answer in answers]
        for answer, done in zip(answers, batches):
            number = done.moved + sum(done.skipped.values())
            if number and (done.skipped or self._score):
                self.pass_by(as_text(answer[1]), answer[2], number)
            elif number:  # nothing was left so far, so the start is the place, and need not be looked for
                self.pass_by("", b"", number)
        if not (batches[0].moved or batches[0].skipped):
            self.left = 0
        return added_up(batches)

    def most(self, wanted: int) -> int:
        """Return how many letters the next call may look at."""
        return max(min(wanted, self.left, self.size.items), 0) if self._last else 0


def _number(text: Any) -> str:
    """Return a score as it was written, empty for none.

    :raises ValueError: it is none.
    """
    written = str(text or "")
    if written:
        float(written)
    return written
