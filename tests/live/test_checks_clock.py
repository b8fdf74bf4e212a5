# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind clock against a real time server, right and wrong, against web servers, and with the kernel."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts
from ansible_collections.day2.ops.tests.lab.time_server import TimeServer, find_chrony
from ansible_collections.day2.ops.tests.live.checks import attempt
from ansible_collections.day2.ops.tests.live.datagrams import Answer, Start, stand_ins

real = pytest.mark.skipif(find_chrony() is None, reason="no chronyd on this machine")


@real
def test_a_clock_that_is_right() -> None:
    with TimeServer() as server:
        outcome = attempt("clock", server="127.0.0.1", port=server.port)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert abs(values["offset"]) < 0.5
    assert values["offset"] == pytest.approx(values["ahead"] - values["behind"])
    assert values["stratum"] == 8
    assert values["error"] == pytest.approx(values["delay"] / 2, abs=1e-5)


@real
@pytest.mark.parametrize(("seconds", "word", "other"), [(7200, "behind", "ahead"), (-7200, "ahead", "behind")])
def test_a_clock_that_is_off(seconds: int, word: str, other: str) -> None:
    with TimeServer() as server:
        server.go_ahead(seconds)
        outcome = attempt("clock", server="127.0.0.1", port=server.port)
        assert attempt("clock", server="127.0.0.1", port=server.port, max_offset="3h").status == "pass"
    assert outcome.status == "fail"
    assert outcome.reason.startswith(f"{word} is ")
    assert outcome.reason.endswith(", expected at most 0.5 s")
    assert outcome.values[word] == pytest.approx(7200, abs=5)
    assert outcome.values[other] == 0


@real
def test_a_time_server_that_hangs_or_is_gone_says_nothing_of_our_clock() -> None:
    with TimeServer() as server:
        server.hang()
        hung = attempt("clock", server="127.0.0.1", port=server.port, timeout=0.5)
    assert (hung.status, hung.reason) == ("unknown", f"no answer within 0.5 s: 127.0.0.1:{server.port}")
    gone = attempt("clock", server="127.0.0.1", port=server.port)
    assert (gone.status, gone.reason) == ("unknown", f"no answer (Connection refused): 127.0.0.1:{server.port}")
    lost = attempt("clock", server="time.invalid")
    assert lost.status == "unknown"
    assert lost.reason.startswith("no address (")


@real
def test_a_time_server_without_a_time() -> None:
    with TimeServer(synchronized=False) as server:
        outcome = attempt("clock", server="127.0.0.1", port=server.port)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("the time server has no time of its own (stratum 0, leap indicator 3): 127.0.0.1:")


@pytest.fixture
def stand_in() -> Iterator[Start]:
    """Return what starts a stand-in; its port."""
    with stand_ins() as start:
        yield start


def packet(request: bytes, head: int = 0x24, stratum: int = 2, reference: bytes = b"\x7f\0\0\1") -> bytes:
    """Return an answer with this machine's time."""
    now = struct.pack(">II", int(time.time()) + 2208988800, int(time.time() % 1 * (1 << 32)))
    return bytes([head, stratum]) + bytes(10) + reference + bytes(8) + request[40:48] + now + now


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda request: packet(request, stratum=0, reference=b"RATE"), "the time server sends us away (RATE): "),
        (lambda request: packet(request, stratum=0, reference=b"DENY"), "the time server sends us away (DENY): "),
        (lambda request: packet(request, stratum=16), "the time server has no time of its own (stratum 16, leap"),
        (lambda request: packet(request, head=0xE4), "the time server has no time of its own (stratum 2, leap indi"),
        (lambda request: packet(request)[:40] + bytes(8), "the time server has no time of its own"),
        (lambda request: packet(request, head=0x23), "the answer is not one of NTP to our request: "),
        (lambda request: packet(bytes(48)), "the answer is not one of NTP to our request: "),
        (lambda request: packet(request)[:47], "the answer is not one of NTP to our request: "),
        (lambda request: b"\x1b[2J" * 30, "the answer is not one of NTP to our request: "),
    ],
)
def test_an_answer_that_tells_no_time(stand_in: Callable[[Answer], int], answer: Answer, words: str) -> None:
    outcome = attempt("clock", server="127.0.0.1", port=stand_in(answer))
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words)
    assert outcome.reason.isprintable()


def test_a_lost_datagram_is_sent_again(stand_in: Callable[[Answer], int]) -> None:
    requests: list[bytes] = []

    def second(request: bytes) -> bytes:
        requests.append(request)
        return packet(request) if len(requests) > 1 else b""

    outcome = attempt("clock", server="127.0.0.1", port=stand_in(second), timeout=6)
    assert outcome.status == "pass", outcome.reason
    assert requests[0][40:] != requests[1][40:]


