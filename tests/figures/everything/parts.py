# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab with everything in it has beside its servers: containers, units, an index, tables, keys and files.

Each function makes one part before all checks, and returns the checks that look at it. All of them are green then.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import checksum
from ansible_collections.day2.ops.plugins.module_utils._core.moments import written_utc
from ansible_collections.day2.ops.tests.lab import docker_server, postgres_server
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts
from ansible_collections.day2.ops.tests.lab.systemctl import write_systemctl
from ansible_collections.day2.ops.tests.lab.systemd_host_server import run_in
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..checks.twenty import postgres_login, redis_login

Options = dict[str, Any]

PROJECT = "shop"
INDEX = "logs-shop"
_SECONDS = 60.0
_DAY = 86400.0


@dataclass
class Place:
    """The lab, and a folder for what is made beside it. A part of a server that is not there is left out."""

    lab: Lab
    folder: Path

    @property
    def facts(self) -> Facts:
        """Return what clients of the lab must know."""
        return self.lab.facts

    @contextlib.contextmanager
    def docker(self) -> Iterator[docker.DockerClient]:
        """Give a client of the lab's docker daemon."""
        with docker_server.connect(self.facts["docker"]) as client:
            yield client

    def postgres(self, *statements: str) -> None:
        """Run statements as the administrator of the lab's Postgres."""
        facts = self.facts["postgres"]
        with postgres_server.connect(facts) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def in_host(self, command: str) -> str:
        """Run a shell command in the host that has a systemd."""
        status, said = run_in(self.facts["systemd_host"], ["sh", "-c", command])
        if status:
            raise RuntimeError(f"{command}: {said}")
        return said


def containers(place: Place) -> list[Options]:
    """Return checks of a healthy container, a migration that has run, and a project with two workers.

    Compose itself is not needed: what the checks go by are the labels that it puts on containers.
    """
    with place.docker() as client:
        run_container(place, client, "shop-api-1", "sleep 3600", "api", healthcheck=health("test ! -e /tmp/sick"))
        for number in (1, 2):
            run_container(place, client, f"shop-worker-{number}", "sleep 3600", "worker", number)
        run_container(place, client, "shop-migrate-1", "exit 0", "migrate")
        container = client.containers.get("shop-api-1")
        wait_for("the api's health", lambda: _is_healthy(container), _SECONDS)
    host = {"docker_host": place.facts["docker"]["url"], "timeout": 15}
    api = {"kind": "container", "container": "shop-api-1", **host}
    return [
        {"name": "api container", **api, "health": "healthy", "max_restarts": 0},
        {
            "name": "api container's use",
            **api,
            "max_memory_percent": 80,
            "max_cpu_limit_percent": 90,
            "health": "ignore",
        },
        {
            "name": "migration",
            "kind": "container",
            "container": "shop-migrate-1",
            "state": "exited",
            **host,
        },
        {
            "name": "project",
            "kind": "compose",
            "project": PROJECT,
            "services": {"api": 1, "worker": 2},
            "completed": ["migrate"],
            "health": "ignore",
            **host,
        },
    ]


def run_container(
    place: Place,
    client: docker.DockerClient,
    name: str,
    command: str,
    service: str,
    number: int = 1,
    **more: Any,
) -> None:
    """Start a container as compose would have, with limits of its own."""
    labels = {
        "com.docker.compose.project": PROJECT,
        "com.docker.compose.service": service,
        "com.docker.compose.container-number": str(number),
        "com.docker.compose.oneoff": "False",
    }
    client.containers.run(
        place.facts["docker"]["image"],
        ["sh", "-c", command],
        name=name,
        labels=labels,
        network_mode="none",
        mem_limit="32m",
        memswap_limit="32m",
        nano_cpus=500_000_000,
        detach=True,
        **more,
    )


