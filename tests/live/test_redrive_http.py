# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters behind an API: the demo service's own, with its workers; and a stand-in for shapes that it lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE
from ansible_collections.day2.ops.tests.lab.state import Facts

from .answering import Answer, Asked, answering, as_json
from .demo_help import Demo, demo_of
from .passing import Options, begun, measured, peeked, redriven, reprocess, swept


@pytest.fixture
def demo(facts: Facts, request: pytest.FixtureRequest) -> Iterator[Demo]:
    """The demo service, its queue empty."""
    with demo_of(facts, request.node.name) as made:
        yield made


def test_a_service_that_is_told_how_many_redrives_in_batches(demo: Demo) -> None:
    ids = demo.fail(25)
    queue = demo.queue(batch=10)
    assert measured(queue)["dead"] == 25
    assert sorted(letter.id for letter in peeked(queue)) == sorted(ids)
    demo.set_bug(False)
    passed = swept(queue, most=100)
    assert [batch.moved for batch in passed.batches] == [10, 10, 5]
    demo.await_processed(ids)
    assert measured(queue)["dead"] == 0


def test_letters_are_looked_at_and_those_that_are_meant_are_redriven(demo: Demo) -> None:
    ids = demo.fail(12)
    queue = demo.queue(by_ids=True)
    first = next(letter for letter in peeked(queue) if letter.id == ids[0])
    assert (first.error, first.attempts) == ("cannot handle an amount that ends in 3: 3", 1)
    assert first.failed_at
    demo.set_bug(False)
    passed = redriven(queue, lambda letter: MOVE if letter.payload["amount"] < 60 else KEEP)
    assert passed.sums == {"moved": 6, "kept": 6}
    demo.await_processed(ids[:6])
    with begun(queue) as letters:
        assert letters.still_dead(ids) == 6


def test_the_module_stops_when_the_cause_is_not_fixed(demo: Demo) -> None:
    ids = demo.fail(20)
    result = reprocess(demo.queue(), canary=3, canary_wait=10.0)
    assert (result.failed, result.data["stop_reason"], result.data["moved"]) == (True, "canary", 3), result.msg
    demo.set_bug(False)
    result = reprocess(demo.queue(by_ids=True), filter={"error": ": [0-9]{2}$"})
    assert (result.failed, result.data["moved"], result.data["left"]) == (False, 9, 11), result.msg
    result = reprocess(demo.queue())
    assert (result.failed, result.data["moved"], result.data["left"]) == (False, 11, 0), result.msg
    demo.await_processed(ids)


def test_what_the_service_cannot_be_told_is_refused_before_anything_moves(demo: Demo) -> None:
    demo.fail(3)
    queue = demo.queue()
    plan = reprocess(queue, check_mode=True)
    assert plan.data["plan"]["move"] == 3
    with pytest.raises(InputError, match="cannot be told which dead letters to redrive, only how many"):
        reprocess(queue, filter={"error": "amount"})
    with pytest.raises(InputError, match="park: the kind http cannot do that"):
        reprocess(queue, park=True)
    with begun(demo.queue(by_ids=True)) as letters, pytest.raises(InputError, match="cannot be parked or removed"):
        letters.settle(letters.take(1), [DROP])
    assert measured(queue)["dead"] == 3


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"headers": {"X-Admin-Token": "wrong"}}, AccessDenied, "status 401: expected the admin token"),
        (
            {"redrive": {"url": "/api/dlq/reprocess?count={count}", "method": "GET"}},
            InputError,
            "does not take GET here",
        ),
        (
            {"redrive": {"url": "/api/dlq/reprocess?count={count}00000"}},
            OpsError,
            "status 422: query.count: Input should",
        ),
        ({"redrive": {"url": "/api/dlq/reprocess"}}, InputError, "nothing would bound what the service redrives"),
        ({"redrive": {"url": "/api/dlq/rerun?count={count}"}}, OpsError, "status 404: no POST /api/dlq/rerun"),
        ({"dead": None}, InputError, "does not say how to ask for its dead letters"),
    ],
)
def test_refusals_of_the_service_are_one_clear_line(
    demo: Demo, change: Options, kind: type[OpsError], message: str
) -> None:
    demo.fail(2)
    queue = {**demo.queue(depth={"url": f"{demo.url}/api/dlq"}), **change}
    for option in change:
        if change[option] and "url" in change[option]:
            queue[option] = {**change[option], "url": demo.url + change[option]["url"]}
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        swept(queue)
    assert measured(demo.queue())["dead"] == 2


class StandIn:
    """A stand-in for a service with other shapes of answers: objects, pages, no numbers, and refusals."""

    def __init__(self, ids: list[str], reply: Callable[[StandIn, Asked], Answer]) -> None:
        self.dead = ids
        self.done: list[str] = []
        self.asked: list[Asked] = []
        self._reply = reply

    def __call__(self, asked: Asked) -> Answer:
        """Answer a request."""
        self.asked.append(asked)
        return self._reply(self, asked)

    def redrive(self, count: int) -> int:
        """Take so many letters from the dead."""
        moved, self.dead = self.dead[:count], self.dead[count:]
        self.done += moved
        return len(moved)


