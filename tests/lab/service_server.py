# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo service as a server of the lab: its API and its workers."""

from __future__ import annotations

import re
from functools import partial

from . import process
from .demo import names
from .demo.stores import make_table, open_redis
from .errors import LabError
from .http_ready import wait_until_ready
from .passwords import new_password
from .ports import HOST
from .server import Server
from .state import ServiceFacts, path_in
from .waiting import wait_for

WORKERS = 2


def service_facts(port: int) -> ServiceFacts:
    """Return the facts of a service whose API is on that port, with a new token."""
    return {
        "url": f"http://{HOST}:{port}",
        "admin_token": new_password(),
        "version": names.VERSION,
        "queue": names.QUEUE,
        "dead": names.DEAD,
        "processing": f"{names.PROCESSING}*",
        "heartbeat": f"{names.HEARTBEAT}*",
        "workers": WORKERS,
    }


class ServiceServer(Server):
    """demo/api.py and some of demo/worker.py."""

    name = "service"
    needs = ("redis", "postgres")
    api = "api"

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (self.api, *self.worker_names())

    def worker_names(self) -> tuple[str, ...]:
        """Return the names of the workers' processes."""
        return tuple(f"worker-{number}" for number in range(1, WORKERS + 1))

    def start(self) -> None:
        """See Server.start."""
        if self.name in self.home.facts:
            self._launch()
            return
        make_table(self.home.facts["postgres"])
        try:
            self.home.on_free_ports(1, self._first_start)
        except BaseException:
            self.home.facts.pop("service", None)
            raise

    def start_process(self, name: str) -> None:
        """See Server.start_process."""
        (self._start_api if name == self.api else partial(self.start_worker, name))()

    def start_worker(self, name: str) -> None:
        """Make one worker run, of those that there are from the beginning or one more; return once it is heard of."""
        if not re.fullmatch(r"worker-[1-9]\d?", name):
            raise LabError(f"no worker '{name}'; expected one of {', '.join(self.worker_names())}, or one more")
        worker = self.home.launch(name, process.python_argv("demo.worker", self._state_path(), name))
        client = open_redis(self.home.facts["redis"], seconds=1)

        def seen() -> bool:
            process.require_alive(name, worker)
            return bool(client.exists(f"{names.HEARTBEAT}{name}"))

        wait_for(f"the heartbeat of {name}", seen)

    def _first_start(self, ports: list[int]) -> None:
        # The programs read their facts from state.json: it must have them first.
        self.home.facts["service"] = service_facts(ports[0])
        self.home.save()
        self._launch()

    def _launch(self) -> None:
        self._start_api()
        wait_until_ready(self.api, self.home.process(self.api), f"{self.home.facts['service']['url']}/ready")
        for name in self.worker_names():
            self.start_worker(name)

    def _start_api(self) -> None:
        url = self.home.facts["service"]["url"]
        argv = process.python_argv("demo.api", self._state_path(), url.rpartition(":")[2])
        # Not /ready: its stores may be broken on purpose.
        wait_until_ready(self.api, self.home.launch(self.api, argv), f"{url}/health")

    def _state_path(self) -> str:
        return str(path_in(self.home.folder))
