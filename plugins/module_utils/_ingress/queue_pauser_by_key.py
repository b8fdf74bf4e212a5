# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A pause by a key that is there while the queue is paused, with the note of what was before in a second key."""

from __future__ import annotations

from abc import abstractmethod

from .queue_pauser import Paused, Pauser

# KEYS: the key that pauses, the note. ARGV: what the key is to hold. A pause that has an end gets none, so that it does
# not end in mid-window, and the note holds the millisecond of that end.
_PAUSE = """
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
_RESUME = """
local note = redis.call('GET', KEYS[2])
if note == 'absent' or (not note and ARGV[1] == '1') then
  redis.call('DEL', KEYS[1])
elseif note then
  redis.call('PEXPIREAT', KEYS[1], note)
end
redis.call('DEL', KEYS[2])
return 1
"""
# What PTTL says of a key that has no end, and of one that is not there; a pause that has one ends by itself.
_FOR_GOOD, _NONE = -1, -2


class ByKey(Pauser):
    """By a key that is there while the queue is paused."""

    @property
    @abstractmethod
    def keys(self) -> list[str]:
        """Return the key that pauses, and that of the note."""

    def value(self) -> object:
        """Return what the key is to hold."""
        return 1

    def look(self) -> Paused:
        """See Pauser.look."""
        pausing, note = self.keys
        left, noted = self.ask("read the pause", ("PTTL", pausing), ("EXISTS", note))
        return Paused(left != _NONE, left == _FOR_GOOD, bool(noted))

    def pause(self) -> None:
        """See Pauser.pause."""
        self.run("pause the queue", _PAUSE, self.keys, self.value())

    def resume(self, by_others: bool) -> None:
        """See Pauser.resume."""
        self.run("end the pause", _RESUME, self.keys, int(by_others))
