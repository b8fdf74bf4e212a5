# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of dead letters: they can be taken to look at, and each be put back to work, parked, dropped or kept.

A kind of queue that can do so has a method ``dead_letters``; the algorithm over it is :mod:`.redrive`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from .base import Queue
from .letters import Letter

# What is to be done with a letter.
MOVE = "move"
PARK = "park"
DROP = "drop"
KEEP = "keep"
VERDICTS = (MOVE, PARK, DROP, KEEP)

# Traits: what a kind is able to do with its dead letters. Whoever asks for more is refused before anything is touched.
ATOMIC = "atomic"  # a batch is settled as one step on the server: whatever is killed, a letter is in one place
SWEEPS = "sweeps"  # can move letters without sending them to us
IDS = "ids"  # ids are the broker's own and stay the same when a letter dies again
ORDERS = "orders"  # can begin with the newest
PARKS = "parks"  # has a place for what shall not be tried again
DROPS = "drops"  # can remove one letter
COUNTS_REDRIVES = "counts_redrives"  # keeps how often we have moved a letter
ATTEMPTS = "attempts"  # the broker counts attempts, and the count can be set
RESTORES = "restores"  # can put back what was taken out: :class:`Restorable`

OLDEST = "oldest"
NEWEST = "newest"
ATTEMPTS_KEEP = "keep"
ATTEMPTS_RESET = "reset"
ATTEMPTS_CAP = "cap"


@dataclass(frozen=True)
class Terms:
    """What a run asks of the kind.

    :param run: names the run: letters, digits, dashes. Each run has a name of its own, and keeps it when resumed.
    :param order: which letters come first, ``oldest`` or ``newest``.
    :param attempts: what becomes of the broker's own count: ``keep``, ``reset`` to 0, ``cap`` so that one more try is
        left at least.
    :param park: where letters are parked, in the kind's own terms (a key, a queue, a folder); None: the kind's default,
        see :meth:`DeadLetters.parking`.
    :param count_redrives: keep how often each letter was moved, and tell it as ``Letter.redrives``.
    :param account: note on the server, in the same step as each batch, how far the run has come (where the kind can).
    :param dry: only look. ``take`` walks on by itself, ``settle`` and ``sweep`` are not called.
    :param gentle: leave the server more room for others.
    :param position: of an earlier part of this run, what :meth:`DeadLetters.position` returned; empty at the start.
    """

    run: str
    order: str = OLDEST
    attempts: str = ATTEMPTS_KEEP
    park: str | None = None
    count_redrives: bool = False
    account: bool = False
    dry: bool = False
    gentle: bool = False
    position: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settled:
    """What became of letters.

    :param moved, parked, dropped, kept: how many.
    :param skipped: reason (a few words, the same for all such letters) -> how many could not be done, and stay.
    :param vanished: how many were no longer there: somebody else took them.
    :param changed: the head of the queue was not as it was taken: nothing was done; take again.
    :param size: bytes that were moved, where known.
    """

    moved: int = 0
    parked: int = 0
    dropped: int = 0
    kept: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    vanished: int = 0
    changed: bool = False
    size: int = 0


class DeadLetters(Protocol):
    """A pass through the dead letters of one queue, over one connection: through those that were there when it began.

    Letters that die again while it goes on do not belong to it, so it ends. All methods raise ``OpsError``; a lost
    connection is ``Unreachable``, and what was being settled is then settled as a whole or not at all (where the kind
    is atomic).
    """

    def begin(self) -> int | None:
        """Fix what belongs to the pass, or pick it up at ``Terms.position``; return how many are left of it, if known.

        :raises WrongType, NotThere, InputError: there is no such thing as described.
        """

    def count(self) -> int | None:
        """Return how many dead letters there are now, None when the kind cannot tell."""

    def take(self, most: int) -> Sequence[Letter]:
        """Return the next letters of the pass, at most ``most``, in order; none when the pass is over.

        Does not change what is there; a kind that can only look by reserving gives back in :meth:`close` what was not
        settled. Fewer than ``most`` is no sign of the end. A kind may bound the bytes of a batch.
        """

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """Do as the verdicts say with letters that the last :meth:`take` returned: all of them, in the same order."""

    def sweep(self, most: int) -> Settled:
        """Move the next letters of the pass, at most ``most``, without looking at them; nothing moved: it is over.

        Only with the trait ``sweeps``.
        """

    def still_dead(self, ids: Sequence[str]) -> int:
        """Return how many of these letters, which were moved, are dead again. Only with the trait ``ids``."""

    def parking(self) -> str:
        """Return where letters are parked, for messages; empty when the kind has no such place."""

    def position(self) -> dict[str, Any]:
        """Return how far the pass has come: JSON-safe, small, no payload. See ``Terms.position``."""

    def account(self) -> Mapping[str, int]:
        """Return what the server noted of this run (``Terms.account``): looked, moved, parked; empty for nothing."""

    def notes(self) -> Sequence[str]:
        """Return what a reader of the result must know, a sentence each: nothing is there, letters may come twice."""

    def close(self) -> None:
        """Give back what is held, the connection too. Does not raise."""


class Redrivable(Queue, Protocol):
    """A queue whose dead letters can be put back to work.

    A kind that knows some of :data:`.letters.FIELDS` only by the option ``item`` has an attribute ``told_by_item``, the
    names of these.
    """

    TRAITS: ClassVar[frozenset[str]]

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """Return a pass through the dead letters. Nothing is sent before ``begin``.

        :raises InputError: the queue's options do not say where dead letters are, or the terms cannot be met.
        :raises OpsError: a missing library, a secret that cannot be read.
        """


class Restorable(DeadLetters, Protocol):
    """Dead letters that can be taken out of the broker and be put back as dead letters. The trait ``restores``."""

    def record(self, letter: Letter) -> dict[str, Any]:
        """Return all that is needed to put the letter back: JSON-safe; bytes as base64."""

    def restore(self, records: Sequence[Mapping[str, Any]], batch: str) -> int:
        """Put letters back as dead letters, in one step; return how many were not there yet and were added.

        :param batch: names these records. A kind without ids notes it on the server, and adds them only once.
        :raises InputError: a record that :meth:`record` of this kind did not write.
        """
