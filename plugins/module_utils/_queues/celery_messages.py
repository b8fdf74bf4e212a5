# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A message of Celery as a dead letter: an envelope of JSON, whose body is opened only when it is JSON too."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any, Callable

from .._core.moments import moment
from .letters import Letter, Reader

# Where the envelope says what a letter says. Celery writes neither error nor time of death: who puts messages into the
# list of dead letters may add these headers.
_ITEM = {
    "id": "headers.id",
    "type": "headers.task",
    "attempts": "headers.retries",
    "error": "headers.error",
    "failed_at": "headers.failed_at",
}

# Why a message can never succeed.
FOREIGN = "not a message of Celery"
EXPIRED = "its time has run out"


class MessageReader:
    """Makes letters of messages; the handle of each is its decoded envelope."""

    def __init__(self, item: Mapping[str, Any] | None, clock: Callable[[], float] = time.time) -> None:
        """Take the option ``item``, whose paths win over those that Celery has.

        :param clock: tells seconds since the epoch, for whether a message's time has run out.
        :raises InputError: a text that is no path.
        """
        given = {name: path for name, path in (item or {}).items() if path is not None}
        payload = given.pop("payload", None)
        self._reader = Reader({**_ITEM, **given})
        self._payload = Reader({"payload": payload}) if payload else None
        self._clock = clock
        self._counts_retries = "attempts" not in given

    def letter(self, body: bytes) -> Letter:
        """Return the letter of a message."""
        letter = self._reader.letter(body)
        envelope = letter.payload
        if not is_message(envelope):
            letter.gone, letter.decoded = FOREIGN, None
            return letter
        letter.handle = envelope
        if self._counts_retries:
            letter.attempts = (letter.attempts or 0) + 1  # the first try is none of the retries
        expires = moment(envelope["headers"].get("expires"))
        if expires is not None and expires <= self._clock():
            letter.gone = EXPIRED
        letter.decoded = self._payload.letter(body).payload if self._payload else arguments(envelope)
        return letter


def is_message(envelope: Any) -> bool:
    """Tell whether a worker could take it for a message. One that is not may end the worker, and is lost."""
    if not isinstance(envelope, dict) or not isinstance(envelope.get("headers"), dict):
        return False
    properties = envelope.get("properties")
    return "body" in envelope and isinstance(properties, dict) and "delivery_tag" in properties


def arguments(envelope: Mapping[str, Any]) -> Any:
    """Return the arguments of the call, ``args`` and ``kwargs``; None when they are not written as plain JSON."""
    if envelope.get("content-type") != "application/json" or envelope["headers"].get("compression"):
        return None
    body = envelope["body"]
    try:
        if envelope["properties"].get("body_encoding") == "base64":
            body = base64.b64decode(body, validate=True)
        args, kwargs, *_links = json.loads(body)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    return {"args": args, "kwargs": kwargs}


def priority(envelope: Any) -> Any:
    """Return the message's priority as it stands there."""
    return envelope["properties"].get("priority") if envelope else None


def without_retries(envelope: Any) -> bytes:
    """Return the message as one that was never retried; empty when that is what it is."""
    if not envelope or not envelope["headers"].get("retries"):
        return b""
    return json.dumps({**envelope, "headers": {**envelope["headers"], "retries": 0}}).encode()
