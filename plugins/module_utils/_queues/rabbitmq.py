# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``rabbitmq``: a queue of RabbitMQ, measured by the management API; its dead letters are in another queue."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError
from .._core.http import Response
from .._core.portions import portioned
from .base import AGE, CONSUMERS, DEAD, IN_FLIGHT, Depth
from .dead_letters import COUNTS_REDRIVES, DROPS, PARKS, DeadLetters, Terms
from .letters import ITEM
from .rabbitmq_connection import CONNECTION, Management

QUEUE, EXCHANGE = "queue", "exchange"

_COLUMNS = "name,type,state,messages_ready,messages_unacknowledged"
# Asked of the queues themselves: as of now.
_TOTALS = {"disable_stats": "true", "enable_queue_totals": "true", "columns": _COLUMNS}
# Asked of the broker's statistics: up to some seconds old, and the only ones to know consumers and the oldest message.
_STATISTICS = {"columns": f"{_COLUMNS},consumers,head_message_timestamp"}
_MOST_CHARACTERS = 3000  # of names in one request: servers do not take longer ones than about 8000
_PAGE = 500
_WORKING = ("running", "idle", "flow", "live", None)
_OLD = "its numbers are up to some seconds old"


class RabbitMQ:
    """A queue, and the one that its dead-letter exchange leads to."""

    SPEC: ClassVar[ArgSpec] = (
        CONNECTION
        + ArgSpec(
            options={
                "queue": {"type": "str"},
                "dead": {"type": "str"},
                "parked": {"type": "str"},
                "target": {"type": "str"},
                "return_by": {"type": "str", "default": QUEUE, "choices": [QUEUE, EXCHANGE]},
                "error_header": {"type": "str"},
                "type_header": {"type": "str"},
            }
        )
        + ITEM
    )
    TAKES_DEFAULTS: ClassVar[bool] = False
    TRAITS: ClassVar[frozenset[str]] = frozenset({PARKS, DROPS, COUNTS_REDRIVES})

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        self.kind = kind
        self.name = name
        self.options = options
        if options.get("target") and options["return_by"] == EXCHANGE:
            raise InputError("target and return_by: exchange exclude each other", on=name, advice="give one of them")

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset({IN_FLIGHT, CONSUMERS, AGE, *([DEAD] if self.dead else [])})

    @property
    def queue(self) -> str:
        """Return RabbitMQ's name of the queue."""
        return str(self.options.get("queue") or self.name)

    @property
    def dead(self) -> str | None:
        """Return the name of the queue of dead letters."""
        return self.options.get("dead")

    def place(self) -> Hashable:
        """See :class:`.base.Queue`. Virtual hosts of one server are asked for over one connection."""
        return ("rabbitmq", *(self.options.get(name) for name in CONNECTION.options if name != "vhost"))

    def open(self) -> RabbitMeasurer:
        """See :class:`.base.Queue`."""
        return RabbitMeasurer(Management(self.options))

    def depth(self, found: Mapping[str, Mapping[str, Any]], now: float) -> Depth:
        """Return the depth by what the server says.

        :param found: what is known of each queue, by name. :param now: seconds since the epoch, by the server's clock.
        """
        facts = found.get(self.queue)
        dead, dead_note = self._dead_letters(found)
        if facts is None:
            note = f"there is no queue {self.queue} in the virtual host {self.options['vhost']}"
            return Depth(exists=False, type="queue", dead=dead, note=note)
        notes = [dead_note]
        kind = str(facts.get("type") or "queue")
        if kind == "stream":
            notes.append("a stream keeps what has been read, so RabbitMQ cannot tell what is left to do")
            return Depth(exists=True, type=kind, dead=dead, consumers=whole(facts.get("consumers")), note=joined(notes))
        if facts.get("state") not in _WORKING:
            notes.append(f"the queue is {facts['state']}")
            return Depth(exists=True, type=kind, dead=dead, note=joined(notes))
        ready, in_flight = whole(facts.get("messages_ready")), whole(facts.get("messages_unacknowledged"))
        if ready is None:
            notes.append("RabbitMQ has no statistics of the queue (yet)")
        elif kind != "classic" or not facts.get("fresh"):
            notes.append(_OLD)
        return Depth(
            exists=True,
            type=kind,
            ready=ready,
            in_flight=in_flight,
            dead=dead,
            consumers=whole(facts.get("consumers")),
            oldest_age=_age(ready, facts.get("head_message_timestamp"), now),
            note=joined(notes),
        )

    def _dead_letters(self, found: Mapping[str, Mapping[str, Any]]) -> tuple[int | None, str]:
        """Return how many dead letters there are, with what is to be said of them."""
        if not self.dead:
            return None, ""
        facts = found.get(self.dead)
        if facts is None:
            return None, f"there is no queue {self.dead} for dead letters"
        numbers = [whole(facts.get(name)) for name in ("messages_ready", "messages_unacknowledged")]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None, f"RabbitMQ has no statistics of {self.dead} (yet)"
        return sum(known), ""

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .rabbitmq_letters import RabbitLetters

        if not self.dead:
            raise InputError(
                f"the queue {self.name} does not say where its dead letters are", advice="give dead: QUEUE"
            )
        return RabbitLetters(self, terms, self.dead)


