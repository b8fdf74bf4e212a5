# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How BullMQ pauses a queue: ``Queue.pause`` sets the field ``paused`` of ``meta``.

Up to version 5 it moves what waits to another list.
"""

from __future__ import annotations

from .._core.errors import InputError, NotThere
from .queue_pauser import NOTE, Paused, Pauser

# KEYS: meta, wait, paused, prioritized, delayed, marker, events, the note. ARGV: 1 where what waits is to be moved.
_PAUSE = """
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
_RESUME = """
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
# From that major version on jobs of a paused queue stay where they are.
_STAYS = 6
_OLDEST = 5


class BullMQ(Pauser):
    """One queue of BullMQ."""

    @property
    def _keys(self) -> list[str]:
        names = ("meta", "wait", "paused", "prioritized", "delayed", "marker", "events", NOTE)
        return [f"{self._place.prefix or 'bull'}:{self._place.name}:{name}" for name in names]

    def look(self) -> Paused:
        """See Pauser.look."""
        self._version()
        meta, *_others, note = self._keys
        paused, noted = self.ask("read the pause", ("HEXISTS", meta, "paused"), ("EXISTS", note))
        return Paused(bool(paused), bool(paused), bool(noted))

    def pause(self) -> None:
        """See Pauser.pause."""
        self.run("pause the queue", _PAUSE, self._keys, int(self._version() < _STAYS))

    def resume(self, by_others: bool) -> None:
        """See Pauser.resume."""
        self.run("end the pause", _RESUME, self._keys, int(by_others))

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
