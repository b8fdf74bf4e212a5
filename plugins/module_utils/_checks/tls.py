# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind tls: the certificate of a server, or of a file, is trusted and holds long enough. Standard library only."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from .._core.argspec import TLS, ArgSpec
from .._core.errors import OpsError
from .._core.http import Tls
from .._core.moments import written_utc
from .._core.option_types import port_number
from .._core.starttls import STARTTLS
from .._core.x509 import Certificate, certificates_in, read_certificate
from .base import Condition, Context, Options, Values
from .limits import MAX_LATENCY, Limit, limit_conditions, limits_spec

LIMITS = (MAX_LATENCY, Limit("min_days", "float", "days_left", "ge", "days"))

SPEC = (
    limits_spec(LIMITS)
    + ArgSpec(
        options={
            "host": {"type": "str"},
            "port": {"type": port_number, "default": 443},
            "server_name": {"type": "str"},
            "starttls": {"type": "str", "default": "none", "choices": sorted(STARTTLS)},
            "min_version": {"type": "str", "default": "TLSv1.2", "choices": ["TLSv1.2", "TLSv1.3"]},
            "path": {"type": "path"},
            "min_days": {"type": "float", "default": 14.0},
        },
        mutually_exclusive=[("host", "path"), ("path", "max_latency")],
        required_one_of=[("host", "path")],
    )
    + TLS
)
LIBRARIES: Sequence[str] = ()

_SHOWN_NAMES = 20
_DAY = 86400


def probe(options: Options, context: Context) -> Values:
    """Look at the certificate; return days_left, not_before, not_after, subject, issuer, names and fingerprint.

    Of a server also trust, version, cipher and latency (s); of a file certificates, the number of them in it.

    :raises Unreachable: no answer. :raises OpsError: no handshake, or not valid yet. :raises InputError: ca_certs.
    :raises NotThere: no such file. :raises AccessDenied: it may not be read. :raises WrongType: it has no certificate.
    """
    return _of_file(options["path"]) if options.get("path") else _of_server(options, context)


def _of_server(options: Options, context: Context) -> Values:
    from .._core.certificates import Server, contexts_for, look  # ssl is dear to import

    tls, oldest = Tls.from_options(options), options["min_version"]
    contexts = context.shared((contexts_for, tls, oldest), lambda: contexts_for(tls, oldest))
    name = options.get("server_name") or options["host"]
    server = Server(options["host"], options["port"], name, options["starttls"])
    started = time.monotonic()
    seen = look(server, contexts, options["timeout"])
    latency = time.monotonic() - started
    return {
        "trust": seen.trust,
        **_told(read_certificate(seen.der, server.place), seen.der),
        "version": seen.version,
        "cipher": seen.cipher,
        "latency": round(latency, 4),
    }


def _of_file(path: str) -> Values:
    """Tell of that certificate in the file which ends first: a chain holds no longer than its shortest link."""
    chain = [(read_certificate(der, path), der) for der in certificates_in(Path(path))]
    certificate, der = min(chain, key=lambda one: one[0].not_after)
    ahead = max(certificate.not_before for certificate, _der in chain)
    if ahead > time.time():
        raise OpsError(f"a certificate is not valid before {written_utc(ahead)}", on=path)
    return {**_told(certificate, der), "certificates": len(chain)}


def _told(certificate: Certificate, der: bytes) -> Values:
    return {
        "days_left": round((certificate.not_after - time.time()) / _DAY, 2),
        "not_before": written_utc(certificate.not_before),
        "not_after": written_utc(certificate.not_after),
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names[:_SHOWN_NAMES]),
        "fingerprint": hashlib.sha256(der).hexdigest(),
    }


def conditions(options: Options) -> list[Condition]:
    """Expect a server's certificate to be trusted, unless told not to verify it, and hold the limits."""
    is_verified = options.get("host") is not None and options["validate_certs"]
    trust = [Condition("trust", "eq", "verified")] if is_verified else []
    return [*trust, *limit_conditions(LIMITS, options)]
