# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A conversation with RabbitMQ by AMQP in which batches of messages are read, sent, confirmed and acknowledged.

pika's blocking connection awaits the confirm of each message by itself, which takes a round trip each; here, a batch of
them is sent and then awaited. Two channels are open: what the broker refuses to be sent closes only the one that sends,
and does not give back what was read over the other.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._core.errors import NotThere, OpsError, Unreachable
from .._core.libraries import load
from .rabbitmq_connection import amqp_where, explain, parameters
from .rabbitmq_message import Delivery

UNROUTABLE = "no queue takes it (unroutable)"
REFUSED = "the queue it goes to refuses it (it is full)"

# Seconds without any message after which we ask whether there are more.
_QUIET = 0.5
_CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Outgoing:
    """A message to be sent."""

    exchange: str
    routing_key: str
    properties: Any
    body: bytes

    def is_like(self, method: Any, body: bytes) -> bool:
        """Tell whether a message that came back may be this one."""
        return (method.exchange, method.routing_key, body) == (self.exchange, self.routing_key, self.body)


@dataclass
class Sent:
    """What became of a batch that was sent.

    :ivar refused: why the broker did not take a message, by its number in the batch.
    :ivar open: those of which nothing is known. :ivar error: why nothing more is to be learnt.
    """

    refused: dict[int, str]
    open: set[int]
    error: OpsError | None = None

    def arrived(self, number: int) -> bool:
        """Tell whether the broker has confirmed the message of that number."""
        return number not in self.refused and number not in self.open


class _Batch:
    """The messages of a batch that wait for their confirms."""

    def __init__(self, messages: Sequence[Outgoing], first: int) -> None:
        """Take the messages, and the number that the broker gives to the first of them."""
        self._messages = messages
        self._first = first
        self.open = set(range(len(messages)))
        self.refused: dict[int, str] = {}

    def confirmed(self, tag: int, multiple: bool, accepted: bool) -> None:
        """Note a confirm: of one message, or of all up to it."""
        number = tag - self._first
        done = {one for one in self.open if one <= number} if multiple else self.open & {number}
        self.open -= done
        if not accepted:
            self.refused.update(dict.fromkeys(done - set(self.refused), REFUSED))

    def returned(self, method: Any, properties: Any, body: bytes) -> None:
        """Note a message that no queue took. The broker does not say its number, so it is known by what it is.

        Where it may be one of several, all of them count: what was sent of them comes twice, which is better than lost.
        """
        alike = [
            number
            for number, one in enumerate(self._messages)
            if number not in self.refused and one.is_like(method, body)
        ]
        same = [number for number in alike if self._messages[number].properties.headers == properties.headers]
        for number in same[:1] or alike:
            self.refused[number] = UNROUTABLE


