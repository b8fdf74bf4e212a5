# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""BullMQ's failed jobs, put back to wait in the state in which BullMQ's own retry leaves them.

The set ``failed`` holds ids; a job is a hash of its own, which stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._core.moments import moment
from .archive_records import coded, decoded, reading_records
from .dead_letters import DROP, MOVE, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import Script, as_text, settled, signs
from .redis_walk import Entry, SortedSetLetters

if TYPE_CHECKING:
    from .bullmq import BullMQ

GONE = "its job is gone"

# KEYS: failed, wait, paused, prioritized, pc, meta, active, marker, events, parked, redrives. ARGV: account, what the
# keys of jobs begin with, what becomes of attempts, whether redrives are counted, a sign for each letter, their ids.
_SETTLE = Script("""
local failed, wait, paused, prioritized, counter = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local meta, active, marker, events, parking, redrives = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local base, attempts, counted, verdicts = ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5]
local wrong = wrong_type(failed, 'zset') or wrong_type(wait, 'list') or wrong_type(paused, 'list')
  or wrong_type(prioritized, 'zset') or wrong_type(meta, 'hash') or wrong_type(active, 'list')
  or wrong_type(marker, 'zset') or wrong_type(events, 'stream') or wrong_type(parking, 'zset')
if wrong then return wrong end

-- Up to version 5, jobs of a paused queue are in a list of their own; from 6 on they stay where they wait.
local held, most_active, most_events, version = unpack(
  redis.call('HMGET', meta, 'paused', 'concurrency', 'opts.maxLenEvents', 'version'))
local major = tonumber((version or ''):match('^bullmq:(%d+)%.'))
local target = held and not (major and major >= 6) and paused or wait
local blocked = held or most_active and redis.call('LLEN', active) >= tonumber(most_active)

local function set_attempts(job)
  local made = 0
  if attempts == 'cap' then
    local told = redis.call('HMGET', job, 'opts', 'attemptsMade', 'atm')
    local read, opts = pcall(cjson.decode, told[1] or '')
    local limit = math.max((read and type(opts) == 'table' and tonumber(opts.attempts) or 1) - 1, 0)
    made = math.min(tonumber(told[2] or told[3]) or 0, limit)
  end
  redis.call('HDEL', job, 'attemptsMade')
  redis.call('HSET', job, 'atm', made)
end

-- A parent that waits for its children shall wait for this one again.
local function give_back_to_parent(job)
  local parent = redis.call('HGET', job, 'parentKey')
  if parent and redis.call('EXISTS', parent) == 1 then
    if redis.call('ZREM', parent .. ':unsuccessful', job) == 1 or redis.call('HDEL', parent .. ':failed', job) == 1 then
      redis.call('SADD', parent .. ':dependencies', job)
    end
  end
end

local function move(id, job)
  redis.call('XADD', events, 'MAXLEN', '~', most_events or 10000, '*', 'event', 'waiting', 'jobId', id,
    'prev', 'failed')
  redis.call('HDEL', job, 'finishedOn', 'processedOn', 'failedReason')
  if attempts ~= 'keep' then set_attempts(job) end
  local priority = tonumber(redis.call('HGET', job, 'priority')) or 0
  if priority > 0 then
    local number = redis.call('INCR', counter) % 0x100000000
    redis.call('ZADD', prioritized, string.format('%.0f', priority * 0x100000000 + number), id)
  else
    redis.call('LPUSH', target, id)
  end
  redis.call('ZREM', failed, id)
  give_back_to_parent(job)
end

local function in_flow(job)
  return redis.call('HEXISTS', job, 'parentKey') == 1 or redis.call('EXISTS', job .. ':dependencies',
    job .. ':processed', job .. ':failed', job .. ':unsuccessful') > 0
end

local function remove(id, job)
  local deduplication = redis.call('HGET', job, 'deid')
  if deduplication and redis.call('GET', base .. 'de:' .. deduplication) == id then
    redis.call('DEL', base .. 'de:' .. deduplication, base .. 'dn:' .. deduplication)
  end
  redis.call('ZREM', failed, id)
  redis.call('DEL', job, job .. ':logs')
end

local moved, parked, dropped, kept, vanished, gone, in_flows = 0, 0, 0, 0, 0, 0, 0
-- Whoever may not remove must learn it before anything is copied.
redis.call('ZREM', failed, '')
for at = 1, #verdicts do
  local verdict, id = verdicts:sub(at, at), ARGV[5 + at]
  local job = base .. id
  local score = redis.call('ZSCORE', failed, id)
  if not score then
    vanished = vanished + 1
  elseif verdict == 'k' then
    kept = kept + 1
  elseif verdict == 'm' and redis.call('EXISTS', job) == 0 then
    gone = gone + 1
  elseif verdict == 'd' and in_flow(job) then
    in_flows = in_flows + 1
  else
    if verdict == 'm' then
      move(id, job)
      moved = moved + 1
    elseif verdict == 'p' then
      redis.call('ZADD', parking, score, id)
      redis.call('ZREM', failed, id)
      parked = parked + 1
    else
      remove(id, job)
      dropped = dropped + 1
    end
    if counted and verdict == 'm' then count_redrive(redrives, id) end
    if counted and verdict ~= 'm' then redis.call('HDEL', redrives, id) end
  end
end
-- Workers that have nothing to do wait at the marker.
if moved > 0 and not blocked then redis.call('ZADD', marker, 0, '0') end
account(#verdicts, moved, parked)
local answer = {moved, parked, dropped, kept, vanished, 0, 0}
local function skipped(reason, number)
  if number > 0 then answer[#answer + 1], answer[#answer + 2] = reason, number end
end
skipped('its job is gone', gone)
skipped('part of a flow', in_flows)
return answer
""")
_VERDICTS = frozenset({MOVE, PARK, DROP})

