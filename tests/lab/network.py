# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network that can be broken, in front of any server, for the length of a block."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from . import process
from .errors import LabError
from .ports import on_free_ports
from .proxy import set_network
from .state import ProcessFacts
from .waiting import wait_for


class Proxied:
    """`with Proxied(server_port, log) as network: ...`: clients use `network.port` in place of the server's."""

    port: int
    process: ProcessFacts

    def __init__(self, server_port: int, log: Path) -> None:
        self._server_port = server_port
        self._log = log
        self._control_port = 0

    def __enter__(self) -> Proxied:
        on_free_ports(2, self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process.stop(self.process)

    def set(self, **fields: float | bool) -> None:
        """Put exactly these fields of proxy.Network in force, the others at rest; none mends everything."""
        answer = self.command(**{"latency": 0.0, "bandwidth": 0, "cut": False, "hang": False, **fields})
        if "error" in answer:
            raise LabError(f"the proxy refused: {answer['error']}")

    def command(self, **fields: float | bool | str) -> dict[str, object]:
        """Send a command as it is; returns the proxy's answer."""
        return set_network(self._control_port, **fields)

    def _start(self, ports: list[int]) -> None:
        port, control_port = ports
        argv = process.python_argv("proxy", str(port), str(self._server_port), f"--control-port={control_port}")
        self._log.unlink(missing_ok=True)
        self.process = process.start(argv, self._log)
        self.port, self._control_port = port, control_port
        try:
            wait_for("an answer of the proxy", self._answers)
        except LabError:
            process.stop(self.process)
            raise

    def _answers(self) -> bool:
        process.require_alive("proxy", self.process)
        return "latency" in self.command()
