# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The scripts that look at failed jobs of rq and settle them, each as one step of the server."""

from __future__ import annotations

from .redis_letters import Script
from .redis_payloads import GONE

# KEYS: the registry. ARGV: account, the job to go on after, the rank to go on from when that is gone, how many, bytes,
# 1 for the newest first, rq's prefix, bytes from which on a job is large. Answers id, score, hash and latest result of
# each.
TAKE = Script("""
local after, start, most, bytes = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local turned, prefix, large = ARGV[6] == '1', ARGV[7], tonumber(ARGV[8])
if after ~= '' then
  local at = redis.call(turned and 'ZREVRANK' or 'ZRANK', KEYS[1], after)
  if at then start = at + 1 end
end
local found = redis.call(turned and 'ZREVRANGE' or 'ZRANGE', KEYS[1], start, start + most - 1, 'WITHSCORES')
local function read(key)
  local size = redis.pcall('HSTRLEN', key, 'data')
  if type(size) ~= 'number' then return {} end
  if size <= large then return redis.call('HGETALL', key) end
  local fields = {'data', ''}
  local names = {'description', 'ended_at', 'exc_info', 'number_of_retries', 'retries_left', 'retry_intervals'}
  for _, name in ipairs(names) do
    local value = redis.call('HGET', key, name)
    if value then fields[#fields + 1] = name; fields[#fields + 1] = value end
  end
  return fields
end
local function latest(key)
  local entries = redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1)
  if entries.err or not entries[1] then return {'', {}, 0} end
  return {entries[1][1], entries[1][2], redis.call('XLEN', key)}
end
local jobs, size = {}, 0
for at = 1, #found, 2 do
  local id = found[at]
  local fields = read(prefix .. ':job:' .. id)
  jobs[#jobs + 1] = {id, found[at + 1], fields, latest(prefix .. ':results:' .. id)}
  for _, text in ipairs(fields) do size = size + #text end
  if size >= bytes then break end
end
return jobs
""")

