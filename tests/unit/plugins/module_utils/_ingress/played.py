# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on loopback that answers as a test says, a clock, and what turns a switch as the module does."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, NamedTuple, Union

from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import SYSTEM_CLOCK
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Waitless:
    """A clock that does not wait for real."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return SYSTEM_CLOCK.time()

    def sleep(self, seconds: float) -> None:
        self.now += seconds


# Status and body, and maybe the type of the body.
Answer = Union["tuple[int, bytes]", "tuple[int, bytes, str]"]


class Played(ThreadingHTTPServer):
    """Answers by ``reply`` and remembers what it was asked in ``seen``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Callable[[Asked], Answer] = lambda _asked: (404, b"")
        self.seen: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        asked = Asked(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self.server.seen.append(asked)
        status, body, *kind = self.server.reply(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind[0] if kind else "application/json")
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def turn(switch: dict[str, Any], state: str, check_mode: bool = False, timeout: float = 2) -> Result:
    """Do what the module does."""
    return operate(
        SPEC.validate({"state": state, "switch": switch, "timeout": timeout}, "test"), check_mode, Waitless()
    )
