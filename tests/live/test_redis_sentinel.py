# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queues on the primary that sentinels name: a failover in the middle of a wait, and what goes wrong in one line."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.redis_connection import SPEC, connect, explained
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_nodes import connect as connect_node
from ansible_collections.day2.ops.tests.lab.redis_sentinel_server import (
    account_of,
    connect_primary,
    fail_over,
    replica_of,
)
from ansible_collections.day2.ops.tests.lab.state import RedisSentinelFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .cluster_help import Options, of_sentinels, run, secrets_of
from .test_queues_errors import closed_port

ORDERS: Options = {"name": "orders", "kind": "redis_list", "in_flight": ["orders:processing:*"], "missing": "empty"}


@pytest.fixture
def primary(redis_sentinel: RedisSentinelFacts) -> Iterator[Any]:
    """redis-py's own client of whichever node is the primary."""
    with connect_primary(redis_sentinel) as client:
        client.rpush("orders", 1)
        yield client


def line_of(login: Options) -> str:
    """Return what is said of a queue that cannot be measured."""
    result = run(login, ORDERS)
    assert result.data["queues"][0]["status"] == "error"
    assert "\n" not in result.msg
    assert not any(secret in str(result) for secret in secrets_of(login))
    return result.msg


@pytest.mark.usefixtures("primary")
def test_the_primary_is_measured(redis_sentinel: RedisSentinelFacts) -> None:
    result = run(of_sentinels(redis_sentinel), ORDERS)
    assert not result.failed, result.msg
    assert result.data["queues"][0]["ready"] == 1


def test_a_failover_in_the_middle_of_a_wait(redis_sentinel: RedisSentinelFacts, primary: Any) -> None:
    replica = replica_of(redis_sentinel)
    with ThreadPoolExecutor(1) as pool, connect_node(replica, account_of(redis_sentinel)) as new:
        future = pool.submit(run, of_sentinels(redis_sentinel), ORDERS, wait="drained", wait_timeout=60)
        wait_for("looks", lambda: primary.info("commandstats").get("cmdstat_llen", {}).get("calls", 0) > 2)
        fail_over(redis_sentinel)
        wait_for("the replica to be the primary", lambda: new.info("replication")["role"] == "master")
        wait_for("looks at it", lambda: new.info("commandstats").get("cmdstat_llen", {}).get("calls", 0) > 2)
        assert not future.done()
        new.delete("orders")
        result = future.result(60)
    assert not result.failed, result.msg
    assert result.data["drained"]


@pytest.mark.usefixtures("primary")
def test_a_primary_that_is_killed_in_the_middle_of_a_wait(lab: Lab, redis_sentinel: RedisSentinelFacts) -> None:
    replica = replica_of(redis_sentinel)
    number = 1 + [node["port"] for node in redis_sentinel["data"]].index(replica["port"])
    with ThreadPoolExecutor(1) as pool, connect_node(replica, account_of(redis_sentinel)) as new:
        future = pool.submit(run, of_sentinels(redis_sentinel), ORDERS, wait="empty", wait_timeout=60)
        lab.break_server(f"redis_sentinel-data-{3 - number}", "kill")
        wait_for("the replica to be the primary", lambda: new.info("replication")["role"] == "master")
        wait_for("looks at it", lambda: new.info("commandstats").get("cmdstat_llen", {}).get("calls", 0) > 2)
        new.delete("orders")
        result = future.result(60)
    assert not result.failed, result.msg


@pytest.mark.usefixtures("primary")
def test_a_sentinel_that_is_down_is_passed_over(lab: Lab, redis_sentinel: RedisSentinelFacts) -> None:
    lab.break_server("redis_sentinel-1", "stop")
    lab.break_server("redis_sentinel-2", "stop")
    result = run(of_sentinels(redis_sentinel), ORDERS)
    assert not result.failed, result.msg


def test_no_sentinel_answers(redis_sentinel: RedisSentinelFacts) -> None:
    port = closed_port()
    line = line_of(of_sentinels(redis_sentinel, sentinels=[f"127.0.0.1:{port}", f"[::1]:{port}"]))
    assert line.startswith("orders: cannot ask the sentinels for the primary: no connection (")
    assert line.endswith(f"orders-set at the sentinels 127.0.0.1:{port}, ::1:{port}; none of them answers")


