# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a queue of SQS, sent to work again: received, sent to the queue they came from, then deleted.

What is received is hidden from others until it is settled, or given back at the end of the pass, or its visibility
timeout is over when we were killed. So a letter is never lost; between sending and deleting it is in two places, and
may come twice (in FIFO queues not within five minutes, when the run is resumed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, NoEvidence, NotThere, OpsError
from .._core.waiting import SYSTEM_CLOCK, Clock
from .dead_letters import DROP, KEEP, MOVE, PARK, Settled, Terms
from .letters import Letter, Reader, tally
from .sqs import APPROXIMATE, ARN, NUMBERS, POLICY, READY, dead_arn, dead_name, number
from .sqs_connection import Sqs
from .sqs_message import BATCH, batches, entry, has_room, letter_of, sent_at, source_of
from .sqs_move_task import MoveTask

if TYPE_CHECKING:
    from .sqs import SqsQueue

# What may be hidden from others at a time; SQS itself allows some more.
MOST_HELD = 10_000
# How long what was kept stays hidden when the pass is not over, for the next part of the run.
PART_SECONDS = 30
_MOST_TAKEN = 100
_WAIT_SECONDS = 1
_EMPTY_ANSWERS = 2

NOT_REMOVED = "sent, and not removed: it may come twice"
NO_ROOM = "it has no room for an attribute to count redrives in"
OF_ANOTHER = "it died in another queue"


class SqsLetters:
    """A pass through a queue of dead letters. See :class:`.dead_letters.DeadLetters` for what the methods do."""

    def __init__(self, queue: SqsQueue, terms: Terms, clock: Clock = SYSTEM_CLOCK) -> None:
        """Take a pass's terms. Nothing is sent."""
        self._queue = queue
        self._terms = terms
        self._clock = clock
        self._reader = Reader(queue.options.get("item"))
        self._client: Sqs | None = None
        self._dead = str(queue.options.get("dead") or "")
        self._target_arn = ""
        self._dead_arn = ""
        self._leads_here = False  # whether the queue's redrive policy names these dead letters
        self._began = 0.0
        self._left = 0
        self._held: dict[str, str] = {}  # message id -> receipt handle
        self._ruled: set[str] = set()  # ids of those held that stay where they are
        self._task: MoveTask | None = None
        self._moves_itself = True
        self._notes: list[str] = [APPROXIMATE]

    @property
    def _sqs(self) -> Sqs:
        if self._client is None:
            self._client = Sqs(self._queue.options)
        return self._client

    def begin(self) -> int:
        """See the protocol. The number is approximate, as all of SQS."""
        target, _headers = self._sqs.attributes(self._queue.queue, [ARN, POLICY])
        self._dead = self._dead or dead_name(target) or ""
        if not self._dead:
            raise NotThere(
                f"the queue {self._queue.name} has no redrive policy that names its dead letters",
                on=self._sqs.where,
                advice="give dead: QUEUE",
            )
        dead, headers = self._sqs.attributes(self._dead, [ARN, READY])
        self._target_arn, self._dead_arn = target.get(ARN, ""), dead.get(ARN, "")
        self._leads_here = bool(self._dead_arn) and dead_arn(target) == self._dead_arn
        self._began = _time_of(headers)
        ready = number(dead, READY)
        if ready is None:
            raise NoEvidence("SQS does not tell how many dead letters there are", on=self._dead)
        position = self._terms.position
        self._left = min(ready, int(position["left"])) if position else ready
        return self._left

    def count(self) -> int | None:
        """See the protocol. The number is approximate, as all of SQS."""
        found, _headers = self._sqs.attributes(self._dead, NUMBERS)
        numbers = [number(found, name) for name in NUMBERS]
        return None if None in numbers else sum(one or 0 for one in numbers)

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol."""
        wanted = min(most, self._left, _MOST_TAKEN)
        letters: list[Letter] = []
        empty = 0
        while len(letters) < wanted and empty < _EMPTY_ANSWERS:
            if len(self._held) >= MOST_HELD:
                self._note(
                    f"the pass ended early, as not more than {MOST_HELD} letters are hidden from others at a time"
                )
                break
            messages = self._receive(min(BATCH, wanted - len(letters)))
            letters += [letter for letter in map(self._letter, messages) if letter]
            empty = 0 if messages else empty + 1
            if empty and letters:
                break
        self._left = self._left - len(letters) if letters else 0
        return letters

    def _receive(self, most: int) -> list[dict[str, Any]]:
        """Receive messages; SQS may give fewer than there are, none only after it has looked everywhere."""
        answer = self._sqs.call(
            "receive_message",
            "receive the dead letters",
            self._dead,
            QueueUrl=self._sqs.url_of(self._dead),
            MaxNumberOfMessages=most,
            VisibilityTimeout=self._queue.options["visibility_timeout"],
            WaitTimeSeconds=_WAIT_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages") or [])

    def _letter(self, message: Mapping[str, Any]) -> Letter | None:
        """Return the letter of a message, None when it does not belong to the pass (any more)."""
        seen = message["MessageId"] in self._held  # it was hidden for long enough to be seen again
        self._held[message["MessageId"]] = message["ReceiptHandle"]
        if seen or sent_at(message) >= self._began + 1:  # the server tells its time in whole seconds
            return None
        letter = letter_of(message, self._reader, self._queue.options)
        if not self._terms.count_redrives:
            letter.redrives = 0
        return letter

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol. Parts of a batch can be done while others cannot."""
        skipped: dict[str, str] = {}  # message id -> why
        lots: dict[str, list[Letter]] = {verdict: [] for verdict in (MOVE, PARK, DROP, KEEP)}
        for letter, verdict in zip(letters, verdicts):
            reason = self._hindrance(letter) if verdict == MOVE else ""
            if reason:
                skipped[letter.handle["MessageId"]] = reason
            else:
                lots[verdict].append(letter)
        moved = self._send(lots[MOVE], self._queue.queue, self._terms.count_redrives, skipped)
        parked = self._send(lots[PARK], self.parking(), False, skipped) if lots[PARK] else 0
        dropped = self._remove(lots[DROP], skipped, "not removed")
        self._ruled.update(skipped, (letter.handle["MessageId"] for letter in lots[KEEP]))
        return Settled(
            moved=moved, parked=parked, dropped=dropped, kept=len(lots[KEEP]), skipped=tally(list(skipped.values()))
        )

    def _hindrance(self, letter: Letter) -> str:
        """Return why a letter cannot be moved; nothing when it can be tried."""
        source = source_of(letter.handle)
        if source and self._target_arn and source != self._target_arn:
            return OF_ANOTHER
        return NO_ROOM if self._terms.count_redrives and not has_room(letter) else ""

    def _send(self, letters: Sequence[Letter], queue: str, count: bool, skipped: dict[str, str]) -> int:
        """Send letters, and remove those that have arrived; return how many. Why others did not goes into ``skipped``.

        :raises OpsError: it is not known of a batch whether it has arrived.
        """
        url = self._sqs.url_of(queue)
        fifo = url.endswith(".fifo")
        entries = [entry(letter, at, self._terms.run, fifo, count) for at, letter in enumerate(letters)]
        done = 0
        for batch in batches(entries):
            try:
                answer = self._sqs.call("send_message_batch", "send letters", queue, QueueUrl=url, Entries=batch)
            except OpsError as error:
                raise _twice(error, len(batch)) from error
            for failed in answer.get("Failed") or []:
                letter = letters[int(failed["Id"])]
                skipped[letter.handle["MessageId"]] = f"the queue does not take it ({failed.get('Code', 'no reason')})"
            arrived = [letters[int(sent["Id"])] for sent in answer.get("Successful") or []]
            try:
                done += self._remove(arrived, skipped, NOT_REMOVED)
            except OpsError as error:
                raise _twice(error, len(arrived)) from error
        return done

    def _remove(self, letters: Sequence[Letter], skipped: dict[str, str], reason: str) -> int:
        """Remove letters from the dead ones; return how many. The others go into ``skipped`` for the reason."""
        done = 0
        for some in _tens(letters):
            ids = [letter.handle["MessageId"] for letter in some]
            failed = self._remove_batch(ids)
            failed = self._remove_batch(failed) if failed else []
            skipped.update(dict.fromkeys(failed, reason))
            for one in set(ids) - set(failed):
                self._held.pop(one, None)
                done += 1
        return done

    def _remove_batch(self, ids: Sequence[str]) -> list[str]:
        """Remove messages; return those that could not be."""
        answer = self._sqs.call(
            "delete_message_batch",
            "remove letters",
            self._dead,
            QueueUrl=self._sqs.url_of(self._dead),
            Entries=[{"Id": str(at), "ReceiptHandle": self._held[one]} for at, one in enumerate(ids)],
        )
        return [ids[int(failed["Id"])] for failed in answer.get("Failed") or []]

    def sweep(self, most: int) -> Settled:
        """See the protocol. SQS does it by itself when all letters are meant, and go to where they died."""
        if self._task is None and self._moves_itself and self._leads_here and most >= self._left > 0:
            self._start(most)
        if self._task:
            moved = self._task.moved()
            self._left = max(self._left - moved, 0)
            return Settled(moved=moved)
        letters = self.take(most)
        return self.settle(letters, [MOVE] * len(letters)) if letters else Settled()

    def _start(self, most: int) -> None:
        rate = self._queue.options.get("move_rate")
        try:
            self._task = MoveTask(self._sqs, self._dead_arn, self._target_arn, rate, self._left, most, self._clock)
        except OpsError as error:
            self._moves_itself = False
            self._note(f"letters go by way of this host, as SQS does not move them by itself: {error.failed}")

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol: what is sent again has a new id, so this kind does not have the trait."""
        raise InputError(f"letters of the kind {self._queue.kind} get a new id when they are sent again", on=self._dead)

    def parking(self) -> str:
        """See the protocol: the terms' queue, the option ``parked``, or that of dead letters with a suffix.

        It must be there: to make a queue of SQS is not our work.
        """
        given = self._terms.park or self._queue.options.get("parked")
        if given:
            return str(given)
        name, at, account = self._dead.partition("@")
        name = f"{name[:-5]}-parked.fifo" if name.endswith(".fifo") else f"{name}-parked"
        return f"{name}{at}{account}"

    def position(self) -> dict[str, Any]:
        """See the protocol. What is held is not counted: it stays hidden while the next part of the run begins."""
        return {"left": self._left}

    def account(self) -> Mapping[str, int]:
        """See the protocol: SQS notes nothing."""
        return {}

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes:
            self._notes.append(sentence)

    def close(self) -> None:
        """See the protocol."""
        if self._task:
            self._task.close()
        client, self._client = self._client, None
        if client is None:
            return
        # SQS gives letters in no order, so the next part of a run would be given the same ones again.
        hidden = 0 if self._terms.dry or self._left <= 0 else PART_SECONDS
        entries = [
            {"ReceiptHandle": handle, "VisibilityTimeout": hidden if one in self._ruled else 0}
            for one, handle in self._held.items()
        ]
        try:
            for some in _tens(entries):
                batch = [{"Id": str(at), **one} for at, one in enumerate(some)]
                url = client.url_of(self._dead)
                client.call("change_message_visibility_batch", "give back", self._dead, QueueUrl=url, Entries=batch)
        except OpsError:  # they come back by themselves when their time is over
            self._note("letters that were looked at are hidden until their visibility timeout is over")
        self._held.clear()
        client.close()


def _tens(things: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return [things[at : at + BATCH] for at in range(0, len(things), BATCH)]


def _twice(error: OpsError, letters: int) -> OpsError:
    """Return the error with what it means for letters of which it is not known whether they have arrived."""
    advice = f"nothing is lost; {letters} letters may come twice. {error.advice}".rstrip(". ")
    return type(error)(error.failed, on=error.on, advice=advice)


def _time_of(headers: Mapping[str, str]) -> float:
    """Return the server's time, in whole seconds; ours where it does not tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError, IndexError):
        return time()
