# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A message of SQS: what it tells of itself, and how it looks when it is sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.portions import portioned
from .letters import Letter, Reader

REDRIVES = "day2_redrives"
# What SQS takes of one message, and of one batch.
MOST_ATTRIBUTES = 10
BATCH = 10
BATCH_BYTES = 250_000

# Where AWS Lambda writes why it failed.
_ERROR_ATTRIBUTES = ("ErrorMessage",)
_TRACE = "AWSTraceHeader"


def letter_of(message: Mapping[str, Any], reader: Reader, options: Mapping[str, Any]) -> Letter:
    """Return the letter of a message as it was received. What the option ``item`` leads to wins.

    When it died is not known: SQS does not tell.
    """
    letter = reader.letter(message["Body"].encode("utf-8", "surrogatepass"), handle=message)
    if not letter.named:
        letter.id, letter.named = message["MessageId"], True
    if letter.error is None:
        letter.error = _first(message, options.get("error_attribute"), _ERROR_ATTRIBUTES)
    if letter.type is None:
        letter.type = _first(message, options.get("type_attribute"), ("type",))
    if letter.attempts is None:
        # This look is counted too.
        received = int(_system(message).get("ApproximateReceiveCount", 0)) - 1
        letter.attempts = received if received > 0 else None
    counted = _first(message, REDRIVES, ())
    letter.redrives = int(counted) if counted and counted.isdigit() else 0
    return letter


def sent_at(message: Mapping[str, Any]) -> float:
    """Return when the message was sent, seconds since the epoch; 0.0 when that is not known."""
    return int(_system(message).get("SentTimestamp", 0)) / 1000


def source_of(message: Mapping[str, Any]) -> str | None:
    """Return the ARN of the queue in which it died, where SQS tells."""
    return _system(message).get("DeadLetterQueueSourceArn")


def entry(letter: Letter, number: int, run: str, fifo: bool, count: bool) -> dict[str, Any]:
    """Return the entry of a batch with which a letter is sent again: its body, its attributes, its group.

    :param number: its number in the batch.
    :param run: names the run: SQS drops what the same run sends to a FIFO queue twice within five minutes.
    :param count: whether this time is to be counted in an attribute.
    """
    message = letter.handle
    system = _system(message)
    attributes = {name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()}
    if count:
        attributes[REDRIVES] = {"DataType": "Number", "StringValue": str(letter.redrives + 1)}
    made: dict[str, Any] = {"Id": str(number), "MessageBody": message["Body"]}
    if attributes:
        made["MessageAttributes"] = attributes
    if system.get(_TRACE):
        made["MessageSystemAttributes"] = {_TRACE: {"DataType": "String", "StringValue": system[_TRACE]}}
    if system.get("MessageGroupId"):
        made["MessageGroupId"] = system["MessageGroupId"]
    if fifo:
        made["MessageDeduplicationId"] = hashlib.sha256(f"{run} {message['MessageId']}".encode()).hexdigest()
    return made


def has_room(letter: Letter) -> bool:
    """Tell whether the message may have the attribute in which redrives are counted."""
    names = set(letter.handle.get("MessageAttributes") or {})
    return len(names | {REDRIVES}) <= MOST_ATTRIBUTES


def batches(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Return the entries in batches that SQS takes."""
    return portioned(entries, entry_size, BATCH_BYTES, BATCH)


def entry_size(one: Mapping[str, Any]) -> int:
    """Return the bytes that count: the body, and names, types and values of attributes."""
    size = len(one.get("MessageBody", "").encode("utf-8", "surrogatepass"))
    for name, value in (one.get("MessageAttributes") or {}).items():
        size += len(name) + sum(len(part) for part in value.values())
    return size


def _system(message: Mapping[str, Any]) -> Mapping[str, str]:
    return message.get("Attributes") or {}


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in ("DataType", "StringValue", "BinaryValue") if name in value}


def _first(message: Mapping[str, Any], named: str | None, usual: tuple[str, ...]) -> str | None:
    attributes = message.get("MessageAttributes") or {}
    values = (attributes.get(name, {}).get("StringValue") for name in ([named] if named else usual))
    return next((value for value in values if value is not None), None)
