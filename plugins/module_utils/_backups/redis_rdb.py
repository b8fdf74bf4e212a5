# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Counting what is in an RDB file: keys by database and type, those that expire. Values are stepped over, not read.

A server that holds a million keys takes two seconds to tell their types, by a script in it; to read the file takes half
of that, and needs no server. What is not known here (the format of a newer server, of a module) is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Callable

from .._core.errors import OpsError

_CHUNK = 1 << 20
_HEADER = 9
_NEAR = 4096  # with fewer bytes at hand the next piece is read
_FAR = 1 << 62  # leads out of every piece

# What comes before a key, or instead of one.
_EOF, _DATABASE, _SECONDS, _MILLISECONDS, _SIZES, _AUX = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA
_FREQUENCY, _IDLE, _MODULE_AUX, _FUNCTION, _SLOT = 0xF9, 0xF8, 0xF7, 0xF5, 0xF4
_FIRST_OPCODE = 0xF3

# The types of values, by what is stored.
_NAMES = {
    **dict.fromkeys((0,), "string"),
    **dict.fromkeys((1, 10, 14, 18), "list"),
    **dict.fromkeys((2, 11, 20), "set"),
    **dict.fromkeys((3, 5, 12, 17), "zset"),
    **dict.fromkeys((4, 9, 13, 16, 24, 25), "hash"),
    **dict.fromkeys((15, 19, 21), "stream"),
    7: "module",
}
# Those that are one string: the value itself, or a packed list, set, hash.
_ONE_STRING = frozenset((0, 9, 10, 11, 12, 13, 16, 17, 20))
_IS_ONE_STRING = [kind in _ONE_STRING for kind in range(256)]
# Those that are a number of things: how many strings each is, and how many bytes come before and after each string.
_SOME_STRINGS = {1: (1, 0, 0), 2: (1, 0, 0), 4: (2, 0, 0), 5: (1, 0, 8), 14: (1, 0, 0), 18: (1, 1, 0)}
_SHORT = 0x3F
_HIGHEST_TYPE = 0x7F
_STREAM_2, _STREAM_3 = 19, 21
# What a string takes by its first byte, where that tells: short ones, and numbers of 1, 2, 4 bytes.
_STEP = [first + 1 if first < 0x40 else {0xC0: 2, 0xC1: 3, 0xC2: 5}.get(first, 0) for first in range(256)]
_LZF = 0xC3


class UnknownFormat(OpsError):
    """The file holds what is not known here; nothing is wrong with it for that."""


@dataclass
class Held:
    """What one database of the file holds: keys by type, and how many of them expire."""

    types: dict[str, int] = field(default_factory=dict)
    expires: int = 0

    @property
    def keys(self) -> int:
        """How many keys there are, those that have expired by now among them."""
        return sum(self.types.values())

    def told(self) -> dict[str, Any]:
        """Return it for a manifest."""
        return {"keys": self.keys, "expires": self.expires, "types": dict(sorted(self.types.items()))}


@dataclass
class Counted:
    """What a file holds.

    :param magic: its first nine bytes, as text: ``REDIS0010``. :param aux: what the server wrote of itself.
    """

    magic: str
    aux: dict[str, str] = field(default_factory=dict)
    databases: dict[int, Held] = field(default_factory=dict)

    @property
    def keys(self) -> int:
        """How many keys there are in all."""
        return sum(held.keys for held in self.databases.values())

    @property
    def expires(self) -> int:
        """How many of them expire."""
        return sum(held.expires for held in self.databases.values())

    def told(self) -> dict[str, Any]:
        """Return it for a manifest."""
        databases = {str(number): held.told() for number, held in sorted(self.databases.items()) if held.keys}
        return {"keys": self.keys, "expires": self.expires, "databases": databases}


def count(stream: IO[bytes]) -> Counted:
    """Read an RDB file to its end and return what it holds.

    :raises OpsError: it is none, or ends too early. :raises UnknownFormat: there is a type that is not known here.
    """
    bytes_ = _Bytes(stream)
    magic = bytes_.take(_HEADER).decode("ascii", "replace")
    if not magic.startswith(("REDIS", "VALKEY")):
        raise OpsError("it is no RDB file")
    counted = Counted(magic)
    _Reader(bytes_, counted).run()
    bytes_.exhaust()
    return counted


