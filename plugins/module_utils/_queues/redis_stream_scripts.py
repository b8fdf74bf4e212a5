# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The scripts that read and settle entries of a stream of dead letters, each as one step of the server."""

from __future__ import annotations

from .redis_ahead import AHEAD
from .redis_letters import Script

TOO_WIDE = "more fields than a script can copy"
# Fields and values of one entry; Lua hands no more than about 8,000 texts to one call.
MOST_TEXTS = 7000

_READING = """
-- Yields the entries that come next, few at a time so that large ones are not held together: at most `most`, and none
-- after so many bytes. The range commands know no bound without its own entry on old servers, so it is passed over.
local function each_entry(range, key, from, to, last, most, bytes, see)
  local seen, size, portion = 0, 0, math.min(64, math.max(1, math.floor(most / 8)))
  while seen < most and size < bytes do
    local number = math.min(portion, most - seen)
    local found = redis.call(range, key, from, to, 'COUNT', number + (last ~= '' and 1 or 0))
    local page = {}
    for _, entry in ipairs(found) do
      if entry[1] ~= last and #page < number then page[#page + 1] = entry end
    end
    if #page == 0 then break end
    for _, entry in ipairs(page) do
      for _, text in ipairs(entry[2]) do size = size + #text end
    end
    seen = seen + #page
    last = page[#page][1]
    from = last
    if see(page) then break end
  end
  return last, size
end
"""

_MOVING = f"""
local most_texts = {MOST_TEXTS}
local number_of = {{m = 0, p = 0, d = 0, k = 0}}
local gone_wrong, too_wide = nil, 0
-- Copies an entry; tells whether it may be removed from where it was.
local function put(key, sign, fields)
  if #fields > most_texts then too_wide = too_wide + 1; return false end
  local added = redis.pcall('XADD', key, '*', unpack(fields))
  if type(added) == 'table' and added.err then gone_wrong = added; return false end
  number_of[sign] = number_of[sign] + 1
  return true
end
local function remove(ids)
  local removed = 0
  for at = 1, #ids, 1000 do
    removed = removed + redis.call('XDEL', KEYS[1], unpack(ids, at, math.min(at + 999, #ids)))
  end
  return removed
end
local function told(vanished, size)
  local answer = {{number_of.m, number_of.p, number_of.d, number_of.k, vanished, 0, size}}
  if too_wide > 0 then answer[8] = '{TOO_WIDE}'; answer[9] = too_wide end
  return answer
end
"""

# KEYS: the stream. ARGV: account, range command, from, to, the entry at which an earlier part ended, how many, bytes.
TAKE = Script(
    _READING
    + """
local entries = {}
each_entry(ARGV[2], KEYS[1], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), function(page)
  for _, entry in ipairs(page) do entries[#entries + 1] = entry end
end)
return entries
"""
)

# KEYS: the stream. ARGV: the range command, from, to. The id of the first entry, without its content.
FIRST = """
local found = redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', 1)
return found[1] and found[1][1] or ''
"""

# KEYS: dead, target. ARGV: account, the range command, from, to, the entry at which an earlier part ended, how many,
# bytes. The answer has the last entry that was looked at.
SWEEP = Script(
    _READING
    + _MOVING
    + AHEAD
    + """
local wrong = wrong_type(KEYS[1], 'stream') or wrong_type(KEYS[2], 'stream')
if wrong then return wrong end
local from, passed = ARGV[3], ARGV[5]
if goes_on then
  from = noted()
  if not from then return {told(0, 0), ''} end
  passed = from
end
-- Whoever may not remove must learn it before anything is copied.
redis.call('XDEL', KEYS[1], '0-0')
local most, bytes = tonumber(ARGV[6]), tonumber(ARGV[7])
local last, size = each_entry(ARGV[2], KEYS[1], from, ARGV[4], passed, most, bytes, function(page)
  local ids = {}
  for _, entry in ipairs(page) do
    if put(KEYS[2], 'm', entry[2]) then ids[#ids + 1] = entry[1] end
    if gone_wrong then break end
  end
  remove(ids)
  return gone_wrong
end)
account(number_of.m + too_wide, number_of.m, 0)
if gone_wrong then return gone_wrong end
note(last)
return {told(0, size), last}
"""
)

# KEYS: dead, target, parked, redrives (where a key is not used, the first stands for it). ARGV: account, a sign for
# each entry, the ids of the entries, then the names by which their redrives are counted, if they are.
SETTLE = Script(
    _MOVING
    + """
local signs, places = ARGV[2], {m = KEYS[2], p = KEYS[3]}
local number, vanished, size, leaving = #signs, 0, 0, {}
local wrong = wrong_type(KEYS[1], 'stream') or wrong_type(KEYS[2], 'stream') or wrong_type(KEYS[3], 'stream')
  or ARGV[3 + number] and may_not_count(KEYS[4])
if wrong then return wrong end
-- Whoever may not remove must learn it before anything is copied.
redis.call('XDEL', KEYS[1], '0-0')
for at = 1, number do
  local sign, id, name = signs:sub(at, at), ARGV[2 + at], ARGV[2 + number + at]
  local entry = sign ~= 'k' and redis.call('XRANGE', KEYS[1], id, id)[1]
  if sign == 'k' then
    number_of.k = number_of.k + 1
  elseif not entry then
    vanished = vanished + 1
  elseif sign == 'd' or put(places[sign], sign, entry[2]) then
    if sign == 'd' then number_of.d = number_of.d + 1 end
    leaving[#leaving + 1] = id
    for _, text in ipairs(entry[2]) do size = size + #text end
    if name and sign == 'm' then count_redrive(KEYS[4], name) end
    if name and sign ~= 'm' then redis.call('HDEL', KEYS[4], name) end
  end
  if gone_wrong then break end
end
remove(leaving)
account(gone_wrong and #leaving or number, number_of.m, number_of.p)
return gone_wrong or told(vanished, size)
"""
)

# KEYS: dead, a mark of the batch. ARGV: account, seconds for which the mark stays, then of each entry the number of its
# texts and the texts.
RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'stream')
if wrong then return wrong end
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then return 0 end
local at, added = 3, 0
while at <= #ARGV do
  local number = tonumber(ARGV[at])
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + number))
  at, added = at + number + 1, added + 1
end
return added
""")
