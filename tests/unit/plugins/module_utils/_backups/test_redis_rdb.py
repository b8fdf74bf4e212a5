# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting what is in an RDB file, by files that are made of bytes here: each type, each shape of a length."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from typing import IO

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_rdb import Counted, UnknownFormat, count
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

MAGIC = b"REDIS0011"
END = b"\xff" + bytes(8)


def length(number: int) -> bytes:
    if number < 0x40:
        return bytes([number])
    if number < 0x4000:
        return bytes([0x40 | number >> 8, number & 0xFF])
    if number < 1 << 32:
        return b"\x80" + number.to_bytes(4, "big")
    return b"\x81" + number.to_bytes(8, "big")


def text(data: bytes) -> bytes:
    return length(len(data)) + data


def packed(size: int, plain: int) -> bytes:
    return b"\xc3" + length(size) + length(plain) + bytes(size)


DATABASE = b"\xfe\x00\xfb\x05\x01"
MILLISECONDS = b"\xfc" + bytes(8)
ENTRIES = b"".join(text(b"e%d" % number) for number in range(3))
STREAM = length(1) + text(bytes(16)) + text(b"pack") + length(1) + length(1 << 40) + length(0)
STREAM_2 = STREAM + length(1) + length(0) + length(0) + length(0) + length(1)
PENDING = length(1) + bytes(16) + bytes(8) + length(1)
MODULE = b"\x81" + bytes(8) + b"\x01" + length(70) + b"\x02\x05\x03" + bytes(4) + b"\x04" + bytes(8) + b"\x05\x01x\x00"

VALUES = {
    "string": [
        b"\x00" + text(b"value"),
        b"\x00\xc0\x01",
        b"\x00\xc1\x01\x02",
        b"\x00\xc2\x01\x02\x03\x04",
        b"\x00" + text(b"v" * 100),
        b"\x00" + text(b"v" * 20_000),
        b"\x00" + packed(20, 100),
        b"\x00" + packed(100, 20_000),
        b"\x00" + packed(20_000, 1_000_000),
    ],
    "list": [
        b"\x01\x03" + ENTRIES,
        b"\x0a" + text(b"ziplist"),
        b"\x0e\x03" + ENTRIES,
        b"\x12\x02\x02" + text(b"pack") + b"\x01" + text(b"plain" * 2000),
        b"\x12" + length(70) + (b"\x02" + text(b"pack")) * 70,
    ],
    "set": [
        b"\x02\x03" + ENTRIES,
        b"\x02" + length(300) + ENTRIES * 100,
        b"\x0b" + text(b"ints"),
        b"\x14" + text(b"p"),
    ],
    "zset": [
        b"\x03\x03\x01a\x011\x01b\xfd\x01c\xff",
        b"\x05\x02\x01a" + bytes(8) + b"\x01b" + bytes(8),
        b"\x05" + length(200) + (packed(30, 90) + bytes(8)) * 200,
        b"\x0c" + text(b"ziplist"),
        b"\x11" + text(b"pack"),
    ],
    "hash": [
        b"\x04\x01\x01a\x01b",
        b"\x09" + text(b"zipmap"),
        b"\x0d" + text(b"ziplist"),
        b"\x10" + text(b"pack"),
        b"\x18" + bytes(8) + b"\x02" + (length(99) + b"\x01a\x01b") * 2,
        b"\x19" + bytes(8) + text(b"pack"),
    ],
    "stream": [
        b"\x0f" + STREAM + length(0),
        b"\x0f" + STREAM + length(1) + b"\x01g\x01\x01" + PENDING + b"\x01\x01c" + bytes(8) + b"\x01" + bytes(16),
        b"\x13" + STREAM_2 + length(1) + b"\x01g\x01\x01\x05" + PENDING + b"\x01\x01c" + bytes(8) + b"\x01" + bytes(16),
        b"\x15"
        + STREAM_2
        + length(1)
        + b"\x01g\x01\x01\x05"
        + PENDING
        + b"\x01\x01c"
        + bytes(16)
        + b"\x01"
        + bytes(16),
    ],
    "module": [b"\x07" + MODULE],
}
HEADS = [b"", MILLISECONDS, b"\xfd" + bytes(4), b"\xf9\x05", b"\xf8\x40\x80", MILLISECONDS + b"\xf9\x05"]


def key(value: bytes, name: bytes = b"name") -> bytes:
    """Return a key with its value, of which the first byte is the type."""
    return value[:1] + text(name) + value[1:]


