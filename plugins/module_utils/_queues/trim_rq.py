# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Finished and failed jobs of rq, with their results. Registries are scored by when rq forgets a job, so jobs tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from .._core.moments import moment
from .redis_letters import Script
from .redis_trim import Kept, SortedSetTrim
from .rq import Rq

# KEYS: the registry. ARGV: account, rq's prefix, the status, then id, score and end of each job.
_DROP = Script("""
local prefix, status, removed = ARGV[2], ARGV[3], 0
for at = 4, #ARGV, 3 do
  local id = ARGV[at]
  local job = prefix .. ':job:' .. id
  local stored = redis.pcall('HMGET', job, 'status', 'ended_at')
  local is_ours = not stored.err and (not stored[1] or stored[1] == status and (stored[2] or '') == ARGV[at + 2])
  if is_ours and redis.call('ZSCORE', KEYS[1], id) == ARGV[at + 1] then
    redis.call('ZREM', KEYS[1], id)
    redis.call('DEL', job, job .. ':dependents', job .. ':dependencies', prefix .. ':results:' .. id,
      prefix .. ':executions:' .. id)
    removed = removed + 1
  end
end
return removed
""")


class RqTrim(SortedSetTrim):
    """See :class:`.trims.Trim`."""

    @property
    def key(self) -> str:
        """Return the registry."""
        return self._rq.of(self.state, self._rq.queue)

    @property
    def _rq(self) -> Rq:
        return cast("Rq", self.queue)

    def old(self, members: Sequence[Kept]) -> list[Kept]:
        """See the base. A member whose job is gone is old."""
        jobs = self._rq.of("job", "").encode()
        answers = self.ask(*(("HMGET", jobs + member.id, "status", "ended_at") for member in members))
        found = []
        for member, (status, ended) in zip(members, answers):
            at = 0.0 if status is None else moment(ended)
            if at is None:
                self.note("jobs that do not tell when they ended are kept")
            elif at < self.until:
                found.append(replace(member, mark=ended or b""))
        return found

    def drop(self, members: Sequence[Kept]) -> int:
        """See the base."""
        texts = [text for member in members for text in (member.id, member.score, member.mark)]
        return int(self.call(_DROP, self._rq.options["prefix"], self.state, *texts, items=len(members)))
