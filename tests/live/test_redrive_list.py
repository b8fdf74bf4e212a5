# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters in a list, redriven by the module's operation, with workers that work, fail, or are not there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import DROP, KEEP, MOVE, PARK
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_list_quiet import QuietListLetters
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .passing import Options, at_once, begun, peeked, reprocess, settle_all, some_of, sweep_all
from .queue_help import Client, in_redis, user_who_may

NOW = 1_790_000_000.0
JOBS: Options = {
    "name": "jobs",
    "kind": "redis_list",
    "dead": "jobs:dead",
    "missing": "empty",
    "item": {"id": "id", "error": "why", "failed_at": "at"},
}
MOVED_ALL: Options = {"moved": 100, "left": 0, "stop_reason": "end"}


def letter(number: int) -> bytes:
    """Return a dead letter: each third of another error, each a minute older than the next."""
    why = "ValueError: no number" if number % 3 == 0 else "TimeoutError"
    return json.dumps({"id": f"job-{number}", "number": number, "why": why, "at": time.time() - 60 * number}).encode()


def numbers(client: Client, key: str) -> list[int]:
    """Return the numbers of letters in a list, in order."""
    return [json.loads(body)["number"] for body in client.lrange(key, 0, -1)]


@pytest.fixture
def queue(redis_facts: RedisFacts) -> Options:
    """The queue, with how to connect to it."""
    return in_redis(redis_facts, JOBS)


@pytest.fixture
def jobs(redis_server: Client) -> Client:
    """A hundred dead letters; the one with number 0 died first."""
    redis_server.rpush("jobs:dead", *map(letter, range(100)))
    return redis_server


@contextmanager
def working(facts: RedisFacts, work: Callable[[Client, bytes], object], number: int = 2) -> Iterator[None]:
    """Have workers that take a letter in hand, do something, and have it in hand no longer."""
    ended = threading.Event()

    def one(hand: str) -> None:
        with connect(facts, db=9) as client:
            while not ended.is_set():
                item = client.blmove("jobs", hand, 0.1, "LEFT", "RIGHT")
                if item is not None:
                    work(client, item)
                    client.lrem(hand, 1, item)

    workers = [threading.Thread(target=one, args=(f"jobs:hand:{count}",)) for count in range(number)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def process(client: Client, item: bytes) -> None:
    """Do the work."""
    client.rpush("processed", item)


def fail(client: Client, item: bytes) -> None:
    """Fail: the letter is dead again."""
    client.rpush("jobs:dead", item)


WATCHED: Options = {"in_flight": ["jobs:hand:*"]}


def test_a_canary_may_come_back_in_part(jobs: Client, queue: Options, redis_facts: RedisFacts) -> None:
    def one_in_five(client: Client, item: bytes) -> None:
        (fail if json.loads(item)["number"] % 5 == 0 else process)(client, item)

    with working(redis_facts, one_in_five):
        result = reprocess({**queue, **WATCHED}, canary=10, canary_wait=10, canary_max_returns=2)
    assert not result.failed, result.msg


def test_a_canary_that_nobody_takes_proves_nothing(jobs: Client, queue: Options) -> None:
    result = reprocess(queue, canary=10, canary_wait=0.3)
    assert result.failed
    assert some_of(result, "moved", "stop_reason") == {"moved": 10, "stop_reason": "unproven"}
    assert "nobody works" in result.msg


def test_what_comes_back_stops_the_run(jobs: Client, queue: Options, redis_facts: RedisFacts) -> None:
    with working(redis_facts, fail, number=4):
        result = reprocess(queue, rate=200.0, stop_when_returning=0.3)
    assert result.failed
    assert result.data["stop_reason"] == "returning"
    assert result.data["moved"] < 100


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("push", ["left", "right"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_order_and_limit(redis_server: Client, queue: Options, order: str, push: str, filtered: bool) -> None:
    (redis_server.lpush if push == "left" else redis_server.rpush)("jobs:dead", *map(letter, range(100)))
    meant = [number for number in range(100) if number % 3 or not filtered]
    turned = meant if order == "oldest" else meant[::-1]
    options: Options = {"order": order, "filter": {"error": "^Timeout"} if filtered else None}
    assert reprocess({**queue, "push": push}, limit=20, **options).data["moved"] == 20
    assert reprocess({**queue, "push": push}, **options).data["moved"] == len(meant) - 20
    taken = numbers(redis_server, "jobs")
    assert (taken[::-1] if push == "left" else taken) == turned
    left = numbers(redis_server, "jobs:dead")
    assert sorted(left) == [number for number in range(100) if number not in meant]


def test_a_whole_pass_keeps_the_order_of_what_stays(jobs: Client, queue: Options) -> None:
    reprocess(queue, filter={"error": "^Timeout"})
    assert numbers(jobs, "jobs:dead") == list(range(0, 100, 3))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"error": "^Value"}, range(0, 100, 3)),
        ({"min_age": 60 * 49.5}, range(50, 100)),
        ({"max_age": 60 * 49.5}, range(50)),
        ({"where": [{"path": "number", "op": "lt", "value": 7}]}, range(7)),
        ({"error": "^Value", "max_age": 60 * 9.5}, range(0, 10, 3)),
    ],
)
def test_filters(jobs: Client, queue: Options, given: Options, meant: range) -> None:
    result = reprocess(queue, filter=given)
    assert numbers(jobs, "jobs") == list(meant)
    assert result.data["skipped_for"] == {"filtered out": 100 - len(meant)}