def counted(data: bytes, stream: IO[bytes] | None = None) -> Counted:
    return count(stream or io.BytesIO(data))


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in VALUES.items() for value in values])
def test_each_type_is_counted_wherever_it_stands(kind: str, value: bytes) -> None:
    string = key(VALUES["string"][0])
    around = string * 2 + b"".join(head + key(value, b"n" * 70) for head in HEADS) + string * 3
    for padding in (b"", string * 1000):
        found = counted(MAGIC + DATABASE + around + padding + END).databases[0]
        expected = {"string": 5 + len(padding) // len(string)}
        expected[kind] = expected.get(kind, 0) + len(HEADS)
        assert (found.types, found.expires, found.keys) == (expected, 3, sum(expected.values()))


class Trickle(io.RawIOBase):
    """Gives few bytes at a time, as a pipe does."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data = io.BytesIO(data)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._data.read(self._most if size < 0 else min(size, self._most))


@pytest.mark.parametrize("most", [1, 7, 4097])
def test_pieces_may_end_anywhere(most: int) -> None:
    """All values in random order, read in small pieces: the same is found."""
    chance = random.Random(most)
    keys = [(kind, chance.choice(HEADS) + key(value)) for kind, values in VALUES.items() for value in values] * 3
    chance.shuffle(keys)
    data = MAGIC + DATABASE + b"".join(one for _kind, one in keys) + END
    found = counted(b"", Trickle(data, most))  # type: ignore[arg-type]
    assert found.told() == counted(data).told()
    assert found.databases[0].types == {kind: 3 * len(values) for kind, values in VALUES.items()}


def test_databases_and_what_a_server_writes_of_itself() -> None:
    aux = b"\xfa\x09redis-ver\x057.4.0\xfa\x0aredis-bits\xc0\x40\xfa\x01x" + packed(3, 9)
    function = b"\xf5" + text(b"#!lua name=x")
    module = b"\xf7\x81" + bytes(8) + b"\x02\x02\x05\x01x\x00"
    slot = b"\xf4\x01\x02\x03"
    data = (
        MAGIC
        + aux
        + module
        + function
        + DATABASE
        + slot
        + key(b"\x00\x01v")
        + b"\xfe\x0d"
        + key(b"\x00\x01v") * 2
        + END
    )
    found = counted(data)
    assert found.aux == {"redis-ver": "7.4.0", "redis-bits": "64", "x": ""}
    assert (found.magic, found.keys, found.expires) == ("REDIS0011", 3, 0)
    assert found.told()["databases"]["13"] == {"keys": 2, "expires": 0, "types": {"string": 2}}
    assert counted(MAGIC + END).told() == {"keys": 0, "expires": 0, "databases": {}}


@pytest.mark.parametrize("value", [value for values in VALUES.values() for value in values])
def test_an_end_that_comes_too_early_is_an_error(value: bytes) -> None:
    data = MAGIC + DATABASE + MILLISECONDS + key(value)
    for cut in {*range(9, min(len(data), 60)), len(data) - 1, len(data)}:
        with pytest.raises(OpsError, match="ends too early"):
            counted(data[:cut])


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", OpsError, "ends too early"),
        (b"no RDB at all", OpsError, "it is no RDB file"),
        (MAGIC + DATABASE + b"\x1a\x01a", UnknownFormat, "of the kind 26"),
        (MAGIC + DATABASE + b"\x06\x01a", UnknownFormat, "of the kind 6"),
        (MAGIC + b"\xf0", UnknownFormat, "of the kind 240"),
        (MAGIC + DATABASE + b"\x07\x01a\x01\x09", UnknownFormat, "a module wrote something of the kind 9"),
        (MAGIC + DATABASE + b"\x02\x01a\x83", OpsError, "a length that is none"),
        (MAGIC + DATABASE + b"\x00\x01a\xc7", OpsError, "a length that is none"),
    ],
)
def test_what_is_not_known_is_not_guessed(data: bytes, kind: type[OpsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        counted(data)


def test_noise_is_an_error_or_a_count_and_never_anything_else() -> None:
    chance = random.Random(1)
    keys = b"".join(chance.choice(HEADS) + key(value) for values in VALUES.values() for value in values)
    data = MAGIC + DATABASE + keys + END
    for _each in range(300):
        broken = bytearray(data)
        broken[chance.randrange(9, len(broken))] ^= 1 << chance.randrange(8)
        with suppress(OpsError):
            counted(bytes(broken))
