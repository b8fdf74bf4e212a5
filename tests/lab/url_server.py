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
from .server import Server


class UrlServer(Server):
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

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts[self.name]["url"])  # type: ignore[literal-required]
        else:
            self.home.on_free_ports(1, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        url = f"http://{HOST}:{ports[0]}"
        self._launch(url)
        self.home.facts[self.name] = {"url": url}  # type: ignore[literal-required]
        self.home.save()

    def _launch(self, url: str) -> None:
        argv = [self._program(), *self.arguments(url.removeprefix("http://"))]
        wait_until_ready(self.name, self.home.launch(self.name, argv, unprivileged=True), f"{url}{self.ready}")

    def _program(self) -> str:
        found = (shutil.which(program) for program in self.programs)
        return next((program for program in found if program), "")
