# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How long a server's certificate still holds. Apart from http.py as the ssl module is dear to import."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

from .errors import AccessDenied, InputError, OpsError, Unreachable
from .http import Tls, without_user

_DAY = 86400
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def days_left(url: str, tls: Tls, timeout: float) -> float:
    """Return the days until the certificate of ``url``'s host ends; the handshake is verified and goes past any proxy.

    :param timeout: seconds.
    :raises InputError: not https, or a file of ``tls`` cannot be read. :raises Unreachable: no answer.
    :raises AccessDenied: the certificate is not trusted. :raises OpsError: it has expired.
    """
    parts = urlsplit(url)
    on = without_user(url)
    if parts.scheme != "https" or not parts.hostname:
        raise InputError("only an https URL has a certificate", on=on)
    trust = _context(tls, on)
    address = (parts.hostname, parts.port or 443)
    try:
        with (
            socket.create_connection(address, timeout=timeout) as plain,
            trust.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            raise OpsError("the certificate has expired", on=on) from error
        raise AccessDenied(f"TLS failed ({error.verify_message})", on=on, advice="see ca_certs") from error
    except OSError as error:
        raise Unreachable(f"no TLS handshake ({error.strerror or error})", on=on) from error
    return round((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / _DAY, 2)


def _context(tls: Tls, on: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_certs)
        if tls.client_cert:
            context.load_cert_chain(tls.client_cert, tls.client_key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"cannot use ca_certs or client_cert ({error.strerror or error})", on=on) from error
    return context
