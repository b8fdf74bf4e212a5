# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a container without a daemon, or with something else where the daemon should be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError

if TYPE_CHECKING:
    from .conftest import Attempt

Answering = Callable[[bytes], str]


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    """A stand-in for a daemon that is out of its mind: a socket that answers each request with the same bytes.

    Returns docker_host. Without bytes it takes connections and stays silent.
    """
    listeners: list[socket.socket] = []

    def start(answer: bytes) -> str:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "sock"))
        listener.listen()
        listeners.append(listener)
        if answer:
            threading.Thread(target=_answer, args=(listener, answer), daemon=True).start()
        return f"unix://{tmp_path}/sock"

    yield start
    for listener in listeners:
        listener.close()


def _answer(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            caller, _address = listener.accept()
        except OSError:
            return
        with caller:
            caller.recv(65536)
            caller.sendall(answer)


def http(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (b"", "fail", "no answer within 0.3 s: docker unix://"),
        (b"SSH-2.0-OpenSSH\r\n", "fail", "no answer ("),
        (http("200 OK", b"<html>hello</html>"), "fail", "the answer is not a docker daemon's: docker unix://"),
        (http("200 OK", b"[]"), "fail", "the answer is not a docker daemon's: docker unix://"),
        (http("200 OK", b"{}"), "fail", "the answer is not a docker daemon's: docker unix://"),
        (http("403 Forbidden", b'{"message": "not\\nfor you"}'), "unknown", "'not for you' (status 403)"),
        (http("500 Oops", b'{"message": "broken"}'), "fail", "the daemon says 'broken' (status 500)"),
    ],
)
def test_what_is_no_daemon(attempt: Attempt, answering: Answering, answer: bytes, status: str, words: str) -> None:
    outcome = attempt("container", container="api", docker_host=answering(answer), timeout=0.3)
    assert (outcome.status, words in outcome.reason) == (status, True), outcome.reason
    assert "\n" not in outcome.reason


def test_a_socket_that_nobody_serves(attempt: Attempt, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "sock"))
    outcome = attempt("container", container="api", docker_host=f"unix://{tmp_path}/sock")
    assert (outcome.status, outcome.reason) == (
        "fail",
        f"no answer (Connection refused): docker unix://{tmp_path}/sock",
    )


@pytest.mark.parametrize("host", ["ssh://root@host", "unix://", "/var/run/docker.sock", "npipe:////./pipe/docker"])
def test_a_docker_host_that_cannot_be(attempt: Attempt, host: str) -> None:
    outcome = attempt("container", container="api", docker_host=host)
    assert outcome.status == "unknown"
    assert outcome.reason == f"not a usable docker_host: {host}; expected unix:///path or tcp://host:port"


def test_a_certificate_that_is_not_there(attempt: Attempt, tmp_path: Path) -> None:
    given = {"docker_host": "tcp://127.0.0.1:1", "tls": True, "ca_certs": str(tmp_path / "no.pem")}
    outcome = attempt("container", container="api", **given)
    assert outcome.status == "unknown"
    assert outcome.reason == "tls cannot be used: docker tcp://127.0.0.1:1; Invalid CA certificate provided for ca_cert"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of the following is required: container, labels"),
        ({"container": "a", "labels": {"b": "c"}}, "mutually exclusive: container|labels"),
        ({"container": "../a?b"}, "expected letters, digits"),
        ({"container": "a", "state": "up"}, "state must be one of"),
        ({"container": "a", "max_memory": "much"}, "max_memory"),
    ],
)
def test_options_that_cannot_be(attempt: Attempt, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        attempt("container", **given)
    assert str(refused.value).startswith("checks[0] (it): ")
    assert words in str(refused.value)
