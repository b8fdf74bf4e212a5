# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each letter is: every one must be in exactly one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .letters import DEAD, PARKED, QUEUE
from .own_redis import Client

PLACES = (QUEUE, DEAD, PARKED)
_AT_ONCE = 2000


def small_letter(number: int) -> bytes:
    """Return a letter with that number; two of three are of one error."""
    error = "ValueError" if number % 3 == 0 else "TimeoutError"
    return b'{"id":"order-%07d","error":"%s","amount":%d}' % (number, error.encode(), number * 10)


def number_of(body: bytes) -> int:
    """Return the number of a small letter."""
    return int(body[13:20])


def is_meant(number: int) -> bool:
    """Tell whether a filter for the one error means the letter."""
    return number % 3 != 0


def fill(client: Client, count: int) -> None:
    """Have so many dead letters, and nothing else."""
    client.flushall()
    for first in range(0, count, _AT_ONCE):
        client.rpush(DEAD, *map(small_letter, range(first, min(first + _AT_ONCE, count))))


@dataclass
class Account:
    """Letters that are in no place, and those that are in more than one, over many looks."""

    lost: int = 0
    twice: int = 0
    problems: list[str] = field(default_factory=list)

    def look(self, client: Client, count: int, places: Iterable[str] = PLACES) -> None:
        """Look where all letters are, at one moment: what was sent before a kill may still be under way.

        One that was lost stays so, and is counted at each look.
        """
        moment = client.pipeline(transaction=True)
        for place in places:
            moment.lrange(place, 0, -1)
        seen = Counter(number_of(body) for bodies in moment.execute() for body in bodies)
        self.lost += sum(number not in seen for number in range(count))
        self.twice += sum(times - 1 for times in seen.values())

    def expect(self, what: str, holds: bool) -> None:
        """Note a problem when something does not hold."""
        if not holds and len(self.problems) < 10:
            self.problems.append(what)

    @property
    def bad(self) -> int:
        """Return how many letters are not in exactly one place."""
        return self.lost + self.twice
