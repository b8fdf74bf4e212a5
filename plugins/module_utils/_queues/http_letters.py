# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters that a service keeps to itself, and redrives when its API is asked to.

What happens to a letter is the service's business: we ask for batches, count, and stop when nothing moves.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError
from . import http_service
from .dead_letters import DROP, KEEP, MOVE, PARK, Settled, Terms
from .http_answers import counted, listed, short_reason
from .http_queue import number_in
from .http_service import Service, asks_for
from .letters import Letter, Reader

if TYPE_CHECKING:
    from .http_queue import HttpQueue

NO_ID = "the service gives no id"
NOT_REDRIVEN = "the service did not redrive it"


class HttpLetters:
    """A pass through a service's dead letters. See :class:`.dead_letters.DeadLetters` for what the methods do."""

    def __init__(self, queue: HttpQueue, terms: Terms) -> None:
        """Take a pass's terms. Nothing is sent."""
        self._queue = queue
        self._terms = terms
        self._dead: Mapping[str, Any] = queue.options["dead"]
        self._redrive: Mapping[str, Any] = queue.options.get("redrive") or {}
        self._by_ids = bool(self._redrive) and asks_for(self._redrive, http_service.IDS)
        self._reader = Reader(queue.options.get("item"))
        self._service = Service(queue.options)
        self._left = 0
        self._count: int | None = None  # as last told
        self._waiting: deque[Letter] = deque()
        self._seen: set[str] = set()
        self._lists = False
        self._notes: list[str] = []

    # The pass

    def begin(self) -> int:
        """See the protocol."""
        answer = self._service.ask(self._dead)
        self._count = number_in(answer, self._dead, "dead")
        self._lists = listed(answer, self._dead["path"]) is not None
        self._queue_up(answer)
        self._left = self._count
        if self._terms.position:
            self._left = min(self._left, int(self._terms.position["left"]))
        return self._left

    def count(self) -> int:
        """See the protocol."""
        self._count = number_in(self._service.ask(self._dead), self._dead, "dead")
        return self._count

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol.

        :raises InputError: the service does not list its letters, or cannot be told which of them to redrive.
        """
        if not self._lists:
            raise InputError(
                "the service only tells how many dead letters there are, so they cannot be looked at",
                on=http_service.on(self._dead),
                advice="redrive without filter and limits on attempts, or give a request that lists them",
            )
        if not self._terms.dry and not self._by_ids:
            raise InputError(
                "the service cannot be told which dead letters to redrive, only how many",
                on=http_service.on(self._redrive),
                advice="redrive without filter and limits on attempts, or put {ids} into the request",
            )
        return self._next(most)

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol. What has no id cannot be asked for."""
        if PARK in verdicts or DROP in verdicts:
            raise InputError("a service's dead letters cannot be parked or removed", on=http_service.on(self._redrive))
        meant = [letter for letter, verdict in zip(letters, verdicts) if verdict == MOVE]
        named = [letter.id for letter in meant if letter.named]
        moved = 0
        batch = self._queue.options["batch"]
        for start in range(0, len(named), batch):
            ids = named[start : start + batch]
            moved += min(self._redriven(len(ids), ids), len(ids))
        self._left -= len(letters)
        skipped = {NO_ID: len(meant) - len(named), NOT_REDRIVEN: len(named) - moved}
        return Settled(moved, kept=verdicts.count(KEEP), skipped={why: many for why, many in skipped.items() if many})

    def sweep(self, most: int) -> Settled:
        """See the protocol."""
        most = min(most, self._queue.options["batch"], self._left)
        if self._by_ids:
            letters = self.take(most)
            return self.settle(letters, [MOVE] * len(letters)) if letters else Settled()
        if most <= 0:
            return Settled()
        moved = self._redriven(most, ())
        self._left = max(self._left - moved, 0) if moved else 0
        if moved > most:
            self._note(f"the service redrove {moved} letters when it was asked for {most}: it does not heed {{count}}")
        return Settled(moved)

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol."""
        dead = {letter.id for letter in self._letters(self._service.ask(self._dead))}
        return len(dead.intersection(ids))

    def parking(self) -> str:
        """See the protocol: there is no such place."""
        return ""

    def position(self) -> dict[str, Any]:
        """See the protocol."""
        return {"left": self._left}

    def account(self) -> Mapping[str, int]:
        """See the protocol: nothing is noted."""
        return {}

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def close(self) -> None:
        """See the protocol."""
        self._service.close()

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes:
            self._notes.append(sentence)

    # Letters

    def _next(self, most: int) -> list[Letter]:
        """Return the next letters. A service that lists only its first ones is asked again when those are settled."""
        wanted = min(most, self._left)
        if wanted > 0 and not self._waiting and not self._terms.dry:
            self._queue_up(self._service.ask(self._dead))
        letters = [self._waiting.popleft() for _number in range(min(wanted, len(self._waiting)))]
        if self._terms.dry:
            self._left -= len(letters)
            if not letters and self._left > 0:
                self._note(f"the service does not list {self._left} of its dead letters; they were not looked at")
        return letters

    def _queue_up(self, answer: Any) -> None:
        """Add those letters of an answer that this pass has not had: one that is dead again does not belong to it."""
        for letter in self._letters(answer):
            if letter.id not in self._seen:
                self._seen.add(letter.id)
                self._waiting.append(letter)

    def _letters(self, answer: Any) -> list[Letter]:
        return [self._letter(entry) for entry in listed(answer, self._dead["path"]) or ()]

    def _letter(self, entry: Any) -> Letter:
        """Return the letter of an entry: an id alone, or an object, whose id is where ``item`` says."""
        if isinstance(entry, (str, int)):
            return Letter(id=str(entry))
        return self._reader.letter(json.dumps(entry, ensure_ascii=False).encode())

    # Redriving

    def _redriven(self, count: int, ids: Sequence[str]) -> int:
        """Ask for a batch; return how many were redriven. None at all, though some are left, is noted with the reason.

        Where the answer does not tell, the number of dead letters before and after does.
        """
        before = self._count if self._count is not None else self.count()
        began = time.monotonic()
        answer = self._service.ask(self._redrive, count, ids)
        if self._terms.gentle:
            time.sleep(time.monotonic() - began)  # as long again belongs to everybody else
        moved = counted(answer, self._redrive["path"])
        if moved is None:
            self._note(
                "the service does not tell how many letters it redrove: counted by how many fewer there were after it"
            )
            moved = max(before - self.count(), 0)
        else:
            self._count = None
        if not moved:
            self._note_none_moved(answer)
        return moved

    def _note_none_moved(self, answer: Any) -> None:
        left = self.count()
        if left:
            said = short_reason(answer) if isinstance(answer, Mapping) else ""
            self._note(
                f"the service redrove none, and {left} dead letters are left{f': {said}' if said else ''}; see its log"
            )
