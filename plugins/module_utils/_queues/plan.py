# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a redrive would do, by the real rules on the real letters, without doing it."""

from __future__ import annotations

from typing import Any

from .._core.waiting import Clock
from .dead_letters import KEEP, MOVE, PARK, DeadLetters
from .letter_summary import Summary
from .progress import add_to
from .rules import Rules

_BATCH = 1000


def made_plan(letters: DeadLetters, rules: Rules, limit: int | None, summary: Summary, clock: Clock) -> dict[str, Any]:
    """Return the plan: how many would be moved, parked and left, and what those to be moved have in common.

    :param letters: dry. :param limit: letters to move; None for all. :param summary: counts those that would be moved.
    """
    letters.begin()
    counts = {MOVE: 0, PARK: 0, KEEP: 0}
    reasons: dict[str, dict[str, int]] = {MOVE: {}, PARK: {}, KEEP: {}}
    looked = 0
    while limit is None or counts[MOVE] < limit:
        batch = letters.take(_BATCH if limit is None else min(_BATCH, limit - counts[MOVE]))
        if not batch:
            break
        now = clock.time()
        looked += len(batch)
        for letter, ruling in zip(batch, rules.rule(batch, now)):
            counts[ruling.verdict] += 1
            if ruling.verdict == MOVE:
                summary.see(letter, now)
            else:
                add_to(reasons[ruling.verdict], {ruling.reason: 1})
    return {
        "looked": looked,
        "move": counts[MOVE],
        "park": counts[PARK],
        "parked_for": reasons[PARK],
        "skipped": reasons[KEEP],
        **summary.as_dict(),
    }
