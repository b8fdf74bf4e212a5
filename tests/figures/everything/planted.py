# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that are planted in a lab with everything in it, and which of its checks must say so: a table."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import requests
from ansible_collections.day2.ops.tests.lab import postgres_server, redis_server
from ansible_collections.day2.ops.tests.lab.state import PostgresFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..checks.cases import API, POSTGRES, REDIS, Case
from .parts import INDEX, Place, add_backup, add_document, health, log_line, run_container

_SECONDS = 60.0
_DAY = 86400.0

Plant = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True)
class Planted:
    """A fault: what must be said of it, how it is planted (and mended at the end of the block), the server it needs."""

    case: Case
    plant: Plant
    needs: str = "service"


def lab_fault(name: str, how: str) -> Plant:
    """Return what breaks a server or process of the lab in one of the lab's own ways."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        place.lab.break_server(name, how)
        try:
            yield
        finally:
            place.lab.mend(name, how)

    return plant


@contextmanager
def _target_down(place: Place) -> Iterator[None]:
    place.lab.break_server("node_exporter", "stop")
    try:
        _wait_for_target(place, "0")
        yield
    finally:
        place.lab.mend("node_exporter", "stop")
        _wait_for_target(place, "1")


def _wait_for_target(place: Place, up: str) -> None:
    def seen() -> bool:
        url = f"{place.facts['prometheus']['url']}/api/v1/query"
        found = requests.get(url, params={"query": "min(up)"}, timeout=10).json()["data"]["result"]
        return bool(found and found[0]["value"][1] == up)

    wait_for(f"Prometheus to see the target as {up}", seen, _SECONDS)


@contextmanager
def _alert(place: Place) -> Iterator[None]:
    """Raise an alert as Prometheus does, and end it at the end."""
    url = f"{place.facts['alertmanager']['url']}/api/v2/alerts"
    alert = {"labels": {"alertname": "QueueTooLong", "severity": "critical"}}
    requests.post(url, json=[alert], timeout=10).raise_for_status()
    try:
        yield
    finally:
        ended = {**alert, "endsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))}
        requests.post(url, json=[ended], timeout=10).raise_for_status()
        wait_for("the alert's end", lambda: not requests.get(url, timeout=10).json(), _SECONDS)


@contextmanager
def _dead_letter(place: Place) -> Iterator[None]:
    place.lab.break_server("service", "dlq-add")
    try:
        _wait_for_dead(place, 1)
        yield
    finally:
        place.lab.mend("service", "dlq-add")
        _wait_for_dead(place, 0)


def _wait_for_dead(place: Place, number: int) -> None:
    def seen() -> bool:
        url = f"{place.facts['prometheus']['url']}/api/v1/query"
        found = requests.get(url, params={"query": "demo_orders_dead"}, timeout=10).json()["data"]["result"]
        return bool(found and found[0]["value"][1] == str(number))

    if "prometheus" in place.facts:
        wait_for(f"Prometheus to see {number} dead letters", seen, _SECONDS)


def _container(name: str, break_it: str, mend_it: str) -> Plant:
    """Return what calls one method of a container and, at the end, another."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        with place.docker() as client:
            container = client.containers.get(name)
            getattr(container, break_it)()
            try:
                yield
            finally:
                getattr(container, mend_it)()
                _wait_for_health(client)

    return plant


def _wait_for_health(client: object, status: str = "healthy") -> None:
    def seen() -> bool:
        container = client.containers.get("shop-api-1")  # type: ignore[attr-defined]
        return bool(container.attrs["State"].get("Health", {}).get("Status") == status)

    wait_for(f"the api's container to be {status}", seen, _SECONDS)


@contextmanager
def _sick(place: Place) -> Iterator[None]:
    with place.docker() as client:
        container = client.containers.get("shop-api-1")
        container.exec_run(["touch", "/tmp/sick"])
        try:
            _wait_for_health(client, "unhealthy")
            yield
        finally:
            container.exec_run(["rm", "-f", "/tmp/sick"])
            _wait_for_health(client)