class _Bytes:
    """A stream of which a piece is in memory: ``data``, from ``at`` on not yet taken."""

    def __init__(self, stream: IO[bytes]) -> None:
        # what is there is enough: a chain of programs need not fill a whole piece first
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self.data = b""
        self.at = 0

    def load(self, number: int) -> bool:
        """Have so many bytes at hand, and tell whether there are."""
        pieces = [self.data[self.at :]]
        missing = number - len(pieces[0])
        while missing > 0:
            piece = self._read(_CHUNK)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        self.data, self.at = b"".join(pieces), 0
        return missing <= 0

    def take(self, number: int) -> bytes:
        """Return the next bytes. :raises OpsError: there are not so many."""
        if len(self.data) - self.at < number and not self.load(number):
            raise OpsError("the RDB file ends too early")
        self.at += number
        return self.data[self.at - number : self.at]

    def skip(self, number: int) -> None:
        """Step over so many bytes, of which few are in memory at a time."""
        self.at += number
        missing = self.at - len(self.data)
        if missing <= 0:
            return
        self.data, self.at = b"", 0
        while missing > 0:
            piece = self._read(min(_CHUNK, missing))
            if not piece:
                raise OpsError("the RDB file ends too early")
            missing -= len(piece)

    def exhaust(self) -> None:
        """Read what is left, so that whoever writes it ends well."""
        while self._read(_CHUNK):
            pass


def _long(data: bytes, at: int) -> int:
    """Return what the string at ``at`` takes whose first byte does not tell; far too much where it is not at hand."""
    first = data[at]
    if first < 0x80:
        return 2 + ((first & 0x3F) << 8 | data[at + 1])
    if first == _LZF:
        packed, plain = data[at + 1], 0
        head = 1 + _length_of_length(packed)
        plain = _length_of_length(data[at + head])
        if packed < 0x80:
            return head + plain + (packed if packed < 0x40 else (packed & 0x3F) << 8 | data[at + 2])
    return _FAR


def _past_head(data: bytes, at: int) -> int:
    """Return where the key begins that has its expiry, and how it was used, in front of it.

    :raises IndexError: that is not at hand, or something else begins here.
    """
    if data[at] == _MILLISECONDS:
        at += 9
    if data[at] == _FREQUENCY:
        at += 2
    elif data[at] == _IDLE:
        at += 1 + _length_of_length(data[at + 1])
    if data[at] > _HIGHEST_TYPE:
        raise IndexError
    return at


def _past_strings(data: bytes, at: int, kind: int) -> int:
    """Return where a short value ends that is some strings. :raises IndexError: it is not at hand, long, or no such."""
    if kind not in _SOME_STRINGS or data[at] > _SHORT:
        raise IndexError
    each, before, after = _SOME_STRINGS[kind]
    number = data[at] * each
    at += 1
    for _each in range(number):
        at += before
        at += (_STEP[data[at]] or _long(data, at)) + after
    return at


def _length_of_length(first: int) -> int:
    """Return how many bytes a length takes that begins with this one."""
    if first < 0x40:
        return 1
    if first < 0x80:
        return 2
    return {0x80: 5, 0x81: 9}.get(first, _FAR)


