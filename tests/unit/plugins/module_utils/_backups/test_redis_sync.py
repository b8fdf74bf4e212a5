# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy over the wire from a server that says what a test wants: each shape of an answer, and each way to fail."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_sync
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, OpsError, Unreachable

MARK = b"m" * 40
DATA = b"REDIS0010" + bytes(range(256)) * 40
QUIET = (
    b"role:master\r\nrdb_changes_since_last_save:5\r\nexpired_keys:0\r\nevicted_keys:0\r\n"
    b"db0:keys=3,expires=1,avg_ttl=9\r\n"
)
BEFORE = b"rdb_bgsave_in_progress:0\r\nrdb_saves:1\r\n" + QUIET
SAVING = b"rdb_bgsave_in_progress:1\r\nrdb_saves:1\r\n" + QUIET.replace(b"save:5", b"save:7")
AFTER = b"rdb_bgsave_in_progress:0\r\nrdb_saves:2\r\n" + QUIET


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, infos: Sequence[bytes], sent: Sequence[bytes]) -> None:
        self.infos = list(infos)
        self.sent = sent
        self.seen: list[bytes] = []
        super().__init__(str(path), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is none."""

    def info(self) -> bytes:
        return self.infos.pop(0) if len(self.infos) > 1 else self.infos[0]


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _word in range(int(line[1:]))]
            self.server.seen.append(b" ".join(words))
            if words[0] == b"INFO":
                text = self.server.info()
                self.wfile.write(b"$%d\r\n%b\r\n" % (len(text), text))
            elif words[0] == b"SYNC":
                for piece in self.server.sent:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(0.005)
                return
            else:
                self.wfile.write(b"-ERR unknown\r\n")


@contextmanager
def server(path: Path, sent: Sequence[bytes], infos: Sequence[bytes] = (BEFORE,)) -> Iterator[tuple[Any, _Server]]:
    with _Server(path / "socket", infos, sent) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        with redis.Redis(unix_socket_path=str(path / "socket"), protocol=2, lib_name=None, lib_version=None) as client:
            yield client, running
        running.shutdown()


class Sink:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def copied(client: Any, diskless: bool = False, timeout: float = 10.0) -> tuple[bytes, dict[str, Any]]:
    sink = Sink()
    _info, facts = redis_sync.copy_over_the_wire(client, sink, "redis x", timeout, diskless)
    return sink.data, facts


HEAD = b"$%d\r\n" % len(DATA)
STREAM = b"$EOF:" + MARK + b"\r\n" + DATA + MARK


@pytest.mark.parametrize(
    "sent",
    [
        [HEAD + DATA],
        [b"\n", b"\n\n", HEAD, DATA[:100], DATA[100:]],
        [HEAD + DATA + b"*1\r\n$4\r\nPING\r\n"],
        [STREAM],
        [STREAM[:30], STREAM[30:60], STREAM[60:-39], STREAM[-39:-1], STREAM[-1:]],
        [b"\n", *(STREAM[at : at + 997] for at in range(0, len(STREAM), 997))],
    ],
)
def test_all_shapes_of_an_answer(tmp_path: Path, sent: Sequence[bytes]) -> None:
    with server(tmp_path, sent, [BEFORE, BEFORE, SAVING, AFTER]) as (client, running):
        data, facts = copied(client)
    assert data == DATA
    assert (facts["keys"], facts["expires"], facts["databases"]) == (3, 1, {"0": {"keys": 3, "expires": 1}})
    assert b"REPLCONF rdb-only 1" in running.seen
    assert b"REPLCONF capa eof" not in running.seen


def test_it_hides_behind_a_replica_that_is_known(tmp_path: Path) -> None:
    """Sentinels would take it for one more replica, and keep that."""
    replicas = b"slave0:ip=127.0.0.1,port=0,state=online\r\nslave1:ip=127.0.0.2,port=6380,state=online,lag=0\r\n"
    with server(tmp_path, [HEAD + DATA], [BEFORE + replicas]) as (client, running):
        copied(client)
    assert b"REPLCONF ip-address 127.0.0.2" in running.seen
    assert b"REPLCONF listening-port 6380" in running.seen


def test_changes_around_the_fork_are_told(tmp_path: Path) -> None:
    with server(tmp_path, [b"\n"] * 20 + [STREAM], [BEFORE, BEFORE, BEFORE, SAVING, AFTER]) as (client, running):
        assert copied(client, diskless=True)[1]["changes"] == 2
    assert b"REPLCONF capa eof" in running.seen


@pytest.mark.parametrize(
    "infos",
    [
        [BEFORE],  # nobody saw the fork
        [BEFORE, BEFORE, SAVING, AFTER.replace(b"rdb_saves:2", b"rdb_saves:3")],  # another save came first
        [BEFORE, BEFORE, SAVING.replace(b"save:7", b"save:1"), AFTER],  # the count began anew
    ],
)
def test_what_was_not_seen_is_not_known(tmp_path: Path, infos: Sequence[bytes]) -> None:
    with server(tmp_path, [b"\n"] * 20 + [HEAD + DATA], infos) as (client, _running):
        assert copied(client)[1]["changes"] is None


def test_a_save_that_runs_is_awaited(tmp_path: Path) -> None:
    with server(tmp_path, [HEAD + DATA], [SAVING, SAVING, BEFORE]) as (client, running):
        assert copied(client)[0] == DATA
    assert running.seen.index(b"SYNC") > 2
    rewrites = BEFORE + b"aof_rewrite_in_progress:1\r\n"
    (tmp_path / "socket").unlink()
    with (
        server(tmp_path, [], [rewrites]) as (client, _running),
        pytest.raises(Unreachable, match="another save of the server does not end: redis x; it says aof_rewrite"),
    ):
        copied(client, timeout=0.2)


@pytest.mark.parametrize(
    ("sent", "kind", "words"),
    [
        (
            [b"-NOPERM no permissions to run the 'sync' command\r\n"],
            AccessDenied,
            "lacks this permission",
        ),
        (
            [b"-ERR unknown command 'SYNC'\r\n"],
            OpsError,
            "managed services rarely allow it",
        ),
        ([b"-NOMASTERLINK Can't SYNC while not connected with my master\r\n"], OpsError, "NOMASTERLINK"),
        ([HEAD + DATA[:-1]], Unreachable, "the server closed the connection"),
        ([STREAM[:-1]], Unreachable, "the server closed the connection"),
        ([], Unreachable, "the server closed the connection"),
        ([b"$EOF:short\r\n"], OpsError, "the answer is no server's"),
        ([b"x" * 70_000], OpsError, "the answer is no server's"),
    ],
)
def test_what_goes_wrong_is_told(tmp_path: Path, sent: Sequence[bytes], kind: type[OpsError], words: str) -> None:
    with server(tmp_path, sent) as (client, _running), pytest.raises(kind, match=words):
        copied(client)


def test_silence_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_sync, "_SILENCE", 0.05)
    hold = [HEAD + DATA[:5]] + [b""] * 100
    with server(tmp_path, hold) as (client, _running), pytest.raises(Unreachable, match="no answer in time"):
        copied(client)
