# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dead letters of a list in a Redis Cluster: in one slot as ever, in two by steps that may be interrupted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import WrongType
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letter_options import redrivable
from ansible_collections.day2.ops.plugins.module_utils._queues.dead_letters import ATOMIC, DROP, KEEP, MOVE, PARK, Terms
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_list_across import RedisListAcross
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_list_letters import PUT_BEHIND, TAKE
from ansible_collections.day2.ops.tests.lab.redis_cluster_server import connect_cluster
from ansible_collections.day2.ops.tests.lab.state import RedisClusterFacts

from .cluster_help import Options, of_cluster
from .passing import begun, reprocess, settle_all, sweep_all

# Three keys on three nodes.
ORDERS: Options = {"name": "orders", "kind": "redis_list", "dead": "orders:dead", "parked": "orders:parking"}
TOGETHER: Options = {"name": "{orders}", "kind": "redis_list", "dead": "{orders}:dead", "missing": "empty"}
CALLS = {"EVAL", "EVALSHA"}
# Scripts that come before a batch is settled.
BEFORE = {text for one in (TAKE, PUT_BEHIND, PUT_BEHIND.timed) for text in (one.sha, one.text)}


class Interruption(Exception):
    """Stands for a kill."""


@pytest.fixture
def client(redis_cluster: RedisClusterFacts) -> Iterator[Any]:
    """redis-py's own client of the cluster."""
    with connect_cluster(redis_cluster) as client:
        assert len({client.get_node_from_key(key).port for key in ("orders", "orders:dead", "orders:parking")}) == 3
        yield client


def passing(facts: RedisClusterFacts, queue: Options | None = None, **terms: Any) -> AbstractContextManager[Any]:
    """Have a pass through the dead letters of a queue, begun."""
    return begun({**of_cluster(facts), **(queue or ORDERS)}, **terms)


def interrupt(letters: Any, call: int, after: bool) -> None:
    """Have a pass killed at that call of a script, before the server gets it or after it is done.

    A batch takes four of them: claim, push, park, remove; three when nothing is parked. An answer that the server does
    not know the script yet does not count.
    """
    send, seen = letters.client.execute_command, Counter[str]()

    def execute(*command: Any) -> Any:
        if command[0] not in CALLS or command[1] in BEFORE:
            return send(*command)
        if seen["done"] == call - 1 and not after:
            raise Interruption
        answer = send(*command)
        seen["done"] += 1
        if seen["done"] == call:
            raise Interruption
        return answer

    letters.client.execute_command = execute


def verdict_of(letter: Letter) -> str:
    """Return what becomes of a letter, by its number."""
    return (MOVE, MOVE, PARK, KEEP, DROP)[int(letter.body or b"0") % 5]


def contents(client: Any, *keys: str) -> list[list[int]]:
    """Return what is in lists."""
    return [[int(item) for item in client.lrange(key, 0, -1)] for key in keys]


def numbers(most: int, *rests: int) -> list[int]:
    """Return the numbers below `most` that leave one of these rests when divided by 5."""
    return [number for number in range(most) if number % 5 in rests]