# KEYS: failed. ARGV: account, what the keys of jobs begin with; for each letter its id, its score, the number of texts
# that its hash consists of, these.
_RESTORE = Script("""
local wrong = wrong_type(KEYS[1], 'zset')
if wrong then return wrong end
local at, added = 3, 0
while at <= #ARGV do
  local id, score, number = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local job = ARGV[2] .. id
  if redis.call('EXISTS', job) == 0 and redis.call('ZADD', KEYS[1], 'NX', score, id) == 1 then
    for field = at + 3, at + 2 + number, 2 do redis.call('HSET', job, ARGV[field], ARGV[field + 1]) end
    added = added + 1
  end
  at = at + 3 + number
end
return added
""")


@dataclass(frozen=True)
class _Job:
    """A failed job: where it stands in the set, and the fields of its hash; none when that is gone."""

    entry: Entry
    fields: Mapping[bytes, bytes]


class BullMQLetters(SortedSetLetters):
    """A pass through the failed jobs of a queue."""

    TYPE: ClassVar[str] = "zset"
    queue: BullMQ

    def __init__(self, queue: BullMQ, terms: Terms) -> None:
        super().__init__(queue, terms, queue.key_of("failed"))

    def count(self) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        (number,) = self.ask(("ZCARD", self.dead))
        return int(number)

    def letters(self, page: Sequence[Entry]) -> list[Letter]:
        """See :class:`.redis_walk.SortedSetLetters`."""
        base = self.queue.key_of("").encode()
        hashes = self.ask(*(("HGETALL", base + entry.member) for entry in page))
        return [_letter(entry, dict(zip(texts[::2], texts[1::2]))) for entry, texts in zip(page, hashes)]

    def settle_page(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.redis_walk.SortedSetLetters`."""
        self.refuse_unknown(verdicts, _VERDICTS)
        names = ("wait", "paused", "prioritized", "pc", "meta", "active", "marker", "events")
        keys = [self.dead, *map(self.queue.key_of, names), self.parking(), self.redrives_key]
        answer = self.call(
            _SETTLE,
            keys,
            self.queue.key_of(""),
            self.terms.attempts,
            "1" if self.terms.count_redrives else "0",
            signs(verdicts),
            *(letter.handle.entry.member for letter in letters),
            items=len(letters),
        )
        return settled(answer)

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        return sum(score is not None for score in self.ask(*(("ZSCORE", self.dead, one) for one in ids)))

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`. What a job has logged is not in it."""
        job: _Job = letter.handle
        fields = {coded(name): coded(value) for name, value in job.fields.items()}
        return {
            "id": letter.id,
            "member": coded(job.entry.member),
            "score": as_text(job.entry.score),
            "fields": fields,
        }

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A job whose id exists is not added."""
        arguments: list[Any] = []
        for record in records:
            arguments += _restored(record)
        if not arguments:
            return 0
        return int(self.call(_RESTORE, [self.dead], self.queue.key_of(""), *arguments, items=len(records)))


def _letter(entry: Entry, fields: Mapping[bytes, bytes]) -> Letter:
    error, name = fields.get(b"failedReason"), fields.get(b"name")
    made = fields.get(b"attemptsMade", fields.get(b"atm"))
    return Letter(
        id=as_text(entry.member),
        body=fields.get(b"data"),
        error=None if error is None else as_text(error),
        type=None if name is None else as_text(name),
        failed_at=moment(fields.get(b"finishedOn")) or moment(entry.score),
        attempts=int(made) if made and made.isdigit() else None,
        gone="" if fields else GONE,
        handle=_Job(entry, fields),
    )


def _restored(record: Mapping[str, Any]) -> list[Any]:
    """Return the arguments of the script for a record."""
    with reading_records("BullMQ", "the fields member, score and fields"):
        texts = [decoded(text) for pair in record["fields"].items() for text in pair]
        return [decoded(record["member"]), repr(float(record["score"])), len(texts), *texts]
