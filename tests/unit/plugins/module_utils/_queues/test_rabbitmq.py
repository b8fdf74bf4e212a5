# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kind rabbitmq makes of answers, headers and confirms."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.http import Response
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Reader
from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq import RabbitMQ, pattern_of, portions
from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq_amqp import (
    REFUSED,
    UNROUTABLE,
    Outgoing,
    _Batch,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq_connection import (
    amqp_port,
    explain,
    management_port,
    refusal,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.rabbitmq_message import (
    Delivery,
    again,
    as_it_is,
    last_death,
    letter_of,
)

pika: Any = pytest.importorskip("pika")

DIED_AT = datetime(2026, 3, 1, 2, 0, tzinfo=timezone.utc)
REJECTED = {
    "queue": "orders",
    "reason": "rejected",
    "count": 3,
    "time": DIED_AT,
    "exchange": "shop",
    "routing-keys": ["order.new", "copy"],
    "original-expiration": "60000",
}
EXPIRED = {"queue": "orders.retry", "reason": "expired", "count": 3, "exchange": "", "routing-keys": ["orders.retry"]}


def queue(**options: Any) -> RabbitMQ:
    """Return a queue as a user describes it."""
    (one,) = described([{"name": "orders", "kind": "rabbitmq", **options}], {})
    assert isinstance(one, RabbitMQ)
    return one


def delivery(headers: dict[str, Any] | None = None, body: bytes = b"{}", **properties: Any) -> Delivery:
    """Return a message that came to the queue orders.dead."""
    made = pika.BasicProperties(headers=headers, **properties)
    return Delivery(7, made, body, last_death(headers, "orders.dead"))


def test_the_last_death_is_that_before_it_came_to_the_dead_letters() -> None:
    death = last_death({"x-death": [{"queue": "orders.dead", "reason": "expired"}, REJECTED, EXPIRED]}, "orders.dead")
    assert death is not None
    assert (death.queue, death.reason, death.count, death.time) == ("orders", "rejected", 3, DIED_AT.timestamp())
    assert (death.exchange, death.routing_key, death.expiration) == ("shop", "order.new", "60000")


@pytest.mark.parametrize("headers", [None, {}, {"x-death": "?"}, {"x-death": []}, {"x-death": [1, {}]}])
def test_what_tells_of_no_death(headers: Any) -> None:
    assert last_death(headers, "orders.dead") is None


def test_a_letter() -> None:
    given = delivery({"x-death": [REJECTED], "x-day2-redrives": 2}, message_id="m1", type="order")
    letter = letter_of(given, Reader(None), {})
    assert (letter.id, letter.named, letter.error, letter.type) == ("m1", True, "rejected", "order")
    assert (letter.failed_at, letter.attempts, letter.redrives) == (DIED_AT.timestamp(), 3, 2)


def test_a_letter_of_a_message_that_tells_nothing() -> None:
    letter = letter_of(delivery(), Reader(None), {})
    assert (letter.named, letter.error, letter.type, letter.failed_at, letter.attempts) == (
        False,
        None,
        None,
        None,
        None,
    )


def test_what_clients_write_and_what_the_user_names_wins() -> None:
    headers = {"x-exception-message": "no stock", "task": "shop.pay", "why": "late", "x-death": [REJECTED]}
    letter = letter_of(delivery(headers), Reader(None), {})
    assert (letter.error, letter.type) == ("no stock", "shop.pay")
    letter = letter_of(delivery(headers), Reader(None), {"error_header": "why", "type_header": "task"})
    assert (letter.error, letter.type) == ("late", "shop.pay")
    letter = letter_of(delivery(headers, b'{"n": 1, "e": "in it"}'), Reader({"id": "n", "error": "e"}), {})
    assert (letter.id, letter.error) == ("1", "in it")


def test_a_message_is_sent_again_as_if_it_had_never_died() -> None:
    headers = {
        "x-death": [REJECTED],
        "x-first-death-queue": "orders",
        "x-last-death-queue": "orders",
        "CC": ["copy"],
        "tenant": "t1",
    }
    made = again(delivery(headers, delivery_mode=2, priority=4, user_id="ours"), "ours", 3)
    assert made.headers == {"tenant": "t1", "x-day2-redrives": 3}
    assert (made.delivery_mode, made.priority, made.expiration, made.user_id) == (2, 4, "60000", "ours")
    assert again(delivery(), "ours", None).headers is None


def test_a_message_of_another_user_keeps_its_name_in_a_header() -> None:
    made = again(delivery(user_id="theirs"), "ours", None)
    assert (made.user_id, made.headers) == (None, {"x-day2-user-id": "theirs"})


def test_a_message_is_parked_with_what_is_told_of_its_deaths() -> None:
    made = as_it_is(delivery({"x-death": [REJECTED], "BCC": ["copy"]}), "ours")
    assert made.headers == {"x-death": [REJECTED]}


def outgoing(key: str, body: bytes = b"x", **headers: Any) -> Outgoing:
    """Return a message to be sent."""
    return Outgoing("", key, pika.BasicProperties(headers=headers or None), body)


def returned(one: Outgoing) -> tuple[Any, Any, bytes]:
    """Return what the broker says of a message that no queue took."""
    return SimpleNamespace(exchange=one.exchange, routing_key=one.routing_key), one.properties, one.body


def test_confirms_of_one_and_of_all_up_to_one() -> None:
    batch = _Batch([outgoing("a") for _number in range(5)], 11)
    batch.confirmed(13, True, True)
    assert batch.open == {3, 4}
    batch.confirmed(15, False, False)
    assert (batch.open, batch.refused) == ({3}, {4: REFUSED})


def test_a_return_is_known_by_what_it_is() -> None:
    messages = [outgoing("a", n=1), outgoing("b"), outgoing("a", n=2), outgoing("a", b"y")]
    batch = _Batch(messages, 1)
    batch.returned(*returned(messages[2]))
    assert batch.refused == {2: UNROUTABLE}
    batch.confirmed(4, True, True)
    assert (batch.open, batch.refused) == (set(), {2: UNROUTABLE})


def test_of_equal_messages_each_return_is_one() -> None:
    messages = [outgoing("a"), outgoing("a"), outgoing("a")]
    batch = _Batch(messages, 1)
    batch.returned(*returned(messages[0]))
    batch.returned(*returned(messages[0]))
    assert len(batch.refused) == 2


def test_a_return_that_may_be_one_of_several_keeps_them_all() -> None:
    batch = _Batch([outgoing("a", n=1), outgoing("a", n=2), outgoing("b")], 1)
    method, _properties, body = returned(outgoing("a"))
    batch.returned(method, pika.BasicProperties(headers={"n": 3}), body)
    assert set(batch.refused) == {0, 1}


NOW = 1_800_000_000.0
FRESH = {"type": "classic", "state": "running", "fresh": True, "messages_ready": 4, "messages_unacknowledged": 1}


def test_a_depth() -> None:
    found = {"orders": {**FRESH, "consumers": 2, "head_message_timestamp": int(NOW) - 30}, "orders.dead": dict(FRESH)}
    depth = queue(dead="orders.dead").depth(found, NOW)
    assert (depth.ready, depth.in_flight, depth.dead, depth.consumers, depth.oldest_age) == (4, 1, 5, 2, 30.0)
    assert depth.note == ""


def test_what_is_not_known_is_not_zero() -> None:
    one = queue(dead="orders.dead")
    new = {name: {"name": name, "type": "classic", "state": "running"} for name in ("orders", "orders.dead")}
    depth = one.depth(new, NOW)
    assert (depth.exists, depth.ready, depth.in_flight, depth.dead, depth.consumers, depth.oldest_age) == (
        True,
        None,
        None,
        None,
        None,
        None,
    )
    assert "no statistics of orders.dead" in depth.note
    assert "no statistics of the queue" in depth.note
    down = one.depth({"orders": {**FRESH, "state": "down"}}, NOW)
    assert (down.exists, down.ready) == (True, None)
    assert down.note == "there is no queue orders.dead for dead letters; the queue is down"
    stream = one.depth({"orders": {**FRESH, "type": "stream"}}, NOW)
    assert (stream.ready, stream.type) == (None, "stream")
    assert one.depth({"orders": {**FRESH, "head_message_timestamp": ""}}, NOW).oldest_age is None
    assert one.depth({"orders": {**FRESH, "messages_ready": 0}}, NOW).oldest_age == 0.0


def test_a_pattern_matches_these_names_only() -> None:
    pattern = re.compile(pattern_of(["a.b", "strange [x]|y", "c"]))
    assert all(pattern.search(name) for name in ("a.b", "strange [x]|y", "c"))
    assert not any(pattern.search(name) for name in ("axb", "c2", "strange x", ""))


def test_portions() -> None:
    names = [f"queue-{number}" for number in range(600)]
    assert [name for some in portions(names, 100) for name in some] == names
    assert max(sum(map(len, some)) for some in portions(names, 100)) <= 100
    assert [len(some) for some in portions(names, 1_000_000)] == [500, 100]


def test_ports_follow_tls() -> None:
    plain, tls = queue().options, queue(tls=True).options
    assert (management_port(plain), amqp_port(plain)) == (15672, 5672)
    assert (management_port(tls), amqp_port(tls)) == (15671, 5671)
    assert management_port(queue(login_port=80).options) == 80


def test_the_modules_connection_is_not_taken_for_rabbitmqs() -> None:
    (one,) = described([{"name": "orders", "kind": "rabbitmq"}], {"login_port": 6379, "login_password": "of redis"})
    assert one.options["login_port"] is None
    assert one.options["login_password"] is None


def test_target_and_exchange_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude each other"):
        queue(target="other", return_by="exchange")


def test_places() -> None:
    assert queue(vhost="a").place() == queue(vhost="b").place()
    assert queue(login_user="a").place() != queue(login_user="b").place()


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, b'{"reason": "Login failed"}', AccessDenied, "('Login failed'): there; check login_user"),
        (401, b'{"reason": "Not management user"}', AccessDenied, "the user needs the tag management"),
        (403, b"<html>no</html>", AccessDenied, "the management API refuses access: there; check the user's rights"),
        (404, b"{}", NotThere, "the management API knows no virtual host v"),
        (503, b"", Unreachable, "answers with status 503"),
    ],
)
def test_refusals(status: int, body: bytes, kind: type[Exception], said: str) -> None:
    error = refusal(Response(status, {}, body, 0.1, "http://there/api"), "v", "there")
    assert error.__class__ is kind
    assert said in str(error)


def test_errors_of_pika() -> None:
    known = pytest.importorskip("pika.exceptions")
    nested = known.AMQPConnectionError(known.ConnectionClosedByBroker(530, "NOT_ALLOWED - vhost x not found"))
    assert "check vhost" in str(explain(nested, "connect", "there"))
    slow = known.ChannelClosedByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out")
    assert "consumer_timeout" in str(explain(slow, "read", "there"))
    assert str(explain(ConnectionRefusedError(111, "Connection refused"), "connect", "there")) == (
        "cannot connect: no connection (Connection refused): there"
    )
    assert "no connection (it was closed)" in str(explain(None, "connect", "there"))
