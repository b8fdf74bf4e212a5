# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters in a stream: failed by a consumer of a group, redriven, and then done by that group, once each."""

from __future__ import annotations

import json

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_stream_scripts import MOST_TEXTS, TOO_WIDE
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, begun, peeked, reprocess, settle_all, some_of, sweep_all, two_at_once
from .queue_help import Client, in_redis, user_who_may
from .redis_workers import GroupWorker

EVENTS: Options = {
    "name": "events",
    "kind": "redis_stream",
    "group": "workers",
    "dead": "events:dlq",
    "item": {"error": "reason", "type": "event", "failed_at": "moved_at"},
}
ENTRIES = 50


@pytest.fixture
def events(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, EVENTS)


@pytest.fixture
def consumers(redis_server: Client) -> GroupWorker:
    """Consumers of an empty stream."""
    return GroupWorker(redis_server)


@pytest.fixture
def failed(consumers: GroupWorker, redis_server: Client) -> Client:
    """Events that the consumers failed on, the cause mended; an administrator's client."""
    redis_server.set("broken", "no connection")
    consumers.put(*range(ENTRIES))
    consumers.work()
    redis_server.delete("broken")
    assert redis_server.xlen("events:dlq") == ENTRIES
    return redis_server


def processed(server: Client) -> list[int]:
    """Return the numbers of the events that were done, in order."""
    return [int(number) for number in server.lrange("processed", 0, -1)]


def test_a_letter_tells_what_its_fields_do(failed: Client, events: Options) -> None:
    letters = peeked(events)
    assert len({letter.id for letter in letters}) == ENTRIES
    assert {(letter.error, letter.type) for letter in letters} == {
        ("no connection", "order.0"),
        ("no connection", "order.1"),
    }
    now = failed.time()[0]
    assert all(0 <= now - (letter.failed_at or 0) - number < 60 for number, letter in enumerate(letters))


def test_what_dies_again_does_not_belong_to_the_pass(consumers: GroupWorker, failed: Client, events: Options) -> None:
    failed.set("broken", "still no connection")
    queue = {**events, "item": {**events["item"], "id": "number"}}
    with begun(queue) as letters:
        first = letters.take(10)
        assert letters.settle(first, [MOVE] * len(first)).moved == 10
        assert letters.still_dead([letter.id for letter in first]) == 0
        consumers.work()
        assert letters.count() == ENTRIES
        assert letters.still_dead([letter.id for letter in first]) == 10
        assert sweep_all(letters).sums == {"moved": ENTRIES - 10}
        assert letters.count() == 10
    assert {letter.error for letter in peeked(events)} == {"still no connection"}


@pytest.mark.parametrize("swept", [True, False])
def test_two_passes_at_once_move_each_entry_once(
    consumers: GroupWorker, failed: Client, events: Options, swept: bool
) -> None:
    outcomes = two_at_once(events, sweep_all if swept else settle_all)
    assert sum(passed.moved for passed in outcomes) == ENTRIES
    consumers.work()
    assert sorted(processed(failed)) == list(range(ENTRIES))


def test_each_verdict(failed: Client, events: Options) -> None:
    verdicts = {letter.id: (MOVE, PARK, DROP, KEEP)[number % 4] for number, letter in enumerate(peeked(events))}
    before = failed.xlen("events")
    with begun(events) as letters:
        assert letters.parking() == "events:dlq:parked"
        assert settle_all(letters, lambda letter: verdicts[letter.id]).sums == {
            "moved": 13,
            "parked": 13,
            "dropped": 12,
            "kept": 12,
        }
    assert failed.xlen("events") == before + 13
    assert failed.xlen("events:dlq:parked") == 13
    kept = [letter.id for letter in peeked(events)]
    assert kept == [entry for entry, verdict in verdicts.items() if verdict == KEEP]
    parked = {**events, "dead": "events:dlq:parked"}
    assert reprocess(parked).data["moved"] == 13  # there is a way back


def test_the_newest_first(consumers: GroupWorker, failed: Client, events: Options) -> None:
    result = reprocess(events, order="newest", limit=20)
    assert result.data["moved"] == 20
    consumers.work()
    assert processed(failed) == list(range(ENTRIES - 1, ENTRIES - 21, -1))
    oldest = [letter.id for letter in peeked(events)]
    assert [letter.id for letter in peeked(events, order="newest")] == oldest[::-1]
    with begun(events, order="newest") as letters:
        assert sweep_all(letters).sums == {"moved": ENTRIES - 20}


def test_redrives_are_counted_across_ids(consumers: GroupWorker, failed: Client, events: Options) -> None:
    # The body of a letter that dies again must be the same, or tell an id.
    queue = {**events, "item": {**events["item"], "id": "number"}}
    failed.set("broken", "still no connection")
    for moved in (ENTRIES, ENTRIES, 0):
        result = reprocess(queue, max_attempts=2, stop_when_returning=1)
        assert result.data["moved"] == moved
        consumers.work()
    parked = reprocess(queue, max_attempts=2, park_to="quarantine")
    assert some_of(parked, "moved", "parked", "left") == {"moved": 0, "parked": ENTRIES, "left": 0}
    assert failed.xlen("quarantine") == ENTRIES


