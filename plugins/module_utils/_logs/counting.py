# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Counting what others make up, such as messages and paths, in bounded memory."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .base import Entry

Key = TypeVar("Key", bound=Hashable)

MAX_KEYS = 5000


@dataclass
class Seen:
    """How often, and when first and last, in seconds since the epoch."""

    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")

    def add(self, entry: Entry) -> bool:
        """Count an entry; tell whether it is the last so far.

        Most come last first, so of one moment it is the first that comes.
        """
        self.count += 1
        self.first = min(self.first, entry.time)
        newest = entry.time > self.last
        self.last = max(self.last, entry.time)
        return newest


class Counting(Generic[Key]):
    """Counts entries by key. Those of keys beyond the first :data:`MAX_KEYS` are counted together in ``others``."""

    def __init__(self) -> None:
        self.by_key: dict[Key, Seen] = {}
        self.others = 0

    def add(self, key: Key, entry: Entry) -> None:
        """Count an entry under ``key``."""
        seen = self.by_key.get(key)
        if seen is None and len(self.by_key) >= MAX_KEYS:
            self.others += 1
            return
        if seen is None:
            seen = self.by_key[key] = Seen()
        seen.add(entry)

    def most_common(self, number: int) -> list[tuple[Key, Seen]]:
        """Return the keys that were seen most often; of those seen as often, the latest first."""
        ranked = sorted(self.by_key.items(), key=lambda one: (one[1].count, one[1].last), reverse=True)
        return ranked[:number]
