# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kind sqs makes of messages and answers, and how it has SQS move letters by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Reader
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs import SqsQueue, dead_name
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_connection import explain
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_letters import SqsLetters
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_message import batches, entry, has_room, letter_of

ARN = "arn:aws:sqs:eu-west-1:123456789012:"
ATTRIBUTES = {
    "type": {"DataType": "String", "StringValue": "order"},
    "ErrorMessage": {"DataType": "String", "StringValue": "no stock"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\xff", "StringListValues": []},
}


def queue(**options: Any) -> SqsQueue:
    """Return a queue as a user describes it."""
    (one,) = described([{"name": "orders", "kind": "sqs", **options}], {})
    assert isinstance(one, SqsQueue)
    return one


def message(**changes: Any) -> dict[str, Any]:
    """Return a message as it is received."""
    system = {"ApproximateReceiveCount": "4", "SentTimestamp": "1700000000000"}
    return {
        "MessageId": "m1",
        "ReceiptHandle": "r1",
        "Body": '{"n": 1}',
        "Attributes": {**system, **changes.pop("system", {})},
        "MessageAttributes": ATTRIBUTES,
        **changes,
    }


def test_a_letter() -> None:
    letter = letter_of(message(), Reader(None), {})
    assert (letter.id, letter.named, letter.error, letter.type) == ("m1", True, "no stock", "order")
    assert (letter.attempts, letter.failed_at, letter.redrives) == (3, None, 0)
    named = letter_of(message(), Reader({"type": "n"}), {"error_attribute": "type"})
    assert (named.type, named.error) == ("1", "order")
    assert letter_of(message(system={"ApproximateReceiveCount": "1"}), Reader(None), {}).attempts is None


def test_an_entry_keeps_what_the_message_had() -> None:
    letter = letter_of(message(system={"AWSTraceHeader": "Root=1", "MessageGroupId": "g"}), Reader(None), {})
    made = entry(letter, 5, "run", fifo=True, count=True)
    assert made["MessageAttributes"] == {
        "type": ATTRIBUTES["type"],
        "ErrorMessage": ATTRIBUTES["ErrorMessage"],
        "bytes": {"DataType": "Binary", "BinaryValue": b"\xff"},
        "day2_redrives": {"DataType": "Number", "StringValue": "1"},
    }
    assert (made["Id"], made["MessageBody"], made["MessageGroupId"]) == ("5", '{"n": 1}', "g")
    assert made["MessageSystemAttributes"] == {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    again = entry(letter, 0, "run", fifo=True, count=False)
    other = entry(letter, 0, "another", fifo=True, count=False)
    assert made["MessageDeduplicationId"] == again["MessageDeduplicationId"] != other["MessageDeduplicationId"]
    assert "MessageDeduplicationId" not in entry(letter, 0, "run", fifo=False, count=False)


def test_room_for_the_count() -> None:
    nine: dict[str, Any] = {f"a{number}": {} for number in range(9)}
    assert has_room(letter_of(message(MessageAttributes=nine), Reader(None), {}))
    assert not has_room(letter_of(message(MessageAttributes={**nine, "b": {}}), Reader(None), {}))
    assert has_room(letter_of(message(MessageAttributes={**nine, "day2_redrives": {}}), Reader(None), {}))


def test_batches_are_of_ten_and_not_too_large() -> None:
    small = [{"Id": str(number), "MessageBody": "x"} for number in range(23)]
    assert [len(batch) for batch in batches(small)] == [10, 10, 3]
    large = [{"Id": str(number), "MessageBody": "x" * 100_000} for number in range(5)]
    assert [len(batch) for batch in batches(large)] == [2, 2, 1]
    assert list(batches([])) == []


def test_the_name_of_the_dead_letters_by_the_policy() -> None:
    assert dead_name({"RedrivePolicy": f'{{"deadLetterTargetArn": "{ARN}dead", "maxReceiveCount": 3}}'}) == (
        "dead@123456789012"
    )
    for policy in ("", "{}", "[]", "no JSON"):
        assert dead_name({"RedrivePolicy": policy}) is None


def test_what_is_told_depends_on_what_is_known() -> None:
    assert queue().capabilities == {"in_flight", "delayed"}
    assert queue(dead="d").capabilities == {"in_flight", "delayed", "dead"}
    assert queue(region="a").place() != queue(region="b").place()
    with pytest.raises(InputError, match="visibility_timeout"):
        queue(visibility_timeout=0)
    with pytest.raises(InputError, match="move_rate"):
        queue(move_rate=501)


class Answered(Exception):
    """An error as botocore raises it."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.response = {
            "Error": {"Code": code, "Message": "said"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        super().__init__(code)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AWS.SimpleQueueService.NonExistentQueue", 400, NotThere),
        ("InvalidClientTokenId", 403, AccessDenied),
        ("AccessDenied", 403, AccessDenied),
        ("SomethingNew", 403, AccessDenied),
        ("RequestThrottled", 400, Unreachable),
        ("500", 500, Unreachable),
        ("InvalidParameterValue", 400, OpsError),
    ],
)
def test_errors(code: str, status: int, kind: type[Exception]) -> None:
    assert explain(Answered(code, status), "read", "q").__class__ is kind


class Service:
    """Plays SQS as its reference tells of move tasks; hands out what `tasks` says, then the last of it for ever."""

    where = "sqs"

    def __init__(self, tasks: list[dict[str, Any]], refuses: str = "") -> None:
        self.tasks = tasks
        self.refuses = refuses
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def attributes(self, name: str, _names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        policy = {} if name == "dead@123456789012" else {"RedrivePolicy": f'{{"deadLetterTargetArn": "{ARN}dead"}}'}
        return {"QueueArn": ARN + name.partition("@")[0], "ApproximateNumberOfMessages": "30", **policy}, {}

    def url_of(self, name: str) -> str:
        return f"https://sqs/{name}"

    def call(self, operation: str, _doing: str, _on: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append((operation, arguments))
        if operation == "start_message_move_task":
            if self.refuses:
                raise OpsError(self.refuses)
            return {"TaskHandle": "handle"}
        if operation == "list_message_move_tasks":
            return {"Results": [self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0]]}
        return {}

    def close(self) -> None:
        """Nothing to do."""


class Clock:
    """Passes by itself."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def task(status: str, moved: int, **more: Any) -> dict[str, Any]:
    """Return a task as SQS tells of it."""
    return {"Status": status, "ApproximateNumberOfMessagesMoved": moved, **more}


def sweeping(monkeypatch: pytest.MonkeyPatch, service: Service, **options: Any) -> SqsLetters:
    """Return a pass that has begun with 30 letters."""
    monkeypatch.setattr(
        "ansible_collections.day2.ops.plugins.module_utils._queues.sqs_letters.Sqs", lambda _options: service
    )
    letters = SqsLetters(queue(**options), Terms(run="r"), Clock())
    assert letters.begin() == 30
    return letters


def test_sqs_moves_all_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service([{}, task("RUNNING", 0), task("RUNNING", 12), task("RUNNING", 12), task("COMPLETED", 30)])
    letters = sweeping(monkeypatch, service, move_rate=50)
    assert [letters.sweep(1000).moved for _call in range(3)] == [12, 18, 0]
    assert service.asked[1] == (
        "start_message_move_task",
        {"SourceArn": ARN + "dead", "DestinationArn": ARN + "orders", "MaxNumberOfMessagesPerSecond": 50},
    )
    letters.close()
    assert "cancel_message_move_task" not in dict(service.asked)


def test_the_task_is_cancelled_when_what_was_there_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service([task("CANCELLING", 9), task("CANCELLED", 9), task("RUNNING", 31), task("CANCELLED", 33)])
    letters = sweeping(monkeypatch, service)
    assert [letters.sweep(1000).moved for _call in range(3)] == [31, 2, 0]
    assert dict(service.asked)["cancel_message_move_task"] == {"TaskHandle": "handle"}


def test_the_task_is_cancelled_at_the_end_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service([{}, task("RUNNING", 5)])
    letters = sweeping(monkeypatch, service)
    assert letters.sweep(1000).moved == 5
    letters.close()
    assert dict(service.asked)["cancel_message_move_task"] == {"TaskHandle": "handle"}


def test_a_task_that_fails_or_hangs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Service([{}, task("FAILED", 0, FailureReason="AccessDenied")])
    with pytest.raises(OpsError, match="the move task failed: AccessDenied"):
        sweeping(monkeypatch, failed).sweep(1000)
    with pytest.raises(Unreachable, match="the move task moves nothing"):
        sweeping(monkeypatch, Service([{}, task("RUNNING", 0)])).sweep(1000)


def test_a_part_of_the_letters_and_a_service_without_tasks_go_by_way_of_us(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service([task("RUNNING", 0)])
    assert sweeping(monkeypatch, service).sweep(10).moved == 0  # it plays no messages
    assert "start_message_move_task" not in dict(service.asked)
    foreign = Service([task("RUNNING", 0)])
    letters = sweeping(monkeypatch, foreign)
    assert letters.sweep(1000).moved == 0
    assert letters.notes()[1].endswith(": another move task is at work")
    without = Service([{}], refuses="cannot start a move task: 500")
    letters = sweeping(monkeypatch, without)
    assert letters.sweep(1000).moved == 0
    assert letters.notes()[1].endswith("as SQS does not move them by itself: cannot start a move task: 500")
    assert [name for name, _arguments in without.asked].count("receive_message") == 2
