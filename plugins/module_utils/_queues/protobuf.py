# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The wire format of protocol buffers, as far as a few fields of a foreign message need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

Value = Union[int, bytes]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Yield number and value of each field: an int for a varint, bytes for anything else.

    :raises ValueError: this is no such message.
    """
    position = 0
    while position < len(message):
        number, value, position = _field(message, position)
        yield number, value


def _field(message: bytes, position: int) -> tuple[int, Value, int]:
    """Return number and value of the field that begins at ``position``, and the position after it."""
    tag, position = _varint(message, position)
    number, wire = tag >> 3, tag & 7
    if wire == _VARINT:
        value, position = _varint(message, position)
        return number, value, position
    if wire == _BYTES:
        size, position = _varint(message, position)
    elif wire in _FIXED:
        size = _FIXED[wire]
    else:
        raise ValueError(f"unknown wire type {wire}")
    if position + size > len(message):
        raise ValueError("the message ends in the middle of a field")
    return number, message[position : position + size], position + size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the number that begins at ``position``, and the position after it."""
    value = 0
    for place, byte in enumerate(message[position : position + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, position + place + 1
    raise ValueError("the message ends in the middle of a number")


def with_varint(message: bytes, number: int, value: int) -> bytes:
    """Return the message with this field set, as the only one of that number. Whatever else is in it stays as it is.

    :param value: not negative; 0 leaves the field out, which means the same.
    :raises ValueError: this is no such message.
    """
    return _without(message, number) + (_written(number << 3 | _VARINT) + _written(value) if value else b"")


def with_bytes(message: bytes, number: int, value: bytes) -> bytes:
    """Return the message with this field set, as :func:`with_varint` does it; empty ``value`` leaves it out.

    :raises ValueError: this is no such message.
    """
    return _without(message, number) + (_written(number << 3 | _BYTES) + _written(len(value)) + value if value else b"")


def _without(message: bytes, number: int) -> bytes:
    return b"".join(message[start:end] for start, end, found in _spans(message) if found != number)


def _spans(message: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield where each field begins and ends, and its number."""
    position = 0
    while position < len(message):
        start = position
        number, _value, position = _field(message, position)
        yield start, position, number


def _written(value: int) -> bytes:
    """Return a number as it is written."""
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
