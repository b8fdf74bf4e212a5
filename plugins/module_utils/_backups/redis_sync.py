# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A whole copy of a server's data over the wire, as replicas get it: SYNC, answered by an RDB file.

Not by ``redis-cli --rdb``: that takes a password from its arguments or its environment only, knows no Sentinel, and
cannot tell how many keys there were when the server forked. Here the connection is redis-py's, with each way to log in;
a second one looks at the server right before it forks and right after.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError, Unreachable, one_line
from .._core.libraries import load
from .._core.redis_connection import explain, explained
from .._core.waiting import wait_until
from .redis_info import ask_info, at_work, facts_between, first_replica, number
from .streams import Writable

if TYPE_CHECKING:
    import redis

_DOING = "copy the data over the wire"
_CHUNK = 1 << 18
_LONGEST_LINE = 64 * 1024
_SILENCE = 60.0  # while a server saves it sends a newline each second, so that its replicas know that it lives
_SHORT, _LONG = 0.001, 0.02  # seconds between two looks
_MARK = 40  # bytes at the end of a stream whose length the server does not know before
_WOULD_BLOCK = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_CLOSED = "its log says why; one that cannot write to its disk needs diskless: true"
_NO_SYNC = "managed services rarely allow it: use their own snapshots, or method: copy where the server's files are"


def copy_over_the_wire(
    client: redis.Redis, sink: Writable, on: str, timeout: float, diskless: bool
) -> tuple[dict[str, str], dict[str, Any]]:
    """Write the server's RDB into ``sink``; return what it told of itself when it forked, and the facts of the backup.

    :param on: the server, for messages. :param timeout: seconds for all. :param diskless: let the server send what it
        saves at once, with nothing on its disk; it first waits for ``repl-diskless-sync-delay`` then.
    :raises OpsError: or one of its kinds: the server cannot, does not let us, or has gone.
    """
    deadline = time.monotonic() + timeout
    await_no_child(client, on, deadline)
    with _connected(client, on, deadline) as wire:
        before = ask_info(client, on)
        wire.prepare(diskless, first_replica(before))
        wire.begin()
        before, after = _around_the_fork(client, on, wire, before)
        wire.receive(sink)
    saves = _saves(ask_info(client, on), before)
    return before, facts_between(before, None if saves and saves > 1 else after)


def _around_the_fork(
    client: redis.Redis, on: str, wire: _Wire, before: dict[str, str]
) -> tuple[dict[str, str], dict[str, str] | None]:
    """Look at the server until it has forked; return the last look before that and the first one after.

    The latter is None when the copy was done so soon that nobody could look.
    """
    pause = _SHORT
    while not wire.begun():
        now = ask_info(client, on)
        if now.get("rdb_bgsave_in_progress") == "1":
            return before, now
        before = now
        time.sleep(pause)
        pause = min(_LONG, pause * 2)
    now = ask_info(client, on)
    return before, now if now.get("rdb_bgsave_in_progress") == "1" else None


def _saves(now: Mapping[str, str], before: Mapping[str, str]) -> int | None:
    """Return how many saves there were; None when the server does not count them (Redis before 7.0)."""
    counts = number(now, "rdb_saves"), number(before, "rdb_saves")
    return None if counts[0] is None or counts[1] is None else counts[0] - counts[1]


def await_no_child(client: redis.Redis, on: str, deadline: float) -> None:
    """Wait while the server saves already, or rewrites its append-only file, until ``deadline`` (monotonic).

    :raises Unreachable: it does not come to an end.
    """
    left = max(0.0, deadline - time.monotonic())
    waited = wait_until(lambda: at_work(ask_info(client, on)), lambda child: not child, left, interval=0.05)
    if not waited.done:
        raise Unreachable("another save of the server does not end", on=on, advice=f"it says {waited.last}")