def test_a_run_is_picked_up_where_it_stood(failed: Client, events: Options) -> None:
    first = reprocess(events, limit=20, filter={"type": "order.1"})
    assert some_of(first, "moved", "stop_reason") == {"moved": 20, "stop_reason": "limit"}
    rest = reprocess(events, filter={"type": "order.1"}, continue_from=first.data["progress"])
    assert some_of(rest, "moved", "looked") == {"moved": 25, "looked": ENTRIES}
    assert failed.xlen("events:dlq") == 25


def test_taken_out_and_put_back(failed: Client, events: Options) -> None:
    with begun(events, dry=True) as letters:
        taken = letters.take(10)
        records = json.loads(json.dumps([letters.record(letter) for letter in taken]))
    with begun(events) as letters:
        letters.settle(letters.take(10), [DROP] * 10)
        assert letters.restore(records, "batch:1") == 10
        assert letters.restore(records, "batch:1") == 0
        with pytest.raises(InputError, match="not one of a stream"):
            letters.restore([{"body": "e30="}], "batch:2")
    assert failed.xlen("events:dlq") == ENTRIES
    assert [letter.body for letter in peeked(events)][-10:] == [letter.body for letter in taken]


def test_fields_of_any_kind_are_moved_as_they_are(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.xadd("raw", {"first": "1"})
    odd: list[dict[bytes, bytes]] = [
        {b"\xff\xfe": b"\x00\x80", b"data": b"not JSON"},
        {b"payload": b'{"a": {"b": 7}}', b"error": b"timeout"},
        {b"big": b"x" * 3_000_000},
        {b"": b""},
    ]
    for fields in odd:
        redis_server.xadd("raw:dlq", fields)
    queue = in_redis(redis_facts, {"name": "raw", "kind": "redis_stream", "dead": "raw:dlq", "field": "*"})
    queue["item"] = {"error": "error", "id": "payload.a.b"}
    letters = peeked(queue)
    assert [letter.error for letter in letters] == [None, "timeout", None, None]
    assert letters[1].id == "7"
    assert peeked({**queue, "field": "gone"})[0].fault == "it has no field gone"
    with begun(queue) as letters:
        assert sweep_all(letters).sums == {"moved": 4}
    assert [fields for _entry, fields in redis_server.xrange("raw")][1:] == odd


def test_an_entry_that_a_script_cannot_copy_stays(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.xadd("wide", {"first": "1"})
    redis_server.xadd("wide:dlq", {f"field{number}": "x" for number in range(MOST_TEXTS)})
    redis_server.xadd("wide:dlq", {"data": "x"})
    queue = in_redis(redis_facts, {"name": "wide", "kind": "redis_stream", "dead": "wide:dlq"})
    result = reprocess(queue)
    assert some_of(result, "moved", "skipped_for", "left") == {"moved": 1, "skipped_for": {TOO_WIDE: 1}, "left": 1}
    with begun(queue) as letters:
        assert settle_all(letters).sums == {TOO_WIDE: 1}


def test_ids_whose_payload_is_gone(redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.xadd("jobs", {"id": "0"})
    for number in range(4):
        redis_server.xadd("jobs:dlq", {"id": f"j{number}"})
        if number % 2:
            redis_server.set(f"job:j{number}", "body")
    queue = in_redis(
        redis_facts, {"name": "jobs", "kind": "redis_stream", "dead": "jobs:dlq", "payload_key": "job:{id}"}
    )
    result = reprocess(in_redis(redis_facts, queue), park=True)
    assert some_of(result, "moved", "parked_for") == {"moved": 2, "parked_for": {"its payload is gone": 2}}


def test_nothing_goes_where_nobody_reads(failed: Client, events: Options) -> None:
    with pytest.raises(NotThere, match="the stream evnts does not exist, so nobody reads it"):
        reprocess({**events, "key": "evnts"})
    with pytest.raises(NotThere, match="the stream events has no group worker"):
        reprocess({**events, "group": "worker"})
    with pytest.raises(InputError, match="give dead: KEY"):
        reprocess({**events, "dead": None})
    failed.rpush("a list", "x")
    for wrong in ({"key": "a list"}, {"dead": "a list"}):
        with pytest.raises(WrongType, match="the key a list holds a list, a stream was expected"):
            reprocess({**events, **wrong})
    with begun(events, park="a list") as letters, pytest.raises(OpsError, match="holds a list"):
        settle_all(letters, lambda _letter: PARK)
    assert failed.xlen("events:dlq") == ENTRIES
    missing = reprocess({**events, "dead": "events:dead"})
    assert missing.warnings == ["the key events:dead does not exist: no dead letters, or a misspelt name"]


def test_who_may_not_remove_copies_nothing(failed: Client, events: Options) -> None:
    with user_who_may(failed, "~*", "+@all", "-xdel") as login:
        before = failed.xlen("events")
        ways: list[Options] = [{}, {"filter": {"error": "."}}]
        for how in ways:
            with pytest.raises(OpsError, match="settle dead letters"):
                reprocess({**events, **login}, **how)
        assert (failed.xlen("events"), failed.xlen("events:dlq")) == (before, ENTRIES)
