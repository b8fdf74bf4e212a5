# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is to become of each dead letter: put back to work, parked, or left where it is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .dead_letters import KEEP, MOVE, PARK
from .letter_filter import Filter
from .letters import Letter

TRIED_ENOUGH = "redriven as often as it may be"


@dataclass(frozen=True)
class Ruling:
    """A verdict of :mod:`.dead_letters`, and why, in a few words; a letter that is moved needs no reason."""

    verdict: str
    reason: str = ""


_MOVED = Ruling(MOVE)


class Rules:
    """Rules on letters.

    :param meant: which letters are meant at all.
    :param max_attempts: how often a letter may be put back; None for ever.
    :param park: whether what can never succeed, or was tried enough, is parked; it is left where it is otherwise.
    """

    def __init__(self, meant: Filter, max_attempts: int | None, park: bool) -> None:
        self._meant = meant
        self._max_attempts = max_attempts
        self._hopeless = PARK if park else KEEP

    @property
    def need_letters(self) -> bool:
        """Tell whether letters must be looked at to rule on them."""
        return bool(self._meant) or self._max_attempts is not None or self._hopeless == PARK

    def rule(self, letters: Sequence[Letter], now: float) -> list[Ruling]:
        """Return a ruling for each letter.

        :param now: seconds since the epoch.
        """
        return [self._rule(letter, now) for letter in letters]

    def _rule(self, letter: Letter, now: float) -> Ruling:
        refused = self._meant.refuses(letter, now)
        if refused:
            return Ruling(KEEP, refused)
        if letter.gone:
            return Ruling(self._hopeless, letter.gone)
        if self._max_attempts is not None and letter.redrives >= self._max_attempts:
            return Ruling(self._hopeless, TRIED_ENOUGH)
        return _MOVED
