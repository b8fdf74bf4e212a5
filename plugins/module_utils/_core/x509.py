# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a certificate says of itself: dates and names, by RFC 5280, section 4.1. Nothing is verified here.

Python's ssl module tells this only of a certificate that it has verified, so never of one that has expired, which is
the one that people want to know of. The structure is ASN.1 in DER: nested pieces of a tag, a length and a content.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from .errors import AccessDenied, NotThere, WrongType, one_line

_MAX_FILE = 1 << 20
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)

# Tags (X.690, section 8): universal ones, and those that RFC 5280 gives its own parts.
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_OCTET_STRING = 0x04
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_WIDE = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}

_ALTERNATIVE_NAMES = b"\x55\x1d\x11"  # 2.5.29.17
_ATTRIBUTES = {  # 2.5.4.n
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}


@dataclass(frozen=True)
class Certificate:
    """Dates in seconds since the epoch; subject and issuer as ``CN=..., O=...``; names are DNS names and addresses."""

    not_before: float
    not_after: float
    subject: str
    issuer: str
    names: tuple[str, ...]


def certificates_in(path: Path) -> list[bytes]:
    """Return the certificates, in DER, of a PEM file; what else it holds is passed over.

    :raises NotThere: no such file. :raises AccessDenied: it cannot be read. :raises WrongType: it holds none.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotThere("no such file", on=str(path)) from error
    except OSError as error:
        raise AccessDenied(f"cannot read the file ({error.strerror})", on=str(path)) from error
    if len(text) > _MAX_FILE:
        raise WrongType("the file is larger than 1 MiB", on=str(path), advice="expected certificates in PEM")
    try:
        found = [base64.b64decode(b"".join(match[1].split()), validate=True) for match in _PEM.finditer(text)]
    except binascii.Error as error:
        raise WrongType("a certificate in the file is damaged", on=str(path)) from error
    if not found:
        raise WrongType("no certificate in the file", on=str(path), advice="expected certificates in PEM")
    return found


def read_certificate(der: bytes, on: str) -> Certificate:
    """Return what the certificate says.

    :param on: where it is from, for the message.
    :raises WrongType: that is no certificate.
    """
    try:
        return _certificate(der)
    except (ValueError, IndexError, OverflowError) as error:  # what a cut or bent structure comes to
        raise WrongType("the certificate cannot be read", on=on, advice="expected X.509") from error


@dataclass(frozen=True)
class _Piece:
    tag: int
    content: bytes

    def pieces(self) -> list[_Piece]:
        """Return what is nested in the content."""
        return list(_pieces(self.content))


def _pieces(data: bytes) -> Iterator[_Piece]:
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length > 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut")
        yield _Piece(tag, data[at : at + length])
        at += length


def _certificate(der: bytes) -> Certificate:
    fields = next(_pieces(der)).pieces()[0].pieces()
    if fields[0].tag == _VERSION:
        fields = fields[1:]
    _serial, _algorithm, issuer, validity, subject, _key, *rest = fields
    not_before, not_after = map(_moment, validity.pieces())
    extensions = [field for field in rest if field.tag == _EXTENSIONS]
    names = tuple(name for field in extensions for name in _alternative_names(field))
    return Certificate(not_before, not_after, _name(subject), _name(issuer), names)


def _moment(piece: _Piece) -> float:
    """Read a time, which RFC 5280 (section 4.1.2.5) wants in UTC to the second; of two digits, 50 is the year 1950."""
    text = piece.content.decode("ascii")
    if piece.tag == _UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    elif piece.tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()


def _name(name: _Piece) -> str:
    parts = [part.pieces() for one in name.pieces() for part in one.pieces()]
    known = [(_ATTRIBUTES[kind.content], _text(value)) for kind, value in parts if kind.content in _ATTRIBUTES]
    return ", ".join(f"{attribute}={value}" for attribute, value in known)


def _text(piece: _Piece) -> str:
    return one_line(piece.content.decode(_WIDE.get(piece.tag, "utf-8"), "replace"), 100)


def _alternative_names(extensions: _Piece) -> Iterator[str]:
    for extension in extensions.pieces()[0].pieces():
        kind, *_critical, value = extension.pieces()
        if kind.content == _ALTERNATIVE_NAMES and value.tag == _OCTET_STRING:
            (names, *_rest) = _pieces(value.content)
            for name in names.pieces():
                if name.tag in _NAMES:
                    yield _NAMES[name.tag](name)


_NAMES: dict[int, Callable[[_Piece], str]] = {
    _DNS_NAME: _text,
    _IP_ADDRESS: lambda name: str(ipaddress.ip_address(name.content)),
}
