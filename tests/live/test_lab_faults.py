# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each way to break a server is seen by its clients, and is gone after mending."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import psycopg
import pytest
import redis
from ansible_collections.day2.ops.tests.lab import redis_server
from ansible_collections.day2.ops.tests.lab.demo.stores import open_postgres, open_redis
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import Facts


def _redis_writes(facts: Facts) -> None:
    open_redis(facts["redis"], seconds=1).set("lab-test", "1", ex=5)


def _redis_tls_answers(facts: Facts) -> None:
    redis_server.connect_tls(facts["redis"], socket_timeout=1, socket_connect_timeout=1).ping()


def _redis_is_quick(facts: Facts) -> None:
    client = open_redis(facts["redis"], seconds=0.2)
    for _number in range(1000):  # longer than a slow server may run at a time
        client.ping()


def _postgres_writes(facts: Facts) -> None:
    with open_postgres(facts["postgres"]) as connection:
        connection.execute("CREATE TABLE lab_test ()")
        connection.execute("DROP TABLE lab_test")


def _ask(facts: Facts, path: str) -> str:
    with urllib.request.urlopen(f"{facts['service']['url']}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def _service_is_ready(facts: Facts) -> None:
    _ask(facts, "/ready")


def _workers_beat(facts: Facts) -> None:
    assert f"demo_worker_up {facts['service']['workers']}\n" in _ask(facts, "/metrics")


def _nothing_is_dead(facts: Facts) -> None:
    assert "demo_orders_dead 0\n" in _ask(facts, "/metrics")


def _bug_is_off(facts: Facts) -> None:
    assert json.loads(_ask(facts, "/bug")) == {"enabled": False}


def _ingress_is_open(facts: Facts) -> None:
    assert json.loads(_ask(facts, "/ingress")) == {"open": True}


@pytest.mark.parametrize(
    ("name", "how", "works", "error"),
    [
        ("redis", "stop", _redis_writes, redis.ConnectionError),
        ("redis", "stop", _redis_tls_answers, redis.ConnectionError),
        ("redis", "stop", _service_is_ready, urllib.error.HTTPError),
        ("redis", "kill", _redis_writes, redis.ConnectionError),
        ("redis", "hang", _redis_writes, redis.TimeoutError),
        ("redis", "hang", _redis_tls_answers, redis.TimeoutError),
        ("redis", "hang", _service_is_ready, urllib.error.HTTPError),
        ("redis", "slow", _redis_is_quick, redis.TimeoutError),
        ("redis", "read-only", _redis_writes, redis.ReadOnlyError),
        ("redis", "wrong-password", _redis_writes, redis.AuthenticationError),
        ("postgres", "stop", _postgres_writes, psycopg.OperationalError),
        ("postgres", "hang", _postgres_writes, psycopg.errors.ConnectionTimeout),
        ("postgres", "hang", _service_is_ready, urllib.error.HTTPError),
        ("postgres", "read-only", _postgres_writes, psycopg.errors.ReadOnlySqlTransaction),
        ("postgres", "wrong-password", _postgres_writes, psycopg.OperationalError),
        ("service", "stop", _service_is_ready, urllib.error.URLError),
        ("api", "hang", _service_is_ready, TimeoutError),
        ("service", "worker-kill", _workers_beat, AssertionError),
        ("service", "dlq-add", _nothing_is_dead, AssertionError),
        ("service", "enable-bug", _bug_is_off, AssertionError),
        ("service", "close-ingress", _ingress_is_open, AssertionError),
    ],
)
def test_a_fault_is_seen_and_mended(
    lab: Lab, name: str, how: str, works: Callable[[Facts], None], error: type[Exception]
) -> None:
    works(lab.facts)
    lab.break_server(name, how)
    with pytest.raises(error):
        works(lab.facts)
    assert lab.facts["faults"] == [[name, how]]
    lab.mend(name)
    works(lab.facts)
    assert lab.facts["faults"] == []


def test_readiness_is_green_without_workers(lab: Lab) -> None:
    lab.break_server("service", "worker-kill")
    _service_is_ready(lab.facts)


def test_faults_add_up_and_are_mended_last_first(lab: Lab) -> None:
    lab.break_server("redis", "read-only")
    lab.break_server("redis", "hang")
    lab.break_server("redis", "hang")
    assert lab.facts["faults"] == [["redis", "read-only"], ["redis", "hang"]]
    lab.mend("redis", "resume")
    with pytest.raises(redis.ReadOnlyError):
        _redis_writes(lab.facts)
    lab.mend_all()
    _redis_writes(lab.facts)


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("redis", "melt", "no fault 'melt' for redis; expected one of stop, kill, hang, slow, read-only"),
        ("webhook", "read-only", "no fault 'read-only' for webhook"),
        ("mainframe", "stop", "no server or process 'mainframe' was started in this lab; known: "),
    ],
)
def test_an_unknown_fault_gets_one_line(lab: Lab, name: str, how: str, says: str) -> None:
    with pytest.raises(LabError, match=says):
        lab.break_server(name, how)
    assert lab.facts.get("faults", []) == []
