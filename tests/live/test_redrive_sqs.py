# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters in a STAND-IN for Amazon SQS (moto's server): failed, redriven, and then done by boto3, once each.

It knows no StartMessageMoveTask, so a sweep falls back here to what works everywhere; that task itself is looked at in
the unit tests, against answers as the reference of SQS has them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_connection import Sqs
from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_letters import NO_ROOM, NOT_REMOVED
from ansible_collections.day2.ops.tests.lab.state import UrlFacts

from .passing import begun, opened, peeked, redriven, settle_all, sweep_all, take_all
from .sqs_help import SqsBroker

ITEMS = 24
NUMBERS = list(range(ITEMS))


@pytest.fixture
def orders(sqs: UrlFacts) -> Iterator[SqsBroker]:
    """A queue whose worker has failed at all of its messages."""
    broker = SqsBroker(sqs)
    broker.fill(ITEMS)
    broker.fail()
    assert broker.size(broker.dead) == (ITEMS, 0)
    yield broker
    broker.remove()


def numbered(letter: Letter) -> int:
    """Return the number that the producer gave."""
    return int(letter.payload["number"])


def test_a_letter_tells_what_sqs_knows(orders: SqsBroker) -> None:
    with opened(orders.description(), dry=True) as letters:
        assert letters.begin() == ITEMS
        (letter,) = letters.take(1)
        assert (letter.type, letter.error, letter.failed_at, letter.attempts) == ("order.made", None, None, 1)
        assert letters.count() == ITEMS
    with begun(orders.description(item={"error": "number"}, type_attribute="weight"), dry=True) as letters:
        (letter,) = letters.take(1)
        assert letter.error == letter.type


def test_a_look_gives_all_back_at_its_end(orders: SqsBroker) -> None:
    with begun(orders.description(), dry=True) as letters:
        assert sorted(map(numbered, take_all(letters))) == NUMBERS
        assert orders.size(orders.dead) == (0, ITEMS)
    assert orders.size(orders.dead) == (ITEMS, 0)


