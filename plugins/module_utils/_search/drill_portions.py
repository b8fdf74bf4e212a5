# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Which indices a drill restores, and how many at a time, so that the cluster has room for them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from .._core.errors import OpsError
from .restore_room import Room, Size

_MOST = 50  # indices at a time: a portion is one change of the cluster's state, and one question for its health
_PART = 2  # a portion takes no more than such a part of what is free


def sampled(indices: Sequence[str], number: int | None) -> list[str]:
    """Return so many of the indices, others each time; all when there are no more, or no number is given."""
    if number is None or number >= len(indices):
        return sorted(indices)
    return sorted(random.SystemRandom().sample(list(indices), number))


def portions_of(sizes: Mapping[str, Size], room: Room, most: int | None, on: str) -> list[list[str]]:
    """Return the indices in portions that are restored one after the other.

    :param most: bytes of a portion; half of what is free without it, or one index alone if there is room for it.
    :raises OpsError: an index has no room by itself.
    """
    for name, size in sorted(sizes.items()):
        _require_room(name, size, room, most, on)
    return list(_portions(sizes, room, most))


def _require_room(name: str, size: Size, room: Room, most: int | None, on: str) -> None:
    out = "leave it out in indices, or take a sample"
    if most is not None and size.bytes > most:
        raise OpsError(f"{name} takes {size.bytes} bytes, more than max_bytes ({most})", on=on, advice=out)
    if room.free is not None and size.bytes > room.free:
        told = f"{name} takes {size.bytes} bytes, {room.free} are free below the high watermark of the disks"
        raise OpsError(told, on=on, advice=out)
    if room.shards is not None and size.shards > room.shards:
        told = f"{name} has {size.shards} shards, {max(0, room.shards)} more are allowed (cluster.max_shards_per_node)"
        raise OpsError(told, on=on, advice=out)


def _portions(sizes: Mapping[str, Size], room: Room, most: int | None) -> Iterator[list[str]]:
    limits = [limit for limit in (most, None if room.free is None else room.free // _PART) if limit is not None]
    bytes_left = min(limits, default=None)
    some: list[str] = []
    taken, shards = 0, 0
    for name, size in sorted(sizes.items()):
        over = bytes_left is not None and taken + size.bytes > bytes_left
        over = over or (room.shards is not None and shards + size.shards > room.shards)
        if some and (over or len(some) == _MOST):
            yield some
            some, taken, shards = [], 0, 0
        some.append(name)
        taken += size.bytes
        shards += size.shards
    if some:
        yield some
