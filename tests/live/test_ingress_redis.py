# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of an ingress that are in Redis: queues that libraries pause, and a key that a service reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .answering import Answer, Asked, answering
from .asynq_help import AsynqBroker
from .bullmq_help import VERSIONS, BullBroker
from .python_broker import PythonBroker
from .queue_help import Client, connection

Turn = Callable[..., Result]


@pytest.fixture
def turn(redis_facts: RedisFacts, redis_server: Client) -> Turn:
    """Return what turns the switch of a kind, as the module does."""
    redis_server.ping()

    def turned(state: str, check_mode: bool = False, timeout: float = 5, **switch: Any) -> Result:
        given = {"redis": connection(redis_facts), **switch}
        return operate(SPEC.validate({"state": state, "switch": given, "timeout": timeout}, "test"), check_mode)

    return turned


def paused(*queues: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "queue_pause", "queues": list(queues), **more}


def test_rq_rests_and_goes_on(turn: Turn, redis_facts: RedisFacts, redis_server: Client) -> None:
    rq = PythonBroker("rq", redis_facts)
    rq.do("fill", "mails", "note", 3)
    keys = set(redis_server.keys())
    mails = paused({"name": "mails", "kind": "rq"})
    assert turn("closed", check_mode=True, **mails).changed and set(redis_server.keys()) == keys
    assert turn("closed", **mails).data["state"] == "closed"
    assert not turn("closed", **mails).changed
    with rq.working("work", "mails"):
        wait_for("a worker", lambda: bool(redis_server.smembers("rq:workers:mails")))
        rq.do("fill", "mails", "note", 1)  # who puts in goes on
        assert redis_server.llen("rq:queue:mails") == 4
        assert turn("open", **mails).changed
        wait_for("jobs to be done", lambda: redis_server.llen("processed") == 4, seconds=60)
    assert not turn("open", **mails).changed
    assert not redis_server.exists("rq:suspended", "rq:day2-ingress")


def test_a_pause_that_ends_by_itself_does_so_later(turn: Turn, redis_facts: RedisFacts, redis_server: Client) -> None:
    PythonBroker("rq", redis_facts).do("fill", "mails", "note", 1)
    mails = paused({"name": "mails", "kind": "rq"})
    redis_server.set("rq:suspended", "theirs", ex=100)
    # it is paused, and would not be in mid-window
    assert turn("closed", **mails).changed
    assert redis_server.ttl("rq:suspended") == -1
    with pytest.raises(OpsError, match="clients meet: closed"):
        turn("open", timeout=0.2, **mails)
    assert 0 < redis_server.ttl("rq:suspended") <= 100 and redis_server.get("rq:suspended") == b"theirs"


def test_clients_who_are_asked_too(turn: Turn, redis_facts: RedisFacts) -> None:
    PythonBroker("rq", redis_facts).do("fill", "mails", "note", 1)
    with answering(lambda _asked: Answer(b"")) as url:
        mails = paused({"name": "mails", "kind": "rq"}, outside={"url": url, "open_status": [200]})
        with pytest.raises(OpsError, match="clients meet: open, while the queues are closed"):
            turn("closed", timeout=0.2, **mails)
        assert turn("open", **mails).data["state"] == "open"


@pytest.mark.long
def test_asynq_by_its_own_key(
    turn: Turn, asynq_program: Path, redis_facts: RedisFacts, redis_server: Client, tmp_path: Path
) -> None:
    asynq = AsynqBroker(asynq_program, redis_facts)
    with pytest.raises(NotThere, match="asynq knows no such queue: default"):
        turn("closed", **paused({"name": "default", "kind": "asynq"}))
    asynq.do("enqueue", "default", "ok", 3)
    asynq.do("enqueue", "low", "ok", 1)
    asynq.do("pause", "low")
    both = paused({"name": "default", "kind": "asynq"}, {"name": "low", "kind": "asynq"})
    theirs = redis_server.get("asynq:{low}:paused")
    assert turn("closed", **both).changed
    with asynq.working("default"):
        wait_for("the server's sign of life", lambda: bool(redis_server.zcard("asynq:servers")))
        assert redis_server.llen("asynq:{default}:pending") == 3
        assert turn("open", **both).changed
        wait_for("tasks to be done", lambda: redis_server.llen("asynq:{default}:pending") == 0, seconds=60)
    assert redis_server.get("asynq:{low}:paused") == theirs  # paused before, and after
    assert not redis_server.exists("asynq:{default}:paused", "asynq:{default}:day2-ingress")
    # all of them by somebody else: all go on
    low = paused({"name": "low", "kind": "asynq"})
    assert not turn("closed", **low).changed
    assert turn("open", **low).changed and not redis_server.exists("asynq:{low}:paused")
    # who died over it is known by the note
    turn("closed", **both)
    redis_server.delete("asynq:{default}:paused")
    assert turn("closed", check_mode=True, **both).data["before"] == "half-way"
    turn("open", **both)
    assert not redis_server.keys("*day2-ingress") and not redis_server.keys("*paused")


