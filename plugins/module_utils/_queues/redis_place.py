# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where a walk stands in a sorted set: pages inside scripts, and the place of a member among those of its score."""

from __future__ import annotations

from typing import Any, Callable

Ask = Callable[..., list[Any]]

# Defines page(key, walk, number), members and scores in turn, and bare_page. `walk` is made by walk_of of the arguments
# that :meth:`.redis_scored_letters.ScoredLetters.walk` returns; a script that goes from page to page counts walk.start
# on by what it leaves.
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
-- Removes the page that range_of has found.
local function remove_page(key, walk, number)
  if number == 0 then return end
  if walk.turned then
    redis.call('ZREMRANGEBYRANK', key, -walk.start - number, -walk.start - 1)
  else
    redis.call('ZREMRANGEBYRANK', key, walk.start, walk.start + number - 1)
  end
end
local function walk_of(first)
  return {turned = ARGV[first] == '1', last = ARGV[first + 1], score = ARGV[first + 2], member = ARGV[first + 3]}
end
"""

# KEYS: the sorted set. ARGV: score, member, and 1 when the highest come first.
_PLACE = (
    PAGING
    + """
local below = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[1])
if ARGV[3] == '0' then return number_before(KEYS[1], ARGV[1], ARGV[2], true) - below end
local all = redis.call('ZCOUNT', KEYS[1], ARGV[1], ARGV[1])
return all - (number_before(KEYS[1], ARGV[1], ARGV[2], false) - below)
"""
)


def place_of(ask: Ask, key: str, score: str, member: bytes, turned: bool) -> int:
    """Return how many members of that score a walk has passed with ``member`` and left there.

    :param turned: whether the highest come first.
    """
    return int(ask(("EVAL", _PLACE, 1, key, score, member, "1" if turned else "0"))[0])


def member_at(ask: Ask, key: str, score: str, place: int, turned: bool) -> bytes | None:
    """Return the member at a place that :func:`place_of` told; None when there are not as many any more."""
    if place <= 0:
        return None
    command = "ZREVRANGEBYSCORE" if turned else "ZRANGEBYSCORE"
    (found,) = ask((command, key, score, score, "LIMIT", place - 1, 1))
    return bytes(found[0]) if found else None
