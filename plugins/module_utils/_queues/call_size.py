# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How many items go into one call, so that a server which does one thing at a time is never kept for long."""

from __future__ import annotations

from collections import deque

# Of a server's time, and of the bytes that a call may move.
CALL_SECONDS = 0.0009
GENTLE_SECONDS = 0.0002
CALL_BYTES = 250_000

_FIRST = 32
_MOST = 2000
# Calls that are remembered. What an item takes is the least of what they say: whatever else happens only adds to it.
_REMEMBERED = 8


class CallSize:
    """Follows what calls take. The first ones are small, as nothing is known yet."""

    def __init__(self, seconds: float = CALL_SECONDS, size: int = CALL_BYTES) -> None:
        """Take how long a call may take, and how many bytes it may move."""
        self._seconds = seconds
        self.bytes = size
        self._per_item: deque[float] = deque(maxlen=_REMEMBERED)
        self._bytes_per_item = 0.0
        self._items = _FIRST

    @property
    def items(self) -> int:
        """Return how many items the next call should have."""
        return self._items

    def learn(self, items: int, seconds: float, size: int = 0) -> None:
        """Take into account what a call took for so many items.

        :param seconds: of the server; 0 for not known. :param size: their bytes; 0 for not known.
        """
        if items <= 0:
            return
        if seconds > 0:
            self._per_item.append(seconds / items)
        self._bytes_per_item = max(size / items, 0.8 * self._bytes_per_item)
        by_time = self._seconds / min(self._per_item) if self._per_item else _MOST
        by_size = self.bytes / self._bytes_per_item if self._bytes_per_item else _MOST
        self._items = max(1, min(int(by_time), int(by_size), 2 * self._items, _MOST))
