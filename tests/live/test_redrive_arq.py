# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed jobs of arq, kept as docs/queues/arq.md shows it, redriven, and then done by arq's own worker, once each."""

from __future__ import annotations

import json

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .arq_help import ArqBroker
from .passing import Options, begun, peeked, reprocess, settle_all, some_of
from .queue_help import Client, in_redis

JOBS: Options = {"name": "jobs", "kind": "arq", "dead": "arq:dead", "missing": "empty"}
NUMBER = 30


@pytest.fixture
def jobs(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, JOBS)


@pytest.fixture
def broker(redis_facts: RedisFacts, redis_server: Client) -> ArqBroker:
    """arq on an empty database."""
    redis_server.ping()
    return ArqBroker(redis_facts)


@pytest.fixture
def failed(broker: ArqBroker, redis_server: Client) -> Client:
    """Jobs that arq's worker has failed, the cause mended; an administrator's client."""
    redis_server.set("broken", 1)
    broker.order(NUMBER)
    broker.burst()
    redis_server.delete("broken")
    assert (redis_server.zcard("arq:queue"), redis_server.zcard("arq:dead")) == (0, NUMBER)
    return redis_server


def processed(server: Client) -> list[int]:
    """Return the numbers of the jobs that were done."""
    return sorted(int(number) for number in server.lrange("processed", 0, -1))


def test_a_letter_tells_its_id_and_when_it_died(failed: Client, jobs: Options) -> None:
    letters = peeked(jobs)
    assert {letter.id for letter in letters} == {f"order-{number}" for number in range(NUMBER)}
    assert all(0 <= failed.time()[0] + 1 - (letter.failed_at or 0) < 60 for letter in letters)


def test_jobs_that_die_again(broker: ArqBroker, failed: Client, jobs: Options) -> None:
    failed.set("broken", 1)
    with begun(jobs) as letters:
        first = letters.take(10)
        assert letters.settle(first, [MOVE] * 10).moved == 10
        assert letters.still_dead([letter.id for letter in first]) == 0
        broker.burst()
        assert letters.still_dead([letter.id for letter in first]) == 10
        assert settle_all(letters).sums == {"moved": NUMBER - 10}


def test_jobs_whose_body_is_gone_stay(failed: Client, jobs: Options) -> None:
    failed.delete("arq:job:order-3", "arq:job:order-4")
    result = reprocess(jobs)
    assert some_of(result, "moved", "skipped_for") == {"moved": NUMBER - 2, "skipped_for": {"its payload is gone": 2}}
    parked = reprocess(jobs, park=True)
    assert some_of(parked, "parked", "left") == {"parked": 2, "left": 0}


def test_each_verdict(broker: ArqBroker, failed: Client, jobs: Options) -> None:
    order_of = [letter.id for letter in peeked(jobs)]
    verdicts = {one: (MOVE, PARK, DROP, KEEP)[number % 4] for number, one in enumerate(order_of)}
    with begun(jobs) as letters:
        assert settle_all(letters, lambda letter: verdicts[letter.id]).sums == {
            "moved": 8,
            "parked": 8,
            "dropped": 7,
            "kept": 7,
        }
    bodies = {one: bool(failed.exists(f"arq:job:{one}")) for one in order_of}
    assert bodies == {one: verdict != DROP for one, verdict in verdicts.items()}
    assert reprocess({**jobs, "dead": "arq:dead:parked"}).data["moved"] == 8
    broker.burst()
    assert len(processed(failed)) == 16


def test_taken_out_and_put_back(broker: ArqBroker, failed: Client, jobs: Options) -> None:
    before = failed.zrange("arq:dead", 0, -1, withscores=True)
    with begun(jobs, dry=True) as letters:
        records = json.loads(json.dumps([letters.record(letter) for letter in letters.take(NUMBER)]))
    with begun(jobs) as letters:
        assert settle_all(letters, lambda _letter: DROP).sums == {"dropped": NUMBER}
        assert failed.keys("arq:job:*") == []
        assert letters.restore(records, "batch:1") == NUMBER
        assert letters.restore(records, "batch:1") == 0
        with pytest.raises(InputError, match="not one of arq"):
            letters.restore([{"id": "x", "score": "1", "body": "e30="}], "batch:2")
    assert failed.zrange("arq:dead", 0, -1, withscores=True) == before
    assert reprocess(jobs).data["moved"] == NUMBER
    broker.burst()
    assert processed(failed) == list(range(NUMBER))


def test_what_cannot_be(failed: Client, jobs: Options) -> None:
    with pytest.raises(InputError, match="arq forgets jobs that fail, and the queue jobs does not say where"):
        reprocess({**jobs, "dead": None})
    failed.rpush("a list", "x")
    with pytest.raises(WrongType, match="the key a list holds a list, a zset was expected"):
        reprocess({**jobs, "dead": "a list"})
