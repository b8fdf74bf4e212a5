# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a sorted set, put back into the sorted set they came from so that they are due at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import InputError
from .dead_letters import Settled, Terms
from .letters import Letter, Reader
from .redis_letters import as_text, settled, signs
from .redis_payloads import Payloads
from .redis_queue import RedisQueue
from .redis_scored_letters import ScoredLetters
from .redis_sorted_set_scripts import RESTORE, SETTLE, SWEEP, TAKE

_HIGHEST_SCORE = "1e308"
_NEWEST_LOOKED_AT = 1000


class RedisSortedSetLetters(ScoredLetters):
    """A pass through a sorted set of dead letters, whose members are what the queue has as members too."""

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
        letters = [self._letter(member, score) for member, score in zip(found[::2], found[1::2])]
        self.size.learn(len(letters), 0.0, sum(map(len, found[::2])))
        if not letters:
            self.left = 0
        elif self.terms.dry:
            self._pass_by(letters)
        return self.with_redrives(self._payloads.checked(letters, self.ask))

    def _letter(self, member: bytes, score: bytes) -> Letter:
        letter = self._reader.letter(member, handle=as_text(score))
        if letter.failed_at is None and self._units:
            letter.failed_at = float(score) / self._units
        return letter

    def _pass_by(self, letters: Sequence[Letter]) -> None:
        self.pass_by(letters[-1].handle, letters[-1].body or b"", len(letters))

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        counts = self.terms.count_redrives
        told = ((letter.body or b"", letter.handle, letter.id if counts else "") for letter in letters)
        answer = self.call(
            SETTLE,
            [self.dead, self.queue.key, self.parking(), self.redrives_key],
            signs(verdicts),
            self._units or 0,
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
        answer = self.call(SWEEP, [self.dead, self.queue.key], *arguments, items=wanted)
        done = settled(answer)
        if done.moved or done.skipped:
            self.pass_by(as_text(answer[1]), answer[2], done.moved + sum(done.skipped.values()))
        else:
            self.left = 0
        return done

    def still_dead(self, ids: Sequence[str]) -> int:
        """See :class:`.dead_letters.DeadLetters`. Only where ``item`` has a path to an id; the newest are looked at."""
        newest = ("1", _HIGHEST_SCORE, "", "")
        found = self.read(TAKE, [self.dead], *newest, _NEWEST_LOOKED_AT, 100 * self.size.bytes)
        sent = set(ids)
        return sum(self._reader.letter(member).id in sent for member in found[::2])

    def record(self, letter: Letter) -> dict[str, Any]:
        """See :class:`.dead_letters.Restorable`."""
        return {"id": letter.id, "score": letter.handle, "body": base64.b64encode(letter.body or b"").decode()}

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """See :class:`.dead_letters.Restorable`. A member that is there stays as it is."""
        texts: list[Any] = []
        for record in records:
            try:
                float(record["score"])
                texts += [record["score"], base64.b64decode(record["body"], validate=True)]
            except (KeyError, TypeError, ValueError, binascii.Error):
                raise InputError(
                    "a record of the archive is not one of a sorted set", advice="expected score and body"
                ) from None
        return int(self.call(RESTORE, [self.dead], *texts, items=len(records))) if texts else 0
