# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The protocol of a queue: something that can be measured. A kind of queue is one file behind it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from .._core.argspec import ArgSpec
    from .._core.errors import OpsError

# What a queue, with its options, is able to tell. Whoever asks for more gets None, never 0.
IN_FLIGHT = "in_flight"
DELAYED = "delayed"
DEAD = "dead"
AGE = "oldest_age"
CONSUMERS = "consumers"
PAUSE = "paused"


@dataclass(frozen=True)
class Depth:
    """What is in a queue at one moment. ``None`` means that this kind cannot tell, or that it is not known; never 0.

    :param exists: whether the queue is there; an empty one may be there without a key.
    :param type: the kind of thing that holds it: ``list``, ``stream``, ``zset``, ``asynq``.
    :param ready: items that a worker could take now.
    :param in_flight: items that a worker has taken and not finished.
    :param delayed: items that wait for their time.
    :param dead: items that were given up: dead letters, archived tasks.
    :param lag: entries of a stream that its group has not been given yet.
    :param consumers: workers that are seen to be alive.
    :param members: of a group that reads a stream, each consumer: ``name``, ``pending`` entries that it was given and
        has not acknowledged, ``idle`` seconds since it asked for anything.
    :param oldest_age: seconds that the oldest item has waited; 0.0 when it is known that none waits.
    :param paused: whether workers are told not to take items.
    :param note: what a reader of these numbers must know, in one line.
    """

    exists: bool | None = None
    type: str | None = None
    ready: int | None = None
    in_flight: int | None = None
    delayed: int | None = None
    dead: int | None = None
    lag: int | None = None
    consumers: int | None = None
    oldest_age: float | None = None
    paused: bool | None = None
    note: str = ""
    members: list[dict[str, Any]] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-safe."""
        return asdict(self)

    @property
    def missing(self) -> bool:
        """Tell whether the queue is not there and may not be taken for an empty one."""
        return self.exists is False and self.ready is None


class Measurer(Protocol):
    """A connection to the place where queues live. It can be used again and again."""

    def measure(self, queues: Sequence[Any]) -> list[Depth | OpsError]:
        """Measure ``queues`` of this place together, each with its depth or the error that kept it from being measured.

        Does not raise ``OpsError``: one bad queue must not hide the others.
        """

    def close(self) -> None:
        """Give the connection back."""


class Queue(Protocol):
    """A queue as its user describes it. A kind is a class of this shape.

    ``SPEC`` holds all options of the kind: the connection's and its own, less those that each queue has (:data:`COMMON`
    in :mod:`.description`). An instance may remember what it has seen, so one instance serves a whole wait.
    """

    SPEC: ClassVar[ArgSpec]
    kind: str
    name: str
    options: Mapping[str, Any]

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """Take options that ``SPEC`` has validated. Touches nothing.

        :raises InputError: options that each are right and together make no sense.
        """

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what this queue, with its options, is able to tell."""

    def place(self) -> Hashable:
        """Return what queues that can be measured over one connection have in common."""

    def open(self) -> Measurer:
        """Return a connection to the queue's place; nothing need be sent yet.

        :raises OpsError: a missing library, a secret that cannot be read.
        """
