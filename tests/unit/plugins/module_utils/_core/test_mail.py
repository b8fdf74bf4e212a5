# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letters, and a connection to a server of mail that runs here."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.mail import connected, letter

from ..mail_server import MailServer

OF = {"sender": "ops@example.org", "to": ["a@example.org", "b@example.org"]}


@pytest.fixture
def old_server() -> Iterator[MailServer]:
    """A server of the first SMTP: it knows HELO alone."""
    server = MailServer({"EHLO": "502 what"})
    yield server
    server.close()


def of(server: MailServer, secure: str) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "secure": secure}


@pytest.mark.parametrize("secure", ["never", "try"])
def test_a_server_that_knows_no_extensions_is_taken_without_tls(old_server: MailServer, secure: str) -> None:
    with connected(of(old_server, secure), 10) as server:
        server.mail("ops@example.org")
    assert old_server.verbs == ["EHLO", "HELO", "MAIL", "QUIT"]


def test_tls_that_is_wanted_and_not_offered_is_an_error(old_server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPNotSupportedError):
        connected(of(old_server, "starttls"), 10)
    assert old_server.verbs == ["EHLO", "HELO"]


def test_a_letter_has_its_headers_and_no_others() -> None:
    written = letter(OF, "disk on shöp", "it is full\n")
    assert (written["To"], written["Subject"]) == ("a@example.org, b@example.org", "disk on shöp")
    with pytest.raises(InputError, match="an address cannot be written"):
        letter({**OF, "to": ["a@example.org\nBcc: c@example.org"]}, "x", "x")
