# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queues in the lab's STAND-IN for Amazon SQS, filled and worked on by boto3; measured and redriven by ours."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs import NUMBERS
from ansible_collections.day2.ops.tests.lab.state import UrlFacts

KEY, SECRET, REGION = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eu-west-1"


class SqsBroker:
    """A queue whose redrive policy leads to a queue of dead letters; both are new, and of the test's own."""

    def __init__(self, facts: UrlFacts, fifo: bool = False) -> None:
        self.facts = facts
        self.client: Any = boto3.client(
            "sqs",
            region_name=REGION,
            endpoint_url=facts["url"],
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        self._suffix = ".fifo" if fifo else ""
        self.queue = f"orders-{uuid.uuid4().hex[:8]}{self._suffix}"
        self.dead = self.queue.replace("orders", "dead")
        self.parked = self.dead.removesuffix(".fifo") + "-parked" + self._suffix
        for name in (self.dead, self.parked):
            self.make(name)
        (arn,) = self.client.get_queue_attributes(QueueUrl=self.url(self.dead), AttributeNames=["QueueArn"])[
            "Attributes"
        ].values()
        self.make(self.queue, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}))

    def make(self, name: str, **attributes: str) -> None:
        """Make a queue."""
        kind = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        self.client.create_queue(QueueName=name, Attributes={**attributes, **kind})

    def url(self, name: str) -> str:
        """Return the URL of a queue."""
        return str(self.client.get_queue_url(QueueName=name)["QueueUrl"])

    def remove(self) -> None:
        """Remove the queues."""
        for name in (self.queue, self.dead, self.parked):
            self.client.delete_queue(QueueUrl=self.url(name))

    def fill(self, count: int, **more: Any) -> None:
        """Send messages; `group` makes a group of every so many."""
        group = more.pop("group", 1)
        for number in range(count):
            fifo = {"MessageGroupId": f"g{number // group}", "MessageDeduplicationId": f"d{number}"}
            self.client.send_message(
                QueueUrl=self.url(self.queue),
                MessageBody=json.dumps({"number": number}),
                MessageAttributes={
                    "type": {"DataType": "String", "StringValue": "order.made"},
                    "weight": {"DataType": "Number.int", "StringValue": str(number)},
                    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                },
                **(fifo if self._suffix else {}),
                **more,
            )

    def receive(self, name: str, hidden: int = 30) -> Iterator[dict[str, Any]]:
        """Yield messages until there are none."""
        url = self.url(name)
        while found := self.client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=hidden,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            yield from found

    def fail(self) -> None:
        """A worker that fails at all that is there."""
        self.fail_at_some()
        assert not list(self.receive(self.queue, hidden=0))

    def fail_at_some(self) -> None:
        """A worker that takes messages and does not delete them, so that SQS gives them up."""
        for _message in self.receive(self.queue, hidden=0):
            pass

    def work(self) -> list[int]:
        """A worker that succeeds at all; return the numbers of what it has done."""
        done = []
        url = self.url(self.queue)
        for message in self.receive(self.queue):
            done.append(json.loads(message["Body"])["number"])
            self.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return done

    def size(self, name: str) -> tuple[int, int]:
        """Return how many messages are ready and hidden."""
        found = self.client.get_queue_attributes(QueueUrl=self.url(name), AttributeNames=NUMBERS)["Attributes"]
        return int(found[NUMBERS[0]]), int(found[NUMBERS[1]])

    def description(self, **options: Any) -> dict[str, Any]:
        """Return the queue as a user describes it; options win, None takes one away."""
        given = {
            "name": "orders",
            "kind": "sqs",
            "queue": self.queue,
            "region": REGION,
            "endpoint_url": self.facts["url"],
            "access_key": KEY,
            "secret_key": SECRET,
            **options,
        }
        return {name: value for name, value in given.items() if value is not None}