def test_a_service_that_nobody_knows(redis_sentinel: RedisSentinelFacts) -> None:
    line = line_of(of_sentinels(redis_sentinel, sentinel_service="mymaster"))
    assert line.startswith("orders: the sentinels know no service of that name: mymaster at the sentinels 127.0.0.1:")
    assert line.endswith("; check sentinel_service; known are orders-set")


def test_a_wrong_password_at_the_sentinels(redis_sentinel: RedisSentinelFacts) -> None:
    line = line_of(of_sentinels(redis_sentinel, sentinel_password="sesame"))
    assert line.startswith("orders: cannot ask the sentinels for the primary: the server says '")
    assert line.endswith("check sentinel_user and sentinel_password")
    none = line_of(of_sentinels(redis_sentinel, sentinel_password=None, sentinel_user=None))
    assert none.endswith("the server wants a password; give sentinel_password")


def test_a_wrong_password_at_the_primary(redis_sentinel: RedisSentinelFacts) -> None:
    line = line_of(of_sentinels(redis_sentinel, login_password="sesame"))
    assert line.startswith("orders: cannot connect to the primary: the server says '")
    assert line.endswith(", which the sentinels name; check login_user and login_password")


def test_a_primary_that_is_down_and_no_quorum(lab: Lab, redis_sentinel: RedisSentinelFacts) -> None:
    replica = replica_of(redis_sentinel)
    number = 1 + [node["port"] for node in redis_sentinel["data"]].index(replica["port"])
    lab.break_server("redis_sentinel-2", "stop")
    lab.break_server("redis_sentinel-3", "stop")
    lab.break_server(f"redis_sentinel-data-{3 - number}", "kill")
    login = of_sentinels(redis_sentinel)
    assert "cannot connect to the primary: no connection (Connection refused)" in line_of(login)
    wait_for("the sentinel to see it", lambda: "see the primary" in line_of(login))
    line = line_of(login)
    assert line.startswith("orders: the sentinels see the primary 127.0.0.1:")
    assert line.endswith("; a failover is to come, or there is no quorum for one")


@pytest.mark.usefixtures("primary")
def test_a_replica_that_is_named_directly(redis_sentinel: RedisSentinelFacts) -> None:
    replica = replica_of(redis_sentinel)
    login = {
        "login_port": replica["port"],
        "login_user": redis_sentinel["user"],
        "login_password": redis_sentinel["password"],
    }
    client: Any = connect(SPEC.validate(login, "test"))
    with client, pytest.raises(OpsError, match="this is a read-only replica; name the primary"):
        wait_for("the order to arrive", lambda: client.llen("orders") == 1)
        with explained("move", "orders"):
            client.lmove("orders", "others", "LEFT", "RIGHT")


@pytest.mark.usefixtures("primary")
def test_tls_to_the_sentinels(redis_sentinel: RedisSentinelFacts) -> None:
    ports = [node["tls_port"] for node in redis_sentinel["sentinels"]]
    if not all(ports):
        pytest.skip("the sentinels' program was built without TLS")
    login = of_sentinels(
        redis_sentinel,
        sentinels=[f"127.0.0.1:{port}" for port in ports],
        sentinel_tls=True,
        ca_certs=redis_sentinel["ca_certs"],
    )
    result = run(login, ORDERS)
    assert not result.failed, result.msg
    wrong = line_of({**login, "ca_certs": redis_sentinel["wrong_ca"]})
    assert wrong.endswith("see tls, ca_certs, validate_certs")
    # the primary is named by its plain port, which does not understand TLS
    both = line_of({**login, "tls": True, "timeout": 0.5})
    assert both.startswith("orders: cannot connect to the primary: ")


def test_options_that_make_no_sense(redis_sentinel: RedisSentinelFacts) -> None:
    for options, words in (
        ({"sentinel_service": None}, "orders: sentinels are asked for a service, and none is named"),
        ({"sentinels": None}, "orders: sentinel_service needs sentinels to ask"),
        ({"login_unix_socket": "/run/redis"}, "orders: sentinels and login_unix_socket exclude each other"),
        ({"sentinel_password_env": "X"}, "mutually exclusive"),
    ):
        with pytest.raises(InputError, match=words):
            run(of_sentinels(redis_sentinel, **options), ORDERS)
    assert "not the address of a sentinel: one:two" in line_of(of_sentinels(redis_sentinel, sentinels=["one:two"]))
