# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The scripts that read and settle members of a sorted set of dead letters, each as one step of the server."""

from __future__ import annotations

from .redis_ahead import AHEAD_ON_WALK
from .redis_letters import Script
from .redis_place import PAGING

ALREADY_THERE = "the queue has it already"

# Members are handed on few at a time, so that large ones are not held together.
_PORTION = "local portion = math.min(64, math.max(1, math.floor(most / 8)))"

_MOVING = f"""
local already_there, size = 0, 0
-- Due at once, by the server's clock; `units` make a second, and 0 is for scores that are no time.
local function due(units)
  local now = redis.call('TIME')
  return string.format('%.0f', math.floor((now[1] + now[2] / 1000000) * units))
end
-- Adds members to the queue, those that it has already left out; returns them, or the error when they are refused.
local function put(score, members)
  local told = {{}}
  for _, member in ipairs(members) do
    told[#told + 1] = score
    told[#told + 1] = member
    size = size + #member
  end
  local added = redis.pcall('ZADD', KEYS[2], 'NX', unpack(told))
  if added == #members or type(added) == 'table' then return members, added end
  local put = {{}}
  for _, member in ipairs(members) do
    -- With this very score it waits where it would wait now.
    if redis.call('ZSCORE', KEYS[2], member) == score then put[#put + 1] = member end
  end
  already_there = already_there + #members - #put
  return put, added
end
local function remove(members)
  if #members > 0 then redis.call('ZREM', KEYS[1], unpack(members)) end
end
-- Whoever may not remove must learn it before anything is copied.
local function may_remove()
  redis.call('ZREMRANGEBYRANK', KEYS[1], 1, 0)
  redis.call('ZREM', KEYS[1], '\\0day2.ops\\0')
end
local function told(moved, parked, dropped, kept, vanished)
  local answer = {{moved, parked, dropped, kept, vanished, 0, size}}
  if already_there > 0 then answer[8] = '{ALREADY_THERE}'; answer[9] = already_there end
  return answer
end
"""

# KEYS: the sorted set. ARGV: account, the walk (4), how many, bytes. Members and scores in turn.
TAKE = Script(
    PAGING
    + """
local walk, most, bytes = walk_of(2), tonumber(ARGV[6]), tonumber(ARGV[7])
"""
    + _PORTION
    + """
local taken, size = {}, 0
while #taken < 2 * most and size < bytes do
  local found = page(KEYS[1], walk, math.min(portion, most - #taken / 2))
  if #found == 0 then break end
  for at = 1, #found, 2 do size = size + #found[at] end
  for _, text in ipairs(found) do taken[#taken + 1] = text end
  walk.start = walk.start + #found / 2
end
return taken
"""
)

# KEYS: dead, target, note. ARGV: account, the walk (4), how many, bytes, units of a second, and those of AHEAD. The
# answer has score and member that were looked at last.
SWEEP = Script(
    PAGING
    + _MOVING
    + AHEAD_ON_WALK
    + """
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'zset')
if wrong then return wrong end
local walk, most, bytes = walk_of(2), tonumber(ARGV[6]), tonumber(ARGV[7])
if goes_on and not went_on(walk) then return {told(0, 0, 0, 0, 0), '', ''} end
local from_start = walk.score == ''
may_remove()
local score, moved, looked, refused = due(tonumber(ARGV[8])), 0, 0, nil
"""
    + _PORTION
    + """
while looked < most and size < bytes and not refused do
  local found, last_score = bare_page(KEYS[1], walk, math.min(portion, most - looked))
  if #found == 0 then break end
  local there, added = put(score, found)
  if type(added) == 'table' then
    refused = added
  else
    if #there < #found then remove(there) else remove_page(KEYS[1], walk, #found) end
    walk.start = walk.start + #found - #there
    walk.score, walk.member = last_score, found[#found]
    moved, looked = moved + #there, looked + #found
  end
end
account(looked, moved, 0)
if looked > 0 and not refused then note_walk(walk, from_start and moved == looked) end
return refused or {told(moved, 0, 0, 0, 0), walk.score, walk.member}
"""
)

# KEYS: dead, target, parked, redrives (where a key is not used, the first stands for it). ARGV: account, a sign for
# each letter, units of a second, the start of the key that goes with a member that is dropped (empty: there is none),
# then of each letter its member, its score and the name by which its redrives are counted (empty: they are not).
SETTLE = Script(
    _MOVING
    + """
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'zset') or wrong_type(KEYS[3], 'zset')
  or ARGV[7] ~= '' and may_not_count(KEYS[4])
if wrong then return wrong end
may_remove()
local number, vanished = {m = 0, p = 0, d = 0, k = 0}, 0
local verdicts, score, payloads = ARGV[2], due(tonumber(ARGV[3])), ARGV[4]
for at = 1, #verdicts do
  local sign, base = verdicts:sub(at, at), 2 + 3 * at
  local member, name, there = ARGV[base], ARGV[base + 2], {ARGV[base]}
  if redis.call('ZSCORE', KEYS[1], member) ~= ARGV[base + 1] then
    vanished = vanished + 1
  else
    if sign == 'm' then
      local added
      there, added = put(score, there)
      if type(added) == 'table' then return added end
    end
    if #there > 0 then
      if sign == 'p' then redis.call('ZADD', KEYS[3], ARGV[base + 1], member) end
      if sign == 'd' and payloads ~= '' then redis.call('DEL', payloads .. member) end
      if sign ~= 'k' then redis.call('ZREM', KEYS[1], member) end
      number[sign] = number[sign] + 1
      if name ~= '' and sign == 'm' then count_redrive(KEYS[4], name) end
      if name ~= '' and (sign == 'p' or sign == 'd') then redis.call('HDEL', KEYS[4], name) end
    end
  end
end
account(#verdicts, number.m, number.p)
return told(number.m, number.p, number.d, number.k, vanished)
"""
)

# KEYS: dead. ARGV: account, scores and members in turn.
RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'zset')
if wrong then return wrong end
local added = 0
for at = 2, #ARGV, 2 do added = added + redis.call('ZADD', KEYS[1], 'NX', ARGV[at], ARGV[at + 1]) end
return added
""")
