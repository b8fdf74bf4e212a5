# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a queue of RabbitMQ, sent to work again. A letter leaves only when the broker has its new message.

What is taken is held back from others until it is settled, or the pass ends: the broker puts it back then, also when we
are killed. So a letter is never lost; between confirm and acknowledgement it is in two places, and may come twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, OpsError
from .call_size import CallSize
from .dead_letters import DROP, KEEP, MOVE, PARK, Settled, Terms
from .letters import Letter, Reader, tally
from .rabbitmq_amqp import Outgoing, Sent, Session
from .rabbitmq_message import Delivery, again, as_it_is, last_death, letter_of

if TYPE_CHECKING:
    from .rabbitmq import RabbitMQ

# What a look may hold back from others at most.
MOST_LOOKED_AT = 10_000
_BATCH_BYTES = 2_000_000
_GENTLE_BYTES = 250_000


class RabbitLetters:
    """A pass through a queue of dead letters. See :class:`.dead_letters.DeadLetters` for what the methods do."""

    def __init__(self, queue: RabbitMQ, terms: Terms, dead: str) -> None:
        """Take a pass's terms. Nothing is sent."""
        self._queue = queue
        self._terms = terms
        self._dead = dead
        self._reader = Reader(queue.options.get("item"))
        self._session = Session(queue.options)
        self._size = CallSize(size=_GENTLE_BYTES if terms.gentle else _BATCH_BYTES)
        self._left = 0
        self._held = 0
        self._skip = int(terms.position.get("kept", 0))
        self._notes: list[str] = []
        self._exchanges: dict[str, bool] = {"": True}
        self._parking_made = False

    def begin(self) -> int:
        """See the protocol."""
        self._session.open()
        ready, consumers = self._session.count(self._dead)
        if consumers:
            self._note(f"{consumers} consumers take from {self._dead} too")
        position = self._terms.position
        self._left = min(max(ready - self._skip, 0), int(position["left"])) if position else ready
        if self._terms.dry and self._left > MOST_LOOKED_AT:
            self._note(
                f"only the first {MOST_LOOKED_AT} of {self._left} letters are looked at, as others cannot meanwhile"
            )
            self._left = MOST_LOOKED_AT
        return self._left

    def count(self) -> int:
        """See the protocol. What we hold is dead, too."""
        return self._session.count(self._dead)[0] + self._held

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol."""
        while self._left > 0 and most > 0:
            given = self._session.read(self._dead, min(self._left + self._skip, most + self._skip, self._size.items))
            self._held += len(given)
            self._size.learn(len(given), 0.0, sum(len(one.body) for one in given))
            fresh = [one for one in given if not self._was_kept(one)]
            self._left = self._left - len(fresh) if given else 0
            if fresh:
                return [self._letter(one) for one in fresh]
        return []

    def _was_kept(self, given: Delivery) -> bool:
        """Tell whether an earlier part of the run has ruled on a message: such are in front, and were ours before."""
        if not self._skip or not given.again:
            return False
        self._skip -= 1
        return True

    def _letter(self, given: Delivery) -> Letter:
        death = last_death(given.properties.headers, self._dead)
        letter = letter_of(replace(given, death=death), self._reader, self._queue.options)
        if not self._terms.count_redrives:
            letter.redrives = 0
        return letter

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol. Parts of a batch can be done while others cannot."""
        began = time.monotonic()
        wanted = list(zip(letters, verdicts))
        skipped = {letter.handle.tag: self._hindrance(letter, verdict) for letter, verdict in wanted}
        sent = [one for one in wanted if one[1] in (MOVE, PARK) and not skipped[one[0].handle.tag]]
        outcome = self._session.send([self._outgoing(*one) for one in sent]) if sent else Sent({}, set())
        for number, reason in outcome.refused.items():
            skipped[sent[number][0].handle.tag] = reason
        arrived = [one for number, one in enumerate(sent) if outcome.arrived(number)]
        dropped = [one for one in wanted if one[1] == DROP]
        self._acknowledge([letter for letter, _verdict in arrived + dropped], outcome)
        if self._terms.gentle:
            time.sleep(time.monotonic() - began)  # as long again belongs to everybody else
        moved = [letter for letter, verdict in arrived if verdict == MOVE]
        return Settled(
            moved=len(moved),
            parked=len(arrived) - len(moved),
            dropped=len(dropped),
            kept=list(verdicts).count(KEEP),
            skipped=tally([reason for reason in skipped.values() if reason]),
            size=sum(len(letter.handle.body) for letter in moved),
        )

    def _acknowledge(self, letters: Sequence[Letter], outcome: Sent) -> None:
        """Take out what has arrived, also when it is not known of the rest.

        :raises OpsError: the connection was lost.
        """
        try:
            self._session.acknowledge(self._dead, [letter.handle.tag for letter in letters])
        except OpsError as error:
            raise _twice(error, len(letters) + len(outcome.open)) from error
        self._held -= len(letters)
        if outcome.error:
            raise _twice(outcome.error, len(outcome.open)) from outcome.error

    def _hindrance(self, letter: Letter, verdict: str) -> str:
        """Return why a letter cannot be sent; nothing when it can be tried."""
        if verdict == PARK:
            self._make_parking()
        if verdict != MOVE:
            return ""
        exchange, routing_key = self._way_back(letter.handle)
        if exchange not in self._exchanges:
            self._exchanges[exchange] = self._session.has_exchange(exchange)
        if not self._exchanges[exchange]:
            return f"the exchange {exchange} does not exist"
        return "it would go to the dead letters again" if (exchange, routing_key) == ("", self._dead) else ""

    def _make_parking(self) -> None:
        if not self._parking_made:
            if self.parking() == self._dead:
                raise InputError("letters cannot be parked where the dead ones are", on=self._dead)
            self._session.make_queue(self.parking())
            self._parking_made = True

    def _way_back(self, given: Delivery) -> tuple[str, str]:
        """Return the exchange and the routing key by which a letter goes back to work.

        Without a name, the exchange is the one that brings a message into the queue that the key names.
        """
        options, death = self._queue.options, given.death
        if options.get("target"):
            return "", str(options["target"])
        if death is None:
            return "", self._queue.queue
        if death.queue != self._queue.queue:
            self._note(f"letters that died in {death.queue} go back there")
        if options["return_by"] == "exchange":
            return death.exchange, death.routing_key
        return "", death.queue

    def _outgoing(self, letter: Letter, verdict: str) -> Outgoing:
        given, user = letter.handle, str(self._queue.options["login_user"])
        if verdict == PARK:
            return Outgoing("", self.parking(), as_it_is(given, user), given.body)
        redrives = letter.redrives + 1 if self._terms.count_redrives else None
        return Outgoing(*self._way_back(given), again(given, user, redrives), given.body)

    def sweep(self, most: int) -> Settled:
        """See the protocol. The broker has no way to move letters that has us not see them."""
        letters = self.take(most)
        return self.settle(letters, [MOVE] * len(letters)) if letters else Settled()

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol: ids are the producer's, if any, so this kind does not have the trait."""
        raise InputError(f"letters of the kind {self._queue.kind} have no ids of the broker", on=self._dead)

    def parking(self) -> str:
        """See the protocol: the terms' queue, the option ``parked``, or the queue of dead letters with a suffix."""
        return str(self._terms.park or self._queue.options.get("parked") or f"{self._dead}.parked")

    def position(self) -> dict[str, Any]:
        """See the protocol. What is held goes back to the front of the queue, where the next part passes over it."""
        return {"left": self._left, "kept": self._held + self._skip}

    def account(self) -> Mapping[str, int]:
        """See the protocol: the broker notes nothing."""
        return {}

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes:
            self._notes.append(sentence)

    def close(self) -> None:
        """See the protocol."""
        self._session.close()


def _twice(error: OpsError, letters: int) -> OpsError:
    """Return the error with what it means for letters of which it is not known whether they were taken out."""
    if not letters:
        return error
    return type(error)(
        error.failed,
        on=error.on,
        advice=f"nothing is lost; {letters} letters may come twice. {error.advice}".rstrip(". "),
    )
