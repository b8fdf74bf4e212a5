# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How the libraries of queues pause one: by a key of theirs that is there, or by a field and a list.

- asynq: ``Inspector.PauseQueue`` sets ``asynq:{q}:paused`` to the second it was.
- rq: ``rq.suspension.suspend`` sets ``rq:suspended``, for all queues at once, for a time where it is told so.
- BullMQ: ``Queue.pause`` sets the field ``paused`` of ``meta``; up to version 5 it moves what waits to another list.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from .._core.errors import InputError, NotThere
from .._core.redis_connection import connect, explained, where

# Why the others cannot.
UNABLE: Mapping[str, str] = {
    "arq": "arq knows no pause",
    "celery": "celery tells its workers to stop taking from a queue, and those that start later do not know of it",
    "sidekiq": "only its commercial editions know a pause",
    "rabbitmq": "the server stops publishers, not consumers",
    "sqs": "the service knows no pause",
}
_NOTE = "day2-ingress"

# KEYS: the key that pauses, the note. ARGV: what the key is to hold. A pause that has an end gets none, so that it does
# not end in mid-window, and the note holds the millisecond of that end.
_PAUSE_BY_KEY = """
local left = redis.call('PTTL', KEYS[1])
if left == -1 then return 0 end
if left == -2 then
  redis.call('SET', KEYS[2], 'absent')
  redis.call('SET', KEYS[1], ARGV[1])
else
  local now = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) + left))
  redis.call('PERSIST', KEYS[1])
end
return 1
"""
# ARGV: 1 to end a pause that has no note.
_RESUME_BY_KEY = """
local note = redis.call('GET', KEYS[2])
if note == 'absent' or (not note and ARGV[1] == '1') then
  redis.call('DEL', KEYS[1])
elseif note then
  redis.call('PEXPIREAT', KEYS[1], note)
end
redis.call('DEL', KEYS[2])
return 1
"""
# KEYS: meta, wait, paused, prioritized, delayed, marker, events, the note. ARGV: 1 where what waits is to be moved.
_PAUSE_BULLMQ = """
if redis.call('HEXISTS', KEYS[1], 'paused') == 1 then return 0 end
redis.call('SET', KEYS[8], 'absent')
redis.call('HSET', KEYS[1], 'paused', 1)
redis.call('DEL', KEYS[6])
if ARGV[1] == '1' and redis.call('EXISTS', KEYS[2]) == 1 and redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('RENAME', KEYS[2], KEYS[3])
end
redis.call('XADD', KEYS[7], '*', 'event', 'paused')
return 1
"""
# ARGV: 1 to end a pause that has no note. Workers that have nothing to do wait at the marker: it has a member 0 when
# there is work, and a member 1 with the time of what is due next.
_RESUME_BULLMQ = """
local note = redis.call('GET', KEYS[8])
redis.call('DEL', KEYS[8])
if not note and ARGV[1] ~= '1' then return 0 end
if redis.call('HDEL', KEYS[1], 'paused') == 0 then return 0 end
while redis.call('EXISTS', KEYS[3]) == 1 do
  if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('RENAME', KEYS[3], KEYS[2])
  else
    local jobs = redis.call('LRANGE', KEYS[3], 0, 999)
    redis.call('RPUSH', KEYS[2], unpack(jobs))
    redis.call('LTRIM', KEYS[3], #jobs, -1)
  end
end
local first = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
if redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[4]) > 0 then
  redis.call('ZADD', KEYS[6], 0, '0')
elseif first[2] then
  redis.call('ZADD', KEYS[6], string.format('%.0f', math.floor(tonumber(first[2]) / 0x1000)), '1')
end
redis.call('XADD', KEYS[7], '*', 'event', 'resumed')
return 1
"""
# What PTTL says of a key that has no end, and of one that is not there; a pause that has one ends by itself.
_FOR_GOOD, _NONE = -1, -2
# From that major version on jobs of a paused queue stay where they are.
_STAYS = 6
_OLDEST = 5


@dataclass(frozen=True)
class Place:
    """A queue: its connection, validated; its name as the library has it; what its keys begin with, unless as usual."""

    connection: Mapping[str, Any]
    name: str
    prefix: str | None


@dataclass(frozen=True)
class Paused:
    """Whether a queue is paused, whether that has no end, and whether a note says that it was from here."""

    now: bool
    for_good: bool
    noted: bool


