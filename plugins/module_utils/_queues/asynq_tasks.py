# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Tasks of asynq as they are stored: a hash with the state and the message, which is a protocol buffer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .letters import Letter
from .protobuf import fields, with_bytes, with_varint
from .redis_payloads import GONE

ARCHIVED = "archived"
ID_IN_USE = "another task has its id"
NOT_A_MESSAGE = "its message cannot be read"

# Numbers of the fields of asynq's message TaskMessage.
_TYPE, _PAYLOAD, _RETRY, _RETRIED, _ERROR, _FAILED_AT = 1, 2, 5, 6, 7, 11


@dataclass(frozen=True)
class ArchivedTask:
    """An archived task.

    :param score: when it was archived, as the server writes it. :param stored: the fields of its hash.
    """

    id: bytes
    score: bytes
    stored: Mapping[bytes, bytes]

    @property
    def message(self) -> bytes:
        """Return asynq's message; empty when there is none."""
        return self.stored.get(b"msg", b"")

    def letter(self) -> Letter:
        """Return what is known of it."""
        told, fault = _told(self.message)
        tried = told.get(_ERROR) or told.get(_FAILED_AT)
        return Letter(
            id=self.id.decode("utf-8", "backslashreplace"),
            body=told.get(_PAYLOAD, b"") if told else None,
            error=_text(told.get(_ERROR)),
            type=_text(told.get(_TYPE)),
            failed_at=float(told.get(_FAILED_AT) or self.score),
            # asynq counts retries; the first try is none.
            attempts=told.get(_RETRIED, 0) + (1 if tried else 0) if told else None,
            gone=self._gone(),
            fault=fault,
            handle=self,
        )

    def _gone(self) -> str:
        if b"msg" not in self.stored:
            return GONE
        return "" if self.stored.get(b"state") == ARCHIVED.encode() else ID_IN_USE

    def with_tries(self, most_retried: int | None) -> bytes:
        """Return the message with fewer retries behind it; empty when there is nothing to change.

        :param most_retried: how many may be behind it; None for one less than the task may have.
        """
        told, fault = _told(self.message)
        retried = told.get(_RETRIED, 0)
        most = max(told.get(_RETRY, 0) - 1, 0) if most_retried is None else most_retried
        return with_varint(self.message, _RETRIED, most) if retried > most and not fault else b""


def _told(message: bytes) -> tuple[dict[int, Any], str]:
    """Return the message's fields by number, and why it cannot be read."""
    try:
        return dict(fields(message)), ""
    except ValueError:
        return {}, NOT_A_MESSAGE


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) and value else None


def failed_once_more(message: bytes, error: str, now: int) -> tuple[bytes, bool]:
    """Return the message of a task that has failed, as asynq writes it, and whether it has a try left.

    :param now: seconds since the epoch.
    :raises ValueError: the message cannot be read.
    """
    told = dict(fields(message))
    retried, most = told.get(_RETRIED, 0), told.get(_RETRY, 0)
    if not isinstance(retried, int) or not isinstance(most, int):
        raise ValueError(NOT_A_MESSAGE)
    changed = with_bytes(message, _ERROR, error.encode())
    changed = with_varint(changed, _FAILED_AT, now)
    if retried >= most:
        return changed, False
    return with_varint(changed, _RETRIED, retried + 1), True
