# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Telling people of a scheduled backup: by mail, through a program on this host or a server, and by a webhook.

The standard library alone: that a backup failed must be told even where the library failed to be there. TLS is verified
unless the options say otherwise. What cannot be delivered is told in the log, and changes nothing.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, NoReturn

from .._core.command import run
from .._core.deadline import Deadline
from .._core.errors import InputError, OpsError, Unreachable, one_line
from .._core.http import check_url
from .._core.http_options import SPEC as HTTP
from .._core.mail import connected, letter
from .._core.plain_http import send
from .._core.secrets import resolve

TIMEOUT = 30.0  # seconds for each delivery
_LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Message:
    """What to tell. ``subject`` is one line; ``text`` begins with it."""

    subject: str
    text: str


def tell(notify: Mapping[str, Any], message: Message) -> list[str]:
    """Tell all whom ``notify`` names, validated by NOTIFY; return in one line each what could not be delivered."""
    failures = []
    for what, way, options in (
        ("the webhook", _by_webhook, notify if notify.get("webhook_url") else None),
        ("mail", _by_mail, notify.get("mail")),
    ):
        if options:
            try:
                way(options, message)
            except OpsError as error:
                failures.append(f"{what} was not sent ({error})")
    return failures


def _by_webhook(options: Mapping[str, Any], message: Message) -> None:
    """Post the text. The URL is a password in itself, so no error names it."""
    try:
        check_url(options["webhook_url"])
    except InputError:
        raise InputError("webhook_url is not a usable URL") from None
    asked = HTTP.validate({"ca_certs": options.get("ca_certs")}, "notify")
    send("POST", options["webhook_url"], {"text": message.text}, asked, Deadline(TIMEOUT))


def _by_mail(mail: Mapping[str, Any], message: Message) -> None:
    written = letter(mail, one_line(message.subject, _LONGEST_SUBJECT), message.text)
    if mail.get("host"):
        _by_server(mail, written)
    else:
        # the addresses stand in the letter, so none is taken for an option
        run([mail["program"], "-i", "-t"], timeout=TIMEOUT, stdin=written.as_bytes())


def _by_server(mail: Mapping[str, Any], written: EmailMessage) -> None:
    where = f"{mail['host']}:{mail['port']}"
    try:
        with connected(mail, TIMEOUT) as server:
            password = resolve(mail, "password")
            if mail.get("username"):
                server.login(mail["username"], password or "")
            server.send_message(written)
    except smtplib.SMTPResponseException as error:
        raise OpsError(f"the server answered with {error.smtp_code}", on=where) from None
    except (OSError, smtplib.SMTPException) as error:
        _fail(error, where)


def _fail(error: Exception, where: str) -> NoReturn:
    reason = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error
    raise Unreachable(one_line(reason, 200), on=where) from None
