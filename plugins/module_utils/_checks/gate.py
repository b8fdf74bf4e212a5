# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The gate: when have checks passed often enough in a row, and when is it time to give up. No threads, no clock.

The idea of consecutive successes, a failure limit and an inconclusive third state is that of progressive delivery
(Argo Rollouts' analysis); the flap budget bounds how often a check may fall back while the gate waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .base import CRITICAL, FAIL, PASS, UNKNOWN, WARNING, Check, Outcome

PASSED = "passed"
FAILED = "failed"
UNDECIDED = "unknown"

# Which severities decide, by the option fail_on.
_DECIDING = {CRITICAL: (CRITICAL,), WARNING: (CRITICAL, WARNING)}


@dataclass(frozen=True)
class Rules:
    """What a gate asks for.

    :param consecutive: passes in a row that each deciding check needs, at the same time.
    :param keep_trying: False ends a check's attempts at its first one that is no pass.
    :param flap_budget: how often deciding checks may fall from pass to not pass, in sum, before the gate gives up.
    :param fail_on: the lowest severity that decides: critical or warning.
    """

    consecutive: int = 1
    keep_trying: bool = False
    flap_budget: int = 3
    fail_on: str = CRITICAL


@dataclass
class Standing:
    """How one check stands so far. ``tolerated`` is for one that was no better in the baseline."""

    check: Check
    tolerated: bool = False
    last: Outcome = field(default_factory=lambda: Outcome(UNKNOWN, "not attempted yet"))
    attempts: int = 0
    passes_in_a_row: int = 0
    flaps: int = 0

    def record(self, outcome: Outcome) -> None:
        """Take in what an attempt came to."""
        good = self.accepts(outcome)
        if self.attempts and not good and self.accepts(self.last):
            self.flaps += 1
        self.passes_in_a_row = self.passes_in_a_row + 1 if good else 0
        self.attempts += 1
        self.last = outcome

    def accepts(self, outcome: Outcome) -> bool:
        """Tell whether ``outcome`` is good enough: a pass, no worse than a baseline, or an unknown that is allowed."""
        allowed = outcome.status == UNKNOWN and bool(self.check.options.get("tolerate_unknown"))
        return outcome.status == PASS or self.tolerated or allowed


class Gate:
    """Collects outcomes and decides. Feed it with :meth:`record` until :attr:`verdict` is not empty or time is up."""

    def __init__(self, standings: Sequence[Standing], rules: Rules) -> None:
        self.standings = list(standings)
        self.rules = rules

    def record(self, index: int, outcome: Outcome) -> None:
        """Take in an attempt of the check at ``index``."""
        self.standings[index].record(outcome)

    def wants_more(self, index: int) -> bool:
        """Tell whether the check at ``index`` should be attempted again."""
        standing = self.standings[index]
        if not standing.attempts:
            return True
        if not self.decides(standing):
            return False
        return self.rules.keep_trying or self._unfinished(standing)

    def decides(self, standing: Standing) -> bool:
        """Tell whether the gate hangs on this check."""
        return standing.check.severity in _DECIDING[self.rules.fail_on]

    @property
    def deciding(self) -> list[Standing]:
        """Return the standings of the checks that decide."""
        return [standing for standing in self.standings if self.decides(standing)]

    @property
    def flapping(self) -> bool:
        """Tell whether the flap budget is used up."""
        return sum(standing.flaps for standing in self.deciding) > self.rules.flap_budget

    @property
    def verdict(self) -> str:
        """Return passed, failed, unknown, or nothing while more attempts may change it."""
        if any(not standing.attempts for standing in self.standings):
            return ""
        if all(standing.passes_in_a_row >= self.rules.consecutive for standing in self.deciding):
            return PASSED
        if self.flapping:
            return FAILED
        open_ended = self.rules.keep_trying or any(self._unfinished(standing) for standing in self.deciding)
        return "" if open_ended else self.final_verdict

    def _unfinished(self, standing: Standing) -> bool:
        """Tell whether a check has passed so far, and not yet often enough."""
        return standing.accepts(standing.last) and standing.passes_in_a_row < self.rules.consecutive

    @property
    def final_verdict(self) -> str:
        """Return what it comes to if nothing more is attempted: without enough passes in a row never passed."""
        short = [standing for standing in self.deciding if standing.passes_in_a_row < self.rules.consecutive]
        if not short and all(standing.attempts for standing in self.standings):
            return PASSED
        return FAILED if self.flapping or any(standing.last.status == FAIL for standing in short) else UNDECIDED
