# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The slots of a Redis Cluster: keys in one slot are always on one node, and only they can be used in one script."""

from __future__ import annotations

from binascii import crc_hqx

SLOTS = 16384


def slot_of(key: str) -> int:
    """Return the slot of a key: that of what stands between the first braces, when something does, else of it all."""
    _before, brace, after = key.partition("{")
    tag, closed, _after = after.partition("}")
    return crc_hqx((tag if brace and closed and tag else key).encode(), 0) % SLOTS