def test_a_message_stays_what_it_was(orders: SqsBroker) -> None:
    redriven(orders.description(), count_redrives=True)
    messages = {message["Body"]: message for message in orders.receive(orders.queue)}
    assert messages['{"number": 3}']["MessageAttributes"] == {
        "type": {"DataType": "String", "StringValue": "order.made"},
        "weight": {"DataType": "Number.int", "StringValue": "3"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "day2_redrives": {"DataType": "Number", "StringValue": "1"},
    }


def test_what_dies_again_is_counted_and_does_not_belong_to_the_pass(orders: SqsBroker) -> None:
    with begun(orders.description(), count_redrives=True) as letters:
        first = letters.take(10)
        assert letters.settle(first, [MOVE] * len(first)).moved == len(first)
        orders.fail()
        assert letters.count() == ITEMS
        assert settle_all(letters, lambda _letter: KEEP).sums["kept"] <= ITEMS - len(first)
    redrives = [letter.redrives for letter in peeked(orders.description(), count_redrives=True)]
    assert sorted(redrives) == [0] * (ITEMS - len(first)) + [1] * len(first)


def test_a_run_in_parts_looks_at_each_letter_once(orders: SqsBroker) -> None:
    seen: list[int] = []
    position: dict[str, Any] = {}
    for _part in range(ITEMS // 8):
        with begun(orders.description(), position=position) as letters:
            for verdict in (KEEP, MOVE):
                taken = letters.take(4)
                seen += map(numbered, taken)
                letters.settle(taken, [verdict] * len(taken))
            position = letters.position()
    assert sorted(seen) == NUMBERS
    assert position == {"left": 0}


def test_a_sweep_goes_by_way_of_us_where_the_service_has_no_task(orders: SqsBroker) -> None:
    with begun(orders.description()) as letters:
        moved = sweep_all(letters, 1_000_000).moved
        assert any("SQS does not move them by itself" in note for note in letters.notes())
    assert moved == ITEMS
    assert sorted(orders.work()) == NUMBERS


def test_groups_of_a_fifo_queue_keep_their_order(sqs: UrlFacts) -> None:
    orders = SqsBroker(sqs, fifo=True)
    try:
        orders.fill(12, group=4)
        orders.fail()
        assert orders.size(orders.dead)[0] == 12
        taken: dict[str, list[int]] = {}

        def moved(letter: Letter) -> str:
            taken.setdefault(letter.handle["Attributes"]["MessageGroupId"], []).append(numbered(letter))
            return MOVE

        assert redriven(orders.description(), moved).sums == {"moved": 12}
        done = orders.work()
        assert sorted(done) == list(range(12))
        # The stand-in itself gives letters up in another order than it was given them.
        assert taken == {f"g{group}": [number for number in done if number // 4 == group] for group in range(3)}
    finally:
        orders.remove()


def test_killed_between_sending_and_removing_nothing_is_lost(orders: SqsBroker) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import Terms
        from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
        from ansible_collections.day2.ops.plugins.module_utils._queues.sqs_letters import SqsLetters
        SqsLetters._remove_batch = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        letters = described([{orders.description(visibility_timeout=1)!r}], {{}})[0].dead_letters(Terms(run="killed"))
        letters.begin()
        taken = letters.take(10)
        letters.settle(taken, ["move"] * len(taken))
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    moved = 0
    while moved < ITEMS:  # what was taken is back after its second
        moved += redriven(orders.description()).sums.get("moved", 0)
    processed = orders.work()
    assert sorted(set(processed)) == NUMBERS
    assert len(processed) == ITEMS + 10  # those that were on their way came twice


def test_what_the_service_refuses_of_a_batch_is_a_reason(orders: SqsBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Sqs.call

    def partly(self: Sqs, operation: str, doing: str, on: str, **arguments: Any) -> dict[str, Any]:
        entries = arguments.get("Entries", [])
        if operation == "send_message_batch":
            answer = original(self, operation, doing, on, **{**arguments, "Entries": entries[1:]})
            return {**answer, "Failed": [{"Id": entries[0]["Id"], "Code": "InternalError", "SenderFault": False}]}
        if operation == "delete_message_batch":
            return {"Failed": [{"Id": entries[-1]["Id"]}]} if len(entries) < 9 else original_but_last(self, **arguments)
        return original(self, operation, doing, on, **arguments)

    def original_but_last(self: Sqs, **arguments: Any) -> dict[str, Any]:
        entries = arguments["Entries"]
        answer = original(self, "delete_message_batch", "", "", **{**arguments, "Entries": entries[:-1]})
        return {**answer, "Failed": [{"Id": entries[-1]["Id"]}]}

    monkeypatch.setattr(Sqs, "call", partly)
    with begun(orders.description()) as letters:
        taken = letters.take(10)
        done = letters.settle(taken, [MOVE] * 10)
    assert done.moved == 8
    assert done.skipped == {"the queue does not take it (InternalError)": 1, NOT_REMOVED: 1}
    assert orders.size(orders.dead) == (ITEMS - 10, 2)  # for the next part of the run


def test_what_has_no_room_for_the_count_stays(sqs: UrlFacts) -> None:
    orders = SqsBroker(sqs)
    try:
        full = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)}
        orders.client.send_message(QueueUrl=orders.url(orders.queue), MessageBody="{}", MessageAttributes=full)
        orders.fail()
        assert redriven(orders.description(), count_redrives=True).sums == {NO_ROOM: 1}
        assert redriven(orders.description()).sums == {"moved": 1}
    finally:
        orders.remove()


def test_what_cannot_be_done_is_said(orders: SqsBroker) -> None:
    with pytest.raises(NotThere, match=r"no redrive policy .* give dead"):
        redriven(orders.description(queue=orders.parked))
    with (
        opened(orders.description(dead="daed")) as letters,
        pytest.raises(NotThere, match="there is no such queue: daed"),
    ):
        letters.begin()
    with begun(orders.description(), park="nowhere") as letters:
        taken = letters.take(5)
        with pytest.raises(NotThere, match="there is no such queue: nowhere"):
            letters.settle(taken, [PARK] * len(taken))
    assert orders.size(orders.dead) == (ITEMS, 0)
    with pytest.raises(Unreachable, match="no answer"):
        redriven(orders.description(endpoint_url="http://127.0.0.1:1", timeout=0.5))
