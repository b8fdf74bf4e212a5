# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Many things in portions that fit, as into one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, TypeVar

Item = TypeVar("Item")


def portioned(items: Iterable[Item], size_of: Callable[[Item], int], size: int, most: int) -> Iterator[list[Item]]:
    """Yield the items, in their order, in portions of at most ``most``, which have at most that ``size`` together.

    One that is larger by itself is a portion of its own.
    """
    some: list[Item] = []
    taken = 0
    for item in items:
        its_own = size_of(item)
        if some and (len(some) == most or taken + its_own > size):
            yield some
            some, taken = [], 0
        some.append(item)
        taken += its_own
    if some:
        yield some