def test_a_slow_answer_tells_too_little(stand_in: Callable[[Answer], int]) -> None:
    def slow(request: bytes) -> bytes:
        time.sleep(0.2)  # the delay is what is tested
        return packet(request)

    outcome = attempt("clock", server="127.0.0.1", port=stand_in(slow), max_offset="50ms")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("the answer tells the time to 0.1")
    assert outcome.reason.endswith(" s only, max_offset is 0.05 s: 127.0.0.1")


def test_after_2036(stand_in: Callable[[Answer], int]) -> None:
    def later(request: bytes) -> bytes:
        then = struct.pack(">II", 1000, 0)
        return packet(request)[:32] + then + then

    outcome = attempt("clock", server="127.0.0.1", port=stand_in(later))
    assert outcome.values["offset"] == pytest.approx(time.time() + 2208988800 - (1 << 32) - 1000, abs=5)


def test_a_web_server_has_the_time_too(bad_http: BadHttpFacts) -> None:
    outcome = attempt("clock", url=f"{bad_http['url']}/ok")
    assert outcome.status == "pass", outcome.reason
    assert outcome.values["error"] >= 0.5
    assert set(outcome.values) == {"offset", "ahead", "behind", "error", "delay"}
    secured = attempt("clock", url=f"{bad_http['tls_url']}/ok", ca_certs=bad_http["ca_certs"])
    assert secured.status == "pass", secured.reason


@pytest.mark.parametrize(
    ("server", "path", "options", "words"),
    [
        ("tls_url", "/ok", {}, "TLS failed ("),
        ("tls_expired_url", "/ok", {"ca_certs": "ca_certs"}, "TLS failed ("),
        ("url", "/ok", {"max_offset": "100ms"}, "the answer tells the time to 0.5"),
    ],
)
def test_a_web_server_that_cannot_tell(
    bad_http: BadHttpFacts, server: str, path: str, options: dict[str, Any], words: str
) -> None:
    given = {name: bad_http["ca_certs"] if name == "ca_certs" else value for name, value in options.items()}
    outcome = attempt("clock", url=bad_http[server] + path, **given)  # type: ignore[literal-required]
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words)


@pytest.fixture
def dated() -> Iterator[Callable[..., str]]:
    """Return what starts a stand-in for a web server with other headers than the right ones; its URL."""
    servers: list[HTTPServer] = []

    def start(**headers: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response_only(404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
                """Write nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_behind_a_web_server(dated: Callable[..., str]) -> None:
    outcome = attempt("clock", url=dated(Date=formatdate(time.time() + 3600, usegmt=True)))
    assert outcome.status == "fail"
    assert outcome.values["behind"] == pytest.approx(3600, abs=5)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "the web server does not tell the time: {url}; it has no header Date"),
        ({"Date": "noon\x1b[2J"}, "the web server does not tell the time: {url}; its Date is 'noon [2J'"),
        ({"Date": "Sun, 99 Nov 1994 08:49:37 GMT"}, "the web server does not tell the time: {url}; its Date is"),
        ({"Date": formatdate(usegmt=True), "Age": "12"}, "the answer comes from a cache: {url}; name a URL that"),
    ],
)
def test_a_web_server_without_the_time(dated: Callable[..., str], headers: dict[str, str], words: str) -> None:
    url = dated(**headers)
    outcome = attempt("clock", url=url)
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words.format(url=url))
    assert outcome.reason.isprintable()


def test_nobody_serves_the_url() -> None:
    outcome = attempt("clock", url="http://127.0.0.1:1/")
    assert (outcome.status, outcome.reason) == ("unknown", "no answer (Connection refused): http://127.0.0.1:1/")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        hung = attempt("clock", url=url, timeout=0.5)
    assert hung.status == "unknown"
    assert hung.reason.startswith("no complete answer within 0.")
    assert hung.reason.endswith(f" s: {url}")
    assert attempt("clock", url="ftp://127.0.0.1/").status == "unknown"


def test_without_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAY2_VENV", str(tmp_path))
    monkeypatch.setitem(sys.modules, "requests", None)
    outcome = attempt("clock", url="http://127.0.0.1:1/")
    assert (outcome.status, outcome.missing_libraries) == ("unknown", ("requests",))


def test_what_the_kernel_says() -> None:
    """Whether this machine's clock is kept right is not for us to say: one of the two must hold."""
    kept, free = (attempt("clock", synchronized=wanted) for wanted in (True, False))
    assert {kept.status, free.status} == {"pass", "fail"}
    assert kept.values["synchronized"] == (kept.status == "pass")
    assert 0 <= kept.values["max_error"] <= 16
    assert (kept.reason or free.reason).startswith("synchronized is ")


@real
def test_the_kernel_and_a_server() -> None:
    with TimeServer() as server:
        outcome = attempt("clock", server="127.0.0.1", port=server.port, synchronized=True)
    assert {"offset", "synchronized", "max_error"} <= set(outcome.values)


@pytest.mark.parametrize(
    "options", [{}, {"server": "a", "url": "http://b/"}, {"server": "a", "port": 0}, {"server": "a", "max_offset": "x"}]
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("clock", **options)
