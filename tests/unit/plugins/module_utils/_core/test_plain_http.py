# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests by the standard library, to a server that runs here and never ends its answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.deadline import Deadline
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.http_options import SPEC
from ansible_collections.day2.ops.plugins.module_utils._core.plain_http import Refused, ask, send, under

OPTIONS = SPEC.validate({"use_proxy": False}, "test")


class Server:
    """Answers one request with what it is given, and then says nothing more until it is closed."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._done = threading.Event()
        self._running = threading.Thread(target=self._serve)
        self._running.start()

    def _serve(self) -> None:
        try:
            connection, _peer = self._listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(1 << 16)
            connection.sendall(self.answer)
            self._done.wait()

    def close(self) -> None:
        self._done.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._running.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def test_an_answer_is_read_as_json(server: Server) -> None:
    server.answer = b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"id": 7}'
    assert ask("POST", server.url, {}, OPTIONS, Deadline(10)) == {"id": 7}


def test_whoever_wants_the_status_waits_for_nothing_else(server: Server) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    send("POST", server.url, {}, OPTIONS, Deadline(10))


def test_whoever_wants_the_answer_waits_for_it_but_not_for_ever(server: Server) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
    with pytest.raises(Unreachable, match="no answer within"):
        ask("GET", server.url, None, OPTIONS, Deadline(0.1))


@pytest.mark.parametrize("status", [302, 404, 503])
def test_what_is_no_success_is_refused_and_nothing_is_followed(server: Server, status: int) -> None:
    server.answer = f"HTTP/1.1 {status} No\r\nLocation: {server.url}\r\nContent-Length: 0\r\n\r\n".encode()
    with pytest.raises(Refused) as refused:
        send("POST", server.url, "text", OPTIONS, Deadline(10))
    assert refused.value.status == status


def test_no_error_names_the_address(server: Server) -> None:
    server.answer = b"what\r\n\r\n"
    with pytest.raises(OpsError) as error:
        ask("GET", under(f"{server.url}/", "hush?token=hush"), None, OPTIONS, Deadline(10))
    assert "hush" not in str(error.value) and "127.0.0.1" not in str(error.value)
