# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Mail by a server, over smtplib. The server's certificate is verified."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from .._core.argspec import ArgSpec, secret
from .._core.deadline import Deadline
from .._core.errors import AccessDenied, OpsError, Unreachable, one_line
from .._core.mail import connected, letter
from .._core.secrets import resolve
from .channel import Channel, Sent
from .message import Message

SPEC = ArgSpec(
    options={
        "to": {"type": "list", "elements": "str", "default": []},
        "sender": {"type": "str", "default": "root"},
        "host": {"type": "str", "default": "localhost"},
        "port": {"type": "int", "default": 25},
        "secure": {"type": "str", "choices": ["always", "never", "starttls", "try"], "default": "starttls"},
        "username": {"type": "str"},
        "validate_certs": {"type": "bool", "default": True},
        "ca_certs": {"type": "path"},
    }
) + secret("password")


def channel(options: Mapping[str, Any]) -> Channel:
    """Return the channel. :raises InputError: an option is wrong."""
    mail = SPEC.validate(options, "mail")

    def send(message: Message, _kept: Mapping[str, Any], deadline: Deadline) -> Sent | None:
        return _deliver(mail, letter(mail, message.subject, message.text), deadline) if mail["to"] else None

    return Channel("mail", send)


def _deliver(mail: Mapping[str, Any], written: EmailMessage, deadline: Deadline) -> Sent:
    try:
        with connected(mail, deadline.left()) as server:
            if mail["username"]:
                server.login(mail["username"], resolve(mail, "password") or "")
            refused = server.send_message(written)
    except (OSError, smtplib.SMTPException) as error:
        raise _failure(error, deadline) from None
    return Sent(remark=f"the mail server refuses {len(refused)} of {len(mail['to'])} addresses" if refused else "")


def _failure(error: Exception, deadline: Deadline) -> OpsError:
    """Return the error in words that hold nothing of what was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return AccessDenied(f"the mail server refuses the login, status {error.smtp_code}")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        statuses = ", ".join(sorted({str(code) for code, _said in error.recipients.values()}))
        return AccessDenied(f"the mail server refuses all addresses, status {statuses}")
    if isinstance(error, smtplib.SMTPResponseException):
        return Unreachable(f"the mail server answers with status {error.smtp_code}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return AccessDenied("the mail server does not offer what is wanted", on=one_line(error, 100))
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccessDenied(f"its certificate is not trusted: {one_line(error.verify_message, 100)}")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Unreachable("the mail server went away, or gave no answer in time")
    if isinstance(error, (TimeoutError, socket.timeout)):
        return Unreachable(f"no answer within {deadline.seconds:g} s")
    return Unreachable(one_line(getattr(error, "strerror", None) or type(error).__name__, 100))
