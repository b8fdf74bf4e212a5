# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking a time server once, by SNTP version 4 (RFC 4330; the packet is that of RFC 5905, section 7.3)."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from .errors import AccessDenied, NotThere, OpsError, Unreachable, one_line

_TRIES = 3  # a datagram may be lost
_REQUEST_HEAD = bytes([0x23]) + bytes(39)  # version 4, mode client; our transmit timestamp follows
_SIZE = 48
_SERVER_MODE = 4
_ALARM = 3  # leap indicator: the server's clock is not synchronised
_WORST_STRATUM = 15
_FRACTION = 1 << 32
# Seconds from 1900 to 1970; RFC 4330, section 3: with the first bit clear a time is after 2036.
_TO_1970 = 2208988800
_ERA = 1 << 32


@dataclass(frozen=True)
class Answer:
    """What a time server said: how far this host's clock is ahead of it, the round trip (both in s), its stratum."""

    ahead: float
    delay: float
    stratum: int


def ask(host: str, port: int, timeout: float) -> Answer:
    """Ask a server for the time, again when no answer comes.

    :param timeout: seconds in all.
    :raises Unreachable: no answer. :raises AccessDenied: it sends us away. :raises NotThere: it has no time to tell.
    :raises OpsError: the answer is none of the protocol's.
    """
    on = f"{host}:{port}"
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"no address ({getattr(error, 'strerror', None) or error})", on=on) from error
    deadline = time.monotonic() + timeout
    problem: OSError = socket.timeout("timed out")
    for number in range(max(_TRIES, len(places))):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return _ask_once(places[number % len(places)], min(left, timeout / _TRIES), on)
        except OSError as error:
            problem = error
    if isinstance(problem, socket.timeout):
        raise Unreachable(f"no answer within {timeout:g} s", on=on) from problem
    raise Unreachable(f"no answer ({problem.strerror or problem})", on=on) from problem


def _ask_once(place: tuple[Any, ...], timeout: float, on: str) -> Answer:
    """Send one request; the transmit timestamp is a random number, which only the one who got it can send back."""
    family, kind, protocol, _name, address = place
    nonce = os.urandom(8)
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(timeout)
        connection.connect(address)  # the system then drops datagrams of others
        sent, ticks = time.time(), time.monotonic()
        connection.send(_REQUEST_HEAD + nonce)
        packet = connection.recv(1024)
        return _read(packet, nonce, sent, sent + time.monotonic() - ticks, on)


def _read(packet: bytes, nonce: bytes, sent: float, received: float, on: str) -> Answer:
    """Read an answer by the rules of RFC 4330, section 5."""
    if len(packet) < _SIZE or packet[0] & 7 != _SERVER_MODE or packet[24:32] != nonce:
        raise OpsError("the answer is not one of NTP to our request", on=on)
    leap, stratum, reference = packet[0] >> 6, packet[1], packet[12:16]
    if stratum == 0 and reference.isalpha():  # the kiss of death, section 8
        code = one_line(reference.decode("ascii"))
        raise AccessDenied(f"the time server sends us away ({code})", on=on, advice="ask it less often, or another one")
    came, went = _moment(packet[32:40]), _moment(packet[40:48])
    if leap == _ALARM or not 0 < stratum <= _WORST_STRATUM or not any(packet[40:48]):
        raise NotThere(f"the time server has no time of its own (stratum {stratum}, leap indicator {leap})", on=on)
    return Answer(
        ahead=((sent - came) + (received - went)) / 2,
        delay=max(0.0, (received - sent) - (went - came)),
        stratum=stratum,
    )


def _moment(timestamp: bytes) -> float:
    """Return an NTP timestamp in seconds since 1970."""
    seconds, fraction = (int.from_bytes(half, "big") for half in (timestamp[:4], timestamp[4:]))
    era = 0 if seconds & 0x80000000 else _ERA
    return seconds + era - _TO_1970 + fraction / _FRACTION
