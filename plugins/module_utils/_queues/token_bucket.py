# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How fast letters may go: a token bucket (https://en.wikipedia.org/wiki/Token_bucket)."""

from __future__ import annotations

import math

from .._core.errors import InputError
from .._core.waiting import SYSTEM_CLOCK, Clock
from .redrive_checks import finite

# A bucket holds what flows in during this time, so that a pause is not made up for by a burst.
_HELD_SECONDS = 0.1
# What is lost when parts of seconds are added up; without it a wait could end just short of a whole token, for ever.
_ROUNDING = 1e-6


class TokenBucket:
    """Gives out as many items as the rate allows."""

    def __init__(self, rate: float | None, clock: Clock = SYSTEM_CLOCK) -> None:
        """Take items a second; None for no limit.

        :raises InputError: the rate is not more than 0, or not finite.
        """
        if rate is not None:
            finite("rate", rate)
            if rate <= 0:
                raise InputError("rate must be more than 0 items a second", on=f"{rate:g}")
        self._rate = rate
        self._clock = clock
        self._most = max(1.0, rate * _HELD_SECONDS) if rate else math.inf
        self._tokens = min(self._most, 1.0)
        self._at = clock.monotonic()

    @property
    def tokens(self) -> float:
        """Return what is left for now, to go on with as :meth:`go_on`; 0 when there is no limit."""
        return self._tokens if self._rate else 0.0

    def go_on(self, tokens: float) -> None:
        """Take over what an earlier part of the run had left."""
        self._tokens = min(self._most, tokens)

    def wait(self, longest: float = 1.0) -> int | None:
        """Wait until at least one item may go, or ``longest`` seconds; return how many may go, None for any number."""
        if self._rate is None:
            return None
        self._flow()
        if self._tokens + _ROUNDING < 1:
            self._clock.sleep(min((1 - self._tokens) / self._rate, longest))
            self._flow()
        return int(self._tokens + _ROUNDING)

    def spend(self, items: int) -> None:
        """Note that so many went."""
        self._tokens -= items

    def _flow(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._most, self._tokens + (now - self._at) * (self._rate or 0.0))
        self._at = now
