# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kind rabbitmq: queues of a real RabbitMQ, filled and worked on by pika's own clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.day2.ops.tests.lab.rabbitmq_server import api
from ansible_collections.day2.ops.tests.lab.state import BadHttpFacts, RabbitMqFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .passing import measured, queue_depth
from .rabbitmq_help import RabbitBroker


@pytest.fixture
def orders(rabbitmq: RabbitMqFacts) -> Iterator[RabbitBroker]:
    """A queue that is empty, and is removed after the test."""
    broker = RabbitBroker(rabbitmq, "orders")
    broker.do("remove")
    broker.do("declare")
    yield broker
    broker.do("remove")


def test_ready_in_flight_dead_and_consumers(orders: RabbitBroker) -> None:
    orders.do("fill", 7)
    orders.do("fail", 2)
    with orders.holding(3):
        depth = measured(orders.description())
        assert {
            name: depth[name] for name in ("status", "exists", "type", "ready", "in_flight", "delayed", "dead")
        } == {
            "status": "ok",
            "exists": True,
            "type": "classic",
            "ready": 2,
            "in_flight": 3,
            "delayed": None,
            "dead": 2,
        }
        # Of the broker's statistics, which it gathers every five seconds.
        wait_for("a consumer", lambda: measured(orders.description())["consumers"] == 1)
        assert 50 < measured(orders.description())["oldest_age"] < 120
        assert not queue_depth(orders.description(min_consumers=1, max_ready=2)).failed
    wait_for("the worker's messages", lambda: measured(orders.description())["ready"] == 5)


def test_what_was_just_sent_and_taken_is_seen_at_once(orders: RabbitBroker) -> None:
    for number in range(3):
        orders.do("fill", 2)
        assert measured(orders.description())["ready"] == 2 * (number + 1)
    result = queue_depth(orders.description(), wait="drained", wait_timeout=0.3, wait_settle=0.1)
    assert "orders: not drained: ready 6, in flight 0" in result.msg
    orders.do("fail", 6)
    assert queue_depth(orders.description(), wait="drained", wait_timeout=5, wait_settle=0.1).data["drained"]


def test_queues_of_a_server_are_measured_together(orders: RabbitBroker) -> None:
    orders.do("fill", 1)
    dead = orders.description(name="the dead", queue=orders.dead, dead=None)
    assert [one["ready"] for one in queue_depth(orders.description(), dead).data["queues"]] == [1, 0]


def test_a_quorum_queue_says_that_its_numbers_are_old(rabbitmq: RabbitMqFacts) -> None:
    broker = RabbitBroker(rabbitmq, "votes")
    broker.do("declare", "quorum")
    try:
        broker.do("fill", 2)
        wait_for("the statistics", lambda: measured(broker.description())["ready"] == 2)
        depth = measured(broker.description())
        assert (depth["type"], depth["note"]) == ("quorum", "its numbers are up to some seconds old")
    finally:
        broker.do("remove")


def test_a_queue_that_is_not_there_is_never_empty(orders: RabbitBroker) -> None:
    depth = measured(orders.description(queue="oders", dead=None))
    assert (depth["status"], depth["exists"], depth["ready"]) == ("missing", False, None)
    assert depth["message"] == "there is no queue oders in the virtual host /"
    depth = measured(orders.description(dead="orders.daed"))
    assert (depth["status"], depth["dead"]) == ("ok", None)
    assert depth["note"] == "there is no queue orders.daed for dead letters"
    assert measured(orders.description(vhost="nowhere"))["message"].startswith(
        "the management API knows no virtual host nowhere: rabbitmq 127.0.0.1:"
    )


def test_who_may_not_is_told_why(orders: RabbitBroker) -> None:
    wrong = measured(orders.description(login_password="wrong"))
    assert wrong["message"].startswith("the management API refuses access ('Login failed')")
    assert wrong["message"].endswith("; check login_user and login_password")
    try:
        api(orders.facts, "PUT", "/users/plain", {"password": "plain", "tags": ""})
        plain = orders.description(login_user="plain", login_password="plain")
        assert measured(plain)["message"].endswith("; the user needs the tag management (or monitoring)")
        api(orders.facts, "PUT", "/users/plain", {"password": "plain", "tags": "management"})
        assert measured(plain)["message"].endswith("; give the user permissions in this virtual host")
        nothing = {"configure": "^$", "write": "^$", "read": "^$"}
        api(orders.facts, "PUT", "/permissions/%2F/plain", nothing)
        assert measured(plain)["status"] == "ok"
    finally:
        api(orders.facts, "DELETE", "/users/plain")


def test_what_is_no_management_api_is_told(orders: RabbitBroker, bad_http: BadHttpFacts) -> None:
    down = measured(orders.description(login_port=1))
    assert down["message"].startswith("no answer (Connection refused): http://127.0.0.1:1/api/queues/")
    amqp = measured(orders.description(login_port=orders.facts["amqp_port"]))
    assert amqp["status"] == "error"
    other = measured(orders.description(login_port=int(bad_http["url"].rpartition(":")[2])))
    assert other["status"] == "error"


def test_tls(orders: RabbitBroker) -> None:
    orders.do("fill", 1)
    port = orders.facts["management_tls_port"]
    tls = orders.description(tls=True, login_port=port, ca_certs=orders.facts["ca_certs"])
    assert measured(tls)["ready"] == 1
    assert "TLS failed" in measured({**tls, "ca_certs": orders.facts["wrong_ca"]})["message"]
