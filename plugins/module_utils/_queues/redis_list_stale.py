# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Items in the lists of workers that are gone, pushed back to where they are taken from next.

A worker lives while its heartbeat key exists; the text that its list and its heartbeat have in common names it. As
Redis does not tell since when a key is missing, lists are watched for as long as a worker must have been silent, unless
the items themselves tell when they were taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._core import redis_connection
from .._core.errors import InputError, OpsError, WrongType
from .._core.waiting import Clock
from .letters import Reader
from .redis_letters import Script, as_text
from .redis_scan import is_pattern, scan
from .redis_server import RedisMeasurer
from .redis_stale import RedisStale
from .stale import Asked, Holding, Recovered

if TYPE_CHECKING:
    from .redis_list import RedisList

ALIVE = "its worker is alive"
CHANGED = "its list changed meanwhile"
RECENT = "it was taken lately"
UNTOLD = "it does not tell when it was taken"

# Items of one worker that are looked at. What is in flight is as much as a worker works on at a time.
_MOST_ITEMS = 10_000
_LOOKS = 20

# KEYS: the worker's list, the queue, the heartbeat (the worker's list again where there is none). ARGV: account, 1 when
# there is a heartbeat, the push command of the end that is taken from next, items.
_RECOVER = Script("""
local wrong = wrong_type(KEYS[1], 'list') or wrong_type(KEYS[2], 'list')
if wrong then return wrong end
if ARGV[2] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then return {0} end
-- Whoever may not remove must learn it before anything is copied.
redis.call('LREM', KEYS[1], 1, '\\0day2.ops\\0')
local recovered = 0
for at = 4, #ARGV do
  if redis.call('LREM', KEYS[1], 1, ARGV[at]) == 1 then
    redis.call(ARGV[3], KEYS[2], ARGV[at])
    recovered = recovered + 1
  end
end
return {recovered}
""")


@dataclass
class _Worker:
    """A worker's list, and its heartbeat where there is one."""

    key: bytes
    heartbeat: bytes | None
    items: list[bytes] = field(default_factory=list)
    alive: bool = False
    changed: bool = False


