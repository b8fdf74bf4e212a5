# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A letter, and a connection to a server of mail, over smtplib."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from .errors import InputError, one_line
from .trust import trusting


def letter(mail: Mapping[str, Any], subject: str, text: str) -> EmailMessage:
    """Return the letter from ``sender`` to all in ``to``. :raises InputError: a header cannot be written."""
    made = EmailMessage()
    try:
        made["Subject"] = subject
        made["From"] = mail["sender"]
        made["To"] = ", ".join(mail["to"])
    except ValueError as error:
        raise InputError("an address cannot be written", on=one_line(error, 100)) from error
    made.set_content(text)
    return made


def connected(mail: Mapping[str, Any], seconds: float) -> smtplib.SMTP:
    """Return a connection to the server at ``host`` and ``port``, which is to be closed.

    :param mail: ``secure`` is TLS ``always``, ``never``, by ``starttls``, or ``try``: where the server offers that; the
        rest says whom to trust. :param seconds: for each step.
    :raises InputError: a file of certificates cannot be read. :raises OSError: also as smtplib.SMTPException.
    """
    where = (mail["host"], mail["port"])
    if mail["secure"] == "always":
        return smtplib.SMTP_SSL(*where, timeout=seconds, context=trusting(mail))
    server = smtplib.SMTP(*where, timeout=seconds)
    try:
        server.ehlo_or_helo_if_needed()
        if mail["secure"] == "starttls" or (mail["secure"] == "try" and server.has_extn("starttls")):
            server.starttls(context=trusting(mail))
    except BaseException:
        server.close()
        raise
    return server
