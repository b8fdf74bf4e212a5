# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own certificate authority, and the certificates that servers and tests need."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SOON_DAYS = 5
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority that can sign."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """Return its certificate, for whoever is to trust it."""
        return _pem(self.certificate)


def make_all(folder: Path) -> None:
    """Write ca.pem, wrong-ca.pem and a pair NAME.pem, NAME.key for server, expired, wrong-host and soon.

    Each pair is for localhost and 127.0.0.1, except wrong-host. Keys have mode 0600.
    """
    authority, stranger = make_authority("day2 lab"), make_authority("day2 lab, the wrong one")
    _write(folder / "ca.pem", _pem(authority.certificate))
    _write(folder / "wrong-ca.pem", _pem(stranger.certificate))
    today = datetime.datetime.now(datetime.UTC)
    here = ["localhost", "127.0.0.1"]
    make_pair(authority, folder, "server", here, today + 365 * _DAY)
    make_pair(authority, folder, "expired", here, today - _DAY)
    make_pair(authority, folder, "wrong-host", ["elsewhere.example"], today + 365 * _DAY)
    # Half a day more, so that the whole days left are SOON_DAYS for as long as a lab is up.
    make_pair(authority, folder, "soon", here, today + SOON_DAYS * _DAY + _DAY / 2)


def make_authority(name: str) -> Authority:
    """Return a new authority that signs for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key(), datetime.datetime.now(datetime.UTC) + 3650 * _DAY)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def make_pair(authority: Authority, folder: Path, name: str, hosts: list[str], until: datetime.datetime) -> None:
    """Write NAME.pem and NAME.key, signed by the authority for the hosts, valid until then."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    builder = _builder(subject, authority.certificate.subject, key.public_key(), until)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(signer, critical=False)
    _write(folder / f"{name}.pem", _pem(builder.sign(authority.key, hashes.SHA256())))
    plain = serialization.NoEncryption()
    _write(
        folder / f"{name}.key",
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        mode=0o600,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime.datetime
) -> x509.CertificateBuilder:
    since = min(datetime.datetime.now(datetime.UTC), until) - 30 * _DAY
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.touch(mode=mode)
    path.write_bytes(content)
