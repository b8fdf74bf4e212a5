# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""TCP as the kernel tells it in /proc/net: who listens where, and what is connected to what, in which state.

The lines are those of the kernel's documentation, networking/proc_net_tcp: addresses are hexadecimal words in the byte
order of the machine.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._core.errors import AccessDenied, NotThere
from .processes import PROC

LISTEN = "listen"
_STATES = {
    "01": "established",
    "02": "syn_sent",
    "03": "syn_received",
    "04": "fin_wait_1",
    "05": "fin_wait_2",
    "06": "time_wait",
    "07": "close",
    "08": "close_wait",
    "09": "last_ack",
    "0A": LISTEN,
    "0B": "closing",
    "0C": "new_syn_received",
}


@dataclass(frozen=True)
class Socket:
    """One TCP socket. ``uid`` is the number of the user whose it is, ``inode`` what its process holds it by."""

    local: str
    port: int
    peer: str
    peer_port: int
    state: str
    uid: int
    inode: str


def look(proc: Path = PROC) -> list[Socket]:
    """Return the TCP sockets of our network namespace.

    :raises NotThere: the kernel tells none. :raises AccessDenied: it does not tell us.
    """
    found, files = [], 0
    for name in ("tcp", "tcp6"):
        try:
            with (proc / "net" / name).open(encoding="ascii", errors="replace") as lines:
                next(lines, None)  # the heads of the columns
                found += [socket for socket in map(_socket, lines) if socket]
                files += 1
        except PermissionError as error:
            raise AccessDenied("the list of connections cannot be read", on=str(proc / "net" / name)) from error
        except OSError:
            continue  # a kernel without IPv6
    if not files:
        raise NotThere("the kernel tells of no connections", on=str(proc / "net/tcp"))
    return found


def _socket(line: str) -> Socket | None:
    fields = line.split()
    if len(fields) < 10:
        return None
    (local, port), (peer, peer_port) = _address(fields[1]), _address(fields[2])
    return Socket(local, port, peer, peer_port, _STATES.get(fields[3], fields[3]), int(fields[7]), fields[9])


def _address(text: str) -> tuple[str, int]:
    words, _colon, port = text.partition(":")
    raw = b"".join(struct.pack("=I", int(words[start : start + 8], 16)) for start in range(0, len(words), 8))
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)


def holders(sockets: Iterable[Socket], proc: Path = PROC) -> dict[str, int]:
    """Return the process of each socket that is seen to have one, by inode; of others' only root sees them."""
    wanted = {f"socket:[{one.inode}]": one.inode for one in sockets}
    found: dict[str, int] = {}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        for link in _links(proc / str(pid) / "fd"):
            if link in wanted:
                found.setdefault(wanted[link], pid)  # the parent of forked processes has the lower number, mostly
    return found


def _links(folder: Path) -> Iterator[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            yield os.readlink(folder / name)
        except OSError:
            continue


def grouped(sockets: Iterable[Socket], most: int) -> list[dict[str, Any]]:
    """Return how many connections there are to whom, in which state, the most first.

    Of those that others made to us the port is ours, of those that we made the other's.
    """
    listed = list(sockets)
    ours = {one.port for one in listed if one.state == LISTEN}
    counts: Counter[tuple[str, str, int, str]] = Counter()
    for one in listed:
        if one.state != LISTEN:
            inward = one.port in ours
            counts["in" if inward else "out", one.peer, one.port if inward else one.peer_port, one.state] += 1
    return [
        {"direction": way, "peer": peer, "port": port, "state": state, "count": count}
        for (way, peer, port, state), count in counts.most_common(most)
    ]


def port_range(proc: Path = PROC) -> int | None:
    """Return how many connections there can be to one port of one host; None when the kernel does not tell."""
    try:
        first, last = (proc / "sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
        return int(last) - int(first) + 1
    except (OSError, ValueError):
        return None


def line_of(row: Mapping[str, Any]) -> str:
    """Return a row of :func:`grouped` in a few words."""
    place = f"[{row['peer']}]" if ":" in row["peer"] else row["peer"]
    return f"from {place} to port {row['port']}" if row["direction"] == "in" else f"to {place}:{row['port']}"
