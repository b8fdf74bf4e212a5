# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for servers of datagrams, for what no sane server says: each request is answered by a function of it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Answer = Callable[[bytes], bytes]
Start = Callable[[Answer], int]


@contextlib.contextmanager
def stand_ins() -> Iterator[Start]:
    """Give what starts a stand-in on loopback and returns its port; all end with the block. An empty answer is none."""
    open_ones: list[socket.socket] = []

    def start(answer: Answer) -> int:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        open_ones.append(server)
        threading.Thread(target=_serve, args=(server, answer), daemon=True).start()
        return int(server.getsockname()[1])

    try:
        yield start
    finally:
        for server in open_ones:
            server.sendto(b"", server.getsockname())  # so that its thread sees the end


def _serve(server: socket.socket, answer: Answer) -> None:
    with server:
        while True:
            request, address = server.recvfrom(2000)
            if not request:
                return
            said = answer(request)
            if said:
                server.sendto(said, address)
