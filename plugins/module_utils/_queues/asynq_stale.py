# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Tasks of asynq whose lease has run out: their worker is gone, as it would have extended it.

asynq takes them back itself, a minute at most after a server of the queue has started. This does the same by the same
rules where none runs: a task that has retries left is to be retried, at once; one that has none is archived. A task
without a message, which asynq never takes back, is taken out of what is in flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._core.errors import InputError, NotThere
from .._core.waiting import Clock
from .asynq_tasks import NOT_A_MESSAGE, failed_once_more
from .redis_letters import Script
from .redis_stale import RedisStale
from .stale import Asked, Holding, Recovered

if TYPE_CHECKING:
    from .asynq import Asynq

# asynq itself waits so many seconds after the end of a lease, as its servers' clocks differ.
_LEAST_IDLE = 30.0
_LEASED = "its lease has not run out for long enough"
_WORKER = "lease expired"

# KEYS: active, lease, retry, archived. ARGV: account, the start of tasks' keys, until when leases must have ended, now,
# then of each task: id, what it is (r: to be retried, a: to be archived, g: without a message), its message, the new.
_RECOVER = Script("""
local prefix, ended, now = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'zset') or wrong_type(KEYS[3], 'zset')
  or wrong_type(KEYS[4], 'zset')
if wrong then return wrong end
-- Whoever may not remove must learn it before anything is changed.
redis.call('LREM', KEYS[1], 0, '')
redis.call('ZREM', KEYS[2], '')
local number = {r = 0, a = 0, g = 0}
for at = 5, #ARGV, 4 do
  local id, sign, before, after = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local key, lease = prefix .. id, redis.call('ZSCORE', KEYS[2], id)
  local message = redis.call('HGET', key, 'msg')
  local as_found = sign == 'g' and not message or message == before
  if lease and tonumber(lease) <= ended and as_found then
    if sign == 'g' then
      redis.call('DEL', key)
    else
      redis.call('ZADD', KEYS[sign == 'r' and 3 or 4], now, id)
      redis.call('HSET', key, 'msg', after, 'state', sign == 'r' and 'retry' or 'archived')
    end
    -- As many as workers work at a time are in this list.
    redis.call('LREM', KEYS[1], 0, id)
    redis.call('ZREM', KEYS[2], id)
    number[sign] = number[sign] + 1
  end
end
return {number.r, number.a, number.g}
""")


class AsynqStale(RedisStale):
    """The tasks of a queue that workers have taken."""

    def __init__(self, queue: Asynq, asked: Asked) -> None:
        super().__init__(queue, asked)
        if asked.idle < _LEAST_IDLE:
            raise InputError(f"idle must be at least {_LEAST_IDLE:g} seconds for the kind asynq", on=f"{asked.idle:g}")
        if asked.taken_at or asked.consumer:
            raise InputError("taken_at and consumer make no sense for the kind asynq", advice="leave them out")
        self._queue = queue
        self._offset = 0

    def find(self, clock: Clock) -> Sequence[Holding]:
        """See :class:`.stale.StaleItems`."""
        (known,) = self.ask(self._queue.known_and_paused()[0])
        if not known:
            raise NotThere(f"asynq knows no queue {self._queue.queue}", on=self._on, advice="check queue and db")
        lease, ended = f"{self._queue.key}:lease", self._ended()
        stale, active = self.ask(("ZCOUNT", lease, "-inf", ended), ("LLEN", f"{self._queue.key}:active"))
        return [Holding(_WORKER, stale, {_LEASED: active - stale} if active > stale else {})]

    def _ended(self) -> int:
        return int(self.now() - self._asked.idle)

    def recover(self, holding: Holding, most: int) -> Recovered:
        """See :class:`.stale.StaleItems`."""
        key, ended = self._queue.key, self._ended()
        (ids,) = self.ask(("ZRANGEBYSCORE", f"{key}:lease", "-inf", ended, "LIMIT", self._offset, most))
        if not ids:
            return Recovered()
        now = int(self.now())
        messages = self.ask(*(("HGET", f"{key}:t:".encode() + task, "msg") for task in ids))
        told: list[bytes] = []
        unreadable = 0
        for task, message in zip(ids, messages):
            try:
                told += [task, *_verdict(message, now)]
            except ValueError:
                unreadable += 1
        self._offset += unreadable
        keys = [f"{key}:{name}" for name in ("active", "lease", "retry", "archived")]
        answer = self.call(_RECOVER, keys, f"{key}:t:", ended, now, *told)
        retried, archived, gone = map(int, answer)
        return Recovered(retried, archived, gone, {NOT_A_MESSAGE: unreadable} if unreadable else {})


def _verdict(message: bytes | None, now: int) -> tuple[bytes, bytes, bytes]:
    """Return what is to become of a task, its message, and the new one.

    :raises ValueError: the message cannot be read.
    """
    if message is None:
        return b"g", b"", b""
    changed, has_tries = failed_once_more(message, "asynq: task lease expired", now)
    return (b"r" if has_tries else b"a"), message, changed
