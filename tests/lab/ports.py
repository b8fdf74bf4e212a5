# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free loopback ports that stay usable while their server is stopped.

Ports that the kernel hands out by itself (bind to 0) come from the range of outgoing connections: while
their server is stopped, any client of this machine may be given one, and a client that retries may even
connect to itself. So ports are drawn below that range.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from pathlib import Path

from .errors import LabError, PortTakenError

HOST = "127.0.0.1"
LOWEST = 12000
_TRIES = 5
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that are free now; a caller that loses the race draws again."""
    highest = _first_outgoing_port() - 1
    found: set[int] = set()
    for _try in range(2000):
        if len(found) == count:
            return list(found)
        port = random.randint(LOWEST, highest)
        if is_free(port):
            found.add(port)
    raise LabError(f"found no {count} free ports between {LOWEST} and {highest} on {HOST}: stop some servers")


def on_free_ports(count: int, start: Callable[[list[int]], None], undo: Callable[[], None] = lambda: None) -> None:
    """Call `start` with free ports. When it says that one was taken meanwhile, call `undo`, then it with others."""
    for _try in range(_TRIES):
        try:
            return start(free_ports(count))
        except PortTakenError:
            undo()
    raise LabError(f"{_TRIES} times in a row a chosen port was taken by another program: try again")


def _first_outgoing_port() -> int:
    try:
        first = int(_RANGE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        first = 32768
    # A machine that gives nearly all ports to clients leaves nothing below: take the usual range then.
    return first if first > LOWEST + 1000 else 32768