@pytest.mark.long
@pytest.mark.parametrize("version", VERSIONS)
def test_bullmq_by_its_own_keys(turn: Turn, redis_facts: RedisFacts, redis_server: Client, version: str) -> None:
    bull = BullBroker(redis_facts, redis_server, version)
    jobs = paused({"name": "jobs", "kind": "bullmq"})
    with pytest.raises(NotThere, match="there is no BullMQ queue"):
        turn("closed", **jobs)
    bull.fill("jobs", 3)
    bull.fill("jobs", 1, delay=1000)
    assert turn("closed", **jobs).changed
    bull.fill("jobs", 2)
    with bull.working("jobs", "ok"):
        bull.fill("jobs", 1, priority=2)
        assert redis_server.llen("processed") == 0
        assert not turn("closed", **jobs).changed
        assert turn("open", **jobs).changed
        bull.await_processed(7)
    assert [number for _id, number, *_rest in bull.processed()][-1] == 2
    bull.do("pause", "jobs")
    bull.fill("jobs", 1)
    assert not turn("closed", **jobs).changed
    assert turn("open", **jobs).changed
    bull.work_off("jobs", 8)
    redis_server.hset("bull:jobs:meta", "version", "bullmq:4.1.0")
    with pytest.raises(InputError, match="BullMQ 5 or later"):
        turn("closed", **jobs)


