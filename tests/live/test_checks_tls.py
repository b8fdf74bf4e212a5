# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind tls against real servers with good and bad certificates, and files of them."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.tests.lab.certificates import make_all, make_authority
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts, PostgresFacts, RedisFacts
from ansible_collections.day2.ops.tests.live.checks import attempt
from cryptography import x509
from cryptography.hazmat.primitives import serialization


def at(url: str, **options: Any) -> dict[str, Any]:
    """Return the options for the server of a URL."""
    parts = urlsplit(url)
    return {"host": parts.hostname, "port": parts.port, **options}


def test_a_good_certificate(bad_http: BadHttpFacts) -> None:
    outcome = attempt("tls", **at(bad_http["tls_url"], ca_certs=bad_http["ca_certs"]), max_latency=5, min_days=300)
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    pem = (Path(bad_http["ca_certs"]).parent / "server.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    assert values["trust"] == "verified"
    assert values["days_left"] == pytest.approx(365, abs=1)
    assert values["not_after"] == certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert values["not_before"] == certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (values["subject"], values["issuer"]) == ("CN=localhost", "CN=day2 lab")
    assert values["names"] == ["localhost", "127.0.0.1"]
    assert values["version"] in ("TLSv1.2", "TLSv1.3")
    assert values["cipher"]
    der = ssl.PEM_cert_to_DER_cert(pem.decode())
    assert bytes.fromhex(values["fingerprint"]) == hashlib.sha256(der).digest()


@pytest.mark.parametrize(
    ("server", "options", "status", "words"),
    [
        ("tls_expired_url", {}, "fail", "trust is 'certificate has expired', expected 'verified'; days_left is -1"),
        ("tls_wrong_host_url", {}, "fail", "trust is 'IP address mismatch, certificate is not valid for '127.0.0.1'."),
        ("tls_wrong_host_url", {"server_name": "elsewhere.example"}, "pass", ""),
        ("tls_url", {"server_name": "other.example"}, "fail", "certificate is not valid for 'other.example'"),
        ("tls_url", {"ca_certs": "wrong_ca"}, "fail", "trust is 'unable to get local issuer certificate', expected"),
        ("tls_url", {"ca_certs": "wrong_ca", "validate_certs": False}, "pass", ""),
        ("tls_soon_url", {}, "fail", "days_left is 5 days, expected at least 14 days"),
        ("tls_soon_url", {"min_days": 3}, "pass", ""),
        ("tls_expired_url", {"validate_certs": False}, "fail", "days_left is -1 days, expected at least 14 days"),
        ("url", {}, "fail", "no TLS handshake (the answer is not TLS): 127.0.0.1:"),
    ],
)
def test_each_certificate_gets_its_line(
    bad_http: BadHttpFacts, server: str, options: dict[str, Any], status: str, words: str
) -> None:
    wanted = {"ca_certs": "ca_certs", **options}
    wanted["ca_certs"] = bad_http[wanted["ca_certs"]]  # type: ignore[literal-required]
    outcome = attempt("tls", **at(bad_http[server], **wanted))  # type: ignore[literal-required]
    assert outcome.status == status, outcome.reason
    assert words in whole_days(outcome.reason)


def whole_days(reason: str) -> str:
    """Return the reason without parts of days, of which some pass while tests run."""
    return re.sub(r"days_left is (-?\d+)\.\d+", r"days_left is \1", reason)


def test_what_an_expired_certificate_says_is_told(bad_http: BadHttpFacts) -> None:
    outcome = attempt("tls", **at(bad_http["tls_expired_url"], ca_certs=bad_http["ca_certs"]))
    assert outcome.values["days_left"] == pytest.approx(-1, abs=0.5)
    assert outcome.values["names"] == ["localhost", "127.0.0.1"]


def test_redis(redis_facts: RedisFacts) -> None:
    server = {"host": redis_facts["host"], "port": redis_facts["tls_port"]}
    assert attempt("tls", **server, ca_certs=redis_facts["ca_certs"]).status == "pass"
    outcome = attempt("tls", **{**server, "port": redis_facts["port"]}, timeout=0.5)
    assert (outcome.status, outcome.values) == ("fail", {})
    assert outcome.reason.startswith("no TLS handshake ")


def test_postgres_is_asked_to_begin(postgres_facts: PostgresFacts) -> None:
    server = {"host": postgres_facts["host"], "port": postgres_facts["port"], "ca_certs": postgres_facts["ca_certs"]}
    outcome = attempt("tls", **server, starttls="postgres")
    if postgres_facts["sslmode"] == "disable":
        assert outcome.reason == f"the server does not begin TLS: {server['host']}:{server['port']}; it says 'N'"
    else:
        assert (outcome.status, outcome.values["trust"]) == ("pass", "verified"), outcome.reason


Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what serves each connection with a function, one after the other; its port."""
    listeners: list[socket.socket] = []

    def start(answer: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def _serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            caller, _address = listener.accept()
        except OSError:
            return
        with caller:
            caller.settimeout(10)
            try:
                answer(caller)
            except OSError:
                continue  # the caller did not like the certificate


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    make_all(tmp_path)
    return tmp_path


def secured(pair: Path, newest: ssl.TLSVersion | None = None) -> Callable[[socket.socket], None]:
    """Return what makes a handshake with the certificate PAIR.pem, and reads what comes until the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.with_suffix(".pem"), pair.with_suffix(".key"))
    if newest:
        context.maximum_version = newest

    def answer(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as connection:
            while connection.recv(1000):
                continue

    return answer


def test_a_self_signed_certificate(serve: Serve, tmp_path: Path) -> None:
    authority = make_authority("localhost")
    pem, plain_key = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "self.pem").write_bytes(authority.certificate.public_bytes(pem))
    key = authority.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain_key)
    (tmp_path / "self.key").write_bytes(key)
    outcome = attempt("tls", host="localhost", port=serve(secured(tmp_path / "self")))
    assert outcome.status == "fail"
    assert outcome.reason == "trust is 'self-signed certificate', expected 'verified'"
    assert outcome.values["days_left"] == pytest.approx(3650, abs=0.1)


