# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that really listen, or do not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt

Serve = Callable[[bytes], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what starts a server that sends a greeting to one caller, then closes; its port. Nothing: stays silent."""
    listeners: list[socket.socket] = []

    def start(greeting: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        if greeting:
            threading.Thread(target=_greet, args=(listener, greeting), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def _greet(listener: socket.socket, greeting: bytes) -> None:
    caller, _address = listener.accept()
    with caller:
        caller.sendall(greeting)


def test_a_port_that_takes_connections(attempt: Attempt, serve: Serve) -> None:
    outcome = attempt("tcp", port=serve(b""), max_latency=5)
    assert outcome.status == "pass", outcome.reason
    assert 0 <= outcome.values["latency"] < 5


def test_the_greeting_expected(attempt: Attempt, serve: Serve) -> None:
    outcome = attempt("tcp", port=serve(b"SSH-2.0-OpenSSH_9.2\r\n"), banner="^SSH-2")
    assert (outcome.status, outcome.values["banner"]) == ("pass", "SSH-2.0-OpenSSH_9.2")


def test_another_greeting(attempt: Attempt, serve: Serve) -> None:
    outcome = attempt("tcp", port=serve(b"220 mail\x1b[31m\x00 ready\r\n"), banner="^SSH-2")
    assert (outcome.status, outcome.reason) == ("fail", "banner is '220 mail [31m ready', expected to match '^SSH-2'")


def test_no_greeting_in_time(attempt: Attempt, serve: Serve) -> None:
    outcome = attempt("tcp", port=serve(b""), banner="SSH", timeout=0.2)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no answer within 0.2 s: 127.0.0.1:")


def test_nobody_listens(attempt: Attempt) -> None:
    outcome = attempt("tcp", port=1)
    assert (outcome.status, outcome.reason) == ("fail", "no connection (Connection refused): 127.0.0.1:1")


@pytest.mark.parametrize("host", ["host.invalid", "a..b"])
def test_a_host_that_nobody_knows(attempt: Attempt, host: str) -> None:
    outcome = attempt("tcp", host=host, port=80)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no connection (")


@pytest.mark.parametrize(("option", "value"), [("port", "many"), ("port", 70000), ("banner", "(")])
def test_options_that_cannot_be(attempt: Attempt, option: str, value: object) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("tcp", **{"port": 80, option: value})
