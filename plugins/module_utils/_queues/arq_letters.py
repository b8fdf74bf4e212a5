# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Failed jobs of arq that its service keeps: their ids are put back into arq's queue, due at once.

arq itself forgets a job that fails. A service that wants it back keeps the id in a sorted set, and the body of the job,
which is a pickle and stays closed, where arq looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .archive_records import coded, decoded, reading_records
from .dead_letters import Terms
from .letters import Letter
from .redis_letters import as_text
from .redis_sorted_set_letters import Member, RedisSortedSetLetters

if TYPE_CHECKING:
    from .arq import Arq

JOBS = "arq:job:"


class ArqLetters(RedisSortedSetLetters):
    """A pass through the ids of failed jobs that a service keeps, scored by when they failed in milliseconds."""

    PAYLOADS: ClassVar[str] = JOBS

    def __init__(self, queue: Arq, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead, 1000.0, JOBS + "{id}")

    def letter(self, found: Member) -> Letter:
        """Return what is known of a job: when it failed. What it is stands in its pickle."""
        return Letter(id=as_text(found.member), failed_at=self.died(found), handle=found)

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`."""
        return sum(1 for score in self.ask(*(("ZSCORE", self.dead, one) for one in ids)) if score is not None)

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        (body,) = self.ask(("GET", JOBS + letter.id))
        return {**super().record(letter), "job": None if body is None else coded(body)}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A job's body does not expire from then on."""
        with reading_records("arq", "a job"):
            jobs = [(record["id"], record["job"]) for record in records if record["job"] is not None]
            bodies = [(JOBS + name, decoded(job)) for name, job in jobs]
        self.ask(*(("SET", key, body, "NX") for key, body in bodies), doing="put jobs back")
        return super().restore(records, batch)