def test_one_slot_is_one_step(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("{orders}:dead", *range(50))
    with passing(redis_cluster, TOGETHER, account=True, count_redrives=True) as letters:
        assert not isinstance(letters, RedisListAcross)
        assert settle_all(letters, verdict_of).sums == {"moved": 20, "parked": 10, "dropped": 10, "kept": 10}
        assert letters.notes() == []
    assert contents(client, "{orders}", "{orders}:dead", "{orders}:dead:parked") == [
        numbers(50, 0, 1),
        numbers(50, 3),
        numbers(50, 2),
    ]


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("push", ["left", "right"])
def test_two_slots_in_each_direction(redis_cluster: RedisClusterFacts, client: Any, push: str, order: str) -> None:
    (client.rpush if push == "right" else client.lpush)("orders:dead", *range(50))
    with passing(redis_cluster, {**ORDERS, "push": push}, order=order, account=True, count_redrives=True) as letters:
        assert letters.count() == 50
        assert settle_all(letters, verdict_of).sums == {"moved": 20, "parked": 10, "dropped": 10, "kept": 10}
        assert dict(letters.account()) == {"looked": 50, "moved": 20, "parked": 10}
        assert "different slots of the cluster" in letters.notes()[0]
    moved, kept, parked = contents(client, "orders", "orders:dead", "orders:parking")
    if push == "left":
        moved, kept = moved[::-1], kept[::-1]
    oldest_first = 1 if order == "oldest" else -1
    assert moved == numbers(50, 0, 1)[::oldest_first]
    assert kept == numbers(50, 3)
    assert parked == numbers(50, 2)[::oldest_first]
    counts = client.hgetall("{orders:dead}:day2:redrives")
    assert len(counts) == 20
    assert set(counts.values()) == {b"1"}


def test_a_queue_beside_its_dead_letters_and_parking_elsewhere(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("{orders}:dead", *range(20))
    with passing(redis_cluster, {**TOGETHER, "parked": "elsewhere"}) as letters:
        assert isinstance(letters, RedisListAcross)
        assert settle_all(letters, verdict_of).sums == {"moved": 8, "parked": 4, "dropped": 4, "kept": 4}
    assert contents(client, "{orders}", "{orders}:dead", "elsewhere") == [
        numbers(20, 0, 1),
        numbers(20, 3),
        numbers(20, 2),
    ]


def test_the_module(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(300))
    result = reprocess({**of_cluster(redis_cluster), **ORDERS, "missing": "empty"}, limit=200)
    assert (result.data["moved"], result.data["left"]) == (200, 100)
    assert any("different slots of the cluster" in line for line in result.warnings)
    assert contents(client, "orders", "orders:dead") == [list(range(200)), list(range(200, 300))]


def test_the_trait_is_given_up(redis_cluster: RedisClusterFacts) -> None:
    for queue, atomic in ((ORDERS, False), (TOGETHER, True)):
        (one,) = described([queue], of_cluster(redis_cluster), "queue")
        given = redrivable(one)
        given.dead_letters(Terms("test")).close()
        assert (ATOMIC in given.TRAITS) is atomic


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", [5, 6, 7, 8])
def test_a_run_that_is_killed_and_taken_up(
    redis_cluster: RedisClusterFacts, client: Any, call: int, after: bool
) -> None:
    """With its own name: nothing is lost, and nothing comes twice."""
    client.rpush("orders:dead", *range(40))
    with passing(redis_cluster, account=True, count_redrives=True) as letters, pytest.raises(Interruption):
        interrupt(letters, call, after)
        settle_all(letters, verdict_of, most=10)
    with passing(redis_cluster, account=True, count_redrives=True) as letters:
        left = 40 - int(letters.account().get("looked", 0))
        while left > 0:
            taken = letters.take(min(left, 10))
            letters.settle(taken, [verdict_of(letter) for letter in taken])
            left -= len(taken)
        assert letters.account() == {"looked": 40, "moved": 16, "parked": 8}
        assert len(letters.notes()) == 1
    everything = contents(client, "orders", "orders:dead", "orders:parking")
    assert [sorted(found) for found in everything] == [numbers(40, 0, 1), numbers(40, 3), numbers(40, 2)]
    assert set(client.hgetall("{orders:dead}:day2:redrives").values()) == {b"1"}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", [4, 5, 6])
def test_a_run_that_is_killed_and_not_taken_up(
    redis_cluster: RedisClusterFacts, client: Any, call: int, after: bool
) -> None:
    """With another name: nothing is lost."""
    client.rpush("orders:dead", *range(40))
    with passing(redis_cluster) as letters, pytest.raises(Interruption):
        interrupt(letters, call, after)
        settle_all(letters, most=10)
    client.delete("{orders:dead}:day2:claimed")  # or a minute later
    with passing(redis_cluster, run="another") as letters:
        sweep_all(letters, most=10)
    moved, left = contents(client, "orders", "orders:dead")
    assert set(moved) == set(range(40))
    assert left == []
    assert len(moved) in (40, 50)


def test_a_claim_keeps_others_away(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(20))
    with passing(redis_cluster) as letters, pytest.raises(Interruption):
        interrupt(letters, 2, after=False)
        settle_all(letters, most=10)
    assert 0 < client.ttl("{orders:dead}:day2:claimed") <= 60
    with passing(redis_cluster, run="another") as letters:
        assert letters.settle(letters.take(10), [MOVE] * 10).changed
    with passing(redis_cluster) as letters:
        assert sweep_all(letters).sums == {"moved": 20}
    assert contents(client, "orders", "orders:dead") == [list(range(20)), []]
    assert not client.exists("{orders:dead}:day2:claimed")


def test_letters_that_somebody_else_has_taken_before(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(20))
    with passing(redis_cluster) as letters:
        taken = letters.take(10)
        client.lpop("orders:dead")
        assert letters.settle(taken, [MOVE] * 10).changed
        assert sweep_all(letters).sums == {"moved": 19}
    assert contents(client, "orders", "orders:dead") == [list(range(1, 20)), []]


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_letters_that_come_and_go_between_the_steps(redis_cluster: RedisClusterFacts, client: Any, order: str) -> None:
    client.rpush("orders:dead", *range(20))
    take, put = (client.lpop, client.lpush) if order == "oldest" else (client.rpop, client.rpush)
    with passing(redis_cluster, order=order) as letters:
        push = letters._call_elsewhere

        def push_and_be_late(*arguments: Any) -> Any:
            answer = push(*arguments)
            take("orders:dead")
            put("orders:dead", 100, 101, 102)
            return answer

        letters._call_elsewhere = push_and_be_late
        done = letters.settle(letters.take(10), [MOVE] * 10)
        assert (done.moved, done.changed) == (10, False)
        assert "1 letters come twice" in letters.notes()[1]
    moved, left = contents(client, "orders", "orders:dead")
    assert len(moved) == 10
    if order == "oldest":
        assert left == [102, 101, 100, *range(10, 20)]
    else:
        assert left == [*range(10), 100, 101, 102]


def test_an_interrupted_batch_is_found_behind_new_letters(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(20))
    with passing(redis_cluster, order="newest") as letters, pytest.raises(Interruption):
        interrupt(letters, 2, after=True)
        settle_all(letters, most=10)
    assert len(contents(client, "orders")[0]) == 10
    client.rpush("orders:dead", 100, 101)
    with passing(redis_cluster, order="newest") as letters:
        assert len(letters.notes()) == 1
        assert letters.count() == 12
    assert contents(client, "orders:dead") == [[*range(10), 100, 101]]
    with passing(redis_cluster, order="newest") as letters:
        assert letters.count() == 12


def test_an_interrupted_batch_that_is_gone(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(20))
    with passing(redis_cluster) as letters, pytest.raises(Interruption):
        interrupt(letters, 2, after=True)
        settle_all(letters, most=10)
    client.lpop("orders:dead")
    with passing(redis_cluster) as letters:
        assert "10 letters come twice" in letters.notes()[1]
        assert sweep_all(letters).sums == {"moved": 19}


def test_a_look_changes_nothing(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(20))
    with passing(redis_cluster) as letters, pytest.raises(Interruption):
        interrupt(letters, 2, after=True)
        settle_all(letters, most=10)
    with passing(redis_cluster, dry=True) as letters:
        assert len(letters.take(50)) == 20
    assert contents(client, "orders:dead") == [list(range(20))]


def test_a_target_of_another_type(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders:dead", *range(5))
    client.set("orders", "no list")
    with passing(redis_cluster) as letters, pytest.raises(WrongType, match="orders holds a string"):
        letters.sweep(5)
    assert contents(client, "orders:dead") == [list(range(5))]
