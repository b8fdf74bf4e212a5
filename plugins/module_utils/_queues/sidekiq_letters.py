# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Sidekiq's dead jobs, put back into their queue as Sidekiq's own page does it.

A dead job is a text of JSON in a set that all queues share. What is to be written differently in it is written here, as
Lua would spoil numbers; the server then checks that the very text is still there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._core.moments import moment
from . import sidekiq_jobs
from .archive_records import coded, decoded, reading_records
from .dead_letters import ATTEMPTS_CAP, ATTEMPTS_KEEP, DROP, MOVE, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import Script, as_text, settled, signs
from .redis_walk import Entry, SortedSetLetters

if TYPE_CHECKING:
    from .sidekiq import Sidekiq

# Sidekiq's own default for how often a job is tried again.
_RETRIES = 25
# Sidekiq keeps 10,000 dead jobs unless it is told otherwise; of more, nobody counts those of one queue.
_MOST_READ = 10_000
_PORTION = 1000
# They are counted anew after a second at least, and after so many times as long as counting took.
_COUNT_SECONDS = 1.0
_COUNT_SHARE = 20
# By how much the clocks of workers may be behind each other.
_CLOCKS_DIFFER = 60.0

# KEYS: dead, the queue's list, queues, parked, redrives. ARGV: account, the queue, a sign for each letter, then for
# each letter the job as it is, as it shall be, and its id when redrives are counted, else nothing.
_SETTLE = Script("""
local wrong = wrong_type(KEYS[1], 'zset') or wrong_type(KEYS[2], 'list') or wrong_type(KEYS[3], 'set')
  or wrong_type(KEYS[4], 'zset')
if wrong then return wrong end
local queue, verdicts = ARGV[2], ARGV[3]
local moved, parked, dropped, kept, vanished, size = 0, 0, 0, 0, 0, 0
-- Whoever may not remove must learn it before anything is copied.
redis.call('ZREM', KEYS[1], '')
if verdicts:find('m') then redis.call('SADD', KEYS[3], queue) end
for at = 1, #verdicts do
  local verdict = verdicts:sub(at, at)
  local job, changed, id = ARGV[3 * at + 1], ARGV[3 * at + 2], ARGV[3 * at + 3]
  local score = redis.call('ZSCORE', KEYS[1], job)
  if not score then
    vanished = vanished + 1
  elseif verdict == 'k' then
    kept = kept + 1
  else
    if verdict == 'm' then
      redis.call('LPUSH', KEYS[2], changed)
      moved, size = moved + 1, size + #changed
    elseif verdict == 'p' then
      redis.call('ZADD', KEYS[4], score, job)
      parked = parked + 1
    else
      dropped = dropped + 1
    end
    redis.call('ZREM', KEYS[1], job)
    if id ~= '' and verdict == 'm' then count_redrive(KEYS[5], id) end
    if id ~= '' and verdict ~= 'm' then redis.call('HDEL', KEYS[5], id) end
  end
end
account(#verdicts, moved, parked)
return {moved, parked, dropped, kept, vanished, 0, size}
""")
_VERDICTS = frozenset({MOVE, PARK, DROP})


@dataclass(frozen=True)
class _Dead:
    """A dead job: where it stands in the set, and what it says."""

    entry: Entry
    job: Mapping[str, Any]


