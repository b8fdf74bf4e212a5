# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Payloads that are kept apart from the queue, which holds only ids: an id whose payload is gone can never succeed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from .._core.argspec import ArgSpec
from .._core.errors import InputError
from .letters import Letter

PAYLOAD = ArgSpec(options={"payload_key": {"type": "str", "no_log": False}})

GONE = "its payload is gone"
_ID = "{id}"


class Payloads:
    """Looks whether the payload of each letter is still there."""

    def __init__(self, pattern: str | None) -> None:
        """Take the name of the key, with ``{id}`` where a letter's id stands: ``order:{id}``; None for none.

        :raises InputError: there is no ``{id}`` in it.
        """
        if pattern and _ID not in pattern:
            raise InputError("payload_key names no letter", on=pattern, advice="expected {id} in it, as in order:{id}")
        self._pattern = pattern

    def checked(self, letters: Sequence[Letter], ask: Callable[..., list[Any]]) -> Sequence[Letter]:
        """Return the letters, those marked ``gone`` whose payload is not there."""
        if self._pattern and letters:
            there = ask(*(("EXISTS", key) for key in self.keys(letters)))
            for letter, exists in zip(letters, there):
                letter.gone = letter.gone or ("" if exists else GONE)
        return letters

    def keys(self, letters: Sequence[Letter]) -> list[bytes]:
        """Return the key of each letter's payload; none without a pattern."""
        if not self._pattern:
            return []
        before, after = (part.encode() for part in self._pattern.split(_ID, 1))
        return [before + _name(letter) + after for letter in letters]


def _name(letter: Letter) -> bytes:
    """Return what the payload's key has of a letter: its id, or the whole body when that is nothing but an id."""
    return letter.id.encode("utf-8", "backslashreplace") if letter.named else (letter.body or b"")