def test_rate(jobs: Client, queue: Options) -> None:
    result = reprocess(queue, rate=100.0, limit=40)
    assert 60 < result.data["rate"] < 140


def test_room_is_kept(jobs: Client, queue: Options, redis_facts: RedisFacts) -> None:
    result = reprocess(queue, pause_above=30, pause_timeout=0.5)
    assert result.failed
    assert some_of(result, "moved", "stop_reason") == {"moved": 30, "stop_reason": "full"}
    most: list[int] = []

    def slow(client: Client, item: bytes) -> None:
        most.append(client.llen("jobs"))
        process(client, item)

    with working(redis_facts, slow):
        assert not reprocess(queue, pause_above=30, pause_timeout=20).failed
    assert max(most) <= 30


def test_what_was_tried_often_enough_is_parked(jobs: Client, queue: Options) -> None:
    for _time in range(2):
        assert reprocess(queue, max_attempts=2).data["moved"] == 100
        jobs.rename("jobs", "jobs:dead")
    kept = reprocess(queue, max_attempts=2)
    assert (kept.changed, kept.data["moved"]) == (False, 0)
    parked = reprocess(queue, max_attempts=2, park=True)
    assert some_of(parked, "moved", "parked", "left") == {"moved": 0, "parked": 100, "left": 0}
    assert numbers(jobs, "jobs:dead:parked") == list(range(100))


def test_what_has_lost_its_payload(jobs: Client, queue: Options) -> None:
    for number in range(0, 100, 2):
        jobs.set(f"payload:job-{number}", "x")
    queue = {**queue, "payload_key": "payload:{id}"}
    left = reprocess(queue, limit=10)
    assert left.data["moved"] == 10
    parked = reprocess(queue, park_to="elsewhere")
    assert some_of(parked, "moved", "parked") == {"moved": 40, "parked": 50}
    assert numbers(jobs, "elsewhere") != []
    assert all(number % 2 for number in numbers(jobs, "elsewhere"))


class Killed(BaseException):
    """Ends a run where it stands, as SIGKILL does."""


