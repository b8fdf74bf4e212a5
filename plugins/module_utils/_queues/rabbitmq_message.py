# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A dead message of RabbitMQ: what its headers tell of its deaths, and how it looks when it is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.libraries import load
from .._core.moments import moment
from .letters import Letter, Reader, digest

REDRIVES = "x-day2-redrives"
USER_ID = "x-day2-user-id"

PROPERTIES = (
    "content_type",
    "content_encoding",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)
# RabbitMQ drops a message that dies where, by these, it died before (when it was never rejected); and CC and BCC would
# send it to queues that have had it.
_OF_DEATHS = ("x-death", "x-first-death-", "x-last-death-")
_COPIES = ("CC", "BCC")
# Where well-known clients write why it failed (Spring) and what it is (Celery, Spring).
_ERROR_HEADERS = ("x-exception-message",)
_TYPE_HEADERS = ("task", "__TypeId__")


@dataclass(frozen=True)
class Death:
    """How often, why and when a message died in a queue, and how it had come there."""

    queue: str
    reason: str
    count: int | None
    time: float | None
    exchange: str
    routing_key: str
    expiration: str | None


@dataclass(frozen=True)
class Delivery:
    """A message as the broker gave it. ``tag`` is what it is acknowledged by, ``again`` says that somebody had it."""

    tag: int
    properties: Any
    body: bytes
    death: Death | None = None
    again: bool = False


def last_death(headers: Mapping[str, Any] | None, dead: str) -> Death | None:
    """Return the last death before the message came to the queue ``dead``; None when the broker tells of none."""
    told = (headers or {}).get("x-death")
    for one in told if isinstance(told, list) else []:  # the last one is first
        if isinstance(one, Mapping) and one.get("queue") and text(one["queue"]) != dead:
            return _death(one)
    return None


def _death(told: Mapping[str, Any]) -> Death:
    keys = told.get("routing-keys")
    when: Any = told.get("time")
    expiration, count = told.get("original-expiration"), told.get("count")
    return Death(
        queue=text(told["queue"]),
        reason=text(told.get("reason") or "not known"),
        count=int(count) if isinstance(count, int) else None,  # pika has a kind of its own
        time=when.timestamp() if hasattr(when, "timestamp") else moment(when),
        exchange=text(told.get("exchange") or ""),
        routing_key=text(keys[0]) if isinstance(keys, list) and keys else "",
        expiration=None if expiration is None else text(expiration),
    )


def letter_of(given: Delivery, reader: Reader, options: Mapping[str, Any]) -> Letter:
    """Return the letter of a message. What the option ``item`` leads to wins over what the broker tells."""
    properties, death = given.properties, given.death
    headers: Mapping[str, Any] = properties.headers or {}
    letter = reader.letter(given.body, handle=given)
    if not letter.named:
        letter.id = properties.message_id or digest(given.body)
        letter.named = bool(properties.message_id)
    if letter.error is None:
        letter.error = _first(headers, options.get("error_header"), _ERROR_HEADERS) or (death.reason if death else None)
    if letter.type is None:
        letter.type = _first(headers, options.get("type_header"), ()) or properties.type
        letter.type = letter.type or _first(headers, None, _TYPE_HEADERS)
    if death:
        letter.failed_at = death.time if letter.failed_at is None else letter.failed_at
        letter.attempts = death.count if letter.attempts is None else letter.attempts
    redrives = headers.get(REDRIVES)
    letter.redrives = int(redrives) if isinstance(redrives, int) else 0
    return letter


def _first(headers: Mapping[str, Any], named: str | None, usual: tuple[str, ...]) -> str | None:
    values = (headers.get(name) for name in ([named] if named else usual))
    return next((text(value) for value in values if value is not None), None)


def again(given: Delivery, user: str, redrives: int | None) -> Any:
    """Return the properties with which a message is sent again: its own, as if it had never died.

    :param user: who sends it: the broker takes no other ``user_id``, so another's is kept in a header.
    :param redrives: how often it was sent again, this time included; None to keep no count.
    """
    headers = {
        name: value
        for name, value in (given.properties.headers or {}).items()
        if not name.startswith(_OF_DEATHS) and name not in _COPIES
    }
    if redrives is not None:
        headers[REDRIVES] = redrives
    expiration = given.death.expiration if given.death else None
    changed = {"expiration": expiration} if expiration else {}
    return _properties(given.properties, user, headers, changed)


def as_it_is(given: Delivery, user: str) -> Any:
    """Return the properties with which a message is put aside: its own, and what is told of its deaths.

    :param user: see :func:`again`.
    """
    headers = {name: value for name, value in (given.properties.headers or {}).items() if name not in _COPIES}
    return _properties(given.properties, user, headers, {})


def _properties(had: Any, user: str, headers: dict[str, Any], changed: Mapping[str, Any]) -> Any:
    values = {name: getattr(had, name, None) for name in PROPERTIES}
    if values["user_id"] not in (None, user):
        headers = {**headers, USER_ID: values["user_id"]}
        values["user_id"] = None
    return load("pika").BasicProperties(**{**values, **changed}, headers=headers or None)


def text(value: Any) -> str:
    """Return what a header holds as text."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
