# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``sqs``: a queue of Amazon SQS. All its numbers are approximate, as SQS says itself."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError, NotThere, OpsError
from .base import DEAD, DELAYED, IN_FLIGHT, Depth
from .dead_letters import COUNTS_REDRIVES, DROPS, PARKS, SWEEPS, DeadLetters, Terms
from .letters import ITEM
from .sqs_connection import CONNECTION, Sqs

READY, NOT_VISIBLE, LATER = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
NUMBERS = [READY, NOT_VISIBLE, LATER]
ARN, POLICY = "QueueArn", "RedrivePolicy"
APPROXIMATE = "numbers of SQS are approximate, and may be a minute old"


class SqsQueue:
    """A queue, and the one that its redrive policy names for dead letters."""

    SPEC: ClassVar[ArgSpec] = (
        CONNECTION
        + ArgSpec(
            options={
                "queue": {"type": "str"},
                "queue_url": {"type": "str"},
                "dead": {"type": "str"},
                "parked": {"type": "str"},
                "visibility_timeout": {"type": "int", "default": 300},
                "move_rate": {"type": "int"},
                "error_attribute": {"type": "str"},
                "type_attribute": {"type": "str"},
            },
            mutually_exclusive=[("queue", "queue_url")],
        )
        + ITEM
    )
    TAKES_DEFAULTS: ClassVar[bool] = False
    TRAITS: ClassVar[frozenset[str]] = frozenset({SWEEPS, PARKS, DROPS, COUNTS_REDRIVES})

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        self.kind = kind
        self.name = name
        self.options = options
        self._dead_seen = bool(options.get("dead"))
        if not 1 <= options["visibility_timeout"] <= 43200:
            raise InputError("visibility_timeout must be from 1 to 43200 seconds", on=name)
        if options.get("move_rate") is not None and not 1 <= options["move_rate"] <= 500:
            raise InputError("move_rate must be from 1 to 500 messages a second", on=name)

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`. Whether there are dead letters is known from the option, or by having looked."""
        return frozenset({IN_FLIGHT, DELAYED, *([DEAD] if self._dead_seen else [])})

    @property
    def queue(self) -> str:
        """Return the queue's URL, or its name."""
        return str(self.options.get("queue_url") or self.options.get("queue") or self.name)

    def place(self) -> Hashable:
        """See :class:`.base.Queue`."""
        return ("sqs", *(self.options.get(name) for name in CONNECTION.options))

    def open(self) -> SqsMeasurer:
        """See :class:`.base.Queue`."""
        return SqsMeasurer(Sqs(self.options))

    def measure(self, sqs: Sqs) -> Depth:
        """Return the depth.

        :raises OpsError: no access, no answer.
        """
        try:
            attributes, _headers = sqs.attributes(self.queue, [*NUMBERS, POLICY])
        except NotThere as error:
            return Depth(exists=False, type="sqs", note=str(error))
        dead, note = self._dead_letters(sqs, attributes)
        return Depth(
            exists=True,
            type="sqs_fifo" if self.queue.endswith(".fifo") else "sqs",
            ready=number(attributes, READY),
            in_flight=number(attributes, NOT_VISIBLE),
            delayed=number(attributes, LATER),
            dead=dead,
            note=f"{note}; {APPROXIMATE}" if note else APPROXIMATE,
        )

    def _dead_letters(self, sqs: Sqs, attributes: Mapping[str, str]) -> tuple[int | None, str]:
        """Return how many dead letters there are, with what is to be said of them."""
        name = self.options.get("dead") or dead_name(attributes)
        if not name:
            return None, ""
        self._dead_seen = True
        try:
            found, _headers = sqs.attributes(name, NUMBERS)
        except OpsError as error:  # it may be another's queue, and must not hide this one
            return None, f"dead letters are not known: {error}"
        numbers = [number(found, one) for one in NUMBERS]
        return (None if None in numbers else sum(one or 0 for one in numbers)), ""

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .sqs_letters import SqsLetters

        return SqsLetters(self, terms)


class SqsMeasurer:
    """One client; SQS is asked queue by queue."""

    def __init__(self, sqs: Sqs) -> None:
        self._sqs = sqs

    def close(self) -> None:
        """See :class:`.base.Measurer`."""
        self._sqs.close()

    def measure(self, queues: Sequence[SqsQueue]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        return [self._measured(queue) for queue in queues]

    def _measured(self, queue: SqsQueue) -> Depth | OpsError:
        try:
            return queue.measure(self._sqs)
        except OpsError as error:
            return error


def number(attributes: Mapping[str, str], name: str) -> int | None:
    """Return an attribute that is a number; None when it is not there."""
    value = str(attributes.get(name, ""))
    return int(value) if value.isdigit() else None


def dead_arn(attributes: Mapping[str, str]) -> str | None:
    """Return the ARN of the queue that the redrive policy names for dead letters; None when there is none."""
    try:
        arn = json.loads(attributes.get(POLICY) or "{}").get("deadLetterTargetArn")
    except (ValueError, AttributeError):
        return None
    return str(arn) if arn else None


def dead_name(attributes: Mapping[str, str]) -> str | None:
    """Return the name of that queue, with its account; None when there is none."""
    arn = dead_arn(attributes)
    if not arn or arn.count(":") < 5:
        return None
    account, name = arn.rsplit(":", 2)[1:]
    return f"{name}@{account}"
