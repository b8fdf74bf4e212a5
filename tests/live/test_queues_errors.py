# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong is said in one line each, and one bad queue hides no other."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._queues.operation import measure_one, queue_spec
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, Options, connection, run

ORDERS = {"name": "orders", "kind": "redis_list"}


@pytest.fixture
def orders(redis_server: Client) -> Iterator[Client]:
    """A queue that is in order."""
    redis_server.rpush("orders", 1)
    yield redis_server
    redis_server.acl_deluser("poor")


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def failure(facts: RedisFacts, **options: Any) -> str:
    """Return what is said of a queue with these options, having seen that the good one beside it is measured."""
    result = run(facts, {**ORDERS, "name": "bad", "key": "orders", **options}, ORDERS)
    assert [one["status"] for one in result.data["queues"]] == ["error", "ok"]
    assert result.data["queues"][1]["ready"] == 1
    assert result.data["total"]["ready"] is None
    assert "\n" not in result.msg
    for secret in (facts["password"], "sesame"):
        assert secret not in str(result)
    return result.msg


@pytest.mark.usefixtures("orders")
def test_no_password(redis_facts: RedisFacts) -> None:
    with pytest.raises(NotThere):
        measure_one(queue_spec("redis_list").validate({**connection(redis_facts), **ORDERS, "key": "ordres"}, "queue"))
    options = connection(redis_facts, login_user=None, login_password=None)
    with pytest.raises(OpsError, match="the server wants a password; give login_password"):
        measure_one(queue_spec("redis_list").validate({**options, **ORDERS}, "queue"))


@pytest.mark.usefixtures("orders")
def test_wrong_password(redis_facts: RedisFacts) -> None:
    assert "check login_user and login_password" in failure(redis_facts, login_password="sesame")


def test_missing_permission(redis_facts: RedisFacts, orders: Client) -> None:
    orders.execute_command("ACL", "SETUSER", "poor", "on", ">sesame", "~else*", "+@all")
    line = failure(redis_facts, login_user="poor", login_password="sesame")
    assert "the ACL user lacks this permission" in line


def test_a_user_who_may_only_read_is_enough(redis_facts: RedisFacts, orders: Client) -> None:
    orders.execute_command("ACL", "SETUSER", "poor", "on", ">sesame", "~orders*", "+@read", "+time", "+select")
    orders.zadd("orders:later", {"a": 1})
    queues: list[Options] = [
        {**ORDERS, "in_flight": ["orders:w*"], "missing": "empty"},
        {"name": "orders:later", "kind": "redis_sorted_set"},
    ]
    result = run(redis_facts, *queues, login_user="poor", login_password="sesame")
    assert not result.failed, result.msg


@pytest.mark.usefixtures("orders")
def test_nobody_listens(redis_facts: RedisFacts) -> None:
    port = closed_port()
    line = failure(redis_facts, login_port=port)
    assert line.startswith("bad: cannot measure the queue: no connection")
    assert f"127.0.0.1:{port}" in line


@pytest.mark.usefixtures("orders")
def test_an_authority_that_did_not_sign(redis_facts: RedisFacts) -> None:
    tls = {"login_port": redis_facts["tls_port"], "tls": True}
    assert "see tls, ca_certs, validate_certs" in failure(redis_facts, **tls, ca_certs=redis_facts["wrong_ca"])
    good = run(redis_facts, {**ORDERS, **tls, "ca_certs": redis_facts["ca_certs"]})
    assert not good.failed, good.msg


@pytest.mark.usefixtures("orders")
def test_a_server_that_hangs(lab: Lab, redis_facts: RedisFacts) -> None:
    lab.break_server("redis", "hang")
    try:
        result = run(redis_facts, ORDERS, timeout=0.3)
    finally:
        lab.mend("redis", "hang")
    assert result.msg.startswith("orders: cannot measure the queue: no answer in time")


def test_secrets_from_elsewhere_that_are_not_there(redis_facts: RedisFacts) -> None:
    options: Options = {**ORDERS, "login_password_env": "DAY2_NO_SUCH_VARIABLE"}
    result = run(redis_facts, options)
    assert "DAY2_NO_SUCH_VARIABLE" in result.msg
    assert result.data["queues"][0]["status"] == "error"


@pytest.mark.usefixtures("orders")
def test_health_gates_way_in(redis_facts: RedisFacts) -> None:
    spec = queue_spec("redis_list")
    depth = measure_one(spec.validate({**connection(redis_facts), **ORDERS, "max_ready": 0}, "checks[0]"))
    assert (depth["name"], depth["kind"], depth["ready"]) == ("orders", "redis_list", 1)
    with pytest.raises(Unreachable):
        measure_one(spec.validate({**ORDERS, "login_port": closed_port()}, "checks[0]"))
    with pytest.raises(InputError, match="unknown kind 'redis_lst'; known are redis_list, redis_stream"):
        queue_spec("redis_lst", "checks[0]")
