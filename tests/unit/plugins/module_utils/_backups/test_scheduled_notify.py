# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of scheduled backups, to a webhook and a mail server that run here; what goes wrong names no secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_job import NOTIFY
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_notify import Message, tell

from ..mail_server import MailServer

SECRET = "tell-nobody-57"
MESSAGE = Message("backup main on shöp: failed", "backup main on shöp: failed\n\nno space\n")


class Hook(BaseHTTPRequestHandler):
    """Takes what is posted; paths that begin with a number answer with it."""

    def do_POST(self) -> None:
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(int(self.path[1:4]) if self.path[1:4].isdigit() else 200)
        self.send_header("Location", f"/again-{SECRET}")
        self.end_headers()

    def log_message(self, *_given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Any]:
    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        server.got = []  # type: ignore[attr-defined]
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        yield server
        server.shutdown()
        running.join()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer({"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 no"})
    yield server
    server.close()


def told(**notify: Any) -> list[str]:
    return tell(NOTIFY.validate(notify, "notify"), MESSAGE)


def test_a_webhook_gets_the_text(hook: Any) -> None:
    assert told(webhook_url=f"http://127.0.0.1:{hook.server_port}/services/{SECRET}") == []
    assert [json.loads(body) for body in hook.got] == [{"text": MESSAGE.text}]


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_webhook_that_does_not_take_it_is_named_by_its_status_alone(hook: Any, status: int) -> None:
    (line,) = told(webhook_url=f"http://127.0.0.1:{hook.server_port}/{status}/{SECRET}")
    assert line == f"the webhook was not sent (status {status})"
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    "url", [f"file:///etc/{SECRET}", f"http://u:{SECRET}@127.0.0.1/", f"http://127.0.0.1:x/{SECRET}"]
)
def test_a_url_that_is_none_is_not_told(url: str) -> None:
    assert told(webhook_url=url) == ["the webhook was not sent (webhook_url is not a usable URL)"]


def test_mail_goes_to_a_server(mail_server: MailServer) -> None:
    to = ["ops@example.org", "b@example.org"]
    assert told(mail={"to": to, "host": "127.0.0.1", "port": mail_server.port, "secure": "never"}) == []
    said = [line.lower() for line in mail_server.said]
    assert {f"rcpt to:<{address}>" for address in to} <= set(said)
    assert "no space" in said
    assert any(line.startswith("Subject: backup main on =?utf-8?") for line in mail_server.said)


def test_without_starttls_no_password_is_sent(mail_server: MailServer) -> None:
    mail = {"to": ["a@b"], "host": "127.0.0.1", "port": mail_server.port, "username": "u", "password": SECRET}
    (line,) = told(mail=mail)
    assert line.startswith("mail was not sent (STARTTLS extension not supported by server")
    assert not [said for said in mail_server.said if said.lower().startswith(("auth", "mail"))]


def test_a_login_that_fails_is_told_by_its_number(mail_server: MailServer) -> None:
    mail = {"to": ["a@b"], "host": "127.0.0.1", "port": mail_server.port, "secure": "never"}
    (line,) = told(mail={**mail, "username": "u", "password": SECRET})
    assert line == f"mail was not sent (the server answered with 535: 127.0.0.1:{mail_server.port})"


def test_an_address_with_a_line_break_writes_no_header() -> None:
    (line,) = told(mail={"to": ["a@b\nBcc: c@d"], "program": "/bin/true"})
    assert line.startswith("mail was not sent (an address cannot be written")


def test_authorities_that_cannot_be_read(hook: Any) -> None:
    url = f"https://127.0.0.1:{hook.server_port}/"
    (line,) = told(webhook_url=url, ca_certs="/no/such")
    assert line == "the webhook was not sent (a file of certificates cannot be read: /no/such)"
