# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Transactions of Redis whose answers are not sent, but for a note on what came of them.

To move an item by a command takes the server a third of the time that a script takes, which gets each item as a string
of Lua and hashes it byte by byte; and an append-only file or a replica gets the command, not the item. But such a
command answers with the item. So answers are switched off for the time of the transaction, see
https://redis.io/docs/latest/commands/client-reply/. Its first and its last step are small scripts that write down on
the server how much shorter the list has become, how long that took, and how large the next item is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._core.libraries import load
from .redis_letters import CLOCK, Script
from .redis_server import Command

# KEYS: the list, the note.
_BEGIN = (
    CLOCK
    + """
redis.call('SET', KEYS[2], string.format('%d %.0f', redis.call('LLEN', KEYS[1]), microseconds()), 'EX', 60)
"""
)
# KEYS: the list, the note. ARGV: account, how many were parked, dropped, kept, where the next item is.
_GONE = """
local before, began = string.match(redis.call('GET', KEYS[2]), '(%d+) (%d+)')
local gone = before - redis.call('LLEN', KEYS[1])
"""
_TELL = """
local next = redis.call('LINDEX', KEYS[1], ARGV[5])
local note = string.format('%d %.0f %d', gone, microseconds() - began, next and #next or 0)
redis.call('SET', KEYS[2], note, 'EX', 60)
"""
_END = CLOCK + _GONE + _TELL
_END_ACCOUNTED = Script(CLOCK + _GONE + "account(gone + ARGV[4], gone - ARGV[2] - ARGV[3], ARGV[2])" + _TELL).text
_PARTS = 3


@dataclass(frozen=True)
class Note:
    """What came of a transaction.

    :param gone: items that are no longer in the list. :param seconds: of the server's processor.
    :param next_size: bytes of the item that comes next.
    """

    gone: int
    seconds: float
    next_size: int


class Quiet:
    """Such transactions over a connection of their own. All methods raise what redis-py does."""

    def __init__(self, client: Any, key: str, note: str) -> None:
        """Take the list that items are taken from and the key of the note. Nothing is sent."""
        self._client = client
        self._key = key
        self._note = note
        self._single: Any = None
        self._connection: Any = None

    def open(self, account: str = "") -> bool:
        """Connect; return whether this server lets us do all that is needed, by a transaction without any move.

        :param account: key of the run's account, if there is one.
        """
        # Where redis-py gives a connection out, answers can be left unread; its pipeline reads one for each command.
        self._single = self._client.client()
        self._connection = self._single.connection
        if self.ask(("CLIENT", "REPLY", "ON"))[0] != b"OK":
            return False
        self.send(b"", (0, 0, 0, 0), account)
        return self.receive() is not None

    def close(self) -> None:
        """Give the connection back to nobody: what it watches must not hit others."""
        if self._connection is not None:
            self._connection.disconnect()
            self._single.close()
            self._connection = None

    def packed(self, *commands: Command) -> bytes:
        """Return commands as they are sent."""
        return b"".join(part for command in commands for part in self._connection.pack_command(*command))

    def ask(self, *commands: Command) -> list[Any]:
        """Return the answers to commands, errors among them."""
        self._connection.send_packed_command([self.packed(*commands)])
        return [self._read() for _command in commands]

    def send(self, steps: bytes, end: Sequence[Any], account: str = "") -> None:
        """Send a transaction; it must be followed by :meth:`receive`, after others have been sent perhaps.

        :param steps: packed. :param end: how many of them park, drop and keep, and where the next item is (0 or -1).
        :param account: key of the run's account, if there is one.
        """
        keys = [self._key, self._note]
        tell = ("EVAL", _END_ACCOUNTED, 3, *keys, account, "1") if account else ("EVAL", _END, 2, *keys, "0")
        begin = self.packed(("CLIENT", "REPLY", "OFF"), ("DEL", self._note), ("MULTI",), ("EVAL", _BEGIN, 2, *keys))
        finish = self.packed((*tell, *end), ("EXEC",), ("CLIENT", "REPLY", "ON"), ("GETDEL", self._note))
        self._connection.send_packed_command([begin + steps + finish])

    def receive(self) -> Note | None:
        """Return what came of it; None when the server did not run it, be it that a watched key has changed."""
        switched_on, note = self._read(), self._read()
        parts = note.split() if isinstance(note, bytes) else []
        if switched_on != b"OK" or len(parts) != _PARTS:
            return None
        gone, microseconds, size = map(int, parts)
        return Note(gone, microseconds / 1e6, size)

    def _read(self) -> Any:
        try:
            return self._connection.read_response()
        except load("redis.exceptions").ResponseError as error:
            return error
