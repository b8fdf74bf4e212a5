# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What to say to servers that begin in plain text, until they are ready for TLS."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import Callable

from .errors import OpsError, one_line

_MAX_LINE = 2000
_MAX_LINES = 100
# The request code of SSLRequest in PostgreSQL's protocol, "Message Formats": 1234 and 5679.
_SSL_REQUEST = struct.pack(">IHH", 8, 1234, 5679)


@dataclass(frozen=True)
class Talk:
    """A conversation in lines over ``connection``, to be over at ``deadline`` (monotonic seconds).

    Bytes are read one by one: what follows the last plain line belongs to TLS.
    """

    connection: socket.socket
    deadline: float
    on: str

    def say(self, data: bytes) -> None:
        self.connection.settimeout(self._left())
        self.connection.sendall(data)

    def byte(self) -> bytes:
        """:raises OpsError: the connection was closed."""
        self.connection.settimeout(self._left())
        data = self.connection.recv(1)
        if not data:
            raise OpsError("the connection was closed before TLS began", on=self.on)
        return data

    def line(self) -> str:
        """:raises OpsError: the connection was closed, or the line has no end."""
        data = b""
        while not data.endswith(b"\n"):
            data += self.byte()
            if len(data) > _MAX_LINE:
                raise self.refused(data.decode("latin-1"))
        return data.decode("utf-8", "replace").rstrip("\r\n")

    def line_that(self, ends: Callable[[str], bool]) -> str:
        """Read on to the line that ends an answer, and return it."""
        for _line in range(_MAX_LINES):
            line = self.line()
            if ends(line):
                return line
        raise self.refused(line)

    def refused(self, said: str) -> OpsError:
        return OpsError("the server does not begin TLS", on=self.on, advice=f"it says '{one_line(said, 100)}'")

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left


def _smtp(talk: Talk) -> None:
    """RFC 3207. The last line of an answer has a blank after its number."""
    for said, wanted in ((b"", "220"), (b"EHLO localhost\r\n", "250"), (b"STARTTLS\r\n", "220")):
        if said:
            talk.say(said)
        line = talk.line_that(lambda line: line[3:4] != "-")
        if not line.startswith(wanted):
            raise talk.refused(line)


def _imap(talk: Talk) -> None:
    """RFC 9051, section 6.2.1."""
    greeting = talk.line()
    if not greeting.upper().startswith("* OK"):
        raise talk.refused(greeting)
    talk.say(b"a1 STARTTLS\r\n")
    line = talk.line_that(lambda line: line.startswith("a1 "))
    if not line.upper().startswith("A1 OK"):
        raise talk.refused(line)


def _pop3(talk: Talk) -> None:
    """RFC 2595, section 4."""
    for said in (b"", b"STLS\r\n"):
        if said:
            talk.say(said)
        line = talk.line()
        if not line.startswith("+OK"):
            raise talk.refused(line)


def _postgres(talk: Talk) -> None:
    """PostgreSQL's "Message Flow", on SSL session encryption: S means ready, N unwilling."""
    talk.say(_SSL_REQUEST)
    answer = talk.byte()
    if answer != b"S":
        raise talk.refused(answer.decode("latin-1"))


STARTTLS: dict[str, Callable[[Talk], None]] = {
    "none": lambda _talk: None,
    "imap": _imap,
    "pop3": _pop3,
    "postgres": _postgres,
    "smtp": _smtp,
}