@pytest.mark.parametrize(
    ("queues", "told"),
    [
        ([], "queues is empty"),
        ([{"name": "one", "kind": "sidekiq"}], "only its commercial editions"),
        ([{"name": "one", "kind": "redis_list"}], "it knows no pause"),
        ([{"name": "one", "kind": "none"}], "queues of the kind none cannot be paused"),
        ([{"name": "one"}], "kind in queues"),
    ],
)
def test_queues_that_cannot_be_paused(turn: Turn, queues: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(InputError, match=told):
        turn("closed", **paused(*queues))


@pytest.fixture
def reader(redis_server: Client) -> Iterator[dict[str, Any]]:
    """A service that lets nobody in while its document says so; how it is asked."""

    def reply(_asked: Asked) -> Answer:
        key = "shop:config"
        kind = redis_server.type(key)
        if kind == b"hash":
            return Answer(b"", 200 if redis_server.hget(key, "open") == b"yes" else 503)
        return Answer(b"", 503 if kind == b"string" and redis_server.get(key) == b"shut" else 200)

    with answering(reply) as url:
        yield {"url": url, "open_status": [200]}


def document(reader: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "document", "store": "redis", "key": "shop:config", "outside": reader, **more}


def test_a_key_is_another_and_put_back(turn: Turn, redis_server: Client, reader: dict[str, Any]) -> None:
    shut = document(reader, closed_content="shut")
    redis_server.rpush("shop:config", "a", "b")  # of whatever type
    redis_server.expire("shop:config", 1000)
    before = redis_server.dump("shop:config")
    assert turn("closed", check_mode=True, **shut).changed and redis_server.keys() == [b"shop:config"]
    assert turn("closed", **shut).changed and redis_server.get("shop:config") == b"shut"
    assert redis_server.ttl("shop:config") == -1
    assert not turn("closed", **shut).changed
    assert turn("open", **shut).changed
    assert redis_server.dump("shop:config") == before and 900 < redis_server.ttl("shop:config") <= 1000
    assert not turn("open", **shut).changed and redis_server.keys() == [b"shop:config"]
    # one that is not there is gone again; a hash does as well
    redis_server.delete("shop:config")
    fields = document(reader, closed_type="hash", closed_content={"open": "no", "until": 3})
    assert turn("closed", **fields).changed
    assert redis_server.hgetall("shop:config") == {b"open": b"no", b"until": b"3"}
    assert not turn("closed", **fields).changed
    assert turn("open", **fields).changed and not redis_server.keys()


def test_a_key_that_its_service_adds_to(turn: Turn, redis_server: Client, reader: dict[str, Any]) -> None:
    fields = document(reader, closed_type="hash", closed_content={"open": "no"})
    redis_server.hset("shop:config", mapping={"open": "yes", "limit": "50"})
    before = redis_server.dump("shop:config")
    turn("closed", **fields)
    redis_server.hset("shop:config", "seen", "123")
    assert not turn("closed", **fields).changed
    # another description, in mid-window
    turn("closed", **document({**reader, "closed_status": [200, 503]}, closed_content="shut"))
    assert turn("open", **fields).data["before"] == "closed"
    assert redis_server.dump("shop:config") == before and redis_server.keys() == [b"shop:config"]
    # one that kept nobody out is another, and what was is still known
    with pytest.raises(OpsError, match="clients meet: open"):
        turn("closed", timeout=0.2, **document(reader, closed_content="shtu"))
    turn("closed", **fields)
    turn("open", **document(reader, closed_content="shtu"))
    assert redis_server.dump("shop:config") == before and redis_server.keys() == [b"shop:config"]


def test_a_key_that_was_put_away_gives_way_only_to_one_that_lets_clients_in(
    turn: Turn, redis_server: Client, reader: dict[str, Any]
) -> None:
    fields = document(reader, closed_type="hash", closed_content={"open": "no"})
    redis_server.hset("shop:config", mapping={"open": "yes", "limit": "50"})
    turn("closed", **fields)
    redis_server.delete("shop:config")
    redis_server.hset("shop:config", "open", "maybe")
    with pytest.raises(OpsError, match=r"before is kept in {shop:config}:day2-ingress"):
        turn("open", timeout=0.2, **fields)
    with pytest.raises(OpsError, match=r"clients meet: closed: .* kept in {shop:config}:day2-ingress; remove that if"):
        turn("closed", **fields)
    assert redis_server.hgetall("{shop:config}:day2-ingress") == {b"open": b"yes", b"limit": b"50"}
    redis_server.hset("shop:config", "open", "yes")
    assert turn("closed", **fields).changed  # clients came in by it
    turn("open", **fields)
    assert redis_server.hgetall("shop:config") == {b"open": b"yes"} and redis_server.keys() == [b"shop:config"]


@pytest.mark.long
def test_what_becomes_of_a_key_meanwhile(turn: Turn, redis_server: Client, reader: dict[str, Any]) -> None:
    shut = document(reader, closed_content="shut")
    # it would have ended by now
    redis_server.set("shop:config", "open", px=50)
    turn("closed", **shut)
    wait_for("the end", lambda: not redis_server.exists("{shop:config}:day2-ingress"))
    turn("open", **shut)
    assert not redis_server.keys()
    # what was put away may not be lost
    redis_server.set("shop:config", "open")
    turn("closed", **shut)
    redis_server.delete("{shop:config}:day2-ingress")
    with pytest.raises(OpsError, match="was put away, and is gone"):
        turn("open", **shut)
    # somebody else wrote it: his word counts
    redis_server.set("shop:config", "newer")
    assert turn("open", **shut).data["before"] == "half-way"
    assert redis_server.keys() == [b"shop:config"] and redis_server.get("shop:config") == b"newer"
    redis_server.set("shop:config", "shut")
    with pytest.raises(OpsError, match="closed by somebody else"):
        turn("open", **shut)
    # a JSON that the server cannot hold leaves it as it was
    redis_server.set("shop:config", "open")
    with pytest.raises(OpsError, match="cannot write the document"):
        turn("closed", **document(reader, closed_type="json", closed_content={"open": False}))
    assert redis_server.keys() == [b"shop:config"] and redis_server.get("shop:config") == b"open"
    gone = document({**reader, "open_status": [503], "closed_status": [200]}, closed_type="absent")
    redis_server.set("shop:config", "shut")
    assert turn("closed", **gone).changed and not redis_server.exists("shop:config")
    assert turn("open", **gone).changed and redis_server.get("shop:config") == b"shut"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, "closed_content is missing"),
        ({"closed_type": "hash", "closed_content": "no"}, "closed_content is no dictionary"),
        ({"closed_type": "json", "closed_content": "no"}, "closed_content is not JSON"),
        ({"closed_type": "list"}, "closed_type"),
        ({"redis": {"login_hots": "x"}, "closed_content": "no"}, "unknown option login_hots"),
    ],
)
def test_keys_that_are_described_wrongly(turn: Turn, reader: dict[str, Any], wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        turn("closed", **document(reader, **wrong))
