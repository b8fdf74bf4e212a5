# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Why a run stopped."""

from __future__ import annotations

from dataclasses import dataclass

END = "end"
LIMIT = "limit"
TIME = "time"
CANARY = "canary"
UNPROVEN = "unproven"
RETURNING = "returning"
CONSUMERS = "consumers"
FULL = "full"
CONTENDED = "contended"

# The run did what it was asked to, or as much of it as it may.
GOOD = frozenset({END, LIMIT, TIME})


@dataclass(frozen=True)
class Stop:
    """One of the reasons above, and a sentence on it."""

    reason: str
    sentence: str

    @property
    def good(self) -> bool:
        """Tell whether this is how a run should end."""
        return self.reason in GOOD


STOPPED_AT_END = Stop(END, "all dead letters that were there were looked at")
