# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab's small HTTP servers share."""

from __future__ import annotations

import json
import signal
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from .ports import HOST

MAX_BODY = 1_000_000


class QuietServer(ThreadingHTTPServer):
    """A thread a connection; clients that leave in the middle are no news."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], tls: tuple[Path, Path] | None = None) -> None:
        super().__init__((HOST, port), handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            # The handshake is left to the connection's thread: a client that is slow with it stops nobody else.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about connections that broke, report the rest."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class JsonHandler(BaseHTTPRequestHandler):
    """A handler that answers with JSON, keeps connections and writes no access log."""

    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float | None] = 30.0
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Write nothing."""

    def answer(self, status: int, body: object, **headers: str) -> None:
        """Send a JSON answer; a header name has _ for -."""
        self.answer_bytes(status, json.dumps(body).encode() + b"\n", "application/json", **headers)

    def answer_bytes(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        """Send an answer of that content type; a header name has _ for -."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        """Return the request's body; raises ValueError, in one line, for one that is too long or has no length."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            raise ValueError(f"expected a body with Content-Length of at most {MAX_BODY}, got '{length}'")
        return self.rfile.read(int(length))


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """Have it serve while the block runs; yield its port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve_until_stopped(*servers: socketserver.BaseServer) -> None:
    """Serve until SIGTERM or SIGINT, then close the ports."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    ended.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
