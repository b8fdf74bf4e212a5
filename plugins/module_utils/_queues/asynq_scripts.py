# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The scripts that read and settle archived tasks of asynq, each as one step of the server.

They do to each task what asynq does when it runs an archived one: out of the sorted set, into the list of what is
pending, and the state in its hash. They also note since when tasks are pending, as asynq does for new ones.
"""

from __future__ import annotations

from .asynq_tasks import ARCHIVED, ID_IN_USE
from .redis_ahead import AHEAD_ON_WALK
from .redis_letters import Script
from .redis_payloads import GONE
from .redis_place import PAGING

# KEYS: archived. ARGV: account, the walk (4), how many, bytes, the start of tasks' keys. Id, score, hash of each task.
TAKE = Script(
    PAGING
    + """
local most, bytes, prefix = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local found, tasks, size = page(KEYS[1], walk_of(2), most), {}, 0
for at = 1, #found, 2 do
  local stored = redis.pcall('HGETALL', prefix .. found[at])
  if stored.err then stored = {} end
  tasks[#tasks + 1] = {found[at], found[at + 1], stored}
  for _, text in ipairs(stored) do size = size + #text end
  if size >= bytes then break end
end
return tasks
"""
)

_MOVING = f"""
local gone, in_use, moving, keys = 0, 0, {{}}, {{}}
local function is_archived(key)
  local state = redis.pcall('HGET', key, 'state')
  if state == '{ARCHIVED}' then return true end
  if type(state) == 'string' then in_use = in_use + 1 else gone = gone + 1 end
  return false
end
-- Puts tasks into the list of what is pending; returns the error when that is refused, and nothing is done then.
-- Since when they are pending is noted of the first and the last, as each note takes a fifth of the time; whoever wants
-- to know it of another task finds it at the next one that tells.
local function run(ids, keys, since)
  if #ids == 0 then return end
  for _, key in ipairs(keys) do redis.call('HSET', key, 'state', 'pending') end
  for _, key in ipairs({{keys[1], keys[#keys]}}) do redis.call('HSET', key, 'pending_since', since) end
  for at = 1, #ids, 1000 do
    local pushed = redis.pcall('LPUSH', KEYS[2], unpack(ids, at, math.min(at + 999, #ids)))
    if type(pushed) == 'table' then
      for _, key in ipairs(keys) do
        redis.call('HSET', key, 'state', '{ARCHIVED}')
        redis.call('HDEL', key, 'pending_since')
      end
      return pushed
    end
  end
end
local function remove(ids)
  for at = 1, #ids, 1000 do redis.call('ZREM', KEYS[1], unpack(ids, at, math.min(at + 999, #ids))) end
end
local function told(moved, parked, dropped, kept, vanished)
  local answer = {{moved, parked, dropped, kept, vanished, 0, 0}}
  for reason, number in pairs({{['{GONE}'] = gone, ['{ID_IN_USE}'] = in_use}}) do
    if number > 0 then answer[#answer + 1] = reason; answer[#answer + 1] = number end
  end
  return answer
end
"""

# KEYS: archived, pending. ARGV: account, the walk (4), how many, the start of tasks' keys, now in nanoseconds. The
# answer has score and id of the last task that was looked at.
SWEEP = Script(
    PAGING
    + _MOVING
    + AHEAD_ON_WALK
    + """
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'list')
if wrong then return wrong end
local prefix, walk = ARGV[7], walk_of(2)
if goes_on and not went_on(walk) then return {told(0, 0, 0, 0, 0), '', ''} end
local found, last_score = bare_page(KEYS[1], walk, tonumber(ARGV[6]))
-- Whoever may not remove must learn it before anything is changed.
redis.call('ZREM', KEYS[1], '')
-- Not looked for here, as it takes a third of the time: a state without a message. asynq makes such when it archives
-- all of a queue whose tasks were evicted; whoever looks at letters sees it.
for _, id in ipairs(found) do
  local key = prefix .. id
  if is_archived(key) then moving[#moving + 1], keys[#keys + 1] = id, key end
end
local refused = run(moving, keys, ARGV[8])
if refused then return refused end
if #moving == #found then remove_page(KEYS[1], walk, #found) else remove(moving) end
account(#found, #moving, 0)
if #found > 0 then
  local nothing_left = #moving == #found and walk.score == ''
  walk.score, walk.member = last_score, found[#found]
  note_walk(walk, nothing_left)
end
return {told(#moving, 0, 0, 0, 0), last_score, found[#found] or ''}
"""
)

SETTLE = Script(
    _MOVING
    + """
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'list') or wrong_type(KEYS[3], 'zset')
  or ARGV[5] == '1' and may_not_count(KEYS[4])
if wrong then return wrong end
local verdicts, prefix, counts = ARGV[2], ARGV[3], ARGV[5] == '1'
local parking, dropping, kept, vanished, messages = {}, {}, 0, 0, {}
local scores = {}
for at = 1, #verdicts do
  local base, sign = 2 + 4 * at, verdicts:sub(at, at)
  local id, score, before, after = ARGV[base], ARGV[base + 1], ARGV[base + 2], ARGV[base + 3]
  local key = prefix .. id
  if redis.call('ZSCORE', KEYS[1], id) ~= score then
    vanished = vanished + 1
  elseif sign == 'k' then
    kept = kept + 1
  elseif sign == 'p' then
    parking[#parking + 1] = id
    scores[id] = score
  elseif sign == 'd' then
    dropping[#dropping + 1] = id
  elseif is_archived(key) then
    if redis.call('HEXISTS', key, 'msg') == 0 then
      gone = gone + 1
    elseif after ~= '' and redis.call('HGET', key, 'msg') ~= before then
      vanished = vanished + 1
    else
      moving[#moving + 1], keys[#keys + 1] = id, key
      if after ~= '' then messages[id] = {before, after} end
    end
  end
end
-- Whoever may not remove must learn it before anything is changed.
redis.call('ZREM', KEYS[1], '')
for _, id in ipairs(parking) do redis.call('ZADD', KEYS[3], scores[id], id) end
local refused = run(moving, keys, ARGV[4])
if refused then
  for _, id in ipairs(parking) do redis.call('ZREM', KEYS[3], id) end
  return refused
end
for id, message in pairs(messages) do redis.call('HSET', prefix .. id, 'msg', message[2]) end
for _, id in ipairs(dropping) do
  local key = prefix .. id
  -- The hash may belong to a new task that has been given the same id.
  if redis.pcall('HGET', key, 'state') == '"""
    + ARCHIVED
    + """' then
    local lock = redis.call('HGET', key, 'unique_key')
    if lock and lock ~= '' and redis.pcall('GET', lock) == id then redis.call('DEL', lock) end
    redis.call('DEL', key)
  end
end
remove(moving)
remove(parking)
remove(dropping)
if counts then
  for _, id in ipairs(moving) do count_redrive(KEYS[4], id) end
  for _, ids in ipairs({parking, dropping}) do
    for _, id in ipairs(ids) do redis.call('HDEL', KEYS[4], id) end
  end
end
account(#verdicts, #moving, #parking)
return told(#moving, #parking, #dropping, kept, vanished)
"""
)

# KEYS: archived. ARGV: account, the start of tasks' keys, then of each task: id, score, the number of texts of its
# hash, those texts.
RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'zset')
if wrong then return wrong end
local at, added = 3, 0
while at <= #ARGV do
  local id, score, number = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local key = ARGV[2] .. id
  if redis.call('EXISTS', key) == 0 and not redis.call('ZSCORE', KEYS[1], id) then
    if number > 0 then redis.call('HSET', key, unpack(ARGV, at + 3, at + 2 + number)) end
    redis.call('ZADD', KEYS[1], score, id)
    added = added + 1
  end
  at = at + 3 + number
end
return added
""")
