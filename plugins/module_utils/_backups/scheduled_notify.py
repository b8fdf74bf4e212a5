# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Telling people of a scheduled backup: by mail, through a program on this host or a server, and by a webhook.

The standard library alone: that a backup failed must be told even where the library failed to be there. TLS is verified
unless the options say otherwise. What cannot be delivered is told in the log, and changes nothing.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, NoReturn

from .._core.command import run
from .._core.errors import InputError, OpsError, Unreachable, one_line
from .._core.http import check_url
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


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is posted goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *_given: Any) -> None:
        """Follow none."""


def _by_webhook(options: Mapping[str, Any], message: Message) -> None:
    """Post the text. The URL is a password in itself, so no error names it."""
    body = json.dumps({"text": message.text}).encode()
    try:
        check_url(options["webhook_url"])
    except InputError:
        raise InputError("webhook_url is not a usable URL") from None
    try:
        request = urllib.request.Request(
            options["webhook_url"], body, {"Content-Type": "application/json", "User-Agent": "day2.ops"}
        )
        trusted = urllib.request.HTTPSHandler(context=_trusting(options))
        with urllib.request.build_opener(_NoRedirects, trusted).open(request, timeout=TIMEOUT):
            pass
    except urllib.error.HTTPError as error:
        raise Unreachable(f"it answered with status {error.code}") from None
    except urllib.error.URLError as error:
        raise Unreachable(one_line(getattr(error.reason, "strerror", None) or type(error.reason).__name__)) from None
    except (OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from None


def _by_mail(mail: Mapping[str, Any], message: Message) -> None:
    letter = EmailMessage()
    try:
        letter["Subject"] = one_line(message.subject, _LONGEST_SUBJECT)
        letter["From"] = mail["sender"]
        letter["To"] = ", ".join(mail["to"])
    except ValueError as error:
        raise InputError(f"an address cannot be written ({one_line(error)})") from error
    letter.set_content(message.text)
    if mail.get("host"):
        _by_server(mail, letter)
    else:
        # the addresses stand in the letter, so none is taken for an option
        run([mail["program"], "-i", "-t"], timeout=TIMEOUT, stdin=letter.as_bytes())


def _by_server(mail: Mapping[str, Any], letter: EmailMessage) -> None:
    where = f"{mail['host']}:{mail['port']}"
    try:
        with _connected(mail) as server:
            password = resolve(mail, "password")
            if mail.get("username"):
                server.login(mail["username"], password or "")
            server.send_message(letter)
    except smtplib.SMTPResponseException as error:
        raise OpsError(f"the server answered with {error.smtp_code}", on=where) from None
    except (OSError, smtplib.SMTPException) as error:
        _fail(error, where)


def _connected(mail: Mapping[str, Any]) -> smtplib.SMTP:
    if mail["secure"] == "always":
        return smtplib.SMTP_SSL(mail["host"], mail["port"], timeout=TIMEOUT, context=_trusting(mail))
    server = smtplib.SMTP(mail["host"], mail["port"], timeout=TIMEOUT)
    if mail["secure"] == "starttls":
        try:
            server.starttls(context=_trusting(mail))
        except BaseException:
            server.close()
            raise
    return server


def _fail(error: Exception, where: str) -> NoReturn:
    reason = getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error
    raise Unreachable(one_line(reason, 200), on=where) from None


def _trusting(options: Mapping[str, Any]) -> ssl.SSLContext:
    """Return whom to trust. :raises InputError: the file of authorities cannot be read."""
    try:
        context = ssl.create_default_context(cafile=options.get("ca_certs"))
    except (OSError, ssl.SSLError) as error:
        raise InputError("ca_certs cannot be read", on=str(options.get("ca_certs"))) from error
    if options.get("validate_certs") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
