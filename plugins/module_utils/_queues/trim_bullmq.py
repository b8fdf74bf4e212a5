# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Completed and failed jobs of BullMQ, with their logs and what they know of their children."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from .bullmq import BullMQ
from .redis_letters import Script
from .redis_trim import Kept, TimedTrim

# KEYS: the sorted set. ARGV: account, the start of the queue's keys, then id and score of each job. What keeps others
# from adding the same job again goes with it, when it is this job's.
_DROP = Script("""
local removed = 0
for at = 3, #ARGV, 2 do
  local id, job = ARGV[at], ARGV[2] .. ARGV[at]
  if redis.call('ZSCORE', KEYS[1], id) == ARGV[at + 1] then
    local mark = redis.pcall('HGET', job, 'deid')
    if type(mark) == 'string' then
      local lock = ARGV[2] .. 'de:' .. mark
      if redis.pcall('GET', lock) == id then redis.call('DEL', lock) end
    end
    redis.call('ZREM', KEYS[1], id)
    redis.call('DEL', job, job .. ':logs', job .. ':dependencies', job .. ':processed', job .. ':failed',
      job .. ':unsuccessful')
    removed = removed + 1
  end
end
return removed
""")


class BullMQTrim(TimedTrim):
    """See :class:`.trims.Trim`."""

    UNIT = 0.001

    @property
    def key(self) -> str:
        """Return the sorted set of the state."""
        return self._bullmq.key_of(self.state)

    @property
    def _bullmq(self) -> BullMQ:
        return cast("BullMQ", self.queue)

    def drop(self, members: Sequence[Kept]) -> int:
        """See the base."""
        pairs = [text for member in members for text in (member.id, member.score)]
        return int(self.call(_DROP, self._bullmq.key_of(""), *pairs, items=len(members)))
