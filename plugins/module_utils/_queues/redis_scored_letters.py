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

from collections.abc import Mapping
from typing import Any, ClassVar

from .._core.errors import InputError, WrongType
from .dead_letters import NEWEST, Terms
from .redis_letters import RedisLetters, as_text
from .redis_queue import RedisQueue

# Defines page(key, walk, number), members and scores in turn, and bare_page. `walk` is made by walk_of of the arguments
# that :meth:`ScoredLetters.walk` returns; a script that goes from page to page counts walk.start on by what it leaves.
PAGING = """
-- As the server compares members: byte by byte. (Lua compares as the language of the server's host does.)
local function is_later(one, other)
  for at = 1, math.min(#one, #other) do
    local left, right = one:byte(at), other:byte(at)
    if left ~= right then return left > right end
  end
  return #one > #other
end
-- How many members come before this one; with `itself`, this one included when it is there.
local function number_before(key, score, member, itself)
  if redis.call('ZSCORE', key, member) == score then
    return redis.call('ZRANK', key, member) + (itself and 1 or 0)
  end
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = redis.call('ZCOUNT', key, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if is_later(redis.call('ZRANGE', key, middle, middle)[1], member) then high = middle else low = middle + 1 end
  end
  return low
end
local function start_of(key, walk)
  if not walk.turned then return walk.score == '' and 0 or number_before(key, walk.score, walk.member, true) end
  local below = walk.score == '' and redis.call('ZCOUNT', key, '-inf', walk.last)
    or number_before(key, walk.score, walk.member, false)
  return redis.call('ZCARD', key) - below
end
local function range_of(key, walk, number, ...)
  walk.start = walk.start or start_of(key, walk)
  return redis.call(walk.turned and 'ZREVRANGE' or 'ZRANGE', key, walk.start, walk.start + number - 1, ...)
end
local function page(key, walk, number)
  local found = range_of(key, walk, number, 'WITHSCORES')
  while #found > 0 and tonumber(found[#found]) > tonumber(walk.last) do
    found[#found] = nil
    found[#found] = nil
  end
  return found
end
-- The same less the scores, which take time to write; and the score of the last one, empty when there is none.
local function bare_page(key, walk, number)
  local found = range_of(key, walk, number)
  local score = #found > 0 and redis.call('ZSCORE', key, found[#found]) or ''
  if score == '' or tonumber(score) <= tonumber(walk.last) then return found, score end
  local members, scored = {}, page(key, walk, number)
  for at = 1, #scored, 2 do members[#members + 1] = scored[at] end
  return members, scored[#scored] or ''
end
local function walk_of(first)
  return {turned = ARGV[first] == '1', last = ARGV[first + 1], score = ARGV[first + 2], member = ARGV[first + 3]}
end
"""

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
            (self.left,) = self.ask(("ZCOUNT", self.dead, *self._bounds()))
        return self.left

    def _bounds(self) -> tuple[str, str]:
        """Return the lowest and the highest score of what is ahead."""
        if self._turned:
            return "-inf", self._score or self._last
        return self._score or "-inf", self._last

    def _resume(self, position: Mapping[str, Any]) -> None:
        """Go to where an earlier part was. What it left at that very score is looked at again."""
        try:
            self._last, self._score = (_number(position.get(name)) for name in ("last", "reached"))
        except (TypeError, ValueError):
            raise InputError("the position of the earlier run cannot be read", on=self.on) from None
        if self._score and self._turned:
            self._member = b"\xff" * 8  # as members that are looked at lie below it

    def position(self) -> dict[str, Any]:
        """See :class:`.dead_letters.DeadLetters`. The member itself is not told, as it may be a payload."""
        return {"last": self._last, "reached": self._score}

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
