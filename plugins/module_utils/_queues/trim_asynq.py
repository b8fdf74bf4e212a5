# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Completed and archived tasks of asynq. A completed one is scored by when asynq forgets it, so its message tells."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Queue
from .protobuf import fields
from .redis_letters import Script
from .redis_trim import Kept, SortedSetTrim, TimedTrim

# Of asynq's message TaskMessage.
_COMPLETED_AT = 13

# KEYS: the sorted set. ARGV: account, the start of tasks' keys, the state, then id and score of each task. The lock of
# a unique task goes with it, when it is this task's.
_DROP = Script("""
local prefix, state, removed = ARGV[2], ARGV[3], 0
for at = 4, #ARGV, 2 do
  local id, key = ARGV[at], ARGV[2] .. ARGV[at]
  local stored = redis.pcall('HMGET', key, 'state', 'unique_key')
  local is_ours = not stored.err and (stored[1] == state or not stored[1])
  if is_ours and redis.call('ZSCORE', KEYS[1], id) == ARGV[at + 1] then
    redis.call('ZREM', KEYS[1], id)
    if stored[2] and stored[2] ~= '' and redis.pcall('GET', stored[2]) == id then redis.call('DEL', stored[2]) end
    redis.call('DEL', key)
    removed = removed + 1
  end
end
return removed
""")


class _AsynqTrim(SortedSetTrim):
    @property
    def key(self) -> str:
        """Return the sorted set of the state."""
        return f"{self.queue.key}:{self.state}"

    @property
    def tasks(self) -> str:
        """Return what the keys of tasks begin with."""
        return f"{self.queue.key}:t:"

    def drop(self, members: Sequence[Kept]) -> int:
        """See the base."""
        pairs = [text for member in members for text in (member.id, member.score)]
        return int(self.call(_DROP, self.tasks, self.state, *pairs, items=len(members)))


class ArchivedTrim(_AsynqTrim, TimedTrim):
    """Archived tasks: dead letters."""


class CompletedTrim(_AsynqTrim):
    """Completed tasks, which asynq keeps where they were given a retention."""

    def old(self, members: Sequence[Kept]) -> list[Kept]:
        """See the base. A member whose task is gone is old."""
        messages = self.ask(*(("HGET", self.tasks.encode() + member.id, "msg") for member in members))
        times = [0.0 if message is None else _completed_at(message) for message in messages]
        if None in times:
            self.note("tasks that do not tell when they were completed are kept")
        return [member for member, at in zip(members, times) if at is not None and at < self.until]


def _completed_at(message: bytes) -> float | None:
    """Return when a task was completed, seconds since the epoch; None when it does not tell."""
    try:
        at = dict(fields(message)).get(_COMPLETED_AT)
    except ValueError:
        return None
    return float(at) if isinstance(at, int) and at else None


def trim_asynq(queue: Queue, state: str, older_than: float) -> SortedSetTrim:
    """Return what removes tasks of that state."""
    make = ArchivedTrim if state == "archived" else CompletedTrim
    return make(queue, state, older_than)