class Session:
    """One connection. ``OpsError`` is raised by all methods for what pika raises or reports."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``rabbitmq_connection.CONNECTION`` has validated. Nothing is sent."""
        self._options = options
        self._where = amqp_where(options)
        self._seconds = float(options["timeout"])
        self._connection: Any = None
        self._read: Any = None
        self._write: Any = None
        self._lost: Any = None  # what ended the connection
        self._closed: dict[Any, Any] = {}  # channel -> what ended it
        self._blocked = ""
        self._inbox: deque[Delivery] = deque()
        self._batch = _Batch((), 0)
        self._sent = 0
        self._progress = 0

    # Opening and closing

    def open(self) -> None:
        """Connect and open the channels.

        :raises OpsError: no connection, no access.
        """
        pika = load("pika")
        self._connection = pika.SelectConnection(
            parameters(self._options),
            on_open_callback=self._moved_on,
            on_open_error_callback=self._on_lost,
            on_close_callback=self._on_lost,
        )
        self._connection.ioloop.activate_poller()
        self._connection.add_on_connection_blocked_callback(self._on_blocked)
        self._connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._until(lambda: self._connection.is_open, "connect", self._where)
        self._read = self._channel()
        self._write = self._channel()
        self._write.add_on_return_callback(self._on_return)
        done: list[Any] = []
        self._write.confirm_delivery(self._on_confirm, callback=done.append)
        self._until(lambda: bool(done), "connect", self._where, self._write)

    def close(self) -> None:
        """End the connection; the broker puts back what was not acknowledged. Does not raise."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        loop, deadline = connection.ioloop, time.monotonic() + _CLOSE_SECONDS
        try:
            if connection.is_open:
                connection.close()
            while not connection.is_closed and time.monotonic() < deadline:
                self._turn(loop, deadline - time.monotonic())
            loop.deactivate_poller()
            loop.close()
        except (load("pika.exceptions").AMQPError, OSError):
            return

    def _channel(self) -> Any:
        channel = self._connection.channel(on_open_callback=self._moved_on)
        channel.add_on_close_callback(self._on_channel_closed)
        self._until(lambda: channel.is_open, "open a channel", self._where, channel)
        return channel

    # What the broker is asked

    def count(self, queue: str, aside: bool = False) -> tuple[int, int]:
        """Return how many messages of the queue are ready, and how many consumers it has.

        What was acknowledged before is settled when this returns.

        :param aside: ask over a channel of its own, as the answer that it does not exist closes the channel.
        :raises NotThere: there is no such queue.
        """
        answers: list[Any] = []
        channel = self._channel() if aside else self._read
        channel.queue_declare(queue, passive=True, callback=answers.append)
        self._until(lambda: bool(answers), "read the queue", self.on(queue), channel)
        if aside:
            channel.close()
        method = answers[0].method
        return int(method.message_count), int(method.consumer_count)

    def make_queue(self, queue: str) -> None:
        """Make a durable queue unless there is one of that name, however it was made."""
        try:
            self.count(queue, aside=True)
        except NotThere:
            channel = self._channel()
            answers: list[Any] = []
            channel.queue_declare(queue, durable=True, callback=answers.append)
            self._until(lambda: bool(answers), "make the queue", self.on(queue), channel)
            channel.close()

    def has_exchange(self, exchange: str) -> bool:
        """Tell whether there is an exchange of that name."""
        channel = self._channel()
        answers: list[Any] = []
        channel.exchange_declare(exchange, passive=True, callback=answers.append)
        try:
            self._until(lambda: bool(answers), "look for the exchange", self.on(exchange), channel)
        except NotThere:
            return False
        channel.close()
        return True

    # Messages

    def read(self, queue: str, most: int) -> list[Delivery]:
        """Return the next messages, at most ``most``; none when the queue has no more for us.

        They are ours until they are acknowledged, or the connection ends.
        """
        on, doing = self.on(queue), "read the dead letters"
        steps: list[Any] = []
        self._read.basic_qos(prefetch_count=most, callback=steps.append)
        tag = self._read.basic_consume(queue, self._on_message, callback=steps.append)
        self._until(lambda: len(steps) == 2, doing, on, self._read)
        patience = time.monotonic() + self._seconds
        while not self._until(lambda: len(self._inbox) >= most, doing, on, self._read, quiet=_QUIET):
            ready, _consumers = self.count(queue)
            if not ready or self._inbox:
                break
            if time.monotonic() > patience:
                raise OpsError(
                    f"the broker gives us none of {ready} ready messages",
                    on=on,
                    advice="does a consumer have it alone?",
                )
        self._read.basic_cancel(tag, callback=steps.append)
        self._until(lambda: len(steps) == 3, doing, on, self._read)
        messages = list(self._inbox)
        self._inbox.clear()
        return messages

    def send(self, messages: Sequence[Outgoing]) -> Sent:
        """Send messages, each of which must reach a queue, and await what the broker says of them.

        Does not raise ``OpsError``: what is known must not be lost.
        """
        batch = self._batch = _Batch(messages, self._sent + 1)
        error: OpsError | None = None
        doing = "send letters"
        try:
            for one in messages:
                self._write.basic_publish(one.exchange, one.routing_key, one.body, one.properties, mandatory=True)
                self._sent += 1
            self._until(lambda: not batch.open, doing, self._where, self._write)
        except OpsError as raised:
            error = raised
        except load("pika.exceptions").AMQPError as raised:
            error = self._failure(doing, self._where, self._write) or explain(raised, doing, self._where)
        return Sent(batch.refused, batch.open, error)

    def acknowledge(self, queue: str, tags: Sequence[int]) -> None:
        """Take messages out of the queue, and return when the broker has done so."""
        if not tags:
            return
        try:
            for tag in tags:
                self._read.basic_ack(tag)
        except load("pika.exceptions").AMQPError as error:
            doing = "take letters out of the queue"
            raise (self._failure(doing, self.on(queue), self._read) or explain(error, doing, self.on(queue))) from error
        self.count(queue)

    def on(self, name: str) -> str:
        """Return a thing of the broker with its place, for messages."""
        return f"{name} at {self._where}"

    # What pika tells

    def _moved_on(self, *_told: Any) -> None:
        self._progress += 1

    def _on_lost(self, _connection: Any, error: Any) -> None:
        self._lost = error

    def _on_channel_closed(self, channel: Any, error: Any) -> None:
        self._closed[channel] = error

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self._blocked = str(frame.method.reason)

    def _on_unblocked(self, *_told: Any) -> None:
        self._blocked = ""

    def _on_message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._inbox.append(Delivery(method.delivery_tag, properties, body, again=bool(method.redelivered)))
        self._progress += 1

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        self._batch.confirmed(method.delivery_tag, bool(method.multiple), method.NAME == "Basic.Ack")
        self._progress += 1

    def _on_return(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._batch.returned(method, properties, body)
        self._progress += 1

    # Waiting

    def _until(
        self, done: Callable[[], bool], doing: str, on: str, channel: Any = None, quiet: float | None = None
    ) -> bool:
        """Let pika work until something is done; the time allowed begins anew with each thing that happens.

        :param channel: whose end is the end of this too.
        :param quiet: seconds without anything after which False is returned; None: the option ``timeout``, and it is
            an error.
        """
        allowed = self._seconds if quiet is None else quiet
        seen, deadline = self._progress, time.monotonic() + allowed
        while not done():
            failure = self._failure(doing, on, channel)
            if failure:
                raise failure
            if seen != self._progress:
                seen, deadline = self._progress, time.monotonic() + allowed
            left = deadline - time.monotonic()
            if left <= 0:
                if quiet is not None:
                    return False
                raise self._late(doing, on)
            try:
                self._turn(self._connection.ioloop, left)
            except load("pika.exceptions").AMQPError as error:  # what arrived is no AMQP
                raise explain(error, doing, on) from error
        return True

    def _turn(self, loop: Any, seconds: float) -> None:
        """Let pika handle what has arrived, or wait for something at most so long."""
        timer = loop.call_later(max(seconds, 0.0), self._ring)
        loop.poll()
        loop.process_timeouts()
        loop.remove_timeout(timer)

    def _ring(self) -> None:
        """Nothing: it is enough that the wait ends."""

    def _failure(self, doing: str, on: str, channel: Any) -> OpsError | None:
        if self._lost is not None:
            return explain(self._lost, doing, on)
        if channel is not None and channel in self._closed:
            return explain(self._closed[channel], doing, on)
        return None

    def _late(self, doing: str, on: str) -> OpsError:
        if self._blocked:
            return Unreachable(f"cannot {doing}: the broker takes no messages now ({self._blocked})", on=on)
        return Unreachable(f"cannot {doing}: no answer in time", on=on)