def health(command: str) -> Options:
    """Return a health check that runs often."""
    second = 10**9
    return {"test": ["CMD-SHELL", command], "interval": second // 2, "timeout": 2 * second, "retries": 1}


def _is_healthy(container: Any) -> bool:
    container.reload()
    return bool(container.attrs["State"]["Health"]["Status"] == "healthy")


def units(place: Place) -> list[Options]:
    """Return checks of a service, of a timer that has run, and of all units."""
    files = {
        "shop-web.service": "[Service]\nExecStart=/bin/sleep 3600\n[Install]\nWantedBy=multi-user.target\n",
        "shop-report.service": "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'test ! -e /run/shop-broken'\n",
        "shop-report.timer": "[Timer]\nOnActiveSec=1s\nAccuracySec=1ms\n",
    }
    for name, content in files.items():
        place.in_host(f"printf %s {shlex.quote(content)} >/etc/systemd/system/{name}")
    place.in_host("systemctl daemon-reload && systemctl start shop-web.service shop-report.timer")
    wait_for("the timer's first run", lambda: _has_run(place), _SECONDS)
    failed = place.in_host("systemctl list-units --failed --plain --no-legend | cut -d' ' -f1").split()
    common = {"kind": "systemd", "timeout": 20}
    return [
        {"name": "web unit", "unit": "shop-web", "sub_state": "running", "max_restarts": 0, **common},
        {"name": "report timer", "timer": "shop-report", **common},
        {"name": "report unit", "unit": "shop-report", "state": "inactive", **common},
        {"name": "units", "failed_units": True, "ignore": failed, **common},
    ]


def _has_run(place: Place) -> bool:
    shown = place.in_host(
        "systemctl show shop-report.timer -p LastTriggerUSec; systemctl is-active shop-report || true"
    )
    return "LastTriggerUSec=\n" not in shown and "inactive" in shown


def search(place: Place) -> list[Options]:
    """Return checks of the cluster and of the documents of an index."""
    url = place.facts["opensearch"]["url"]
    settings = {"settings": {"number_of_replicas": 0, "number_of_shards": 1}}
    requests.put(f"{url}/{INDEX}", json=settings, timeout=30).raise_for_status()
    add_document(url)
    cluster = {"kind": "elasticsearch", "url": [url], "timeout": 15}
    return [
        {"name": "search cluster", **cluster, "status": "green", "max_unassigned_shards": 0},
        {"name": "log documents", **cluster, "index": INDEX, "min_documents": 1},
    ]


def add_document(url: str) -> None:
    """Put one document into the index, to be found at once."""
    answer = requests.post(f"{url}/{INDEX}/_doc?refresh=true", json={"message": "hello"}, timeout=30)
    answer.raise_for_status()


def monitoring(place: Place) -> list[Options]:
    """Return checks that ask Prometheus and Alertmanager, when what they ask for has been scraped."""
    prometheus = place.facts["prometheus"]["url"]
    ask = {"kind": "prometheus", "url": prometheus, "timeout": 10}

    def scraped() -> bool:
        answer = requests.get(f"{prometheus}/api/v1/query", params={"query": "up == 1"}, timeout=10)
        return len(answer.json()["data"]["result"]) >= 2

    wait_for("Prometheus' targets", scraped, _SECONDS)
    return [
        {"name": "targets", **ask, "query": "up", "min": 1},
        {"name": "dead letters by metric", **ask, "query": "demo_orders_dead", "max": 0, "max_age": 30},
        {"name": "pending alerts", "kind": "alertmanager", "url": place.facts["alertmanager"]["url"], "timeout": 10},
        {
            "name": "nodes page",
            "kind": "metrics",
            "url": f"{place.facts['node_exporter']['url']}/metrics",
            "metric": "node_load1",
            "min": 0,
        },
    ]


def databases(place: Place) -> list[Options]:
    """Return checks of what PostgreSQL knows of itself, and of rows."""
    owner = place.facts["postgres"]["user"]
    place.postgres(
        "CREATE TABLE IF NOT EXISTS deliveries (id int, result text)",
        f'GRANT ALL ON deliveries TO "{owner}"',
        f'GRANT pg_monitor TO "{owner}"',
    )
    login = postgres_login(place.facts)
    return [
        {
            "name": "failed deliveries",
            "kind": "sql",
            "query": "SELECT count(*) FROM deliveries WHERE result = 'error'",
            "max": 0,
            **login,
        },
        {"name": "transactions", "kind": "postgres", "max_transaction_age": 3, "max_locks_waiting": 0, **login},
        {"name": "wraparound", "kind": "postgres", "max_wraparound_percent": 50, "max_bloat_percent": 90, **login},
    ]


def stores(place: Place) -> list[Options]:
    """Return checks of Redis, of all its queues, and of the workers behind one."""
    service, login = place.facts["service"], redis_login(place.facts)
    work = {"kind": "worker", "timeout": 10, **login}
    return [
        {"name": "redis for queues", "kind": "redis", "queue_safe": True, "max_evicted_keys": 0, **login},
        {"name": "redis slow log", "kind": "redis", "max_slowlog_entries": 0, "slowlog_min_duration": "200ms", **login},
        {"name": "all queues", "kind": "queues", "max_ready": 1000, **login},
        {"name": "heartbeats", "heartbeat_key": service["heartbeat"], "min_workers": service["workers"], **work},
        {
            "name": "worker progress",
            "queue": service["queue"],
            "queue_kind": "redis_list",
            "missing": "empty",
            "window": 3,
            **work,
        },
        {
            "name": "service metrics",
            "kind": "metrics",
            "url": f"{service['url']}/metrics",
            "metric": "demo_worker_up",
            "min": service["workers"],
        },
    ]


def network(place: Place) -> list[Options]:
    """Return checks of a certificate, of a name, and of the clock against the service's own."""
    bad = place.facts["bad_http"]
    address = urlsplit(bad["tls_url"])
    return [
        {
            "name": "certificate",
            "kind": "tls",
            "host": address.hostname,
            "port": address.port,
            "ca_certs": bad["ca_certs"],
            "min_days": 1,
        },
        {"name": "name", "kind": "dns", "host": "localhost"},
        {"name": "clock", "kind": "clock", "url": f"{place.facts['service']['url']}/health"},
    ]


def files(place: Place) -> list[Options]:
    """Return checks of a catalogue of backups, a credential, a log and a program."""
    folder = place.folder
    add_backup(folder / "backups", age=3600)
    (folder / "token").write_text("not shown", encoding="utf-8")
    (folder / "app.log").write_text(log_line("INFO", "started"), encoding="utf-8")
    (folder / "probe.py").write_text("print('OK - all is well | queue=3')\n", encoding="utf-8")
    return [
        {"name": "backup", "kind": "backup", "path": str(folder / "backups"), "max_age": "26h", "min_level": "L2"},
        {"name": "credential", "kind": "credential", "path": str(folder / "token"), "max_age": "90d"},
        {"name": "log", "kind": "log", "path": str(folder / "app.log"), "level": "error"},
        {"name": "program", "kind": "command", "argv": [sys.executable, str(folder / "probe.py")], "nagios": True},
    ]


def log_line(level: str, message: str) -> str:
    """Return a line as a program with structured logs writes it."""
    return json.dumps({"timestamp": written_utc(time.time()), "level": level, "message": message}) + "\n"


def add_backup(catalogue: Path, age: float, level: str = "L2") -> Path:
    """Add a backup that ended ``age`` seconds ago to a catalogue; returns its folder."""
    ended = time.time() - age
    folder = catalogue / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(ended))}-{os.urandom(2).hex()}"
    folder.mkdir(parents=True)
    (folder / "shop.dump").write_bytes(b"x" * 8)
    fields: Mapping[str, Any] = {
        "format": 1,
        "name": "shop",
        "kind": "postgres",
        "id": folder.name[-4:],
        "started_at": written_utc(ended - 60),
        "finished_at": written_utc(ended),
        "level": level,
        "verified_at": written_utc(ended),
        "size": 8,
        "files": [{"path": "shop.dump", "size": 8, "sha256": "0" * 64}],
        "server": {},
    }
    (folder / "manifest.json").write_text(json.dumps({**fields, "sha256": checksum(fields)}), encoding="utf-8")
    return folder


# Which server each part needs; one that this machine cannot run takes its checks with it.
PARTS: list[tuple[str, Callable[[Place], list[Options]]]] = [
    ("docker", containers),
    ("systemd_host", units),
    ("opensearch", search),
    ("prometheus", monitoring),
    ("postgres", databases),
    ("redis", stores),
    ("bad_http", network),
    ("service", files),
]


def environment(place: Place) -> dict[str, str]:
    """Return what the play's environment needs: a systemctl that is the one of the host that has a systemd."""
    if "systemd_host" not in place.facts:
        return {}
    programs = place.folder / "bin"
    programs.mkdir(exist_ok=True)
    write_systemctl(place.facts["systemd_host"], programs)
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