@contextmanager
def _out_of_memory(place: Place) -> Iterator[None]:
    """Make the api's container eat all its memory, so that the kernel kills it; then make it anew."""
    with place.docker() as client:
        client.containers.get("shop-api-1").remove(force=True)
        run_container(place, client, "shop-api-1", "exec tail /dev/zero", "api")
        container = client.containers.get("shop-api-1")
        try:
            wait_for("the kernel's kill", lambda: _has_exited(container), _SECONDS)
            yield
        finally:
            container.remove(force=True)
            check = health("test ! -e /tmp/sick")
            run_container(place, client, "shop-api-1", "sleep 3600", "api", healthcheck=check)
            _wait_for_health(client)


def _has_exited(container: object) -> bool:
    container.reload()  # type: ignore[attr-defined]
    return bool(container.status == "exited")  # type: ignore[attr-defined]


@contextmanager
def _service_gone(place: Place) -> Iterator[None]:
    with place.docker() as client:
        for number in (1, 2):
            client.containers.get(f"shop-worker-{number}").remove(force=True)
        try:
            yield
        finally:
            for number in (1, 2):
                run_container(place, client, f"shop-worker-{number}", "sleep 3600", "worker", number)


def _in_host(break_it: str, mend_it: str) -> Plant:
    """Return what runs one command in the host that has a systemd and, at the end, another."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        place.in_host(break_it)
        try:
            yield
        finally:
            place.in_host(mend_it)

    return plant


@contextmanager
def _documents_gone(place: Place) -> Iterator[None]:
    url = place.facts["opensearch"]["url"]
    query: dict[str, object] = {"query": {"match_all": {}}}
    requests.post(f"{url}/{INDEX}/_delete_by_query?refresh=true", json=query, timeout=30).raise_for_status()
    try:
        yield
    finally:
        add_document(url)


@contextmanager
def _read_only_index(place: Place) -> Iterator[None]:
    """Set the block that the flood stage of a full disk sets."""
    url = f"{place.facts['opensearch']['url']}/{INDEX}/_settings"
    block = "index.blocks.read_only_allow_delete"
    requests.put(url, json={block: True}, timeout=30).raise_for_status()
    try:
        yield
    finally:
        requests.put(url, json={block: None}, timeout=30).raise_for_status()


@contextmanager
def _failed_delivery(place: Place) -> Iterator[None]:
    place.postgres("INSERT INTO deliveries VALUES (1, 'error')")
    try:
        yield
    finally:
        place.postgres("TRUNCATE deliveries")


@contextmanager
def _old_transaction(place: Place) -> Iterator[None]:
    with postgres_server.connect(place.facts["postgres"], application_name="forgotten") as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT 1")
        threading.Event().wait(3.5)  # it is its age that is the fault
        yield


@contextmanager
def _blocked(place: Place) -> Iterator[None]:
    """Hold a lock that another session waits for."""
    facts = place.facts["postgres"]
    with contextlib.ExitStack() as stack:
        holder = stack.enter_context(postgres_server.connect(facts))
        waiter = stack.enter_context(postgres_server.connect(facts))
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE deliveries IN SHARE MODE")
        waits = threading.Thread(target=waiter.execute, args=("INSERT INTO deliveries VALUES (2, 'ok')",))
        waits.start()
        try:
            wait_for("a session that waits", lambda: _waiting(facts) > 0, _SECONDS)
            yield
        finally:
            holder.execute("ROLLBACK")
            waits.join()
            place.postgres("TRUNCATE deliveries")


def _waiting(facts: PostgresFacts) -> int:
    with postgres_server.connect(facts) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
    return int(row[0]) if row else 0


def _redis_command(break_it: list[str], mend_it: list[list[str]]) -> Plant:
    """Return what sends one command to Redis and, at the end, others."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        with redis_server.connect(place.facts["redis"]) as client:
            client.execute_command(*break_it)
            try:
                yield
            finally:
                for command in mend_it:
                    client.execute_command(*command)

    return plant


@contextmanager
def _deep_queue(place: Place) -> Iterator[None]:
    with redis_server.connect(place.facts["redis"]) as client:
        client.rpush("nobody:described", *map(str, range(1500)))
        try:
            yield
        finally:
            client.delete("nobody:described")


@contextmanager
def _stuck(place: Place) -> Iterator[None]:
    """Stop the workers where they stand and give them orders; they finish them when they go on at the end."""
    service = place.facts["service"]
    with contextlib.ExitStack() as stack:
        for number in range(1, service["workers"] + 1):
            stack.enter_context(lab_fault(f"worker-{number}", "hang")(place))
        for _order in range(5):
            order = {"id": str(uuid.uuid4()), "amount": 1}
            requests.post(f"{service['url']}/orders", json=order, timeout=10).raise_for_status()
        yield


