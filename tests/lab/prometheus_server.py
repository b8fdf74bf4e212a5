# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus, where the machine has it: it scrapes what runs of the lab, and tells Alertmanager of alerts.

Put a rule file into `rules_dir` (NAME.yml) or a scrape job's targets into `targets_dir` (NAME.json, in the form
of file_sd_configs) and call `reload`.
"""

from __future__ import annotations

import json
import urllib.request

from .errors import LabError
from .state import PrometheusFacts
from .url_server import UrlServer

_SCRAPED = {"demo": "service", "node": "node_exporter"}
_RULES = {
    "groups": [
        {
            "name": "lab",
            "rules": [
                # Fires when the node exporter, or the demo service, is stopped or hangs.
                {"alert": "TargetDown", "expr": "up == 0", "labels": {"severity": "critical"}},
            ],
        }
    ]
}


class PrometheusServer(UrlServer):
    """The program of that name."""

    name = "prometheus"
    programs = ("prometheus",)

    def start(self) -> None:
        """See Server.start."""
        super().start()
        folder = self.home.run_dir / self.name
        rules, targets = str(folder / "rules"), str(folder / "targets")
        url = self.home.facts["prometheus"]["url"]
        self.home.facts["prometheus"] = {"url": url, "rules_dir": rules, "targets_dir": targets}
        self.home.save()

    def arguments(self, address: str) -> list[str]:
        """See UrlServer.arguments."""
        folder = self.home.server_folder(self.name)
        for part in ("rules", "targets"):
            self.home.server_folder(f"{self.name}/{part}")
        self.home.server_file(folder / "rules" / "lab.yml", json.dumps(_RULES))  # JSON is YAML too
        config = self.home.server_file(folder / "prometheus.yml", json.dumps(self._config()))
        argv = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
        return [*argv, f"--web.listen-address={address}", "--web.enable-lifecycle"]

    def _config(self) -> dict[str, object]:
        folder = self.home.run_dir / self.name
        jobs: list[dict[str, object]] = [
            {"job_name": job, "static_configs": self._static(server)} for job, server in _SCRAPED.items()
        ]
        found = [{"files": [f"{folder}/targets/*.json"], "refresh_interval": "1s"}]
        return {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [f"{folder}/rules/*.yml"],
            "alerting": {"alertmanagers": [{"static_configs": self._static("alertmanager")}]},
            "scrape_configs": [*jobs, {"job_name": "test", "file_sd_configs": found}],
        }

    def _static(self, server: str) -> list[dict[str, list[str]]]:
        """Return the server's address, or nothing where it was not started."""
        if server not in self.home.facts:
            return []
        url: str = self.home.facts[server]["url"]  # type: ignore[literal-required]
        return [{"targets": [url.removeprefix("http://")]}]


def reload(facts: PrometheusFacts) -> None:
    """Make it read its rules and targets anew; raises LabError when it refuses them."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{facts['url']}/-/reload", method="POST"), timeout=10):
            return
    except OSError as error:
        raise LabError(f"Prometheus did not reload its configuration: {error}; see its log") from error
