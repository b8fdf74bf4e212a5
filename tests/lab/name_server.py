# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real name server, dnsmasq, on a loopback port, which knows the names below `lab.example` and no others."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from types import TracebackType

from . import process
from .errors import LabError
from .ports import HOST, on_free_ports
from .state import ProcessFacts
from .waiting import wait_for

_CONFIG = """\
port={port}
listen-address={host}
bind-interfaces
no-resolv
no-hosts
pid-file
log-facility=-
local=/lab.example/
host-record=both.lab.example,10.0.0.1,fd00::1,120
host-record=both.lab.example,10.0.0.2,300
host-record=six.lab.example,fd00::6
cname=alias.lab.example,both.lab.example
mx-host=lab.example,mail.lab.example,10
txt-record=lab.example,"v=spf1 -all"
srv-host=_api._tcp.lab.example,both.lab.example,8443,0,5
ptr-record=1.0.0.10.in-addr.arpa,both.lab.example
server=/hangs.example/{host}#{silent}
"""
_MANY = 60  # so many addresses do not fit into one datagram of the old size


def find_dnsmasq() -> str | None:
    """Return the path of the server; None on a machine without it."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("dnsmasq", path=path)


class NameServer:
    """`with NameServer(folder) as server: ...`: clients ask `server.port`. Names below hangs.example get no answer."""

    port: int

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self._wanted_port = port

    def __enter__(self) -> NameServer:
        self._silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._silent.bind((HOST, 0))
        on_free_ports(1, self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process.stop(self._process)
        self._silent.close()

    def hang(self) -> None:
        """Answer no more, until the end of the block."""
        process.hang(self._process)

    def _start(self, ports: list[int]) -> None:
        program = find_dnsmasq()
        if not program:
            raise LabError("no dnsmasq on this machine; install the package dnsmasq-base")
        self.port = self._wanted_port or ports[0]
        config, log = self._folder / "dnsmasq.conf", self._folder / "dnsmasq.log"
        lines = [_CONFIG.format(port=self.port, host=HOST, silent=self._silent.getsockname()[1])]
        lines += [f"host-record=many.lab.example,10.1.0.{number}" for number in range(_MANY)]
        lines += ["user=root"] if os.geteuid() == 0 else []
        config.write_text("\n".join(lines))
        log.unlink(missing_ok=True)
        self._process: ProcessFacts = process.start([program, "--keep-in-foreground", f"--conf-file={config}"], log)
        try:
            wait_for("a connection to the name server", self._answers)
        except LabError:
            process.stop(self._process)
            raise

    def _answers(self) -> bool:
        process.require_alive("dnsmasq", self._process)
        with socket.create_connection((HOST, self.port), timeout=1):
            return True
