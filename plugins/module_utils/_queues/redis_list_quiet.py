# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters in a list, moved by LMOVE in quiet transactions; whatever these cannot do is left to the scripts.

Letters that were looked at are moved only while nobody has changed the list: it is watched. Where somebody has, the
script decides, which minds only the letters in question. So it does when the server refuses, as its answer is needed
then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._core.redis_connection import explained
from .dead_letters import DROP, KEEP, MOVE, OLDEST, PARK, Settled, Terms
from .letters import Letter
from .redis_letters import as_text
from .redis_list_letters import LEFT, RedisListLetters
from .redis_quiet import Note, Quiet
from .redis_server import Command

if TYPE_CHECKING:
    from .redis_list import RedisList

# Transactions in a row that the server did not run, after which no more are tried.
_MOST_REFUSED = 20
# Letters that are read at a time.
_PORTION = 128
# Batches in a row, and how many of them are under way: the next is there when the server has done one, and whoever else
# asks the server has a turn in between. What comes together is done without a turn for others.
_IN_A_ROW = 8
_UNDER_WAY = 2


class QuietListLetters(RedisListLetters):
    """A pass through a list of dead letters, on a server that can be told to be quiet."""

    def __init__(self, queue: RedisList, terms: Terms, dead: str) -> None:
        super().__init__(queue, terms, dead)
        self._quiet: Quiet | None = None
        self._refused = 0
        self._watched = False
        self._steps: dict[str, bytes] = {}
        # Where letters move that are newer than all, the script puts what has died since out of the way.
        self._may = not terms.dry and not terms.count_redrives and terms.order == OLDEST

    def close(self) -> None:
        """See :class:`.dead_letters.DeadLetters`."""
        if self._quiet is not None:
            self._quiet.close()
            self._quiet = None
        super().close()

    def sweep(self, most: int) -> Settled:
        """See :class:`.dead_letters.DeadLetters`. The server has the next batch at hand when it has done one."""
        wanted = min(most, self._left, self.size.items)
        if wanted <= 0 or not self._ready():
            return super().sweep(most)
        batches = 1 if self.terms.gentle else min(_IN_A_ROW, min(most, self._left) // wanted)
        notes = self._run([(self._steps[MOVE] * wanted, (0, 0, 0))] * batches)
        gone = sum(note.gone for note in notes)
        if not gone:  # refused, or there is none: the script tells which
            return super().sweep(most)
        self._left -= gone
        for note in notes:
            self.size.learn(wanted, note.seconds, note.next_size * wanted)
        return Settled(moved=gone)

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See :class:`.dead_letters.DeadLetters`."""
        if not self._watched or not self._ready():
            return super().settle(letters, verdicts)
        self._watched = False
        counts = {verdict: verdicts.count(verdict) for verdict in (MOVE, PARK, DROP, KEEP)}
        steps = b"".join([self._steps[verdict] for verdict in verdicts])
        notes = self._run([(steps, (counts[PARK], counts[DROP], counts[KEEP]))])
        if not notes:
            return super().settle(letters, verdicts)
        note = notes[0]
        size = sum(len(letter.body or b"") for letter in letters)
        self.size.learn(len(letters), note.seconds, size)
        self._left -= len(letters)
        self._kept += counts[KEEP]
        return Settled(note.gone - counts[PARK] - counts[DROP], counts[PARK], counts[DROP], counts[KEEP], size=size)

    def _head(self, end: str, most: int, size: int) -> list[bytes]:
        """See :class:`RedisListLetters`; letters that are going to be settled are watched from now on."""
        self._watched = False
        if end != self._from or not self._ready():
            return super()._head(end, most, size)
        *types, first = self.ask_quietly(
            ("UNWATCH",),
            ("WATCH", self.dead),
            ("TYPE", self.queue.key),
            ("TYPE", self.parking()),
            self._portion(0, most),
        )[2:]
        self._watched = all(as_text(kind) in ("list", "none") for kind in types)
        return self._read_head(first, most, size)

    def _read_head(self, found: list[bytes], most: int, size: int) -> list[bytes]:
        """Return letters, in portions, so that a large one behind small ones does not bring many others with it.

        :param found: the first portion, as the server gave it.
        """
        bodies: list[bytes] = []
        while True:
            bodies += found if self._from == LEFT else found[::-1]
            size -= sum(map(len, found))
            if not found or len(bodies) >= most or size <= 0:
                return bodies
            (found,) = self.ask_quietly(self._portion(len(bodies), most))

    def _portion(self, first: int, most: int) -> Command:
        last = min(first + _PORTION, most) - 1
        bounds = (first, last) if self._from == LEFT else (-last - 1, -first - 1)
        return ("LRANGE", self.dead, *bounds)

    def ask_quietly(self, *commands: Command) -> list[Any]:
        """Return the answers to commands, over the connection that watches.

        :raises OpsError: the first error among the answers; no connection.
        """
        with explained("read the dead letters", self.on):
            answers = self._transactions.ask(*commands)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    @property
    def _transactions(self) -> Quiet:
        if self._quiet is None:
            raise RuntimeError("no transaction before _ready() has said that there may be one")
        return self._quiet

    def _run(self, batches: Sequence[tuple[bytes, Sequence[int]]]) -> list[Note]:
        """Run transactions, of steps and how many of them park, drop and keep; return what came of those that ran."""
        transactions = self._transactions
        began = time.perf_counter()
        following = 0 if self._from == LEFT else -1
        told: list[Note | None] = []
        with explained("settle dead letters", self.on):
            for number, (steps, others) in enumerate(batches):
                transactions.send(steps, (*others, following), self.account_key if self.terms.account else "")
                if number + 1 >= _UNDER_WAY:
                    told.append(transactions.receive())
            while len(told) < len(batches):
                told.append(transactions.receive())
        notes = [note for note in told if note]
        self.be_gentle(time.perf_counter() - began)
        self._refused = 0 if notes else self._refused + 1
        return notes

    def _ready(self) -> bool:
        """Tell whether a quiet transaction may be tried; the first time, ask the server."""
        if not self._may or self._refused >= _MOST_REFUSED:
            return False
        if self._quiet is None:
            self._quiet = Quiet(self.client, self.dead, self.beside_dead(f"day2:note:{self.terms.run}"))
            with explained("settle dead letters", self.on):
                self._may = self._quiet.open(self.account_key if self.terms.account else "")
            self._steps = self._packed_steps() if self._may else {}
        return self._may

    def _packed_steps(self) -> dict[str, bytes]:
        here = self._from.upper()
        there = "RIGHT" if here == "LEFT" else "LEFT"
        commands: dict[str, tuple[Any, ...]] = {
            MOVE: ("LMOVE", self.dead, self.queue.key, here, self.queue.options["push"].upper()),
            PARK: ("LMOVE", self.dead, self.parking(), here, "RIGHT"),
            KEEP: ("LMOVE", self.dead, self.dead, here, there),
            DROP: ("LPOP" if here == "LEFT" else "RPOP", self.dead),
        }
        return {verdict: self._transactions.packed(command) for verdict, command in commands.items()}