# KEYS: the registry, the queue, parked, redrives (where a key is not used, the first stands for it). ARGV: account, a
# sign for each letter, now as rq writes it, now in seconds, rq's prefix, the queue's name, 1 to count redrives, then of
# each letter: id, score, when it ended, and how many retries it gets back (empty: as it is; -: none were ever left).
SETTLE = Script(
    """
local verdicts, written, seconds, prefix, own, counts = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1'
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'list') or wrong_type(KEYS[3], 'zset')
if wrong then return wrong end
local function field(key, name)
  local value = redis.pcall('HGET', key, name)
  return type(value) == 'string' and value or ''
end
local function length(key)
  local number = redis.pcall('HSTRLEN', key, 'data')
  return type(number) == 'number' and number or 0
end
local lots, queues, vanished, gone, size = {m = {}, p = {}, k = {}, d = {}}, {}, 0, 0, 0
for at = 1, #verdicts do
  local base, sign = 3 + 4 * at, verdicts:sub(at, at)
  local job = {id = ARGV[base + 1], score = ARGV[base + 2], retries = ARGV[base + 4]}
  job.key = prefix .. ':job:' .. job.id
  if redis.call('ZSCORE', KEYS[1], job.id) ~= job.score or field(job.key, 'ended_at') ~= ARGV[base + 3] then
    vanished = vanished + 1
  elseif sign == 'm' and length(job.key) == 0 then
    gone = gone + 1
  else
    if sign == 'm' then
      local origin = field(job.key, 'origin')
      job.queue = prefix .. ':queue:' .. (origin ~= '' and origin or own)
      if not queues[job.queue] then
        wrong = wrong_type(job.queue, 'list')
        if wrong then return wrong end
        queues[job.queue] = {}
      end
      job.ttl, job.limit = tonumber(field(job.key, 'ttl')), field(job.key, 'rate_limit_key')
      size = size + length(job.key)
    end
    table.insert(lots[sign], job)
  end
end
-- What must not be refused once something is written is tried first, in a form that changes nothing.
redis.call('ZREM', KEYS[1], '')
if #lots.p > 0 then redis.call('ZADD', KEYS[3], 'XX', 0, '') end
if counts and #verdicts > 0 then
  redis.call('HINCRBY', KEYS[4], ARGV[8], 0)
  redis.call('EXPIRE', KEYS[4], redrives_seconds)
  redis.call('HDEL', KEYS[4], '')
end
local function remove(jobs)
  for _, job in ipairs(jobs) do redis.call('ZREM', KEYS[1], job.id) end
end
local function waits(job)
  if job.limit == '' then return false end
  local limit = prefix .. ':rl:' .. job.limit
  local most = field(job.key, 'rate_limit_concurrency')
  redis.call('SADD', prefix .. ':rl-keys', job.limit)
  redis.call('HSET', limit, 'concurrency', most)
  local full = redis.call('EXISTS', limit .. ':rate_limited') == 1
    or redis.call('ZCARD', limit .. ':allowed') >= (tonumber(most) or 1)
  redis.call('ZADD', limit .. (full and ':rate_limited' or ':allowed'), seconds, job.id)
  return full
end
local waiting = {}
for _, job in ipairs(lots.m) do
  redis.call('HSET', job.key, 'status', 'queued', 'enqueued_at', written, 'started_at', '', 'ended_at', '')
  redis.call('HDEL', job.key, 'exc_info')
  if job.retries ~= '' then
    redis.call('HDEL', job.key, 'number_of_retries')
    if job.retries ~= '-' then redis.call('HSET', job.key, 'retries_left', job.retries) end
  end
  if job.ttl and job.ttl > 0 then redis.call('EXPIRE', job.key, job.ttl) else redis.call('PERSIST', job.key) end
  if waits(job) then
    redis.call('HSET', job.key, 'status', 'rate_limited')
    table.insert(waiting, job)
  else
    table.insert(queues[job.queue], job)
  end
end
for queue, jobs in pairs(queues) do
  redis.call('SADD', prefix .. ':queues', queue)
  for at = 1, #jobs, 1000 do
    local ids = {}
    for next = at, math.min(at + 999, #jobs) do ids[#ids + 1] = jobs[next].id end
    redis.call('RPUSH', queue, unpack(ids))
  end
  remove(jobs)
end
remove(waiting)
for _, job in ipairs(lots.p) do redis.call('ZADD', KEYS[3], job.score, job.id) end
remove(lots.p)
for _, job in ipairs(lots.d) do
  local group = field(job.key, 'group_id')
  if group ~= '' then redis.call('SREM', prefix .. ':group:' .. group, job.id) end
  redis.call('DEL', job.key, job.key .. ':dependents', prefix .. ':job::' .. job.id .. ':dependencies',
    prefix .. ':results:' .. job.id, prefix .. ':executions:' .. job.id)
end
remove(lots.d)
if counts then
  for _, job in ipairs(lots.m) do count_redrive(KEYS[4], job.id) end
  for _, lot in ipairs({lots.p, lots.d}) do
    for _, job in ipairs(lot) do redis.call('HDEL', KEYS[4], job.id) end
  end
end
account(#verdicts, #lots.m, #lots.p)
local answer = {#lots.m, #lots.p, #lots.d, #lots.k, vanished, 0, size}
if gone > 0 then answer[8] = '{GONE}'; answer[9] = gone end
return answer
""".replace("{GONE}", GONE)
)

# KEYS: the registry. ARGV: account, rq's prefix, then of each job: id, score, the second when it expires (0: never),
# the number of texts of its hash, those texts, the number of texts of its latest result, those texts.
RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'zset')
if wrong then return wrong end
local prefix, at, added = ARGV[2], 3, 0
local function texts()
  local first, number = at + 1, tonumber(ARGV[at])
  at = first + number
  return number > 0 and {unpack(ARGV, first, at - 1)} or nil
end
while at <= #ARGV do
  local id, score, expires = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  at = at + 3
  local fields, result = texts(), texts()
  local key, results = prefix .. ':job:' .. id, prefix .. ':results:' .. id
  if redis.call('EXISTS', key) == 0 and not redis.call('ZSCORE', KEYS[1], id) then
    if fields then redis.call('HSET', key, unpack(fields)) end
    if result and redis.call('EXISTS', results) == 0 then redis.call('XADD', results, '*', unpack(result)) end
    if expires > 0 then redis.call('EXPIREAT', key, expires); redis.call('EXPIREAT', results, expires) end
    redis.call('ZADD', KEYS[1], score, id)
    added = added + 1
  end
end
return added
""")