class RedisListStale(RedisStale):
    """The items in the lists of a queue's workers."""

    def __init__(self, queue: RedisList, asked: Asked) -> None:
        super().__init__(queue, asked)
        if asked.consumer:
            raise InputError("consumer is for streams; items of a list are taken by whoever is next")
        self._queue = queue
        self._lists: list[str] = queue.options.get("in_flight") or []
        self._heartbeat: str | None = queue.options.get("heartbeat")
        self._reader = Reader({"failed_at": asked.taken_at}) if asked.taken_at else None  # it reads moments
        if not self._lists:
            raise InputError(f"the queue {queue.name} does not say where items in flight are", advice="give in_flight")
        if not self._heartbeat and self._reader is None:
            raise InputError(
                f"workers of the queue {queue.name} that live cannot be told from those that do not",
                advice="give heartbeat with the queue, or taken_at",
            )
        for pattern in (*self._lists, *([self._heartbeat] if self._heartbeat else [])):
            self._check_pattern(pattern)
        self._stale: dict[str, list[bytes]] = {}
        self._workers: dict[str, _Worker] = {}

    def _check_pattern(self, pattern: str) -> None:
        """Refuse a pattern that does not name a worker, where heartbeats are to be matched with lists."""
        if self._heartbeat and (pattern.count("*") != 1 or "?" in pattern or "[" in pattern):
            raise InputError(
                "a worker's list and its heartbeat are matched by the text at the *", on=pattern, advice="give one *"
            )

    def find(self, clock: Clock) -> Sequence[Holding]:
        """See :class:`.stale.StaleItems`."""
        workers = self._found()
        self._read(workers)
        if self._reader is None:
            self._watch([worker for worker in workers if worker.items and not worker.alive], clock)
        now = self.now()
        return [self._holding(worker, now) for worker in workers if worker.items]

    def _found(self) -> list[_Worker]:
        """Return the lists of workers that there are."""
        patterns = [pattern for pattern in self._lists if is_pattern(pattern)]
        measurer = RedisMeasurer(self.client, redis_connection.where(self._options))
        (keys,) = measurer.converse([scan(patterns, self._on)])
        if isinstance(keys, OpsError):
            raise keys
        own = {self._queue.key.encode(), str(self._queue.options.get("dead") or "").encode()}
        named = [_Worker(key.encode(), None) for key in self._lists if not is_pattern(key)]
        return named + [
            _Worker(key, self._heartbeat_of(pattern, key))
            for pattern in patterns
            for key in keys[pattern]
            if key not in own
        ]

    def _heartbeat_of(self, pattern: str, key: bytes) -> bytes | None:
        """Return the heartbeat's key of the worker whose list this is."""
        if not self._heartbeat:
            return None
        before, after = (part.encode() for part in pattern.split("*"))
        name = key[len(before) : len(key) - len(after)]
        return self._heartbeat.encode().replace(b"*", name, 1)

    def _read(self, workers: Sequence[_Worker]) -> None:
        """Read what workers hold, and who is alive."""
        kinds = self.ask(*(("TYPE", worker.key) for worker in workers))
        for worker, kind in zip(workers, kinds):
            if as_text(kind) not in ("list", "none"):
                raise WrongType(
                    f"the key {as_text(worker.key)} holds a {as_text(kind)}, a list was expected", on=self._on
                )
        items = self.ask(*(("LRANGE", worker.key, 0, _MOST_ITEMS) for worker in workers))
        alive = self.ask(*(("EXISTS", worker.heartbeat or b"") for worker in workers))
        for worker, there, lives in zip(workers, items, alive):
            if len(there) > _MOST_ITEMS:
                raise InputError(f"there are more than {_MOST_ITEMS} items in flight", on=as_text(worker.key))
            worker.items, worker.alive = there, bool(lives) and worker.heartbeat is not None

    def _watch(self, workers: Sequence[_Worker], clock: Clock) -> None:
        """Watch lists of silent workers for as long as they must be silent; note who shows a sign of life."""
        began = clock.monotonic()
        while any(not one.alive and not one.changed for one in workers):
            left = self._asked.idle - (clock.monotonic() - began)
            if left <= 0:
                return
            clock.sleep(min(left, max(self._asked.idle / _LOOKS, 0.05)))
            lengths = self.ask(*(("LLEN", one.key) for one in workers))
            first = self.ask(*(("LINDEX", one.key, 0) for one in workers))
            alive = self.ask(*(("EXISTS", one.heartbeat or b"") for one in workers))
            for one, length, head, lives in zip(workers, lengths, first, alive):
                one.alive = one.alive or bool(lives)
                one.changed = one.changed or length != len(one.items) or head != one.items[0]

    def _holding(self, worker: _Worker, now: float) -> Holding:
        name = as_text(worker.key)
        if worker.alive or worker.changed:
            return Holding(name, left={ALIVE if worker.alive else CHANGED: len(worker.items)})
        left: dict[str, int] = {}
        stale: list[bytes] = []
        for item in worker.items:
            reason = self._reason_to_leave(item, now)
            if reason:
                left[reason] = left.get(reason, 0) + 1
            else:
                stale.append(item)
        self._workers[name], self._stale[name] = worker, stale
        return Holding(name, len(stale), left)

    def _reason_to_leave(self, item: bytes, now: float) -> str:
        if self._reader is None:
            return ""
        taken_at = self._reader.letter(item).failed_at
        if taken_at is None:
            return UNTOLD
        return "" if now - taken_at >= self._asked.idle else RECENT

    def recover(self, holding: Holding, most: int) -> Recovered:
        """See :class:`.stale.StaleItems`."""
        stale = self._stale.get(holding.consumer, [])
        batch, self._stale[holding.consumer] = stale[:most], stale[most:]
        if not batch:
            return Recovered()
        worker = self._workers[holding.consumer]
        keys = [worker.key, self._queue.key, worker.heartbeat or worker.key]
        # Workers take from the end that producers do not push to.
        push = "LPUSH" if self._queue.options["push"] == "right" else "RPUSH"
        (recovered,) = self.call(_RECOVER, keys, "1" if worker.heartbeat else "0", push, *batch)
        missed = len(batch) - int(recovered)
        return Recovered(int(recovered), left={CHANGED: missed} if missed else {})