def _file(name: str, text: Callable[[str], str]) -> Plant:
    """Return what changes the text of a file in the folder and, at the end, puts it back."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        path = place.folder / name
        before = path.read_text(encoding="utf-8")
        path.write_text(text(before), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    return plant


@contextmanager
def _old_credential(place: Place) -> Iterator[None]:
    path = place.folder / "token"
    os.utime(path, (time.time() - 100 * _DAY, time.time() - 100 * _DAY))
    try:
        yield
    finally:
        os.utime(path)


def _backups(change: Callable[[Place], None]) -> Plant:
    """Return what changes the catalogue of backups and, at the end, makes it anew."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        catalogue = place.folder / "backups"
        change(place)
        try:
            yield
        finally:
            shutil.rmtree(catalogue)
            add_backup(catalogue, age=3600)

    return plant


def _cut_manifest(place: Place) -> None:
    newest = add_backup(place.folder / "backups", age=60) / "manifest.json"
    newest.write_bytes(newest.read_bytes()[:100])


def _only_old(place: Place) -> None:
    shutil.rmtree(place.folder / "backups")
    add_backup(place.folder / "backups", age=3 * _DAY)


def _unproven(place: Place) -> None:
    add_backup(place.folder / "backups", age=60, level="L0")


def fault(
    work: str, plant: Plant, needs: str = "service", also: frozenset[str] = frozenset(), **reasons: str
) -> Planted:
    """Return a row of the table; reasons: name of a check, with ``_`` for each blank, and a pattern of its words."""
    wanted = {name.replace("_", " "): pattern for name, pattern in reasons.items()}
    return Planted(Case(work, wanted, also), plant, needs)


_OF_REDIS = REDIS | {"redis for queues", "redis slow log", "all queues", "heartbeats", "worker progress"}
_OF_WORKERS = frozenset({"orders queue", "workers", "heartbeats", "service metrics", "worker progress"})
_OF_POSTGRES = POSTGRES | {"failed deliveries", "transactions", "wraparound", "api ready"}
_OF_API = API | {"project", "api container's use", "api container"}

