# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP proxy in front of any server, which breaks the network on command while it runs.

    python -m ...lab.proxy LISTEN_PORT TARGET_PORT [--control-port PORT] [--certificate PEM --key PEM]

With a certificate it speaks TLS to clients and plain TCP to the target. The control port takes one JSON
object a connection and answers with what is in force now (see Network).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
from dataclasses import asdict, dataclass

from .ports import HOST

_CHUNK = 65536


@dataclass
class Network:
    """How the network behaves.

    latency: seconds that each chunk is late, in each direction.
    bandwidth: bytes a second in each direction of a connection; 0 is without limit.
    cut: every connection is ended at once, also new ones.
    hang: connections are taken and kept, and nothing goes through.
    """

    latency: float = 0.0
    bandwidth: int = 0
    cut: bool = False
    hang: bool = False


class Proxy:
    """The connections through one listening port, and the network they go through."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.network = Network()
        self.passing = asyncio.Event()
        self.passing.set()
        self.open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one client's connection to the target and back until either side ends it."""
        if self.network.cut:
            writer.transport.abort()
            return
        self.open.add(writer)
        try:
            await self._carry(reader, writer)
        except OSError:
            writer.transport.abort()  # the target is not there: the client sees its connection end
        finally:
            self.open.discard(writer)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.passing.wait()
        far_reader, far_writer = await asyncio.open_connection(HOST, self.target_port)
        both = [asyncio.create_task(self._copy(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            far_writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(self._chunk_size()):
            await asyncio.sleep(self._delay(len(chunk)))
            await self.passing.wait()
            writer.write(chunk)
            await writer.drain()

    def _chunk_size(self) -> int:
        # At most a tenth of a second's worth, so that a slow line drips rather than stands still.
        return min(_CHUNK, self.network.bandwidth // 10 or 1) if self.network.bandwidth else _CHUNK

    def _delay(self, size: int) -> float:
        return self.network.latency + (size / self.network.bandwidth if self.network.bandwidth else 0.0)

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one command, an object with fields of Network, and answer with the whole network."""
        try:
            self.change(Network(**{**asdict(self.network), **json.loads(await reader.readline())}))
            answer: dict[str, object] = asdict(self.network)
        except (TypeError, ValueError) as error:
            answer = {"error": f"expected an object with fields of {list(asdict(Network()))}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    def change(self, network: Network) -> None:
        """Put a network in force, for open connections too."""
        self.network = network
        (self.passing.clear if network.hang else self.passing.set)()
        for writer in self.open if network.cut else ():
            writer.transport.abort()


def set_network(control_port: int, **fields: float | bool | str) -> dict[str, object]:
    """Change the network of a running proxy by fields of Network; returns what is in force after."""
    with socket.create_connection((HOST, control_port), timeout=5) as connection:
        connection.sendall(json.dumps(fields).encode() + b"\n")
        with connection.makefile(encoding="utf-8") as answer:
            network: dict[str, object] = json.loads(answer.readline())
    return network


def _server_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def _run(options: argparse.Namespace) -> None:
    proxy = Proxy(options.target_port)
    tls = _server_context(options.certificate, options.key) if options.certificate else None
    server = await asyncio.start_server(proxy.serve, HOST, options.listen_port, ssl=tls)
    if options.control_port:
        await asyncio.start_server(proxy.control, HOST, options.control_port)
    await server.serve_forever()


def main() -> None:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(prog="proxy", description="TCP proxy that breaks the network on command")
    parser.add_argument("listen_port", type=int)
    parser.add_argument("target_port", type=int)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--certificate", default="")
    parser.add_argument("--key", default="")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
