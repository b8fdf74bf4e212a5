# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every place that the demo service runs on has in common."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from .. import state
from ..demo import names
from ..demo.stores import make_table, open_redis
from ..front import Front
from ..home import Home
from ..http_ready import status_of
from ..ports import free_ports
from ..service_server import WORKERS, service_facts
from ..waiting import wait_for

CONFIG = "/srv/demo"  # where a container finds its configuration
_SECONDS = 300  # on a machine that is busy with other things
STATE = f"{CONFIG}/{state.FILE_NAME}"


class Place(ABC):
    """The demo service on one kind of runtime, behind a front of its own (`front`).

    folder: of its files, outside the lab's, where the lab's account and containers may look. Everything ends with
    the lab.
    """

    kind: ClassVar[str]  # as in day2_runtime
    servers: ClassVar[tuple[str, ...]]  # of the lab, which are up before it starts

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.folder = folder
        self.front = Front(home, "")

    @staticmethod
    def missing() -> str:
        """Return why it cannot run here, though the lab's servers can; or an empty text."""
        return ""

    def start(self) -> None:
        """Start the service and what stands before it; return once workers are heard of and orders are taken."""
        self.start_service()
        self._await_service()
        self.front = Front(self.home, self.home.facts["service"]["url"])
        self.front.start()

    @abstractmethod
    def start_service(self) -> None:
        """Start the API and the workers, and do not wait for them; the lab's facts have a part `service` then."""

    def _await_service(self) -> None:
        url = self.home.facts["service"]["url"]
        client = open_redis(self.home.facts["redis"], seconds=5)
        wait_for("the API", lambda: status_of(f"{url}/ready") == 200, _SECONDS)
        wait_for("all workers", lambda: len(list(client.scan_iter(f"{names.HEARTBEAT}*"))) == WORKERS, _SECONDS)

    @abstractmethod
    def runtime(self) -> dict[str, Any]:
        """Return day2_runtime; empty where the demo's inventory has the right one."""

    def variables(self) -> dict[str, Any]:
        """Return what its host has besides the variables of the demo's inventory."""
        runtime = self.runtime()
        return {"day2_ingress": self.front.switch(), **({"day2_runtime": runtime} if runtime else {})}

    def environment(self) -> dict[str, str]:
        """Return what ansible-playbook needs in its environment."""
        return {}

    def describe(self) -> None:
        """Choose a port for the API, and write down what clients and the service must know."""
        make_table(self.home.facts["postgres"])
        self.home.facts["service"] = service_facts(free_ports(1)[0])
        self.home.save()

    def write_config(self) -> Path:
        """Return a folder with what the service must know, and nothing else of the lab; CONFIG for containers."""
        folder = self.folder / "config"
        folder.mkdir(mode=0o700)
        facts = self.home.facts
        shutil.copy2(facts["postgres"]["ca_certs"], folder / "ca.pem")
        state.write(
            folder,
            {
                "redis": facts["redis"],
                "postgres": {**facts["postgres"], "ca_certs": f"{CONFIG}/ca.pem"},
                "service": facts["service"],
            },
        )
        return folder
