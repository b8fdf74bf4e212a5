# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Entries of a stream that are old and that each of its groups has read and acknowledged."""

from __future__ import annotations

from .._core.errors import NotThere
from .redis_letters import Script, as_text
from .redis_trim import RedisTrim
from .trims import Removed

# Where what may be removed ends: at the age, or before the first entry that a group has not read or not acknowledged.
_END = """
local function parts(id)
  local dash = id:find('-')
  return id:sub(1, dash - 1), id:sub(dash + 1)
end
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function before(a, b)
  local time_a, number_a = parts(a)
  local time_b, number_b = parts(b)
  if time_a ~= time_b then return less(time_a, time_b) end
  return less(number_a, number_b)
end
local function end_of(cutoff)
  local last, is_read = cutoff, false
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local told = {}
    for at = 1, #group, 2 do told[group[at]] = group[at + 1] end
    if told.pending > 0 then
      local first = redis.call('XPENDING', KEYS[1], told.name)[2]
      if not before(last, first) then last, is_read = first, false end
    elseif before(told['last-delivered-id'], last) then
      last, is_read = told['last-delivered-id'], true
    end
  end
  return is_read and last or '(' .. last
end
"""

# KEYS: the stream. ARGV: account, the id that old entries are before, where to begin, how many. Answers how many there
# are, and the last of them.
_COUNT = Script(
    _END
    + """
local found = redis.call('XRANGE', KEYS[1], ARGV[3], end_of(ARGV[2]), 'COUNT', tonumber(ARGV[4]))
return {#found, #found > 0 and found[#found][1] or ''}
"""
)

# KEYS: the stream. ARGV: account, the id that old entries are before, how many at most.
_REMOVE = Script(
    _END
    + """
local found = redis.call('XRANGE', KEYS[1], '-', end_of(ARGV[2]), 'COUNT', tonumber(ARGV[3]))
local ids = {}
for _, entry in ipairs(found) do ids[#ids + 1] = entry[1] end
for at = 1, #ids, 1000 do redis.call('XDEL', KEYS[1], unpack(ids, at, math.min(at + 999, #ids))) end
return #ids
"""
)
_PAGE = 500


class StreamTrim(RedisTrim):
    """See :class:`.trims.Trim`."""

    @property
    def key(self) -> str:
        """Return the stream."""
        return self.queue.key

    def begin(self) -> int:
        """See the protocol."""
        if not self.check("stream"):
            raise NotThere(f"the stream {self.key} does not exist", on=self.on, advice="check key and db")
        (groups,) = self.ask(("XINFO GROUPS", self.key))
        if not groups:
            self.note(f"no group reads the stream {self.key}, so only its entries' age counts")
        return self.size()

    def size(self) -> int:
        """See the protocol."""
        (length,) = self.ask(("XLEN", self.key))
        return int(length)

    def count(self) -> int:
        """See the protocol. Entries are counted where they are."""
        found, start = 0, "-"
        while True:
            number, last = self.call(_COUNT, self._cutoff, start, _PAGE, items=_PAGE)
            found += int(number)
            if number < _PAGE:
                return found
            start = _next(as_text(last))

    def remove(self, most: int) -> Removed:
        """See the protocol."""
        wanted = min(most, self.call_size.items)
        removed = int(self.call(_REMOVE, self._cutoff, wanted, items=wanted))
        return Removed(removed, removed)

    @property
    def _cutoff(self) -> str:
        return f"{max(int(self.until * 1000), 0)}-0"


def _next(entry: str) -> str:
    milliseconds, _dash, number = entry.partition("-")
    return f"{milliseconds}-{int(number) + 1}"
