# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alertmanager, where the machine has it."""

from __future__ import annotations

import json
import shutil

from .http_ready import wait_until_ready
from .ports import HOST
from .server import Server

PROGRAMS = ("prometheus-alertmanager", "alertmanager")
_CONFIG = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


class AlertmanagerServer(Server):
    """The program on PATH, by Debian's name or its own."""

    name = "alertmanager"

    def missing(self) -> str:
        """See Server.missing."""
        return "" if _find_program() else f"no {' or '.join(PROGRAMS)} on PATH"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts["alertmanager"]["url"])
        else:
            self.home.on_free_ports(1, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        url = f"http://{HOST}:{ports[0]}"
        self._launch(url)
        self.home.facts["alertmanager"] = {"url": url}
        self.home.save()

    def _launch(self, url: str) -> None:
        folder = self.home.server_folder(self.name)
        config = self.home.server_file(folder / "alertmanager.yml", json.dumps(_CONFIG))
        argv = [_find_program(), f"--config.file={config}", f"--storage.path={folder / 'data'}"]
        argv += [f"--web.listen-address={url.removeprefix('http://')}", "--cluster.listen-address="]
        program = self.home.launch(self.name, argv, unprivileged=True)
        wait_until_ready(self.name, program, f"{url}/-/ready")


def _find_program() -> str:
    found = (shutil.which(program) for program in PROGRAMS)
    return next((program for program in found if program), "")
