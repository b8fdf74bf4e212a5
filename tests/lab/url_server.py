# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers have in common that are one program of the machine, and whose one fact is their address."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from typing import ClassVar

from .http_ready import wait_until_ready
from .ports import HOST
from .server import OnPorts
from .state import UrlFacts


class UrlServer(OnPorts[UrlFacts]):
    """The first of its programs that is on PATH; ready when `ready` answers with 200."""

    programs: ClassVar[tuple[str, ...]]
    ready: ClassVar[str] = "/-/ready"

    @abstractmethod
    def arguments(self, address: str) -> list[str]:
        """Write its configuration; return its arguments for listening at HOST:PORT."""

    def missing(self) -> str:
        """See Server.missing."""
        return "" if self._program() else f"no {' or '.join(self.programs)} on PATH"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> UrlFacts:
        return {"url": f"http://{HOST}:{ports[0]}"}

    def _launch(self, facts: UrlFacts) -> None:
        url = facts["url"]
        argv = [self._program(), *self.arguments(url.removeprefix("http://"))]
        wait_until_ready(self.name, self.home.launch(self.name, argv, unprivileged=True), f"{url}{self.ready}")

    def _program(self) -> str:
        found = (shutil.which(program) for program in self.programs)
        return next((program for program in found if program), "")