def _queue(url: str, **options: Any) -> Options:
    return {
        "name": "vcons",
        "kind": "http",
        "dead": {"url": f"{url}/dlq?ingress_list=main", "path": ["uuids", "ids"]},
        "redrive": {"url": f"{url}/dlq/reprocess?ingress_list=main&limit={{count}}", "path": ["reprocessed"]},
        **options,
    }


def _objects(service: StandIn, asked: Asked) -> Answer:
    if asked.method == "GET":
        return as_json({"uuids": service.dead, "count": len(service.dead)})
    return as_json({"reprocessed": service.redrive(int(asked.fields["limit"][0]))})


def test_a_stand_in_that_answers_with_objects() -> None:
    service = StandIn([f"id-{number}" for number in range(250)], _objects)
    with answering(service) as url:
        assert measured(_queue(url))["dead"] == 250
        assert [letter.id for letter in peeked(_queue(url))][:2] == ["id-0", "id-1"]
        assert [batch.moved for batch in swept(_queue(url), most=1000).batches] == [100, 100, 50]
    assert (service.dead, len(service.done)) == ([], 250)


def test_a_stand_in_that_does_not_tell_how_many() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        if asked.method == "GET":
            return as_json(len(service.dead))
        service.redrive(int(asked.fields["limit"][0]))
        return Answer(b"", 204)

    service = StandIn([f"id-{number}" for number in range(30)], reply)
    with answering(service) as url, begun(_queue(url, dead={"url": f"{url}/count"})) as letters:
        assert (letters.sweep(20).moved, letters.sweep(20).moved, letters.sweep(20).moved) == (20, 10, 0)
        assert letters.notes() == [
            "the service does not tell how many letters it redrove: counted by how many fewer there were after it"
        ]


def test_a_stand_in_that_redrives_none_ends_the_pass() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        return as_json(service.dead if asked.method == "GET" else {"reprocessed": 0, "message": "chains are paused"})

    service = StandIn(["a", "b"], reply)
    with answering(service) as url, pytest.raises(OpsError) as error:
        swept(_queue(url, dead={"url": f"{url}/dlq"}))
    assert str(error.value) == (
        "the service redrove none, and 2 dead letters are left: chains are paused:"
        f" POST {url}/dlq/reprocess; see the service's log"
    )
    assert [asked.method for asked in service.asked] == ["GET", "POST", "GET"]


def test_a_stand_in_whose_letters_come_back_at_once_ends_all_the_same() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        if asked.method == "GET":
            return as_json(service.dead)
        moved = service.redrive(int(asked.fields["limit"][0]))
        service.dead += service.done[-moved:]
        return as_json(moved)

    service = StandIn(["a", "b", "c"], reply)
    with answering(service) as url:
        assert swept(_queue(url, dead={"url": f"{url}/dlq"}, batch=2)).moved == 3


def test_a_stand_in_that_does_not_heed_the_count_is_told_of() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        return as_json(service.dead if asked.method == "GET" else service.redrive(1000))

    service = StandIn(list("abcdef"), reply)
    with answering(service) as url, begun(_queue(url, dead={"url": f"{url}/dlq"})) as letters:
        assert (letters.sweep(2).moved, letters.sweep(2).moved) == (6, 0)
        assert letters.notes() == ["the service redrove 6 letters when it was asked for 2: it does not heed {count}"]


def test_a_stand_in_that_lists_a_page_at_a_time_and_takes_ids_in_its_path() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        if asked.method == "GET":
            return as_json({"total": len(service.dead), "ids": service.dead[:4]})
        (name,) = [one for one in service.dead if asked.path == f"/dlq/{one}/retry"]
        service.dead.remove(name)
        service.done.append(name)
        return as_json({"ok": True, "retried": [name]})

    service = StandIn([f"id-{number}" for number in range(10)], reply)
    with answering(service) as url:
        queue = _queue(
            url,
            dead={"url": f"{url}/dlq", "path": ["total"]},
            redrive={"url": f"{url}/dlq/{{ids}}/retry", "path": ["retried"]},
            batch=1,
        )
        assert measured(queue)["dead"] == 10
        assert len(peeked(queue)) == 4
        assert redriven(queue).moved == 10
    assert service.done == [f"id-{number}" for number in range(10)]


def test_a_stand_in_that_takes_ids_and_gives_none() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        return as_json([{"what": name} for name in service.dead])

    with answering(StandIn(["a", "b"], reply)) as url:
        queue = _queue(url, dead={"url": f"{url}/dlq"}, redrive={"url": f"{url}/retry", "body": {"ids": "{ids}"}})
        assert redriven(queue).skipped == {"the service gives no id": 2}
        assert [json.loads(letter.body or b"") for letter in peeked(queue)] == [{"what": "a"}, {"what": "b"}]


def test_a_stand_in_that_is_down_in_the_middle() -> None:
    def reply(service: StandIn, asked: Asked) -> Answer:
        if asked.method == "POST" and service.done:
            return as_json({"detail": "redis: connection refused"}, 500)
        return _objects(service, asked)

    service = StandIn([f"id-{number}" for number in range(5)], reply)
    with answering(service) as url, begun(_queue(url, batch=2)) as letters:
        assert letters.sweep(10).moved == 2
        with pytest.raises(Unreachable, match="status 500: redis: connection refused"):
            letters.sweep(10)
        position = letters.position()
        assert position == {"left": 3}