def test_the_oldest_version_allowed(serve: Serve, certificates: Path) -> None:
    server = {
        "host": "127.0.0.1",
        "port": serve(secured(certificates / "server", ssl.TLSVersion.TLSv1_2)),
        "ca_certs": str(certificates / "ca.pem"),
    }
    assert attempt("tls", **server).values["version"] == "TLSv1.2"
    outcome = attempt("tls", **server, min_version="TLSv1.3")
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no TLS handshake (it speaks only older versions of TLS): 127.0.0.1:")


# Stand-ins for mail servers, which say what the RFCs have them say: `<` begins what they wait for, `>` what they say.
SMTP = [b">220-mail\r\n220 ready\r\n", b"<EHLO", b">250-mail\r\n250 STARTTLS\r\n", b"<STARTTLS", b">220 go ahead\r\n"]
IMAP = [b">* OK IMAP4rev2 ready\r\n", b"<a1 STARTTLS", b">* hint\r\na1 OK begin now\r\n"]
POP3 = [b">+OK ready\r\n", b"<STLS", b">+OK begin\r\n"]


def plain(script: list[bytes], then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def answer(caller: socket.socket) -> None:
        for step in script:
            if step[:1] == b">":
                caller.sendall(step[1:])
            else:
                assert caller.recv(1000).startswith(step[1:])
        then(caller)

    return answer


@pytest.mark.parametrize(("protocol", "script"), [("smtp", SMTP), ("imap", IMAP), ("pop3", POP3)])
def test_mail_servers_are_asked_to_begin(serve: Serve, certificates: Path, protocol: str, script: list[bytes]) -> None:
    port = serve(plain(script, secured(certificates / "server")))
    ca_certs = str(certificates / "ca.pem")
    outcome = attempt("tls", host="127.0.0.1", port=port, starttls=protocol, ca_certs=ca_certs)
    assert (outcome.status, outcome.values.get("trust")) == ("pass", "verified"), outcome.reason


@pytest.mark.parametrize(
    ("protocol", "script", "words"),
    [
        ("smtp", [b">220 ready\r\n", b"<EHLO", b">250 mail\r\n", b"<STARTTLS", b">502 no\x1b[2J\r\n"], "'502 no [2J'"),
        ("smtp", [b">554 go away\r\n"], "it says '554 go away'"),
        ("smtp", [b">" + b"220-x\r\n" * 101], "it says '220-x'"),
        ("imap", [b">* BYE\r\n"], "it says '* BYE'"),
        ("imap", [b">* OK\r\n", b"<a1", b">a1 BAD what\r\n"], "it says 'a1 BAD what'"),
        ("pop3", [b">" + b"x" * 3000], "it says 'xxxx"),
        ("pop3", [b">-ERR full\r\n"], "it says '-ERR full'"),
        ("postgres", [b"<\0\0\0\x08\x04\xd2\x16\x2f", b">N"], "it says 'N'"),
    ],
)
def test_a_server_that_does_not_begin(serve: Serve, protocol: str, script: list[bytes], words: str) -> None:
    outcome = attempt("tls", host="127.0.0.1", port=serve(plain(script, lambda _caller: None)), starttls=protocol)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("the server does not begin TLS: 127.0.0.1:")
    assert words in outcome.reason
    assert outcome.reason.isprintable()


def test_a_server_that_goes_away(serve: Serve) -> None:
    port = serve(lambda caller: caller.sendall(b"22"))
    outcome = attempt("tls", host="127.0.0.1", port=port, starttls="smtp")
    assert outcome.reason == f"the connection was closed before TLS began: 127.0.0.1:{port}"
    assert attempt("tls", host="127.0.0.1", port=serve(lambda _caller: None)).status == "fail"


@pytest.mark.parametrize("starttls", ["none", "smtp", "postgres"])
def test_a_server_that_hangs(starttls: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        outcome = attempt("tls", host="127.0.0.1", port=port, starttls=starttls, timeout=0.3)
    assert (outcome.status, outcome.reason) == ("fail", f"no TLS handshake within 0.3 s: 127.0.0.1:{port}")


@pytest.mark.parametrize("host", ["host.invalid", "a..b", "x" * 70])
def test_nobody_there(host: str) -> None:
    assert attempt("tls", host="127.0.0.1", port=1).reason == "no TLS handshake (Connection refused): 127.0.0.1:1"
    outcome = attempt("tls", host=host)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("no TLS handshake (")


def test_authorities_that_cannot_be_read(certificates: Path) -> None:
    server = {"host": "127.0.0.1", "port": 1}
    outcome = attempt("tls", **server, ca_certs="/nowhere/ca.pem")
    assert outcome.status == "unknown"
    assert outcome.reason.startswith("cannot use ca_certs or client_cert (No such file or directory): /nowhere/ca.pem")
    outcome = attempt("tls", **server, ca_certs=str(certificates / "server.key"))
    assert outcome.status == "unknown"


def test_files(certificates: Path) -> None:
    good, soon = certificates / "server.pem", certificates / "soon.pem"
    outcome = attempt("tls", path=str(good))
    assert outcome.status == "pass", outcome.reason
    assert (outcome.values["certificates"], outcome.values["subject"]) == (1, "CN=localhost")
    chain = certificates / "chain.pem"
    chain.write_bytes((certificates / "server.key").read_bytes() + good.read_bytes() + soon.read_bytes())
    outcome = attempt("tls", path=str(chain))
    assert (outcome.status, whole_days(outcome.reason)) == ("fail", "days_left is 5 days, expected at least 14 days")
    assert outcome.values["certificates"] == 2
    assert "trust" not in outcome.values
    outcome = attempt("tls", path=str(certificates / "expired.pem"), min_days=0)
    assert (outcome.status, whole_days(outcome.reason)) == ("fail", "days_left is -1 days, expected at least 0 days")


def test_a_file_that_is_not_valid_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_all(tmp_path)
    path = tmp_path / "server.pem"
    before = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_before_utc.timestamp()
    monkeypatch.setattr("time.time", lambda: before - 60)
    outcome = attempt("tls", path=str(path))
    assert outcome.status == "fail"
    assert outcome.reason.startswith("a certificate is not valid before 2")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file: "),
        (b"", "no certificate in the file: "),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n",
            "a certificate in the file is damaged",
        ),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the certificate cannot be read: "),
        (b"x" * 1100000, "the file is larger than 1 MiB: "),
    ],
)
def test_a_file_without_a_certificate_is_unknown(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    outcome = attempt("tls", path=str(path))
    assert outcome.status == "unknown"
    assert outcome.reason.startswith(words)
    assert attempt("tls", path=str(tmp_path)).status == "unknown"


@pytest.mark.parametrize(
    "options", [{}, {"host": "a", "path": "/b"}, {"host": "a", "port": 0}, {"host": "a", "starttls": "ftp"}]
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"checks\[0\] \(it\): "):
        attempt("tls", **options)
