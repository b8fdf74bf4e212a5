# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A producer and workers of RabbitMQ by pika's own blocking connection, for tests.

declare QUEUE [TYPE]    make QUEUE (classic or quorum) behind the topic exchange QUEUE.in, and QUEUE.dead for what dies
fill QUEUE COUNT        send COUNT messages to QUEUE.in with the ids QUEUE-0, QUEUE-1, ...
fail QUEUE COUNT        a worker that fails at COUNT messages: rejects them
work QUEUE FILE         a worker that succeeds until the queue is empty: writes id, routing key and redrives of each
serve QUEUE FILE        the same until a signal ends it
dead QUEUE COUNT        remove, declare, fill and fail
hold QUEUE COUNT        a worker that takes COUNT messages, says so and works on them until its input ends
remove QUEUE            remove all that declare made

The environment says where RabbitMQ is: AMQP_HOST, AMQP_PORT, AMQP_USER, AMQP_PASSWORD.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingChannel

QUIET_SECONDS = 0.5
LOOK_SECONDS = 0.05


def connect(environment: Mapping[str, str]) -> pika.BlockingConnection:
    """Return the connection that the environment describes."""
    credentials = pika.PlainCredentials(environment["AMQP_USER"], environment["AMQP_PASSWORD"])
    return pika.BlockingConnection(
        pika.ConnectionParameters(environment["AMQP_HOST"], int(environment["AMQP_PORT"]), credentials=credentials)
    )


def declare(channel: BlockingChannel, queue: str, kind: str = "classic") -> None:
    """Make the queue and what belongs to it."""
    channel.exchange_declare(f"{queue}.in", "topic", durable=True)
    channel.exchange_declare(f"{queue}.dlx", "direct", durable=True)
    arguments = {"x-dead-letter-exchange": f"{queue}.dlx", "x-queue-type": kind}
    channel.queue_declare(queue, durable=True, arguments=arguments)
    channel.queue_declare(f"{queue}.dead", durable=True)
    channel.queue_bind(queue, f"{queue}.in", "item.*")
    channel.queue_bind(f"{queue}.dead", f"{queue}.dlx", "item.new")
    channel.queue_bind(f"{queue}.dead", f"{queue}.dlx", queue)


def fill(channel: BlockingChannel, queue: str, count: str) -> None:
    """Send messages, each confirmed."""
    channel.confirm_delivery()
    for number in range(int(count)):
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=2,
            priority=number % 5,
            message_id=f"{queue}-{number}",
            correlation_id=f"c-{number}",
            timestamp=int(time.time()) - 60,
            type="item.made",
            app_id="producer",
            expiration="3600000",
            headers={"tenant": f"t{number % 3}", "nested": {"list": [1, "two", None, True]}},
        )
        channel.basic_publish(f"{queue}.in", "item.new", b'{"number": %d}' % number, properties, mandatory=True)


def fail(channel: BlockingChannel, queue: str, count: str) -> None:
    """Reject messages."""
    for number, (method, _properties, _body) in enumerate(channel.consume(queue), start=1):
        channel.basic_reject(method.delivery_tag, requeue=False)
        if number == int(count):
            return


def work(channel: BlockingChannel, queue: str, file: str) -> None:
    """Do what is there."""
    _do_all(channel, queue, file, QUIET_SECONDS, lambda: True)


def serve(channel: BlockingChannel, queue: str, file: str) -> None:
    """Do what is there and what comes, until a signal says that it is enough."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    _do_all(channel, queue, file, LOOK_SECONDS, lambda: bool(told))


def _do_all(channel: BlockingChannel, queue: str, file: str, quiet: float, enough: Callable[[], bool]) -> None:
    """Note each message, then acknowledge it, until it is quiet and enough."""
    with Path(file).open("a", encoding="ascii") as done:
        for method, properties, _body in channel.consume(queue, inactivity_timeout=quiet):
            if method is None:
                if enough():
                    return
                continue
            redrives = (properties.headers or {}).get("x-day2-redrives", 0)
            print(properties.message_id, method.routing_key, redrives, file=done, flush=True)
            channel.basic_ack(method.delivery_tag)


def hold(channel: BlockingChannel, queue: str, count: str) -> None:
    """Take messages and keep them until the input ends."""
    channel.basic_qos(prefetch_count=int(count))
    for number, _message in enumerate(channel.consume(queue), start=1):
        if number == int(count):
            print("holding", flush=True)
            sys.stdin.read()
            return


def remove(channel: BlockingChannel, queue: str) -> None:
    """Remove the queue and what belongs to it."""
    for name in (queue, f"{queue}.dead", f"{queue}.dead.parked"):
        channel.queue_delete(name)
    for name in (f"{queue}.in", f"{queue}.dlx"):
        channel.exchange_delete(name)


def dead(channel: BlockingChannel, queue: str, count: str) -> None:
    """Make it all anew, with dead letters."""
    remove(channel, queue)
    declare(channel, queue)
    fill(channel, queue, count)
    fail(channel, queue, count)


COMMANDS: dict[str, Callable[..., None]] = {
    "declare": declare,
    "fill": fill,
    "fail": fail,
    "work": work,
    "serve": serve,
    "hold": hold,
    "remove": remove,
    "dead": dead,
}


def do(environment: Mapping[str, str], command: str, *arguments: str) -> None:
    """Run a command to its end."""
    with connect(environment) as connection:
        COMMANDS[command](connection.channel(), *arguments)


if __name__ == "__main__":
    do(os.environ, *sys.argv[1:])