@contextmanager
def _connected(client: redis.Redis, on: str, deadline: float) -> Iterator[_Wire]:
    """Give a connection of its own that has logged in; a server forgets it as a replica when it is closed."""
    with explained(_DOING, on):
        connection: Any = client.connection_pool.make_connection()
        try:
            connection.connect()
            connection._sock.settimeout(_SILENCE)
            yield _Wire(connection._sock, on, deadline)
        finally:
            connection.disconnect()


class _Wire:
    """The protocol between a server and its replica, as far as it is needed."""

    def __init__(self, sock: Any, on: str, deadline: float) -> None:
        self._sock = sock
        self._on = on
        self._deadline = deadline
        self._data = b""

    def prepare(self, diskless: bool, replica: tuple[str, str] | None) -> None:
        """Say what we can and want; servers that do not know the words do without.

        :param replica: address and port of a replica that the server has already. It lists us among its replicas, and
            sentinels would keep for ever what they see there for the first time, as a replica that is down.
        """
        # that the server does not keep what is written meanwhile for us (Redis 7.0)
        wishes = [(b"rdb-only", b"1")]
        if diskless:
            wishes.append((b"capa", b"eof"))
        if replica:
            wishes += [(b"ip-address", replica[0].encode()), (b"listening-port", replica[1].encode())]
        for wish in wishes:
            self._send(b"REPLCONF", *wish)
            self._line()

    def begin(self) -> None:
        """Ask for the copy."""
        self._send(b"SYNC")

    def begun(self) -> bool:
        """Tell whether more than newlines has come, without waiting for it."""
        self._sock.settimeout(0.0)
        try:
            self._receive()
        except (BlockingIOError, *_WOULD_BLOCK):
            pass
        finally:
            self._sock.settimeout(_SILENCE)
        self._data = self._data.lstrip(b"\n")
        return bool(self._data)

    def receive(self, sink: Writable) -> None:
        """Write the RDB into ``sink``."""
        header = self._answer()
        if header.startswith(b"$EOF:"):
            self._until(header[5:], sink)
            return
        left = int(header[1:])
        while left:
            piece = self._data[:left] or self._receive()[:left]
            sink.write(piece)
            self._data = self._data[len(piece) :]
            left -= len(piece)

    def _until(self, mark: bytes, sink: Writable) -> None:
        """Write all that comes before the mark; the server sends nothing after it until we answer."""
        if len(mark) != _MARK:
            raise OpsError(f"cannot {_DOING}: the answer is no server's", on=self._on)
        data = self._data
        while not data.endswith(mark):
            sink.write(data[:-_MARK])
            self._data = b""
            data = data[-_MARK:] + self._receive()
        sink.write(data[:-_MARK])

    def _answer(self) -> bytes:
        """Return the head of a bulk answer, which may come after newlines. :raises OpsError: it is an error."""
        line = self._line()
        if line.startswith(b"$"):
            return line
        text = one_line(line[1:].decode("utf-8", "replace"), 200)
        if "unknown command" in text.lower():
            raise OpsError(f"cannot {_DOING}: the server says '{text}'", on=self._on, advice=_NO_SYNC)
        raise explain(load("redis.exceptions").ResponseError(text), _DOING, self._on)

    def _send(self, *words: bytes) -> None:
        self._sock.sendall(_packed(*words))

    def _line(self) -> bytes:
        """Return the next line that is not empty."""
        while True:
            line, end, rest = self._data.partition(b"\n")
            if end:
                self._data = rest
                if line.strip():
                    return line.strip()
            elif len(line) > _LONGEST_LINE:
                raise OpsError(f"cannot {_DOING}: the answer is no server's", on=self._on)
            else:
                self._receive()

    def _receive(self) -> bytes:
        """Add what has come to what is at hand, and return that."""
        if time.monotonic() > self._deadline:
            raise Unreachable(f"cannot {_DOING}: time is up", on=self._on, advice="see command_timeout")
        piece = self._sock.recv(_CHUNK)
        if not piece:
            raise Unreachable(f"cannot {_DOING}: the server closed the connection", on=self._on, advice=_CLOSED)
        self._data += piece
        return self._data


def _packed(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
