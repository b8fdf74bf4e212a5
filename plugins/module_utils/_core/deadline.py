# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A moment by which all of several steps must be over."""

from __future__ import annotations

import time


class Deadline:
    """Until when there must be an answer. ``ends`` is a moment of ``time.monotonic``."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; never none, as 0 is no time-out to a socket."""
        return max(0.05, self.ends - time.monotonic())