class Pauser(ABC):
    """Pauses one queue. A kind says with which keys and scripts."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def on(self) -> str:
        """Return queue and server, for messages."""
        return f"{self._place.name} at {where(self._place.connection)}"

    @abstractmethod
    def look(self) -> Paused:
        """Return how it is. :raises NotThere: the library knows no such queue. :raises OpsError: of the connection."""

    @abstractmethod
    def pause(self) -> None:
        """Pause it, unless it is paused already."""

    @abstractmethod
    def resume(self, by_others: bool) -> None:
        """Have it be as it was before :meth:`pause`; with ``by_others`` end also a pause of somebody else."""

    def ask(self, doing: str, *commands: tuple[Any, ...]) -> list[Any]:
        """Return the answers to commands."""
        with explained(doing, self.on):
            client = connect(self._place.connection)
            try:
                client.response_callbacks.clear()
                return [client.execute_command(*command) for command in commands]  # type: ignore[no-untyped-call]
            finally:
                client.close()  # type: ignore[no-untyped-call]

    def run(self, doing: str, script: str, keys: list[str], *arguments: object) -> None:
        """Run a script."""
        self.ask(doing, ("EVAL", script, len(keys), *keys, *arguments))


class _ByKey(Pauser):
    """By a key that is there while the queue is paused."""

    @property
    def _keys(self) -> list[str]:
        raise NotImplementedError

    def _value(self) -> object:
        return 1

    def look(self) -> Paused:
        """See Pauser.look."""
        pausing, note = self._keys
        left, noted = self.ask("read the pause", ("PTTL", pausing), ("EXISTS", note))
        return Paused(left != _NONE, left == _FOR_GOOD, bool(noted))

    def pause(self) -> None:
        """See Pauser.pause."""
        self.run("pause the queue", _PAUSE_BY_KEY, self._keys, self._value())

    def resume(self, by_others: bool) -> None:
        """See Pauser.resume."""
        self.run("end the pause", _RESUME_BY_KEY, self._keys, int(by_others))


class _Asynq(_ByKey):
    @property
    def _keys(self) -> list[str]:
        base = f"asynq:{{{self._place.name}}}"
        return [f"{base}:paused", f"{base}:{_NOTE}"]

    def _value(self) -> object:
        return int(time.time())

    def look(self) -> Paused:
        """See Pauser.look."""
        (known,) = self.ask("read the queues", ("SISMEMBER", "asynq:queues", self._place.name))
        if not known:
            raise NotThere("asynq knows no such queue", on=self.on)
        return super().look()


class _Rq(_ByKey):
    @property
    def _keys(self) -> list[str]:
        prefix = self._place.prefix or "rq"
        return [f"{prefix}:suspended", f"{prefix}:{_NOTE}"]


class _BullMQ(Pauser):
    @property
    def _keys(self) -> list[str]:
        names = ("meta", "wait", "paused", "prioritized", "delayed", "marker", "events", _NOTE)
        return [f"{self._place.prefix or 'bull'}:{self._place.name}:{name}" for name in names]

    def look(self) -> Paused:
        """See Pauser.look."""
        self._version()
        meta, *_others, note = self._keys
        paused, noted = self.ask("read the pause", ("HEXISTS", meta, "paused"), ("EXISTS", note))
        return Paused(bool(paused), bool(paused), bool(noted))

    def pause(self) -> None:
        """See Pauser.pause."""
        self.run("pause the queue", _PAUSE_BULLMQ, self._keys, int(self._version() < _STAYS))

    def resume(self, by_others: bool) -> None:
        """See Pauser.resume."""
        self.run("end the pause", _RESUME_BULLMQ, self._keys, int(by_others))

    def _version(self) -> int:
        """Return the major version of the library that made the queue.

        :raises InputError: it is older than we know. :raises NotThere: there is no such queue.
        """
        there, version = self.ask("read the queue", ("EXISTS", self._keys[0]), ("HGET", self._keys[0], "version"))
        if not there:
            raise NotThere(f"there is no BullMQ queue (no key {self._keys[0]})", on=self.on)
        major = (version or b"").decode().rpartition(":")[2].partition(".")[0]
        if not major.isdigit() or int(major) < _OLDEST:
            raise InputError(
                "the queue does not say that BullMQ 5 or later made it",
                on=self.on,
                advice="pause it with the library itself, by a switch of the kind command",
            )
        return int(major)


PAUSERS: dict[str, Callable[[Place], Pauser]] = {"asynq": _Asynq, "bullmq": _BullMQ, "rq": _Rq}
