# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of many shapes are read as the library cryptography reads them, and broken ones get one line."""

from __future__ import annotations

import datetime
import ipaddress
import random
from collections.abc import Sequence

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import WrongType
from ansible_collections.day2.ops.plugins.module_utils._core.x509 import read_certificate

x509 = pytest.importorskip("cryptography.x509")
hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")

UTC = datetime.UTC


def made(begin: datetime.datetime, end: datetime.datetime, names: Sequence[object] = ()) -> bytes:
    """Return a self-signed certificate in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    oid = x509.NameOID
    subject = x509.Name(
        [
            x509.NameAttribute(oid.COUNTRY_NAME, "DE"),
            x509.NameAttribute(oid.ORGANIZATION_NAME, "Wörks\x1b[2J"),
            x509.NameAttribute(oid.EMAIL_ADDRESS, "who@a.example"),
            x509.NameAttribute(oid.COMMON_NAME, "a.example"),
        ]
    )
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(2**150 + 1).not_valid_before(begin).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    der: bytes = certificate.public_bytes(serialization.Encoding.DER)
    return der


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (datetime.datetime(1951, 1, 1, tzinfo=UTC), datetime.datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (datetime.datetime(2024, 2, 29, 12, tzinfo=UTC), datetime.datetime(2049, 12, 31, tzinfo=UTC)),
        (datetime.datetime(2026, 1, 1, tzinfo=UTC), datetime.datetime(2050, 1, 1, tzinfo=UTC)),
        (datetime.datetime(2051, 1, 1, tzinfo=UTC), datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_dates(begin: datetime.datetime, end: datetime.datetime) -> None:
    read = read_certificate(made(begin, end), "it")
    assert (read.not_before, read.not_after) == (begin.timestamp(), end.timestamp())


def test_names() -> None:
    now = datetime.datetime.now(UTC)
    names = [
        x509.DNSName("a.example"),
        x509.RFC822Name("who@a.example"),
        x509.DNSName("*.b.example"),
        x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("fe80::1")),
        x509.UniformResourceIdentifier("https://a.example"),
        *[x509.DNSName(f"n{number}.example") for number in range(200)],
    ]
    read = read_certificate(made(now, now + datetime.timedelta(days=1), names), "it")
    assert read.names[:4] == ("a.example", "*.b.example", "10.0.0.1", "fe80::1")
    assert len(read.names) == 204
    assert read.subject == read.issuer == "C=DE, O=Wörks [2J, CN=a.example"
    assert read_certificate(made(now, now + datetime.timedelta(days=1)), "it").names == ()


def test_no_broken_certificate_is_more_than_one_line() -> None:
    now = datetime.datetime.now(UTC)
    whole = made(now, now + datetime.timedelta(days=1), [x509.DNSName("a.example")])
    chance = random.Random(1)
    refused = 0
    for _time in range(2000):
        broken = bytearray(whole[: chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _byte in range(chance.randrange(1, 5)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read_certificate(bytes(broken), "it")
        except WrongType as error:
            refused += 1
            assert str(error) == "the certificate cannot be read: it; expected X.509"
    assert refused > 500
