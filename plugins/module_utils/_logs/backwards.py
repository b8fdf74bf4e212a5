# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Reading a file from its end: lines, the last first, in blocks, so that a window of an hour costs an hour's lines."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .base import MAX_LINE, Budget

_BLOCK = 64 * 1024
# Bytes of a line that are kept while its beginning is looked for: a character has four at most.
_KEPT = 4 * MAX_LINE


def lines_backwards(handle: int, size: int, budget: Budget) -> Iterator[bytes]:
    """Yield the lines of the open file ``handle``, the last first, without their ends; long ones cut at their end.

    A line that the budget did not reach the beginning of is not told.

    :param size: where to begin: what is added later is left alone. When the file gets shorter meanwhile, the budget is
        stopped, as lines are then gone.
    """
    position, rest = size, b""
    while position > 0:
        length = budget.take(min(_BLOCK, position))
        if length == 0:
            return
        position -= length
        block = os.pread(handle, length, position)
        if len(block) < length:
            budget.stop("the file was cut while it was read")
            return
        first, *lines = block.split(b"\n")
        if not lines:
            rest = (first + rest)[:_KEPT]
            continue
        lines[-1] = (lines[-1] + rest)[:_KEPT]
        # What follows the last line's end is no line.
        if position + length == size and not lines[-1]:
            lines.pop()
        yield from reversed(lines)
        rest = first[:_KEPT]
    if size:
        yield rest
