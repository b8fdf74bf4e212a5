# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What pauses a queue: the protocol that each kind of queue answers, and how it asks Redis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.redis_connection import connect, explained, where

# The end of the name of the key that tells what a queue was before it was paused from here.
NOTE = "day2-ingress"


@dataclass(frozen=True)
class Place:
    """A queue: its connection, validated; its name as the library has it; what its keys begin with, unless as usual."""

    connection: Mapping[str, Any]
    name: str
    prefix: str | None


@dataclass(frozen=True)
class Paused:
    """Whether a queue is paused, whether that has no end, and whether a note says that it was from here."""

    now: bool
    for_good: bool
    noted: bool


class Pauser(ABC):
    """Pauses one queue. A kind says with which keys and scripts."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def on(self) -> str:
        """Return queue and server, for messages."""
        return f"{self._place.name} at {where(self._place.connection)}"

    @abstractmethod
    def look(self) -> Paused:
        """Return how it is. :raises NotThere: the library knows no such queue. :raises OpsError: of the connection."""

    @abstractmethod
    def pause(self) -> None:
        """Pause it, unless it is paused already."""

    @abstractmethod
    def resume(self, by_others: bool) -> None:
        """Have it be as it was before :meth:`pause`; with ``by_others`` end also a pause of somebody else."""

    def ask(self, doing: str, *commands: tuple[Any, ...]) -> list[Any]:
        """Return the answers to commands."""
        with explained(doing, self.on):
            client = connect(self._place.connection)
            try:
                client.response_callbacks.clear()
                return [client.execute_command(*command) for command in commands]  # type: ignore[no-untyped-call]
            finally:
                client.close()  # type: ignore[no-untyped-call]

    def run(self, doing: str, script: str, keys: list[str], *arguments: object) -> None:
        """Run a script."""
        self.ask(doing, ("EVAL", script, len(keys), *keys, *arguments))
