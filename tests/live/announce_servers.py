# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where announcements go, in a test's own process.

The mail server is a real one (aiosmtpd). Grafana and the status page are stand-ins, written from the documentation of
their APIs: what they refuse, these refuse. The others are servers that are broken in a way that real ones can be.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from ansible_collections.day2.ops.tests.lab.http_parts import JsonHandler, QuietServer, serving
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports

from .answering import Answer, Asked, as_json

GRAFANA_TOKEN = "glsa-t0ken-of-grafana"
PAGE_TOKEN = "t0ken-of-the-status-page"
MAIL_PASSWORD = "pa55-of-the-mail"


class Webhook:
    """Takes documents of JSON at a path that is its password. A reply."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.status = 200

    def __call__(self, asked: Asked) -> Answer:
        if self.status == 200:
            self.documents.append(json.loads(asked.body))
        return Answer(b"ok", self.status)


class Grafana:
    """Stands in for Grafana's API of annotations. A reply."""

    def __init__(self) -> None:
        self.annotations: dict[int, dict[str, Any]] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {GRAFANA_TOKEN}":
            return as_json({"message": "Invalid API key"}, 401)
        if asked.method == "GET":
            wanted = set(asked.fields.get("tags", []))
            found = [{"id": key, **one} for key, one in self.annotations.items() if wanted <= set(one["tags"])]
            return as_json(found[: int(asked.fields["limit"][0])])
        body = json.loads(asked.body)
        return self._make(body) if asked.method == "POST" else self._change(int(asked.path.rpartition("/")[2]), body)

    def _make(self, body: dict[str, Any]) -> Answer:
        if not body.get("text"):
            return as_json({"message": "Failed to save annotation"}, 400)
        number = 1094 + len(self.annotations)
        self.annotations[number] = body
        return as_json({"message": "Annotation added", "id": number})

    def _change(self, number: int, body: dict[str, Any]) -> Answer:
        if number not in self.annotations:
            return as_json({"message": "Annotation not found"}, 404)
        self.annotations[number].update(body)
        return as_json({"message": "Annotation patched"})


class StatusPage:
    """Stands in for the API of a status page, as Statuspage documents its own for incidents. A reply."""

    def __init__(self) -> None:
        self.incidents: dict[str, dict[str, Any]] = {}

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"OAuth {PAGE_TOKEN}":
            return as_json({"error": "Could not authenticate"}, 401)
        body = json.loads(asked.body)["incident"]
        if asked.method == "POST" and asked.path == "/v1/pages/shop/incidents":
            name = f"p31z{len(self.incidents)}"
            self.incidents[name] = body
            return as_json({"id": name, **body}, 201)
        name = asked.path.removeprefix("/v1/pages/shop/incidents/")
        if asked.method != "PATCH" or name not in self.incidents:
            return as_json({"error": "Not Found"}, 404)
        self.incidents[name].update(body)
        return as_json({"id": name, **self.incidents[name]})


def status_page(url: str) -> dict[str, Any]:
    """Return how the stand-in is told."""
    incidents = f"{url}/v1/pages/shop/incidents"
    begun = {"name": "Maintenance of {service}", "status": "in_progress", "body": "{text}", "at": "{time}"}
    ended = {"status": "completed", "body": "{text}"}
    return {
        "name": "page of the shop",
        "headers": {"Authorization": f"OAuth {PAGE_TOKEN}"},
        "begin": {
            "url": incidents,
            "body": {"incident": begun},
            "id_path": "id",
        },
        "end": {"url": f"{incidents}/{{id}}", "method": "PATCH", "body": {"incident": ended}},
    }


class Letters(Message):
    """Keeps the subject and text of each mail."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[str, str]] = []

    def handle_message(self, message: Any) -> None:
        text = message.get_payload(decode=True).decode()
        self.kept.append((str(make_header(decode_header(message["Subject"]))), text.strip()))


def _allowed(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == MAIL_PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(tls: tuple[Path, Path] | None = None) -> Iterator[tuple[Letters, int]]:
    """Have a mail server that wants a login, over STARTTLS where it has a certificate; what it got, and its port."""
    letters = Letters()
    (port,) = free_ports(1)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    server = Controller(
        letters,
        hostname=HOST,
        port=port,
        authenticator=_allowed,
        auth_require_tls=bool(tls),
        tls_context=context,
        require_starttls=bool(tls),
    )
    server.start()
    try:
        yield letters, port
    finally:
        server.stop()


def mail_to(port: int, **options: Any) -> dict[str, Any]:
    """Return how mail is sent there."""
    login = {"username": "day2", "password": MAIL_PASSWORD}
    return {"to": ["ops@example.org"], "sender": "day2@example.org", "host": HOST, "port": port, **login, **options}


@contextmanager
def hanging() -> Iterator[int]:
    """Have a port that takes connections and never says a word."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def dripping() -> Iterator[int]:
    """Have a server whose answer never ends: a letter of a header, again and again, so that no socket times out."""
    ended = threading.Event()
    with socket.create_server((HOST, 0)) as server:
        thread = threading.Thread(target=_drip, args=(server, ended), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _drip(server: socket.socket, ended: threading.Event) -> None:
    server.settimeout(0.1)
    clients: list[socket.socket] = []
    while not ended.wait(0.05):
        try:
            clients.append(server.accept()[0])
            clients[-1].sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        except OSError:
            pass
        for client in list(clients):
            try:
                client.sendall(b"a")
            except OSError:
                clients.remove(client)
                client.close()
    for client in clients:
        client.close()


@contextmanager
def over_tls(certificate: tuple[Path, Path]) -> Iterator[str]:
    """Have a server over TLS that takes anything; its address."""

    class Handler(JsonHandler):
        def do_POST(self) -> None:
            self.body()
            self.answer(200, {})

    with serving(QuietServer(0, Handler, certificate)) as port:
        yield f"https://{HOST}:{port}/"