class SidekiqLetters(SortedSetLetters):
    """A pass through the dead jobs of one queue. Letters are moved as soon as Sidekiq would: at the queue's end."""

    TYPE: ClassVar[str] = "zset"
    queue: Sidekiq

    def __init__(self, queue: Sidekiq, terms: Terms) -> None:
        super().__init__(queue, terms, queue.key_of("dead"))
        self._counted: int | None = None
        self._count_at = 0.0

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        if not super().begin():
            return 0
        return self._own(*self._bounds()) if self.terms.position else self.count()

    def count(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`.

        All dead jobs must be read for this. So it is done now and then, and in between what we have taken out is
        subtracted from what was counted last.
        """
        began = time.monotonic()
        if began >= self._count_at:
            self._counted = self._own(b"-inf", b"+inf")
            ended = time.monotonic()
            self._count_at = ended + max(_COUNT_SECONDS, _COUNT_SHARE * (ended - began))
        return self._counted

    def _own(self, low: Any, high: Any) -> int | None:
        jobs = self._jobs(low, high)
        return None if jobs is None else sum(sidekiq_jobs.queue_of(job) == self.queue.queue for job in jobs)

    def _jobs(self, low: Any, high: Any) -> Iterator[bytes] | None:
        """Return the jobs of all queues with such scores; None when there are too many to read."""
        (number,) = self.ask(("ZCOUNT", self.dead, low, high))
        return self._read(low, high, number) if number <= _MOST_READ else None

    def _read(self, low: Any, high: Any, number: int) -> Iterator[bytes]:
        for start in range(0, number, _PORTION):
            (jobs,) = self.ask(("ZRANGEBYSCORE", self.dead, low, high, "LIMIT", start, _PORTION))
            yield from jobs

    def letters(self, page: Sequence[Entry]) -> list[Letter]:
        """See :class:`.redis_walk.SortedSetLetters`."""
        found = []
        for entry in page:
            job = sidekiq_jobs.read(entry.member)
            if job is None:
                self.note(f"the set {self.dead} holds entries that are no jobs; they stay where they are")
            elif job.get("queue") == self.queue.queue:
                found.append(_letter(entry, job))
        return found

    def settle_page(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.redis_walk.SortedSetLetters`."""
        self.refuse_unknown(verdicts, _VERDICTS)
        arguments: list[Any] = []
        for letter, verdict in zip(letters, verdicts):
            dead: _Dead = letter.handle
            arguments += [dead.entry.member, self._again(dead) if verdict == MOVE else b""]
            arguments.append(letter.id if self.terms.count_redrives else "")
        keys = [self.dead, self.queue.key, self.queue.key_of("queues"), self.parking(), self.redrives_key]
        done = settled(self.call(_SETTLE, keys, self.queue.queue, signs(verdicts), *arguments, items=len(letters)))
        if done.moved:
            self.queue.in_flight.forget()
        if self._counted is not None:
            self._counted -= done.moved + done.parked + done.dropped
        return done

    def _again(self, dead: _Dead) -> bytes:
        """Return a job as it is enqueued again."""
        job = dead.job
        now = time.time()
        values: dict[str, Any] = {"enqueued_at": int(now * 1000) if sidekiq_jobs.in_milliseconds(job) else now}
        count = job.get("retry_count")
        if isinstance(count, int) and self.terms.attempts != ATTEMPTS_KEEP:
            values["retry_count"] = min(count, _one_less(job)) if self.terms.attempts == ATTEMPTS_CAP else 0
        return sidekiq_jobs.changed(dead.entry.member, values)

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        if self._last is None:
            return 0
        # What died again did so after what was dead when the run began.
        jobs = self._jobs(float(self._last.score) - _CLOCKS_DIFFER, "+inf")
        if jobs is None:
            return len(ids)
        wanted = set(ids)
        return sum((sidekiq_jobs.read(job) or {}).get("jid") in wanted for job in jobs)

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        dead: _Dead = letter.handle
        entry = dead.entry
        return {"id": letter.id, "score": as_text(entry.score), "job": coded(entry.member)}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A job that is there already is not added."""
        pairs: list[Any] = []
        with reading_records("Sidekiq", "the fields score and job"):
            for record in records:
                pairs += [float(record["score"]), decoded(record["job"])]
        if not pairs:
            return 0
        (added,) = self.ask(("ZADD", self.dead, "NX", *pairs), doing="put back dead letters")
        return int(added)


def _letter(entry: Entry, job: Mapping[str, Any]) -> Letter:
    """Return the letter of a dead job. Its payload is what the producer gave: the arguments."""
    error = [str(job[name]) for name in ("error_class", "error_message") if job.get(name) is not None]
    count = job.get("retry_count")
    arguments = job.get("args")
    return Letter(
        id=str(job.get("jid") or ""),
        body=sidekiq_jobs.member(entry.member, "args"),
        error=": ".join(error) or None,
        type=_text(job.get("wrapped")) or _text(job.get("class")),
        failed_at=moment(job.get("retried_at")) or moment(job.get("failed_at")) or moment(entry.score),
        attempts=count if isinstance(count, int) else None,
        handle=_Dead(entry, job),
        decoded=arguments,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _one_less(job: Mapping[str, Any]) -> int:
    """Return the count with which one retry is left by Sidekiq's reckoning; a job without retries has none to lose."""
    retries = job.get("retry")
    most = retries if isinstance(retries, int) and not isinstance(retries, bool) else _RETRIES
    return max(most - 1, 0)
