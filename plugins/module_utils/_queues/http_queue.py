# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``http``: a queue that only its service's own API tells of."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar
from urllib.parse import urlsplit

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError, WrongType
from .._core.http_options import client_key, make_client
from . import http_service
from .base import DEAD, DELAYED, IN_FLIGHT, Depth, Measurer
from .dead_letters import IDS, SWEEPS, DeadLetters, Terms
from .http_answers import counted, shape
from .http_service import Service, asks_for, refuse_request, request_option
from .letters import FIELDS, ITEM

# Option that describes how to ask for it -> field of the depth.
_FIELDS = {"depth": "ready", "in_flight": "in_flight", "delayed": "delayed", "dead": "dead"}
_CAPABILITIES = {"in_flight": IN_FLIGHT, "delayed": DELAYED, "dead": DEAD}

_Answers = dict[tuple[Any, ...], Any]


class HttpQueue:
    """Requests whose answers hold the numbers, and one that has the service redrive."""

    SPEC: ClassVar[ArgSpec] = (
        http_service.SPEC
        + ArgSpec(
            options={
                **{name: request_option() for name in _FIELDS},
                "redrive": request_option("POST"),
                "batch": {"type": "int", "default": 100},
            },
            required_one_of=[list(_FIELDS)],
        )
        + ITEM
    )
    TAKES_DEFAULTS: ClassVar[bool] = False
    TRAITS: ClassVar[frozenset[str]] = frozenset({SWEEPS})

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """See :class:`.base.Queue`."""
        self.kind = kind
        self.name = name
        self.options = options
        for option in (*_FIELDS, "redrive"):
            if options.get(option):
                refuse_request(options[option], option)
        if options["batch"] < 1:
            raise InputError("batch must be at least 1", on=name)
        if options.get("redrive") and asks_for(options["redrive"], http_service.IDS):
            self.TRAITS = self.TRAITS | {IDS}  # type: ignore[misc]  # the service is told which letters

    @property
    def told_by_item(self) -> frozenset[str]:
        """See :class:`.dead_letters.Redrivable`. One that takes no ids refuses filters for that."""
        return FIELDS if IDS in self.TRAITS or not self.options.get("redrive") else frozenset()

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset(name for option, name in _CAPABILITIES.items() if self.options.get(option))

    def place(self) -> Hashable:
        """See :class:`.base.Queue`. Each server is one, as one may hang."""
        first = next(self.options[option]["url"] for option in _FIELDS if self.options.get(option))
        return ("http", *client_key(self.options), urlsplit(first).netloc)

    def open(self) -> Measurer:
        """See :class:`.base.Queue`."""
        return HttpMeasurer(self.options)

    def measure(self, service: Service, answers: _Answers) -> Depth:
        """Measure the queue.

        :param answers: those of this look, by request, so that a page that tells of many queues is asked for once.
        :raises OpsError: no answer, another status than expected, an answer that holds no number.
        """
        found: dict[str, Any] = {
            field: self._number(service, option, answers)
            for option, field in _FIELDS.items()
            if self.options.get(option)
        }
        return Depth(exists=True, type="http", **found)

    def _number(self, service: Service, option: str, answers: _Answers) -> int:
        described = self.options[option]
        request = service.request(described)
        key = (request.method, request.url, request.body, tuple(sorted(request.headers.items())))
        if key not in answers:
            answers[key] = service.send(request, described["expect_status"])
        return number_in(answers[key], described, option)

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .http_letters import HttpLetters

        if not self.options.get("dead"):
            advice = "give dead: a request; without it a pass would have no end"
            raise InputError(f"the queue {self.name} does not say how to ask for its dead letters", advice=advice)
        redrive = self.options.get("redrive")
        if not terms.dry and not redrive:
            raise InputError(f"the queue {self.name} does not say how to redrive", advice="give redrive: a request")
        if redrive and not any(asks_for(redrive, one) for one in (http_service.COUNT, http_service.IDS)):
            raise InputError(
                "redrive: nothing would bound what the service redrives",
                on=http_service.on(redrive),
                advice="put {count} or {ids} into its url or body",
            )
        return HttpLetters(self, terms)


def number_in(answer: Any, described: Mapping[str, Any], option: str) -> int:
    """Return the number that an answer holds.

    :raises WrongType: it holds none.
    """
    number = counted(answer, described["path"])
    if number is None:
        raise WrongType(
            f"{option}: the answer holds no number and no array of its own where path leads to",
            on=http_service.on(described),
            advice=f"the answer is {shape(answer)}; give path",
        )
    return number


class HttpMeasurer:
    """Connections to one server."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take the options of a queue of this place. Nothing is sent."""
        self._stack = ExitStack()
        self._client = self._stack.enter_context(make_client(options))

    def measure(self, queues: Sequence[HttpQueue]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        answers: _Answers = {}
        return [self._depth_or_error(queue, answers) for queue in queues]

    def close(self) -> None:
        """See :class:`.base.Measurer`."""
        self._stack.close()

    def _depth_or_error(self, queue: HttpQueue, answers: _Answers) -> Depth | OpsError:
        try:
            return queue.measure(Service(queue.options, self._client), answers)
        except OpsError as error:
            return error
