# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Finding keys by pattern, in bounded steps (SCAN, never KEYS)."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import OpsError
from .redis_server import Steps, ask

_STEP = 1000
_STEPS = 1000


def is_pattern(text: str) -> bool:
    """Tell whether ``text`` stands for many keys."""
    return any(sign in text for sign in "*?[")


def scan(patterns: Sequence[str], on: str) -> Steps[dict[str, list[bytes]]]:
    """Return the keys that match each of ``patterns``, once each. The patterns are looked for side by side.

    :raises OpsError: the database has more than a million keys to look through.
    """
    found: dict[str, set[bytes]] = {pattern: set() for pattern in patterns}
    cursors: dict[str, bytes] = dict.fromkeys(patterns, b"0")
    for _step in range(_STEPS):
        if not cursors:
            return {pattern: sorted(keys) for pattern, keys in found.items()}
        commands = [("SCAN", cursor, "MATCH", pattern, "COUNT", _STEP) for pattern, cursor in cursors.items()]
        answers = yield from ask("", on, *commands)
        for pattern, (cursor, keys) in zip(list(cursors), answers):
            found[pattern].update(keys)
            cursors[pattern] = cursor
        cursors = {pattern: cursor for pattern, cursor in cursors.items() if cursor != b"0"}
    raise OpsError(
        f"gave up looking for keys after {_STEP * _STEPS} of them", on=on, advice="name the keys instead of a pattern"
    )
