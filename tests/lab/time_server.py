# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real time server, chrony, on a loopback port, whose time may be off. It never touches this machine's clock.

Told a time by hand, chrony serves that time, while the option -x keeps it from setting the system's clock.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from . import process
from .errors import LabError
from .ports import HOST, on_free_ports
from .state import ProcessFacts
from .waiting import wait_for

_CONFIG = """\
port {port}
bindaddress {host}
allow {host}
cmdport 0
bindcmdaddress {folder}/socket
pidfile {folder}/pid
manual
{local}
"""
_REQUEST = b"\x23" + bytes(47)
_SYNCHRONIZED = "local stratum 8"


def find_chrony() -> tuple[str, str] | None:
    """Return the paths of the server and of its control program; None on a machine without them."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    server, control = shutil.which("chronyd", path=path), shutil.which("chronyc", path=path)
    return (server, control) if server and control else None


class TimeServer:
    """`with TimeServer() as server: ...`: clients ask `server.port`. One that is not `synchronized` says so."""

    port: int

    def __init__(self, synchronized: bool = True) -> None:
        self._synchronized = synchronized

    def __enter__(self) -> TimeServer:
        # Its socket wants a folder of its own; the path of a socket is short, so not below a test's folder.
        self._folder = Path(tempfile.mkdtemp(prefix="lab-time-"))
        on_free_ports(1, self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process.stop(self._process)
        shutil.rmtree(self._folder)

    def go_ahead(self, seconds: int) -> None:
        """Serve a time that is so many seconds later (below 0: earlier) than this machine's, give or take one."""
        told = time.strftime("%b %d, %Y %H:%M:%S", time.gmtime(time.time() + seconds))
        found = find_chrony()
        assert found
        argv = [found[1], "-h", str(self._folder / "socket"), "settime", told]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=15, check=False)
        if "200 OK" not in done.stdout:
            raise LabError(f"chronyc refused: {done.stdout.strip() or done.stderr.strip()}")

    def hang(self) -> None:
        """Answer no more, until the end of the block."""
        process.hang(self._process)

    def _start(self, ports: list[int]) -> None:
        found = find_chrony()
        if not found:
            raise LabError("no chronyd on this machine; install the package chrony")
        (self.port,) = ports
        config, log = self._folder / "chrony.conf", self._folder / "log"
        local = _SYNCHRONIZED if self._synchronized else ""
        config.write_text(_CONFIG.format(port=self.port, host=HOST, folder=self._folder, local=local))
        log.unlink(missing_ok=True)
        who = ["-u", "root"] if os.geteuid() == 0 else ["-U"]
        self._process: ProcessFacts = process.start([found[0], "-x", "-d", "-f", str(config), *who], log)
        try:
            wait_for("an answer of the time server", self._answers)
        except LabError:
            process.stop(self._process)
            raise

    def _answers(self) -> bool:
        process.require_alive("chronyd", self._process)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.connect((HOST, self.port))
            try:
                client.send(_REQUEST)
                return len(client.recv(100)) >= len(_REQUEST)
            except OSError:
                return False
