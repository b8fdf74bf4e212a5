# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty daily checks of the lab, each written twice: for health_gate, and with stock modules.

Both of a pair look at the same thing and expect the same of it: six of HTTP, three ports, two of Redis, two of
Postgres, a queue, disk, memory, load, processes, and the age of two files.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.day2.ops.tests.lab.state import Facts

Options = dict[str, Any]

SERVERS = ["redis", "postgres", "service", "bad_http"]


@dataclass(frozen=True)
class Pair:
    """ours: an entry of health_gate's `checks`. stock: tasks that fail where ours does not pass."""

    ours: Options
    stock: list[Options]


def twenty(facts: Facts, folder: Path) -> list[Pair]:
    """Return the pairs for a lab whose SERVERS are up; folder: where to put the files that are looked at."""
    pairs = [*_http(facts), *_ports(facts), *_redis(facts), *_postgres(facts), _queue(facts), *_host(facts)]
    return [*pairs, *(_file(folder, name) for name in ("backup", "report"))]


def redis_login(facts: Facts) -> Options:
    """Return the connection options of the Redis checks: as the service's user, over TLS."""
    found = facts["redis"]
    return {
        "login_host": found["host"],
        "login_port": found["tls_port"],
        "login_user": found["user"],
        "login_password": found["password"],
        "tls": True,
        "ca_certs": found["ca_certs"],
    }


def postgres_login(facts: Facts) -> Options:
    """Return the connection options of the Postgres checks."""
    found = facts["postgres"]
    return {
        "login_host": found["host"],
        "login_port": found["port"],
        "login_user": found["user"],
        "login_password": found["password"],
        "login_db": found["database"],
        "ssl_mode": found["sslmode"],
        **({"ca_certs": found["ca_certs"]} if found["ca_certs"] else {}),
    }


def orders_queue(facts: Facts, **more: object) -> Options:
    """Return a check of the service's queue."""
    service = facts["service"]
    return {
        "name": "orders queue",
        "kind": "queue",
        "queue": service["queue"],
        "queue_kind": "redis_list",
        "in_flight": [service["processing"]],
        "dead": service["dead"],
        "heartbeat": service["heartbeat"],
        "missing": "empty",
        "max_ready": 1000,
        "max_dead": 0,
        "min_consumers": service["workers"],
        **redis_login(facts),
        **more,
    }


def _http(facts: Facts) -> list[Pair]:
    url, bad = facts["service"]["url"], facts["bad_http"]
    ca_certs = bad["ca_certs"]
    return [
        _web("api health", f"{url}/health", {"status": "ok"}, "found.json.status == 'ok'"),
        _web(
            "api version",
            f"{url}/health",
            {"version": facts["service"]["version"]},
            f"found.json.version == '{facts['service']['version']}'",
        ),
        _web("api ready", f"{url}/ready", {"status": "ready", "checks.*": "ok"}, _IS_READY),
        _web("api ingress", f"{url}/ingress", {"open": True}, "found.json.open"),
        _web("api metrics", f"{url}/metrics", {}, "'demo_worker_up' in found.content", contains="demo_worker_up"),
        _web("tls", f"{bad['tls_url']}/ok", {"status": "ok"}, "found.json.status == 'ok'", ca_certs=ca_certs),
    ]


_IS_READY = "found.json.status == 'ready' and found.json.checks.values() | reject('eq', 'ok') | list | length == 0"


def _web(name: str, url: str, values: Mapping[str, object], wanted: str, **options: str) -> Pair:
    """Return a check of a URL. values: JSON path to what must be there; wanted: the same for the stock tasks."""
    expected = [{"path": path, "value": value} for path, value in values.items()]
    trust = {"ca_path": options["ca_certs"]} if "ca_certs" in options else {}
    return Pair(
        {"name": name, "kind": "http", "url": url, "json": expected, **options},
        _tasks(name, "ansible.builtin.uri", {"url": url, "return_content": True, "timeout": 5, **trust}, wanted),
    )


def _ports(facts: Facts) -> list[Pair]:
    api = urlsplit(facts["service"]["url"])
    addresses = {
        "redis port": (facts["redis"]["host"], facts["redis"]["port"]),
        "postgres port": (facts["postgres"]["host"], facts["postgres"]["port"]),
        "api port": (str(api.hostname), api.port),
    }
    return [
        Pair(
            {"name": name, "kind": "tcp", "host": host, "port": port},
            _tasks(name, "ansible.builtin.wait_for", {"host": host, "port": port, "timeout": 5}),
        )
        for name, (host, port) in addresses.items()
    ]


def _redis(facts: Facts) -> list[Pair]:
    login = redis_login(facts)
    saved = ["found.info.loading == 0", "found.info.rdb_last_bgsave_status == 'ok'"]
    saved += ["found.info.aof_last_write_status == 'ok'"]
    few = "found.info.connected_clients / found.info.maxclients <= 0.8"
    return [
        Pair(
            {"name": name, "kind": "redis", **limits, **login},
            _tasks(name, "community.general.redis_info", login, *saved, wanted),
        )
        for name, limits, wanted in (
            ("redis role", {"role": "master"}, "found.info.role == 'master'"),
            ("redis clients", {"max_clients_percent": 80}, few),
        )
    ]


