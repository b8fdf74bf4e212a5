# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The badly behaving HTTP servers behave as badly as they say, and the sink keeps what it is sent."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.day2.ops.tests.lab.bad_http import BIG_BYTES
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts, Facts


def _get(url: str, path: str, seconds: float = 5.0) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    connection.request("GET", path, headers={"X-Mine": "yes"})
    return connection, connection.getresponse()


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/ok", 200, b'{"status": "ok"}\n'),
        ("/json?body=%7B%22a%22%3A%5B1%5D%7D", 200, b'{"a":[1]}'),
        ("/not-json", 200, b"<html><body>Welcome</body></html>"),
        ("/no-content", 204, b""),
        ("/status/418", 418, b'{"status": 418}\n'),
        ("/slow?seconds=0.1", 200, b'{"status": "ok"}\n'),
        ("/redirect-once", 302, b"{}\n"),
    ],
)
def test_plain_answers(bad_http: BadHttpFacts, path: str, status: int, body: bytes) -> None:
    connection, answer = _get(bad_http["url"], path)
    assert (answer.status, answer.read()) == (status, body)
    connection.close()


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/redirect-loop", lambda facts: "/redirect-loop"),
        ("/redirect-once", lambda facts: "/ok"),
        ("/redirect?to=http://127.0.0.1:1/", lambda facts: "http://127.0.0.1:1/"),
        ("/redirect-other-host", lambda facts: f"{facts['other_url']}/headers"),
    ],
)
def test_redirects(bad_http: BadHttpFacts, path: str, leads_to: Callable[[BadHttpFacts], str]) -> None:
    connection, answer = _get(bad_http["url"], path)
    assert (answer.status, answer.headers["Location"]) == (302, leads_to(bad_http))
    connection.close()


def test_the_other_host_shows_which_headers_it_got(bad_http: BadHttpFacts) -> None:
    connection, answer = _get(bad_http["other_url"], "/headers")
    assert json.load(answer)["X-Mine"] == "yes"
    connection.close()


def test_no_answer_ever(bad_http: BadHttpFacts) -> None:
    with pytest.raises(TimeoutError):
        _get(bad_http["url"], "/hang", seconds=0.5)


def test_headers_without_an_end(bad_http: BadHttpFacts) -> None:
    parts = urlsplit(bad_http["url"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"GET /drip-headers HTTP/1.1\r\nHost: lab\r\n\r\n")
        lines = connection.makefile("rb")
        assert [lines.readline() for _number in range(4)] == [b"HTTP/1.1 200 OK\r\n", *[b"X-More: yes\r\n"] * 3]


@pytest.mark.parametrize(("path", "at_least"), [("/drip", 3), ("/big", 5_000_000), ("/endless", 5_000_000)])
def test_a_body_without_an_end(bad_http: BadHttpFacts, path: str, at_least: int) -> None:
    connection, answer = _get(bad_http["url"], path)
    got = 0
    while got < at_least:
        got += len(answer.read1(65536))
    connection.close()
    assert got >= at_least
    assert answer.headers.get("Content-Length") == {"/big": str(BIG_BYTES)}.get(path)


def test_a_body_that_breaks_off(bad_http: BadHttpFacts) -> None:
    connection, answer = _get(bad_http["url"], "/cut")
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()


def _handshake(url: str, authority: str) -> ssl.SSLSocket:
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=authority)
    plain = socket.create_connection((parts.hostname, parts.port), timeout=5)
    try:
        return context.wrap_socket(plain, server_hostname=parts.hostname)
    except ssl.SSLError:
        plain.close()
        raise


def test_certificates(bad_http: BadHttpFacts) -> None:
    _handshake(bad_http["tls_url"], bad_http["ca_certs"]).close()
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        _handshake(bad_http["tls_expired_url"], bad_http["ca_certs"])
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        _handshake(bad_http["tls_wrong_host_url"], bad_http["ca_certs"])
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(bad_http["tls_url"], bad_http["wrong_ca"])


def test_a_certificate_that_ends_soon(bad_http: BadHttpFacts) -> None:
    with _handshake(bad_http["tls_soon_url"], bad_http["ca_certs"]) as connection:
        certificate = connection.getpeercert()
    assert certificate is not None
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    assert (end - datetime.now(UTC)).days == bad_http["soon_days"]


def test_the_sink_keeps_what_it_is_sent(lab: Lab, facts: Facts) -> None:
    for number in (1, 2):
        body = json.dumps({"text": f"window {number}", "é": number}).encode()
        with urllib.request.urlopen(f"{facts['webhook']['url']}hook", data=body, timeout=5) as answer:
            assert json.load(answer) == {"kept": True}
    with urllib.request.urlopen(facts["webhook"]["url"], timeout=5) as answer:
        kept = json.load(answer)
    assert [line["body"] for line in kept][-2:] == [{"text": "window 1", "é": 1}, {"text": "window 2", "é": 2}]
    assert kept[-1]["path"] == "/hook"
    lines = Path(facts["webhook"]["file"]).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == kept


def test_the_sink_refuses_what_is_no_json(facts: Facts) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(facts["webhook"]["url"], data=b"hello", timeout=5)
    assert refused.value.code == 400