class RabbitMeasurer:
    """The management API of one server. All queues of a virtual host take two requests."""

    def __init__(self, api: Management) -> None:
        self._api = api

    def close(self) -> None:
        """See :class:`.base.Measurer`."""
        self._api.close()

    def measure(self, queues: Sequence[RabbitMQ]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        found: dict[str, tuple[dict[str, dict[str, Any]], float] | OpsError] = {}
        for vhost in dict.fromkeys(str(queue.options["vhost"]) for queue in queues):
            of_vhost = [queue for queue in queues if queue.options["vhost"] == vhost]
            names = {name for queue in of_vhost for name in (queue.queue, queue.dead) if name}
            try:
                found[vhost] = self._facts(vhost, sorted(names))
            except OpsError as error:
                found[vhost] = error
        outcomes = [(queue, found[queue.options["vhost"]]) for queue in queues]
        return [seen if isinstance(seen, OpsError) else queue.depth(*seen) for queue, seen in outcomes]

    def _facts(self, vhost: str, names: Sequence[str]) -> tuple[dict[str, dict[str, Any]], float]:
        """Return what the server knows of queues, by name, and its time.

        :raises OpsError: see :class:`.rabbitmq_connection.Management`.
        """
        facts: dict[str, dict[str, Any]] = {}
        now = time()
        for some in portions(names, _MOST_CHARACTERS):
            query = {"page": 1, "page_size": _PAGE, "use_regex": "true", "name": pattern_of(some)}
            answer = self._api.queues(vhost, {**query, **_STATISTICS})
            now = _time_of(answer)
            for one in self._items(answer):
                facts[one["name"]] = one
            for one in self._items(self._api.queues(vhost, {**query, **_TOTALS})):
                fresh = whole(one.get("messages_ready")) is not None
                facts[one["name"]] = {**facts.get(one["name"], {}), **one, "fresh": fresh}
        return facts, now

    def _items(self, answer: Response) -> list[dict[str, Any]]:
        """Return the queues in an answer.

        :raises OpsError: it is none of the management API's.
        """
        try:
            said = answer.json()
            items = said["items"] if isinstance(said, dict) else said
            return [dict(one) for one in items if one["name"]]
        except (OpsError, KeyError, TypeError, ValueError):
            raise OpsError(
                "the answer is not one of RabbitMQ's management API", on=self._api.where, advice="check login_port"
            ) from None


def pattern_of(names: Iterable[str]) -> str:
    """Return a regular expression that matches these names only, in the terms of Python and of the server's PCRE."""
    return f"^(?:{'|'.join(map(re.escape, names))})$"


def portions(names: Sequence[str], characters: int) -> Iterator[list[str]]:
    """Return the names in portions of at most so many characters, and of at most a page."""
    return portioned(names, lambda name: len(re.escape(name).encode()) + 1, characters, _PAGE)


def whole(value: Any) -> int | None:
    """Return a number that the server knows, None for what it does not."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def joined(notes: Iterable[str]) -> str:
    """Return the notes that say something as one."""
    return "; ".join(filter(None, notes))


def _age(ready: int | None, head: Any, now: float) -> float | None:
    """Return seconds since the producer's timestamp of the first message, where it has one."""
    if ready == 0:
        return 0.0
    since = whole(head)
    return None if since is None or ready is None else max(now - since, 0.0)


def _time_of(answer: Response) -> float:
    """Return the server's time, to the second; ours where it does not tell."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (TypeError, ValueError, IndexError):
        return time()
