# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of items in flight whose worker is gone: they can be found, and be put back to work.

A kind of queue that can do so has a method ``stale_items``; what the module does over it is :mod:`.recover_operation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .._core.waiting import Clock
from .base import Queue


@dataclass(frozen=True)
class Asked:
    """What the user asks of the kind.

    :param idle: seconds for which a worker must have given no sign of life, and an item not have been touched.
    :param taken_at: where an item of JSON tells when it was taken, as a path; None for nowhere.
    :param consumer: who shall get the items; None for whoever takes them.
    """

    idle: float
    taken_at: str | None = None
    consumer: str | None = None


@dataclass(frozen=True)
class Holding:
    """What one worker has taken and not finished.

    :param consumer: the worker's name, or that of its list.
    :param stale: how many items can be put back to work.
    :param left: reason (a few words) -> how many items are in flight and are left alone.
    """

    consumer: str
    stale: int = 0
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recovered:
    """What became of items in one step.

    :param recovered: put back to work. :param archived: given up by the broker's own rules: they are dead letters now.
    :param gone: had no payload any more, and were taken out of what is in flight.
    :param left: reason -> how many could not be done after all.
    """

    recovered: int = 0
    archived: int = 0
    gone: int = 0
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Return how many are no longer in flight."""
        return self.recovered + self.archived + self.gone


class StaleItems(Protocol):
    """Items in flight of one queue, over one connection. All methods raise ``OpsError``."""

    def find(self, clock: Clock) -> Sequence[Holding]:
        """Return what is in flight, a holding each worker; changes nothing.

        A kind whose broker does not tell since when a worker is silent watches for as long as it must be.
        """

    def recover(self, holding: Holding, most: int) -> Recovered:
        """Put the next items of a worker back to work, at most ``most``, in one step of the server; none: it is over.

        The step itself looks again whether the worker is gone, and leaves what has changed since it was found.
        """

    def notes(self) -> Sequence[str]:
        """Return what a reader of the result must know, a sentence each."""

    def close(self) -> None:
        """Give the connection back. Does not raise."""


class Recoverable(Queue, Protocol):
    """A queue whose items in flight can be put back to work."""

    def stale_items(self, asked: Asked) -> StaleItems:
        """Return the items in flight. Nothing is sent yet.

        :raises InputError: the queue's options do not tell what must be known, or what is asked cannot be.
        """