def killing(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Have the process killed just after so many batches were settled, before anybody is told."""
    settle = QuietListLetters.settle
    batches: list[int] = []

    def settle_and_die(self: QuietListLetters, *arguments: Any) -> Any:
        done = settle(self, *arguments)
        batches.append(done.moved)
        if len(batches) == after:
            raise Killed
        return done

    monkeypatch.setattr(QuietListLetters, "settle", settle_and_die)


@pytest.mark.parametrize("given", [None, {"error": "^Timeout"}])
def test_a_run_that_was_killed_is_resumed_by_its_journal(
    jobs: Client, queue: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Options | None
) -> None:
    journal = str(tmp_path / "journal.jsonl")
    with monkeypatch.context() as patch:
        killing(patch, after=1)
        with pytest.raises(Killed):
            reprocess(queue, journal=journal, filter=given)
    meant = [number for number in range(100) if given is None or number % 3]
    before = jobs.llen("jobs")
    assert 0 < before < len(meant)
    result = reprocess(queue, journal=journal, resume=True, filter=given)
    assert some_of(result, "moved", "left") == {"moved": len(meant), "left": 100 - len(meant)}
    assert numbers(jobs, "jobs") == meant
    assert "job-1" in Path(journal).read_text(encoding="utf-8")
    assert "number" not in Path(journal).read_text(encoding="utf-8")


def test_a_run_in_parts(jobs: Client, queue: Options) -> None:
    options: Options = {"max_seconds": 0.01, "rate": 400.0, "filter": {"error": "^Timeout"}}
    result = reprocess(queue, **options)
    parts = 1
    while result.data["stop_reason"] == "time":
        result = reprocess(queue, continue_from=result.data["progress"], **options)
        parts += 1
    assert parts > 2
    assert some_of(result, "moved", "looked", "left") == {"moved": 66, "looked": 100, "left": 34}
    assert numbers(jobs, "jobs:dead") == list(range(0, 100, 3))


@pytest.mark.parametrize("limit", [None, 10])
def test_check_mode_says_what_is_then_done(jobs: Client, queue: Options, limit: int | None) -> None:
    options: Options = {"filter": {"error": "^Timeout"}, "limit": limit}
    before = jobs.lrange("jobs:dead", 0, -1)
    plan = reprocess(queue, check_mode=True, **options)
    assert jobs.lrange("jobs:dead", 0, -1) == before
    assert sorted(jobs.keys()) == [b"jobs:dead"]
    done = reprocess(queue, **options)
    assert plan.changed
    assert plan.data["plan"]["move"] == done.data["moved"] == (limit or 66)
    assert plan.diff == done.diff
    assert plan.data["plan"]["by_error"] == {"TimeoutError": limit or 66}


def test_a_second_run_changes_nothing(jobs: Client, queue: Options) -> None:
    assert reprocess(queue).changed
    for check_mode in (True, False):
        again = reprocess(queue, check_mode=check_mode)
        assert (again.changed, again.failed, again.diff) == (False, False, None)


@pytest.mark.parametrize("given", [None, {"error": "^Timeout"}])
def test_two_runs_at_once(redis_server: Client, queue: Options, redis_facts: RedisFacts, given: Options | None) -> None:
    count = 1200
    redis_server.rpush("jobs:dead", *map(letter, range(count)))
    moved: list[int] = []

    def one() -> None:
        moved.append(reprocess(queue, filter=given).data["moved"])

    with working(redis_facts, process):
        at_once(one, one)
        meant = [number for number in range(count) if given is None or number % 3]
        assert sum(moved) == len(meant)
        while redis_server.llen("processed") < len(meant):
            time.sleep(0.01)
    assert sorted(numbers(redis_server, "processed")) == meant
    assert redis_server.llen("jobs:dead") == count - len(meant)


def test_each_verdict(jobs: Client, queue: Options) -> None:
    verdicts = [MOVE, PARK, DROP, KEEP]
    with begun(queue) as letters:
        passed = settle_all(letters, lambda one: verdicts[one.payload["number"] % 4])
    assert passed.sums == {"moved": 25, "parked": 25, "dropped": 25, "kept": 25}
    for rest, key in ((0, "jobs"), (1, "jobs:dead:parked"), (3, "jobs:dead")):
        assert numbers(jobs, key) == list(range(rest, 100, 4))


def test_what_dies_meanwhile_does_not_belong_to_the_pass(jobs: Client, queue: Options) -> None:
    with begun(queue) as letters:
        jobs.rpush("jobs:dead", letter(100))
        assert settle_all(letters).sums == {"moved": 100}
    assert numbers(jobs, "jobs:dead") == [100]


@pytest.mark.parametrize("change", ["taken", "added", "head"])
def test_others_change_the_list_between_look_and_move(jobs: Client, queue: Options, change: str) -> None:
    with begun(queue) as letters:
        taken = letters.take(10)
        if change == "taken":
            jobs.lpop("jobs:dead")
        elif change == "added":
            jobs.rpush("jobs:dead", letter(100))
        else:
            jobs.lpush("jobs:dead", letter(101))
        done = letters.settle(taken, [MOVE] * 10)
    assert done.changed == (change != "added")
    assert numbers(jobs, "jobs") == ([] if done.changed else list(range(10)))


@pytest.mark.parametrize("commands", [["-client"], ["-lmove"], ["-time"], ["-set"], ["-getdel"], ["-lindex"]])
@pytest.mark.parametrize("given", [None, {"error": "^Timeout"}])
def test_who_may_do_less_is_served_by_scripts(
    jobs: Client, queue: Options, commands: list[str], given: Options | None
) -> None:
    with user_who_may(jobs, "~*", "+@all", *commands) as login:
        assert reprocess({**queue, **login}, filter=given).data["moved"] == (66 if given else 100)
    assert all(jobs.ttl(key) <= 60 for key in jobs.keys("jobs:dead:day2:note*"))


def test_the_server_is_told_of_moves_and_not_of_items(jobs: Client, queue: Options) -> None:
    jobs.config_resetstat()
    with begun(queue) as letters:
        assert sweep_all(letters, most=50).sums == {"moved": 100}
    stats = jobs.info("commandstats")
    assert stats["cmdstat_lmove"]["calls"] == 100
    assert "cmdstat_rpush" not in stats


def test_keys_of_another_type_and_none(jobs: Client, queue: Options) -> None:
    jobs.set("text", "x")
    for wrong in ({"key": "text"}, {"dead": "text"}):
        for given in (None, {"error": "."}):
            with pytest.raises(WrongType, match="the key text holds a string"):
                reprocess({**queue, **wrong}, filter=given)
    with pytest.raises(OpsError, match="the key text holds a string"):
        reprocess({**queue, "payload_key": "no:{id}"}, park_to="text")
    with pytest.raises(InputError, match="give dead: KEY"):
        reprocess({**queue, "dead": None})
    assert len(peeked(queue)) == 100
    missing = reprocess({**queue, "dead": "nothing", "missing": "unknown"})
    assert missing.warnings == ["the key nothing does not exist: no dead letters, or a misspelt name"]


def test_a_large_item_goes_with_few_others(redis_server: Client, queue: Options) -> None:
    redis_server.rpush("jobs:dead", *map(letter, range(50)), b"x" * 3_000_000, *map(letter, range(50, 100)))
    with begun(queue) as letters:
        assert settle_all(letters, most=1000).sums == {"moved": 101}
    assert redis_server.llen("jobs") == 101
