# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking one name server by dnspython, past the host's resolver: UDP, again when nothing comes, TCP if it is long."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import AccessDenied, InputError, OpsError, Unreachable, one_line
from .libraries import load

if TYPE_CHECKING:
    from dns.message import Message

_TRIES = 2  # a datagram may be lost


@dataclass(frozen=True)
class Answer:
    """The records, as text in no order of their own, the least time to live among them and the time it took (s)."""

    records: list[str]
    ttl: int
    seconds: float


def ask(server: str, port: int, name: str, kind: str, timeout: float) -> Answer:
    """Ask ``server`` (an IP address) for the records of ``kind`` (A, MX, ...) that ``name`` has, through aliases too.

    :param timeout: seconds in all.
    :raises MissingLibrary: dnspython. :raises InputError: not a name. :raises Unreachable: no answer.
    :raises AccessDenied: the server refuses us. :raises OpsError: no such name or record, or the server fails.
    """
    deadline = time.monotonic() + timeout
    load("dns.query")  # which imports what else is used below
    dns = load("dns")
    on = f"{one_line(name, 100)} at {server}:{port}"
    query = _query(dns, name, kind)
    started = time.monotonic()
    try:
        message = _exchange(dns, query, server, port, deadline)
    except dns.exception.Timeout as error:
        raise Unreachable(f"no answer within {timeout:g} s", on=on) from error
    except OSError as error:
        raise Unreachable(f"no answer ({error.strerror or error})", on=on) from error
    except (dns.exception.DNSException, EOFError) as error:
        raise OpsError(f"the answer cannot be read ({type(error).__name__})", on=on) from error
    seconds = time.monotonic() - started
    _require_success(dns, message, on)
    wanted = [rrset for rrset in message.answer if rrset.rdtype == query.question[0].rdtype]
    if not wanted:
        raise OpsError(f"the name has no {kind} record", on=on)
    return Answer([_shown(record) for rrset in wanted for record in rrset], min(one.ttl for one in wanted), seconds)


def _query(dns: Any, name: str, kind: str) -> Message:
    try:
        if kind == "PTR" and _is_address(name):
            name = load("dns.reversename").from_address(name)
        query: Message = dns.message.make_query(name, kind)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise InputError(f"not a name ({type(error).__name__})", on=one_line(name, 100)) from error
    return query


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _exchange(dns: Any, query: Message, server: str, port: int, deadline: float) -> Message:
    """Send the query and return the answer to it; raises what dnspython raises."""

    def left() -> float:
        return max(0.001, deadline - time.monotonic())

    once = left() / _TRIES
    for is_last in (False, True):
        try:
            message: Message = dns.query.udp(
                query, server, once, port=port, ignore_unexpected=True, raise_on_truncation=True
            )
        except dns.message.Truncated:
            message = dns.query.tcp(query, server, left(), port=port)
        except dns.exception.Timeout:
            if is_last:
                raise
            continue
        break
    return message


def _require_success(dns: Any, message: Message, on: str) -> None:
    code = dns.rcode.to_text(message.rcode())
    if code == "NXDOMAIN":
        raise OpsError("no such name", on=on)
    if code == "REFUSED":
        raise AccessDenied("the name server refuses to answer us", on=on)
    if code != "NOERROR":
        raise OpsError(f"the name server fails ({code})", on=on)


def _shown(record: Any) -> str:
    """Return a record as people write it: names without the last dot, texts without quotes."""
    strings = getattr(record, "strings", None)
    if strings is not None:
        return one_line(b"".join(strings).decode("utf-8", "replace"), 500)
    return one_line(record.to_text().rstrip(".").lower(), 500)
