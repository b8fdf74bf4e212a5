# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""HAProxy's Runtime API: a command a connection, its answer until the end. See its management guide, 9.3."""

from __future__ import annotations

import csv
import re
import socket
import time
from collections.abc import Mapping

from .._core.errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line

# The last: in maintenance since the start, as the configuration says.
READY, DRAIN, MAINT, DISABLED = "ready", "drain", "maint", "disabled"
OPEN, STOPPED = "open", "stopped"
_MOST_BYTES = 4 << 20
# Bits of srv_admin_state: in maintenance; disabled by the configuration, even if it works by now; told to drain.
_IN_MAINT, _CONFIGURED, _IN_DRAIN = 0x01, 0x04, 0x08
# Names of proxies and servers; anything else would end the command and begin another.
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


class Socket:
    """The stats socket at a path or a ``host:port``."""

    def __init__(self, address: str, timeout: float) -> None:
        self._address = address
        self._timeout = timeout

    @property
    def on(self) -> str:
        """Return what names it, for messages."""
        return f"haproxy {self._address}"

    def servers(self, backend: str) -> dict[str, str]:
        """Return each server of a backend and whether it is ready, drains, is in maintenance or was never out of it.

        :raises NotThere: no such backend.
        """
        lines = self._ask(f"show servers state {checked(backend)}").splitlines()
        header = next((line[2:].split() for line in lines if line.startswith("# ")), None)
        if header is None:
            raise NotThere(f"no backend {backend} ({one_line(' '.join(lines), 100)})", on=self.on)
        rows = [dict(zip(header, line.split())) for line in lines if line[:1].isdigit() and " " in line]
        return {row["srv_name"]: _mode(int(row["srv_admin_state"])) for row in rows}

    def frontends(self) -> dict[str, str]:
        """Return each frontend and whether it takes connections."""
        lines = self._ask("show stat -1 1 -1").lstrip("# ").splitlines()
        rows = csv.DictReader(line for line in lines if line)
        return {row["pxname"]: STOPPED if _halted(row["status"]) else OPEN for row in rows if row.get("status")}

    def set_server(self, backend: str, server: str, mode: str) -> None:
        """Have a server be ready, drain or be in maintenance."""
        self._tell(f"set server {checked(backend)}/{checked(server)} state {mode}")

    def set_frontend(self, frontend: str, state: str) -> None:
        """Have a frontend take connections, or take none."""
        self._tell(f"{'enable' if state == OPEN else 'disable'} frontend {checked(frontend)}")

    def _tell(self, command: str) -> None:
        """Do what answers nothing when it is done. :raises OpsError: it answers."""
        said = self._ask(command).strip()
        if said:
            raise OpsError(f"haproxy refuses '{command}'", on=self.on, advice=one_line(said, 200))

    def _ask(self, command: str) -> str:
        """Return the answer. :raises Unreachable: there is none. :raises AccessDenied: the socket may only read."""
        deadline = time.monotonic() + self._timeout
        try:
            with self._connect() as connection:
                connection.sendall(f"{command}\n".encode())
                answer = self._read(connection, deadline)
        except OSError as error:
            reason = error.strerror or one_line(error, 100)
            raise Unreachable(f"no answer ({reason})", on=self.on, advice="see switch: socket") from error
        if answer.lstrip().startswith("Permission denied"):
            raise AccessDenied("the socket may not do that", on=self.on, advice="it needs `level admin`")
        return answer

    def _connect(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
            return connection
        host, colon, port = self._address.rpartition(":")
        if not (colon and port.isdigit()):
            raise InputError("socket is no place of a socket", on=self._address, advice="expected a path or host:port")
        return socket.create_connection((host.strip("[]"), int(port)), self._timeout)

    def _read(self, connection: socket.socket, deadline: float) -> str:
        answer = b""
        while True:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            piece = connection.recv(1 << 16)
            if not piece:
                return answer.decode("utf-8", "replace")
            answer += piece
            if len(answer) > _MOST_BYTES:
                raise OpsError(f"the answer has more than {_MOST_BYTES} bytes", on=self.on)


def checked(name: str) -> str:
    """Return a name of a proxy or a server. :raises InputError: it is none."""
    if not _NAME.fullmatch(name):
        raise InputError("no name that haproxy takes", on=name, advice="expected letters, digits, and any of .:_-")
    return name


def places(wanted: list[str], look: Socket) -> Mapping[str, str]:
    """Return the servers that ``BACKEND`` and ``BACKEND/SERVER`` mean, each as ``BACKEND/SERVER``, and their modes.

    :raises NotThere: there is none.
    """
    found: dict[str, str] = {}
    for one in wanted:
        backend, _slash, server = one.partition("/")
        there = look.servers(backend)
        if server and server not in there:
            raise NotThere(f"no server {server} in the backend {backend}", on=look.on)
        if not there:
            raise NotThere(f"the backend {backend} has no servers", on=look.on)
        chosen = {server: there[server]} if server else there
        found.update({f"{backend}/{name}": mode for name, mode in chosen.items()})
    return found


def _mode(admin: int) -> str:
    if admin & _IN_MAINT:
        return DISABLED if admin & _CONFIGURED else MAINT
    return DRAIN if admin & _IN_DRAIN else READY


def _halted(status: str) -> bool:
    """Tell a frontend that was disabled, which is called by either word, by version, from one that is open or full."""
    return status.upper() in ("STOP", "PAUSED")