TABLE: list[Planted] = [
    fault(
        "a target that Prometheus cannot scrape",
        _target_down,
        "prometheus",
        frozenset({"nodes page", "pending alerts"}),
        targets=r"fail: .*up.*0",
    ),
    fault(
        "Prometheus stopped",
        lab_fault("prometheus", "stop"),
        "prometheus",
        targets=r"unknown: no answer",
        dead_letters_by_metric=r"unknown: no answer",
    ),
    fault(
        "Prometheus hung",
        lab_fault("prometheus", "hang"),
        "prometheus",
        targets=r"unknown: no (complete answer|result within)",
        dead_letters_by_metric=r"unknown: no (complete answer|result within)",
    ),
    fault("an alert fires", _alert, "alertmanager", pending_alerts=r"fail: .*QueueTooLong"),
    fault(
        "Alertmanager stopped", lab_fault("alertmanager", "stop"), "alertmanager", pending_alerts=r"unknown: no answer"
    ),
    fault(
        "a dead letter",
        _dead_letter,
        "prometheus",
        orders_queue=r"fail: dead is 1",
        dead_letters_by_metric=r"fail: .*1",
        all_queues=r"fail: queues\.orders\.dead is 1",
    ),
    fault(
        "container stopped",
        _container("shop-api-1", "kill", "start"),
        "docker",
        frozenset({"api container's use"}),
        api_container=r"fail: .*status is 'exited'",
        project=r"fail: .*api",
    ),
    fault(
        "container paused",
        _container("shop-api-1", "pause", "unpause"),
        "docker",
        frozenset({"api container's use"}),
        api_container=r"fail: .*status is 'paused'",
        project=r"fail: .*api",
    ),
    fault("container unhealthy", _sick, "docker", api_container=r"fail: health is 'unhealthy'"),
    fault(
        "container killed for want of memory",
        _out_of_memory,
        "docker",
        frozenset({"api container's use"}),
        api_container=r"fail: .*oom_killed is true",
        project=r"fail: .*api",
    ),
    fault(
        "one of two workers' containers gone",
        _container("shop-worker-2", "kill", "start"),
        "docker",
        project=r"fail: .*worker",
    ),
    fault("all containers of a service removed", _service_gone, "docker", project=r"fail: .*worker"),
    fault(
        "unit stopped",
        _in_host("systemctl stop shop-web", "systemctl start shop-web"),
        "systemd_host",
        web_unit=r"fail: active_state is 'inactive'",
    ),
    fault(
        "unit failed",
        _in_host(
            "systemctl kill -s KILL --kill-whom=all shop-web; sleep 0.5",
            "systemctl reset-failed shop-web; systemctl start shop-web",
        ),
        "systemd_host",
        web_unit=r"fail: active_state is 'failed'",
        units=r"fail: .*shop-web",
    ),
    fault(
        "a timer's service fails",
        _in_host(
            "touch /run/shop-broken; systemctl start shop-report || true",
            "rm /run/shop-broken; systemctl start shop-report",
        ),
        "systemd_host",
        report_timer=r"fail: result is 'exit-code'",
        report_unit=r"fail: .*'failed'",
        units=r"fail: .*shop-report",
    ),
    fault("no document in an index", _documents_gone, "opensearch", log_documents=r"fail: documents is 0"),
    fault(
        "an index that became read-only",
        _read_only_index,
        "opensearch",
        search_cluster=r"fail: .*read_only is 1",
        log_documents=r"fail: .*read_only is 1",
    ),
    fault(
        "search server hung",
        lab_fault("opensearch", "hang"),
        "opensearch",
        search_cluster=r"(fail: no complete answer|unknown: no result within)",
        log_documents=r"(fail: no complete answer|unknown: no result within)",
    ),
    fault("rows of failed deliveries", _failed_delivery, failed_deliveries=r"fail: value is 1, expected at most 0"),
    fault("a transaction that was forgotten", _old_transaction, transactions=r"fail: longest_transaction is .*pid"),
    fault("a session that waits for a lock", _blocked, transactions=r"fail: .*locks_waiting is 1.*blocked by"),
    fault(
        "Postgres stopped",
        lab_fault("postgres", "stop"),
        also=_OF_POSTGRES,
        failed_deliveries=r"fail: no connection",
        transactions=r"fail: no connection",
    ),
    fault(
        "Redis may evict",
        _redis_command(
            ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"], [["CONFIG", "SET", "maxmemory-policy", "noeviction"]]
        ),
        redis_for_queues=r"fail: maxmemory_policy is 'allkeys-lru'",
    ),
    fault(
        "a slow command",
        _redis_command(["DEBUG", "SLEEP", "0.3"], [["SLOWLOG", "RESET"]]),
        redis_slow_log=r"fail: slowlog_entries is 1",
    ),
    fault(
        "a deep queue that nobody described",
        _deep_queue,
        all_queues=r"fail: queues\.nobody:described\.ready is 1500, expected at most 1000",
    ),
    fault(
        "Redis hung",
        lab_fault("redis", "hang"),
        also=_OF_REDIS | API | {"dead letters by metric", "service metrics", "clock", "targets", "pending alerts"},
        redis_for_queues=r"no answer in time|no result within",
        all_queues=r"no answer in time|no result within",
    ),
    fault(
        "workers killed",
        lab_fault("service", "worker-kill"),
        also=_OF_WORKERS,
        heartbeats=r"fail: .*0",
        service_metrics=r"fail: .*0",
    ),
    fault("workers hang while items wait", _stuck, also=_OF_WORKERS, worker_progress=r"fail: progress\.stuck is \d"),
    fault("a manifest cut in half", _backups(_cut_manifest), backup=r"fail: newer_not_counted is .*cut or no JSON"),
    fault("a backup older than its objective", _backups(_only_old), backup=r"fail: age is 3 d"),
    fault("a backup that was not proven", _backups(_unproven), backup=r"fail: level is 'L0'"),
    fault("a credential that is too old", _old_credential, credential=r"fail: age is 100 d"),
    fault(
        "an error in the log",
        _file("app.log", lambda text: text + log_line("ERROR", "disk is gone")),
        log=r"fail: matches is 1, expected at most 0",
    ),
    fault(
        "a plugin that says critical",
        _file("probe.py", lambda _text: "print('CRITICAL - no queue'); raise SystemExit(2)\n"),
        program=r"fail: .*CRITICAL - no queue",
    ),
]