def _postgres(facts: Facts) -> list[Pair]:
    ours, stock = postgres_login(facts), postgres_login(facts)
    stock = {{"ca_certs": "ca_cert"}.get(name, name): value for name, value in stock.items()}
    query = (
        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS closed,"
        " (SELECT sum(numbackends)::int FROM pg_stat_database) * 100.0"
        " / current_setting('max_connections')::int AS used"
    )
    module = "community.postgresql.postgresql_query"
    return [
        Pair(
            {"name": name, "kind": "postgres", **limits, **ours},
            _tasks(name, module, {"query": query, **stock}, wanted),
        )
        for name, limits, wanted in (
            ("postgres primary", {"role": "primary", "writable": True}, "not found.query_result[0].closed"),
            ("postgres connections", {"max_connections_percent": 80}, "found.query_result[0].used | float <= 80"),
        )
    ]


_MEASURE_QUEUE = """\
import json, sys, redis
given = json.load(sys.stdin)
client = redis.Redis(**given["login"])
print(json.dumps({
    "ready": client.llen(given["queue"]),
    "in_flight": sum(client.llen(key) for key in client.scan_iter(match=given["in_flight"])),
    "dead": client.llen(given["dead"]),
    "consumers": sum(1 for key in client.scan_iter(match=given["heartbeat"])),
}))"""


def _queue(facts: Facts) -> Pair:
    """Return the check of the queue. No stock module measures one, so the peer is a script as people write it."""
    found, service = facts["redis"], facts["service"]
    login = {
        "host": found["host"],
        "port": found["tls_port"],
        "username": found["user"],
        "password": found["password"],
        "ssl": True,
        "ssl_ca_certs": found["ca_certs"],
    }
    names = {
        "queue": service["queue"],
        "in_flight": service["processing"],
        "dead": service["dead"],
        "heartbeat": service["heartbeat"],
    }
    arguments = {"argv": [sys.executable, "-c", _MEASURE_QUEUE], "stdin": "{{ lookup('vars', 'given') | to_json }}"}
    wanted = ["seen.ready <= 1000", "seen.dead == 0", f"seen.consumers >= {service['workers']}"]
    measure, hold = _tasks("orders queue", "ansible.builtin.command", arguments, *wanted)
    measure["vars"] = {"given": {"login": login, **names}}
    hold["vars"] = {"seen": "{{ found.stdout | from_json }}"}
    return Pair(orders_queue(facts), [measure, hold])


def _host(facts: Facts) -> list[Pair]:
    place = facts["dir"]
    room = "found.stdout_lines[-1] | trim | replace('%', '') | int <= 97"
    left = (
        "(found.stdout | regex_search('MemAvailable: +([0-9]+)', '\\\\1') | first | int)"
        " / (found.stdout | regex_search('MemTotal: +([0-9]+)', '\\\\1') | first | int) >= 0.05"
    )
    workers = f"demo.worker {place}/state.json"  # of this lab, whatever else runs here
    return [
        _command(
            {"name": "disk", "kind": "disk", "path": place, "max_used_percent": 97},
            ["df", "--output=pcent", place],
            room,
        ),
        _command({"name": "memory", "kind": "memory", "max_used_percent": 95}, ["cat", "/proc/meminfo"], left),
        _command(
            {"name": "load", "kind": "load", "max_per_cpu": 50},
            ["cat", "/proc/loadavg"],
            "found.stdout.split()[1] | float <= 50 * 2",
        ),
        _command(
            {"name": "workers", "kind": "process", "pattern": re.escape(workers), "min_count": 2},
            ["pgrep", "--count", "--full", workers],
            "found.stdout | int >= 2",
        ),
    ]


def _command(ours: Options, argv: list[str], wanted: str) -> Pair:
    return Pair(ours, _tasks(ours["name"], "ansible.builtin.command", {"argv": argv}, wanted))


def _file(folder: Path, name: str) -> Pair:
    path = folder / name
    path.write_text(f"{name} of {time.time():.0f}\n", encoding="utf-8")
    wanted = ["found.stat.exists", "found.stat.size >= 5", f"found.stat.mtime >= {time.time() - 86400:.0f}"]
    return Pair(
        {"name": f"age of {name}", "kind": "file_age", "path": str(path), "max_age": "1d", "min_size": 5},
        _tasks(f"age of {name}", "ansible.builtin.stat", {"path": str(path), "get_checksum": False}, *wanted),
    )


def _tasks(name: str, module: str, arguments: Mapping[str, object], *wanted: str) -> list[Options]:
    """Return the task that looks, and the one that asserts what is wanted where looking alone does not."""
    look = {"name": name, module: dict(arguments), "register": "found", "changed_when": False}
    hold = {"name": f"{name} is well", "ansible.builtin.assert": {"that": list(wanted), "quiet": True}}
    return [look, hold] if wanted else [look]