class _Reader:
    """Goes through a file from key to key."""

    def __init__(self, bytes_: _Bytes, counted: Counted) -> None:
        self._bytes = bytes_
        self._counted = counted
        self._held = Held()
        skip = bytes_.skip
        self._opcodes: Mapping[int, Callable[[], None]] = {
            _DATABASE: self._database,
            _SECONDS: lambda: self._expires(4),
            _MILLISECONDS: lambda: self._expires(8),
            _SIZES: lambda: self._lengths(2),
            _AUX: self._aux,
            _FREQUENCY: lambda: skip(1),
            _IDLE: lambda: self._lengths(1),
            _MODULE_AUX: lambda: self._module(3),
            _FUNCTION: self._string,
            _SLOT: lambda: self._lengths(3),
        }
        self._values: Mapping[int, Callable[[], None]] = {
            **dict.fromkeys(_ONE_STRING, self._string),
            **dict.fromkeys((1, 2, 14), lambda: self._strings(self._length())),
            3: self._old_sorted_set,
            4: lambda: self._strings(2 * self._length()),
            5: lambda: self._strings(self._length(), 8),
            7: lambda: self._module(1),
            18: self._quick_list,
            24: self._expiring_hash,
            25: self._expiring_pack,
            **{kind: lambda kind=kind: self._stream(kind) for kind in (15, _STREAM_2, _STREAM_3)},  # type: ignore[misc]
        }

    def run(self) -> None:
        """Count all."""
        while True:
            self._fast()
            opcode = self._byte()
            if opcode == _EOF:
                return
            if opcode in self._opcodes:
                self._opcodes[opcode]()
            elif opcode in self._values:
                self._string()
                self._values[opcode]()
                self._note(opcode, 1)
            else:
                raise UnknownFormat(f"the RDB file holds something of the kind {opcode}, which is not known here")

    def _note(self, kind: int, number: int) -> None:
        name = _NAMES[kind]
        self._held.types[name] = self._held.types.get(name, 0) + number

    def _fast(self) -> None:
        """Step over keys that are wholly at hand and of the usual shapes, without a call for each byte.

        It ends in front of whatever else there is. To look past the end of what is at hand is an IndexError.
        """
        bytes_ = self._bytes
        if len(bytes_.data) - bytes_.at < _NEAR:
            bytes_.load(_NEAR)
        data, at, size = bytes_.data, bytes_.at, len(bytes_.data)
        step, is_one_string, expires = _STEP, _IS_ONE_STRING, 0
        found = [0] * 256
        start = at
        try:
            while True:
                start = at
                first = kind = data[at]
                if kind > _HIGHEST_TYPE:
                    at = _past_head(data, at)
                    kind = data[at]
                at += 1
                at += step[data[at]] or _long(data, at)
                at = at + (step[data[at]] or _long(data, at)) if is_one_string[kind] else _past_strings(data, at, kind)
                if at > size:
                    break
                found[kind] += 1
                if first == _MILLISECONDS:
                    expires += 1
        except IndexError:
            pass
        bytes_.at = start
        self._held.expires += expires
        for kind in filter(found.__getitem__, range(_HIGHEST_TYPE)):
            self._note(kind, found[kind])

    def _strings(self, number: int, after: int = 0) -> None:
        """Step over so many strings, each with so many bytes after it."""
        bytes_, step = self._bytes, _STEP
        while number:
            data, at, size = bytes_.data, bytes_.at, len(bytes_.data)
            try:
                while number:
                    end = at + (step[data[at]] or _long(data, at)) + after
                    if end > size:
                        break
                    at = end
                    number -= 1
            except IndexError:
                pass
            bytes_.at = at
            if number:
                self._string()
                bytes_.skip(after)
                number -= 1
                if len(bytes_.data) - bytes_.at < _NEAR:
                    bytes_.load(_NEAR)

    def _byte(self) -> int:
        return self._bytes.take(1)[0]

    def _length(self) -> int:
        first = self._byte()
        if first < 0x40:
            return first
        if first < 0x80:
            return (first & 0x3F) << 8 | self._byte()
        if first in (0x80, 0x81):
            return int.from_bytes(self._bytes.take(4 if first == 0x80 else 8), "big")
        raise OpsError("the RDB file has a length that is none")

    def _lengths(self, number: int) -> None:
        for _each in range(number):
            self._length()

    def _string(self) -> None:
        self._bytes.take(1)
        self._bytes.at -= 1
        first = self._bytes.data[self._bytes.at]
        if _STEP[first]:
            self._bytes.skip(_STEP[first])
        elif first == _LZF:
            self._bytes.skip(1)
            packed = self._length()
            self._length()
            self._bytes.skip(packed)
        else:
            self._bytes.skip(self._length())

    def _text(self) -> str:
        """Return a short string, or a number, as text; empty when it is packed."""
        first = self._byte()
        if first in (0xC0, 0xC1, 0xC2):
            return str(int.from_bytes(self._bytes.take(1 << (first & 3)), "little", signed=True))
        self._bytes.at -= 1
        if first < 0x80:
            return self._bytes.take(self._length()).decode("utf-8", "replace")
        self._string()
        return ""

    def _database(self) -> None:
        self._held = self._counted.databases.setdefault(self._length(), Held())

    def _aux(self) -> None:
        name = self._text()
        self._counted.aux[name] = self._text()

    def _expires(self, bytes_: int) -> None:
        self._bytes.skip(bytes_)
        self._held.expires += 1

    def _old_sorted_set(self) -> None:
        for _each in range(self._length()):
            self._string()
            size = self._byte()
            self._bytes.skip(size if size < 253 else 0)

    def _quick_list(self) -> None:
        for _each in range(self._length()):
            self._length()
            self._string()

    def _expiring_hash(self) -> None:
        self._bytes.skip(8)
        for _each in range(self._length()):
            self._length()
            self._strings(2)

    def _expiring_pack(self) -> None:
        self._bytes.skip(8)
        self._string()

    def _module(self, lengths: int) -> None:
        """Step over what a module wrote: its id and maybe more lengths, then parts that each say what they are."""
        self._lengths(lengths)
        for part in iter(self._length, 0):
            if part in (1, 2):
                self._length()
            elif part in (3, 4):
                self._bytes.skip(4 if part == 3 else 8)
            elif part == 5:
                self._string()
            else:
                raise UnknownFormat(f"a module wrote something of the kind {part}, which is not known here")

    def _stream(self, kind: int) -> None:
        self._strings(2 * self._length())
        self._lengths(3 if kind < _STREAM_2 else 8)
        for _group in range(self._length()):
            self._string()
            self._lengths(2 if kind < _STREAM_2 else 3)
            for _pending in range(self._length()):
                self._bytes.skip(24)
                self._length()
            for _consumer in range(self._length()):
                self._string()
                self._bytes.skip(8 if kind < _STREAM_3 else 16)
                self._bytes.skip(16 * self._length())
