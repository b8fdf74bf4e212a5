# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a sorted set, put back into the sorted set they came from so that they are due at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .archive_records import coded, decoded, reading_records
from .dead_letters import Settled, Terms
from .letters import Letter, Reader
from .redis_letters import as_text, settled, signs
from .redis_payloads import Payloads
from .redis_queue import RedisQueue
from .redis_scored_letters import ScoredLetters
from .redis_sorted_set_scripts import RESTORE, SETTLE, SWEEP, TAKE

_HIGHEST_SCORE = "1e308"
_NEWEST_LOOKED_AT = 1000


@dataclass(frozen=True)
class Member:
    """A member of a sorted set, and its score as the server writes it."""

    member: bytes
    score: str


class RedisSortedSetLetters(ScoredLetters):
    """A pass through a sorted set of dead letters, whose members are what the queue has as members too."""

    #: The start of the key that goes with a member that is dropped; empty for none.
    PAYLOADS: ClassVar[str] = ""

    def __init__(
        self, queue: RedisQueue, terms: Terms, dead: str, units: float | None, payload_key: str | None
    ) -> None:
        """Take a pass's terms.

        :param units: how many of the scores' units make a second; None for scores that are no time.
        :param payload_key: see :class:`.redis_payloads.Payloads`.
        """
        super().__init__(queue, terms, dead)
        self._reader = Reader(queue.options.get("item"))
        self._payloads = Payloads(payload_key)
        self._units = units

    def begin(self) -> int | None:
        """See :class:`.dead_letters.DeadLetters`."""
        left = super().begin()
        if not self.count():
            self.note(f"the key {self.dead} does not exist: no dead letters, or a misspelt name")
        return left

    def take(self, most: int) -> Sequence[Letter]:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = self.most(most)
        if not wanted:
            return []
        found = self.read(TAKE, [self.dead], *self.walk(), wanted, self.size.bytes)
        letters = [self.letter(Member(one, as_text(score))) for one, score in zip(found[::2], found[1::2])]
        self.size.learn(len(letters), 0.0, sum(map(len, found[::2])))
        if not letters:
            self.left = 0
        elif self.terms.dry:
            self._pass_by(letters)
        return self.with_redrives(self._payloads.checked(letters, self.ask))

    def letter(self, found: Member) -> Letter:
        """Return the letter that a member is."""
        letter = self._reader.letter(found.member, handle=found)
        if letter.failed_at is None:
            letter.failed_at = self.died(found)
        return letter

    def died(self, found: Member) -> float | None:
        """Return when a letter died, seconds since the epoch, as far as its score tells."""
        return float(found.score) / self._units if self._units else None

    def _pass_by(self, letters: Sequence[Letter]) -> None:
        last: Member = letters[-1].handle
        self.pass_by(last.score, last.member, len(letters))

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        counts = self.terms.count_redrives
        told = ((letter.handle.member, letter.handle.score, letter.id if counts else "") for letter in letters)
        answer = self.call(
            SETTLE,
            self.settle_keys(self.queue.key, verdicts),
            signs(verdicts),
            self._units or 0,
            self.PAYLOADS,
            *(text for one in told for text in one),
            items=len(letters),
        )
        self._pass_by(letters)
        return settled(answer)

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        wanted = self.most(most)
        if not wanted:
            return Settled()
        arguments = (*self.walk(), wanted, self.size.bytes, self._units or 0)
        keys = [self.dead, self.queue.key]
        return self.swept(self.calls(SWEEP, keys, *arguments, items=wanted, most=min(most, self.left)))

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`. Only where ``item`` has a path to an id; the newest are looked at."""
        newest = ("1", _HIGHEST_SCORE, "", "")
        found = self.read(TAKE, [self.dead], *newest, _NEWEST_LOOKED_AT, 100 * self.size.bytes)
        sent = set(ids)
        return sum(self._reader.letter(member).id in sent for member in found[::2])

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        found: Member = letter.handle
        return {"id": letter.id, "score": found.score, "body": coded(found.member)}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A member that is there stays as it is."""
        texts: list[Any] = []
        with reading_records("a sorted set", "score and body"):
            for record in records:
                float(record["score"])
                texts += [record["score"], decoded(record["body"])]
        return int(self.call(RESTORE, [self.dead], *texts, items=len(records))) if texts else 0
