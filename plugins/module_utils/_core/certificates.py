# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The certificates of servers: trusted or not, until when. Apart from http.py as the ssl module is dear to import."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .errors import AccessDenied, InputError, OpsError, Unreachable, one_line
from .http import Tls, without_user
from .starttls import STARTTLS, Talk
from .x509 import read_certificate

DAY = 86400
VERIFIED = "verified"
NOT_VERIFIED = "not verified"

_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
# What OpenSSL means, where its own words do not say it.
_MEANINGS = {
    "WRONG_VERSION_NUMBER": "the answer is not TLS",
    "PACKET_LENGTH_TOO_LONG": "the answer is not TLS",
    "RECORD_LAYER_FAILURE": "the answer is not TLS",
    "UNSUPPORTED_PROTOCOL": "it speaks only older versions of TLS",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it speaks only older versions of TLS",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it refuses what we offer, or wants a client certificate",
    "TLSV1_UNRECOGNIZED_NAME": "it knows no such server name",
}


@dataclass(frozen=True)
class Server:
    """Where a handshake is made: the ``name`` is asked for (SNI) and must be in the certificate.

    :param starttls: how the server is brought to begin TLS, one of :data:`.starttls.STARTTLS`.
    :param on: the server's name in messages; host and port when empty.
    """

    host: str
    port: int
    name: str
    starttls: str = "none"
    on: str = ""

    @property
    def place(self) -> str:
        """Return how messages name the server."""
        return self.on or f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Seen:
    """What a handshake brought: the certificate in DER, the protocol's version, the cipher.

    ``trust`` is VERIFIED, NOT_VERIFIED when nobody asked, or why the certificate is not trusted.
    """

    der: bytes
    version: str
    cipher: str
    trust: str


@dataclass(frozen=True)
class Contexts:
    """How to make handshakes: one that verifies the other side (None to verify nothing), and one that does not."""

    trusting: ssl.SSLContext | None
    blind: ssl.SSLContext


def days_left(url: str, tls: Tls, timeout: float) -> float:
    """Return the days until the certificate of ``url``'s host ends; the handshake is verified and goes past any proxy.

    :param timeout: seconds.
    :raises InputError: not https, or a file of ``tls`` cannot be read. :raises Unreachable: no answer.
    :raises AccessDenied: the certificate is not trusted. :raises OpsError: it has expired, or there is no handshake.
    """
    parts = urlsplit(url)
    on = without_user(url)
    if parts.scheme != "https" or not parts.hostname:
        raise InputError("only an https URL has a certificate", on=on)
    server = Server(parts.hostname, parts.port or 443, parts.hostname, on=on)
    try:
        seen = _handshake(server, _context(tls), timeout)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            raise OpsError("the certificate has expired", on=on) from error
        raise AccessDenied(f"TLS failed ({error.verify_message})", on=on, advice="see ca_certs") from error
    return round((read_certificate(seen.der, on).not_after - time.time()) / DAY, 2)


def look(server: Server, contexts: Contexts, timeout: float) -> Seen:
    """Make a handshake; where the certificate is not trusted, a second one to see what the certificate says.

    :param timeout: seconds in all.
    :raises Unreachable: no connection, or no answer in time. :raises OpsError: it answers, and there is no handshake.
    """
    started = time.monotonic()
    reason = NOT_VERIFIED
    if contexts.trusting is not None:
        try:
            return _handshake(server, contexts.trusting, timeout)
        except ssl.SSLCertVerificationError as error:
            reason = one_line(error.verify_message, 200)
    seen = _handshake(server, contexts.blind, max(0.001, timeout - (time.monotonic() - started)))
    return replace(seen, trust=reason)


def contexts_for(tls: Tls, oldest: str) -> Contexts:
    """Return how to make handshakes; they are dear to make and may be used by several threads.

    :param oldest: TLSv1.2 or TLSv1.3: the least that the other side must speak.
    :raises InputError: a file of ``tls`` cannot be used.
    """
    return Contexts(_context(tls, oldest) if tls.validate else None, _context(replace(tls, validate=False), oldest))


def _context(tls: Tls, oldest: str = "TLSv1.2") -> ssl.SSLContext:
    try:
        if tls.validate:
            context = ssl.create_default_context(cafile=tls.ca_certs)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.client_cert:
            context.load_cert_chain(tls.client_cert, tls.client_key, password="")  # else it would ask a terminal
    except (OSError, ssl.SSLError) as error:
        on = ", ".join(filter(None, (tls.ca_certs, tls.client_cert)))
        raise InputError(f"cannot use ca_certs or client_cert ({error.strerror or error})", on=on) from error
    context.minimum_version = _VERSIONS[oldest]
    return context


def _handshake(server: Server, context: ssl.SSLContext, timeout: float) -> Seen:
    """Make one handshake. Raises as :func:`look`, and ssl.SSLCertVerificationError for one that is not trusted."""
    deadline = time.monotonic() + timeout
    try:
        with socket.create_connection((server.host, server.port), timeout=timeout) as plain:
            STARTTLS[server.starttls](Talk(plain, deadline, server.place))
            plain.settimeout(max(0.001, deadline - time.monotonic()))
            with context.wrap_socket(plain, server_hostname=server.name) as secured:
                cipher = secured.cipher()
                return Seen(
                    secured.getpeercert(binary_form=True) or b"",
                    secured.version() or "",
                    cipher[0] if cipher else "",
                    VERIFIED,
                )
    except ssl.SSLCertVerificationError:
        raise
    except socket.timeout as error:
        raise Unreachable(f"no TLS handshake within {timeout:.3g} s", on=server.place) from error
    except ssl.SSLError as error:
        raise OpsError(f"no TLS handshake ({_meaning(error)})", on=server.place) from error
    except (OSError, UnicodeError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unreachable(f"no TLS handshake ({reason})", on=server.place) from error


def _meaning(error: ssl.SSLError) -> str:
    reason = error.reason or ""
    return _MEANINGS.get(reason) or reason.lower().replace("_", " ") or one_line(error.strerror or error, 100)
