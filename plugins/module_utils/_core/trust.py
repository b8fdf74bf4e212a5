# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Whom to trust over TLS, for what speaks it by the standard library."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from .errors import InputError


def trusting(options: Mapping[str, Any]) -> ssl.SSLContext:
    """Return whom to trust, and who we are, by ``options`` such as ``_core.argspec.TLS``.

    :raises InputError: a file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=options.get("ca_certs"))
        if options.get("client_cert"):
            context.load_cert_chain(options["client_cert"], options["client_key"])
    except (OSError, ssl.SSLError):
        raise InputError("a file of certificates cannot be read", on=str(options.get("ca_certs") or "")) from None
    if options.get("validate_certs") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
