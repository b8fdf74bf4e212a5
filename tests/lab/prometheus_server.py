# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus, where the machine has it; it scrapes the demo service."""

from __future__ import annotations

import json
import shutil

from .http_ready import wait_until_ready
from .ports import HOST
from .server import Server

PROGRAM = "prometheus"


class PrometheusServer(Server):
    """The program of that name on PATH."""

    name = "prometheus"

    def missing(self) -> str:
        """See Server.missing."""
        return "" if shutil.which(PROGRAM) else f"no {PROGRAM} on PATH"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch(self.home.facts["prometheus"]["url"])
        else:
            self.home.on_free_ports(1, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        url = f"http://{HOST}:{ports[0]}"
        self._launch(url)
        self.home.facts["prometheus"] = {"url": url}
        self.home.save()

    def _launch(self, url: str) -> None:
        folder = self.home.server_folder(self.name)
        # JSON is YAML too.
        config = self.home.server_file(folder / "prometheus.yml", json.dumps(self._config()))
        argv = [shutil.which(PROGRAM) or PROGRAM, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
        argv.append(f"--web.listen-address={url.removeprefix('http://')}")
        program = self.home.launch(self.name, argv, unprivileged=True)
        wait_until_ready(self.name, program, f"{url}/-/ready")

    def _config(self) -> dict[str, object]:
        jobs = []
        if "service" in self.home.facts:
            target = self.home.facts["service"]["url"].removeprefix("http://")
            jobs.append({"job_name": "demo", "static_configs": [{"targets": [target]}]})
        return {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
