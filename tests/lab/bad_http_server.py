# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The badly behaving HTTP servers as a server of the lab."""

from __future__ import annotations

from . import process
from .certificates import SOON_DAYS
from .http_ready import wait_until_ready
from .ports import HOST
from .server import Server
from .state import BadHttpFacts

_PORTS = 6


class BadHttpServer(Server):
    """bad_http.py."""

    name = "bad_http"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            program = self.home.launch(self.name, self.home.process(self.name)["argv"])
            wait_until_ready(self.name, program, f"{self.home.facts['bad_http']['url']}/ok")
        else:
            self.home.on_free_ports(_PORTS, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        facts = self._new_facts(ports)
        argv = process.python_argv("bad_http", str(self.home.folder), *map(str, ports))
        program = self.home.launch(self.name, argv)
        wait_until_ready(self.name, program, f"{facts['url']}/ok")
        self.home.facts["bad_http"] = facts
        self.home.save()

    def _new_facts(self, ports: list[int]) -> BadHttpFacts:
        return {
            "url": f"http://{HOST}:{ports[0]}",
            "other_url": f"http://{HOST}:{ports[1]}",
            "tls_url": f"https://{HOST}:{ports[2]}",
            "tls_expired_url": f"https://{HOST}:{ports[3]}",
            "tls_wrong_host_url": f"https://{HOST}:{ports[4]}",
            "tls_soon_url": f"https://{HOST}:{ports[5]}",
            "soon_days": SOON_DAYS,
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
        }
