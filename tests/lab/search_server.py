# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A single node of OpenSearch or Elasticsearch, without TLS and without users, with a place for fs snapshots."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

from . import process
from .artifacts import Artifact
from .http_ready import status_of
from .ports import HOST
from .search_programs import ELASTICSEARCH, MAIN_CLASS, OPENSEARCH
from .server import OnPorts
from .state import SearchFacts
from .waiting import wait_for

_JVM = ["-Xms512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.disable.jmx=true"]
_SECONDS = 120  # on a machine that is busy with other tests


class SearchServer(OnPorts[SearchFacts]):
    """One of the two, from the user's cache."""

    ports = 2
    on_request = True
    artifact: ClassVar[Artifact]
    main_class: ClassVar[str] = MAIN_CLASS
    heap: ClassVar[str] = "512m"  # its most; enough for some hundred indices

    def missing(self) -> str:
        """See Server.missing."""
        return self.artifact.missing() or ("" if self.java() else "no java on PATH")

    def java(self) -> str:
        """Return the Java that runs it; empty when there is none."""
        return "java" if shutil.which("java") else ""

    def more_options(self, _config: Path) -> list[str]:
        """Return what else Java is told."""
        return []

    def more_settings(self) -> dict[str, str]:
        """Return what else the node is told."""
        return {}

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.name,)

    def _new_facts(self, ports: list[int]) -> SearchFacts:
        return {
            "url": f"http://{HOST}:{ports[0]}",
            "transport_port": ports[1],
            "repositories_dir": str(self.home.server_folder(f"{self.name}-repositories")),
        }

    def _launch(self, facts: SearchFacts) -> None:
        server = self.home.launch(self.name, self._argv(facts), unprivileged=True)

        def ready() -> bool:
            process.require_alive(self.name, server)
            return status_of(f"{facts['url']}/_cluster/health?wait_for_status=yellow&timeout=1s") == 200

        wait_for(f"an answer of {self.name}", ready, _SECONDS)

    def _argv(self, facts: SearchFacts) -> list[str]:
        programs = self.home.program_folder(self.artifact.folder)
        home = self.home.server_folder(self.name)
        config = self._config(home)
        settings = {
            "cluster.name": "day2-lab",
            "node.name": self.name,
            "discovery.type": "single-node",
            "network.host": HOST,
            "http.port": facts["url"].rpartition(":")[2],
            "transport.port": str(facts["transport_port"]),
            "http.type": "netty4",
            "transport.type": "netty4",
            "path.home": str(home),
            "path.repo": facts["repositories_dir"],
            # A full disk of this machine is no concern of a test that does not ask for it.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **self.more_settings(),
        }
        argv = [
            self.java(),
            *_JVM,
            f"-Xmx{self.heap}",
            f"-Djava.io.tmpdir={home}",
            f"-Dlog4j2.configurationFile={config / 'log4j2.xml'}",
        ]
        argv += [*self.more_options(config), "-cp", f"{programs}/classes:{programs}/lib/*"]
        return [*argv, self.main_class, str(config), *(f"{name}={value}" for name, value in settings.items())]

    def _config(self, home: Path) -> Path:
        config = self.home.server_folder(f"{home.name}/config")
        self.home.server_file(config / "log4j2.xml", _LOGGING)
        return config


class OpenSearchServer(SearchServer):
    """OpenSearch 2."""

    name = "opensearch"
    artifact = OPENSEARCH


class ElasticsearchServer(SearchServer):
    """Elasticsearch 7."""

    name = "elasticsearch"
    artifact = ELASTICSEARCH


_LOGGING = """\
<Configuration status="error">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %p %c{1}: %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
