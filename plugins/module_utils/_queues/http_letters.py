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

from .._core.errors import InputError, OpsError
from .._core.waiting import wait_until
from . import http_service
from .dead_letters import DROP, KEEP, MOVE, PARK, Settled, Terms
from .http_answers import counted, listed, short_reason
from .http_queue import number_in
from .http_service import COUNT, Service, asks_for
from .letters import Letter, Reader

if TYPE_CHECKING:
    from .http_queue import HttpQueue

NO_ID = "the service gives no id"
NOT_REDRIVEN = "the service did not redrive it"
NOT_TOLD = "the service is only told how many"
# How long a service may take that answers first and redrives then.
_LATER_SECONDS = 5.0


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
        self._kept = 0  # letters that were looked at and are still dead; the service lists them before the others
        self._count = 0  # as last told, less what was moved since
        self._waiting: deque[Letter] = deque()
        self._seen: set[str] = set()
        self._lists = False
        self._blanks = 0
        self._notes: list[str] = []

    # The pass

    def begin(self) -> int:
        """See the protocol."""
        answer = self._service.ask(self._dead)
        self._count = number_in(answer, self._dead, "dead")
        self._lists = listed(answer, self._dead["path"]) is not None
        self._queue_up(answer)
        self._left = self._count
        if self._terms.dry and self._redrive and not self._by_ids:
            self._note("the service can only be told how many letters to redrive: a run with a filter is refused")
        if self._terms.position:
            self._left = min(self._left, int(self._terms.position["left"]))
            self._kept = int(self._terms.position.get("kept", 0))
            for _kept in range(min(self._kept, len(self._waiting))):
                self._waiting.popleft()
        return self._left

    def count(self) -> int:
        """See the protocol."""
        self._count = number_in(self._service.ask(self._dead), self._dead, "dead")
        return self._count

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol.

        Where the service cannot be told which letters to redrive, only how many, letters to be settled are blank: no
        filter can mean them, and so none of them is redriven in place of another.
        """
        most = min(most, self._queue.options["batch"])
        if self._terms.dry and self._lists:
            return self._next(most)
        if self._by_ids:
            self._refuse_without_list()
            return self._next(most)
        return self._blank(most)

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol. What has no id cannot be asked for."""
        if PARK in verdicts or DROP in verdicts:
            raise InputError("a service's dead letters cannot be parked or removed", on=http_service.on(self._redrive))
        if not self._by_ids:
            return self._settle_blank(letters, verdicts)
        meant = [letter for letter, verdict in zip(letters, verdicts) if verdict == MOVE]
        named = [letter.id for letter in meant if letter.named]
        moved = min(self._redriven(len(named), named), len(named)) if named else 0
        self._left -= len(letters)
        self._kept += len(letters) - moved
        skipped = {NO_ID: len(meant) - len(named), NOT_REDRIVEN: len(named) - moved}
        return Settled(moved, kept=verdicts.count(KEEP), skipped={why: many for why, many in skipped.items() if many})

    def sweep(self, most: int) -> Settled:
        """See the protocol."""
        letters = self.take(most)
        return self.settle(letters, [MOVE] * len(letters)) if letters else Settled()

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol."""
        dead = {letter.id for letter in self._letters(self._service.ask(self._dead))}
        return len(dead.intersection(ids))

    def parking(self) -> str:
        """See the protocol: there is no such place."""
        return ""

    def position(self) -> dict[str, Any]:
        """See the protocol."""
        return {"left": self._left, **({"kept": self._kept} if self._kept else {})}

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

    def _refuse_without_list(self) -> None:
        if not self._lists:
            raise InputError(
                "the service tells only how many dead letters there are, and {ids} asks for which",
                on=http_service.on(self._dead),
                advice="give a request that lists them as dead, or {count} instead",
            )

    def _blank(self, most: int) -> list[Letter]:
        wanted = max(min(most, self._left), 0)
        first = self._blanks + 1
        if self._terms.dry:
            self._blanks += wanted
            self._left -= wanted
        return [Letter(id=f"#{number}", fault=NOT_TOLD, named=False) for number in range(first, first + wanted)]

    def _settle_blank(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        if set(verdicts) != {MOVE}:
            raise InputError(
                "the service cannot be told which dead letters to redrive, only how many",
                on=http_service.on(self._redrive),
                advice="redrive without a filter, or put {ids} into the request if the service takes ids",
            )
        moved = self._redriven(len(letters), ())
        self._blanks += len(letters)
        self._left = max(self._left - moved, 0)
        if moved > len(letters):
            self._note(
                f"the service redrove {moved} letters when it was asked for {len(letters)}: it does not heed {COUNT}"
            )
        return Settled(moved)

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
        """Ask for a batch; return how many were redriven.

        Where the answer does not tell, the number of dead letters before and after does.

        :raises OpsError: none at all, though there are some.
        """
        before = self._count
        began = time.monotonic()
        answer = self._service.ask(self._redrive, count, ids)
        if self._terms.gentle:
            time.sleep(time.monotonic() - began)  # as long again belongs to everybody else
        moved = counted(answer, self._redrive["path"])
        if moved is None:
            self._note(
                "the service does not tell how many letters it redrove: counted by how many fewer there were after it"
            )
            moved = self._fewer_than(before, count)
        else:
            self._count = max(before - moved, 0)
        if not moved:
            self._refuse_to_go_on(answer)
        return moved

    def _fewer_than(self, before: int, asked: int) -> int:
        """Return how many letters fewer there are; a service that redrives later is given a moment."""
        waited = wait_until(self.count, lambda now: now <= before - asked, timeout=_LATER_SECONDS)
        return max(before - waited.last, 0)

    def _refuse_to_go_on(self, answer: Any) -> None:
        """Say why the pass is over though letters are left: to ask again and again would have no end."""
        left = self.count()
        self._left = 0
        if left:
            said = short_reason(answer) if isinstance(answer, Mapping) else ""
            raise OpsError(
                f"the service redrove none, and {left} dead letters are left{f': {said}' if said else ''}",
                on=http_service.on(self._redrive),
                advice="see the service's log",
            )
