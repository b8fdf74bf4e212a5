# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queues in a Redis Cluster: all kinds, keys on all nodes, what goes wrong in one line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.redis_connection import SPEC, connect, explained
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.look import Observer
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.redis_cluster_server import connect_cluster, connect_node, port_among_nodes
from ansible_collections.day2.ops.tests.lab.state import RedisClusterFacts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .checks import attempt
from .cluster_help import Options, measured, of_cluster, run, secrets_of
from .queue_help import connection, some

# A key in the slots of each of the three nodes.
KEYS = ("orders", "mails", "bills", "jobs", "calls", "news", "tasks", "logs")
ORDERS: Options = {"name": "orders", "kind": "redis_list", "missing": "empty"}


@pytest.fixture
def client(redis_cluster: RedisClusterFacts) -> Iterator[Any]:
    """redis-py's own client of the cluster."""
    with connect_cluster(redis_cluster) as client:
        yield client


def node_of(client: Any, facts: RedisClusterFacts, key: str) -> int:
    """Return the number of the node that has the key."""
    port = client.get_node_from_key(key).port
    return [node["port"] for node in facts["nodes"]].index(port)


def test_lists_on_all_nodes_in_one_look(redis_cluster: RedisClusterFacts, client: Any) -> None:
    for number, key in enumerate(KEYS):
        client.rpush(key, *range(number + 1))
    assert {node_of(client, redis_cluster, key) for key in KEYS} == {0, 1, 2}
    result = run(of_cluster(redis_cluster), *({"name": key, "kind": "redis_list"} for key in KEYS))
    assert not result.failed, result.msg
    assert [one["ready"] for one in result.data["queues"]] == list(range(1, len(KEYS) + 1))


def test_queues_of_one_cluster_share_a_connection(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders", 1)
    queues = described([{"name": key, "kind": "redis_list"} for key in KEYS], of_cluster(redis_cluster))
    assert len({queue.place() for queue in queues}) == 1
    with Observer(queues) as observer:
        assert observer.look()[0].depth.ready == 1


def test_a_list_with_patterns_that_match_on_all_nodes(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders", 1, 2)
    client.rpush("orders:dead", 1)
    workers = [f"orders:processing:{number}" for number in range(30)]
    for key in workers:
        client.rpush(key, 1)
    for number in range(12):
        client.set(f"orders:worker:{number}", 1)
    for number in range(3000):
        client.set(f"other:{number}", 1)
    assert {node_of(client, redis_cluster, key) for key in workers} == {0, 1, 2}
    depth = measured(
        of_cluster(redis_cluster),
        "orders",
        "redis_list",
        in_flight=["orders:processing:*"],
        dead="orders:dead",
        heartbeat="orders:worker:*",
    )
    wanted = {"ready": 2, "in_flight": 30, "dead": 1, "consumers": 12}
    assert some(depth, *wanted) == wanted


def test_a_stream_and_its_dead_letters(redis_cluster: RedisClusterFacts, client: Any) -> None:
    for number in range(5):
        client.xadd("events", {"data": number})
    client.xgroup_create("events", "workers", 0)
    client.xreadgroup("workers", "one", {"events": ">"}, count=2)
    client.xadd("events:dead", {"data": 1})
    depth = measured(of_cluster(redis_cluster), "events", "redis_stream", group="workers", dead="events:dead")
    wanted = {"ready": 3, "in_flight": 2, "lag": 3, "consumers": 1, "dead": 1}
    assert some(depth, *wanted) == wanted
    lost = measured(of_cluster(redis_cluster), "events", "redis_stream", group="nobody")
    assert lost["message"] == "the stream events has no group nobody; it has workers"


def test_a_sorted_set_in_the_time_of_the_servers(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.zadd("later", {"due": time.time() - 100, "not yet": time.time() + 1000})
    depth = measured(of_cluster(redis_cluster), "later", "redis_sorted_set")
    assert some(depth, "ready", "delayed") == {"ready": 1, "delayed": 1}
    assert 99 < depth["oldest_age"] < 160


def test_arq(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.zadd("arq:queue", {"runs": 1, "waits": 2, "later": 1e15})
    client.set("arq:in-progress:runs", 1)
    client.set("arq:queue:health-check", 1, px=60000)
    depth = measured(of_cluster(redis_cluster), "arq:queue", "arq")
    wanted = {"ready": 1, "in_flight": 1, "delayed": 1, "consumers": 1}
    assert some(depth, *wanted) == wanted


def enqueue_as_asynq(client: Any, queue: str, tasks: int) -> None:
    """Write what asynq's client writes for tasks that wait: its keys of a queue share a {tag}."""
    client.sadd("asynq:queues", queue)
    for number in range(tasks):
        client.hset(f"asynq:{{{queue}}}:t:{number}", mapping={"state": "pending", "pending_since": time.time_ns()})
        client.lpush(f"asynq:{{{queue}}}:pending", number)


def test_asynq_with_its_tags(redis_cluster: RedisClusterFacts, client: Any) -> None:
    for tasks, queue in enumerate(("critical", "default", "low"), 1):
        enqueue_as_asynq(client, queue, tasks)
    client.zadd("asynq:{low}:archived", {"a": 1, "b": 2})
    client.zadd("asynq:{low}:scheduled", {"c": 1e12})
    queues = [{"name": queue, "kind": "asynq"} for queue in ("critical", "default", "low")]
    result = run(of_cluster(redis_cluster), *queues)
    assert not result.failed, result.msg
    assert [one["ready"] for one in result.data["queues"]] == [1, 2, 3]
    assert some(result.data["queues"][2], "dead", "delayed") == {"dead": 2, "delayed": 1}
    assert 0 <= result.data["queues"][2]["oldest_age"] < 60


def test_discovery_walks_all_nodes(redis_cluster: RedisClusterFacts, client: Any) -> None:
    for key in KEYS:
        client.rpush(key, 1)
        client.rpush(f"{key}:dead", 1)
    enqueue_as_asynq(client, "default", 1)
    for number in range(4000):
        client.set(f"other:{number}", 1)
    result = run(of_cluster(redis_cluster), discover=True, discover_limit=20000)
    lists = [{"name": key, "kind": "redis_list", "key": key, "dead": f"{key}:dead"} for key in sorted(KEYS)]
    assert result.data["found"]["queues"] == [{"name": "default", "kind": "asynq"}, *lists]
    assert result.data["found"]["complete"]
    few = run(of_cluster(redis_cluster), discover=True, discover_limit=1000).data["found"]
    assert not few["complete"]


def test_one_bad_queue_hides_no_other(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders", 1)
    client.set("mails", "no list")
    result = run(of_cluster(redis_cluster), ORDERS, {"name": "mails", "kind": "redis_list"})
    assert [one["status"] for one in result.data["queues"]] == ["ok", "error"]
    assert result.msg.startswith("mails: the key mails holds a string, a list was expected")


def begin_to_move(slot: int, source: Any, target: Any) -> None:
    """Let a slot's keys move from a node to another, as `redis-cli --cluster reshard` does."""
    target.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", source.execute_command("CLUSTER MYID"))
    source.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", target.execute_command("CLUSTER MYID"))


def end_move(slot: int, source: Any, target: Any) -> None:
    """Give the slot to the node that imports it.

    That node is told first: for one that imports, the new place gets a higher number (epoch) than all that the nodes
    have told each other, so that no older word of theirs takes it back.
    """
    for node in (target, source):
        node.execute_command("CLUSTER SETSLOT", slot, "NODE", target.execute_command("CLUSTER MYID"))


def owners_of(facts: RedisClusterFacts, slot: int) -> set[int]:
    """Return the ports of the nodes that have the slot, in the words of each of the nodes."""
    owners = set()
    for node in facts["nodes"]:
        with connect_node(facts, node) as client:
            ranges = client.execute_command("CLUSTER SLOTS")
        owners |= {int(one[2][1]) for one in ranges if one[0] <= slot <= one[1]}
    return owners


def test_a_slot_that_moves_is_followed(redis_cluster: RedisClusterFacts, client: Any) -> None:
    """First a part of its keys is moved (ASK), then the slot itself (MOVED), both under an open connection."""
    client.rpush("{jobs}", 1)
    client.rpush("{jobs}:other", 1, 2)
    source = node_of(client, redis_cluster, "jobs")
    nodes = redis_cluster["nodes"]
    slot = client.keyslot("jobs")
    target = (source + 1) % len(nodes)
    queues = described(
        [{"name": key, "kind": "redis_list"} for key in ("{jobs}", "{jobs}:other")], of_cluster(redis_cluster)
    )
    with (
        Observer(queues) as observer,
        connect_node(redis_cluster, nodes[source]) as old,
        connect_node(redis_cluster, nodes[target]) as new,
    ):
        assert [one.depth.ready for one in observer.look()] == [1, 2]
        begin_to_move(slot, old, new)
        try:
            user = ("AUTH2", redis_cluster["user"], redis_cluster["password"])
            moved = ("MIGRATE", redis_cluster["host"], port_among_nodes(nodes[target]))
            old.execute_command(*moved, "{jobs}", 0, 5000, *user)
            assert [one.depth.ready for one in observer.look()] == [1, 2]
            old.execute_command(*moved, "{jobs}:other", 0, 5000, *user)
            end_move(slot, old, new)
            assert [one.depth.ready for one in observer.look()] == [1, 2]
            assert [one.depth.ready for one in observer.look()] == [1, 2]
        finally:  # back, for those that come after
            for node in (old, new):
                node.flushall()
            begin_to_move(slot, new, old)
            end_move(slot, new, old)
            wait_for("all nodes to agree", lambda: len(owners_of(redis_cluster, slot)) == 1)


def test_a_node_that_is_gone_takes_only_its_own_queues(lab: Lab, redis_cluster: RedisClusterFacts, client: Any) -> None:
    for key in KEYS:
        client.rpush(key, 1)
    lost = [node_of(client, redis_cluster, key) == 0 for key in KEYS]
    queues = described([{"name": key, "kind": "redis_list"} for key in KEYS], of_cluster(redis_cluster, timeout=1))
    with Observer(queues) as observer:
        assert all(reading.error is None for reading in observer.look())
        lab.break_server("redis_cluster-1", "hang")
        readings = observer.look()
        assert [isinstance(one.error, Unreachable) for one in readings] == lost
        assert "no answer in time" in str(readings[lost.index(True)].error)
        lab.mend("redis_cluster-1")
        assert all(reading.error is None for reading in observer.look())


def test_a_node_that_is_gone_for_a_while_is_no_end_of_a_wait(
    lab: Lab, redis_cluster: RedisClusterFacts, client: Any
) -> None:
    client.rpush("orders", 1)
    number = node_of(client, redis_cluster, "orders")
    wait: Callable[[], Result] = lambda: run(  # noqa: E731
        of_cluster(redis_cluster, timeout=1), ORDERS, wait="empty", wait_timeout=60
    )
    with ThreadPoolExecutor(1) as pool, connect_node(redis_cluster, redis_cluster["nodes"][number]) as node:
        future = pool.submit(wait)
        wait_for("looks", lambda: node.info("commandstats").get("cmdstat_llen", {}).get("calls", 0) > 2)
        lab.break_server(f"redis_cluster-{number + 1}", "stop")
        with pytest.raises(TimeoutError):
            future.result(1.0)
        lab.mend(f"redis_cluster-{number + 1}")  # it keeps nothing, so the queue is empty
        assert not future.result(60).failed, future.result().msg
        assert future.result().data["looks"] > 3


def test_a_cluster_that_lacks_slots(redis_cluster: RedisClusterFacts, client: Any) -> None:
    slot = client.keyslot("orders")
    number = node_of(client, redis_cluster, "orders")
    with connect_node(redis_cluster, redis_cluster["nodes"][number]) as node:
        node.execute_command("CLUSTER DELSLOTS", slot)
        try:
            line = run(of_cluster(redis_cluster), ORDERS).msg
        finally:
            node.execute_command("CLUSTER ADDSLOTS", slot)
            wait_for("the cluster to be whole", lambda: node.cluster("info")["cluster_state"] == "ok")
    assert line.startswith("orders: cannot measure the queue")
    assert "the cluster lacks a primary, or slots that nobody serves" in line or "is served by nobody" in line


def test_keys_of_different_slots_in_one_command(redis_cluster: RedisClusterFacts) -> None:
    options = SPEC.validate(of_cluster(redis_cluster), "test")
    script = "return redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')"
    ours: Any = connect(options)
    with ours, pytest.raises(OpsError, match="keys that are used together need the same"), explained("move", "orders"):
        ours.execute_command("EVAL", script, 2, "orders", "mails")


def test_a_node_named_without_saying_that_there_are_more(redis_cluster: RedisClusterFacts, client: Any) -> None:
    elsewhere = next(key for key in KEYS if node_of(client, redis_cluster, key) != 0)
    result = run(of_cluster(redis_cluster, cluster=None), {"name": elsewhere, "kind": "redis_list"})
    assert "the server is a node of a cluster; say `cluster: true`" in result.msg


def test_a_server_that_is_no_cluster(redis_facts: RedisFacts) -> None:
    result = run({**connection(redis_facts, db=0), "cluster": True}, ORDERS)
    assert result.msg.startswith("orders: cannot connect to the cluster: the server is no node of a cluster")


def test_access(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders", 1)
    wrong = of_cluster(redis_cluster, login_password="sesame")
    line = run(wrong, ORDERS).msg
    assert line.startswith("orders: cannot connect to the cluster: the server says")
    assert line.endswith("check login_user and login_password")
    assert not any(secret in line for secret in secrets_of(wrong))
    nameless = run(of_cluster(redis_cluster, login_password=None, login_user=None), ORDERS).msg
    assert "the server wants a password; give login_password" in nameless


def test_a_user_with_few_permissions_is_enough(redis_cluster: RedisClusterFacts, client: Any) -> None:
    client.rpush("orders", 1)
    client.rpush("orders:w1", 1)
    may = ("~orders*", "+@read", "+time", "+cluster|slots", "+command")
    for node in redis_cluster["nodes"]:
        with connect_node(redis_cluster, node) as one:
            one.execute_command("ACL SETUSER", "poor", "on", ">sesame", *may)
    login = of_cluster(redis_cluster, login_user="poor", login_password="sesame")
    queue = {**ORDERS, "in_flight": ["orders:w*"]}
    assert some(run(login, queue).data["queues"][0], "ready", "in_flight") == {"ready": 1, "in_flight": 1}
    for node in redis_cluster["nodes"]:
        with connect_node(redis_cluster, node) as one:
            one.execute_command("ACL SETUSER", "poor", "-cluster|slots")
    assert "the ACL user lacks this permission" in run(login, queue).msg


def test_tls(redis_cluster: RedisClusterFacts, client: Any) -> None:
    port = redis_cluster["nodes"][0]["tls_port"]
    if not port:
        pytest.skip("the cluster's program was built without TLS")
    for key in KEYS:
        client.rpush(key, 1)
    login = of_cluster(redis_cluster, login_port=port, tls=True, ca_certs=redis_cluster["ca_certs"])
    result = run(login, *({"name": key, "kind": "redis_list"} for key in KEYS))
    assert not result.failed, result.msg
    assert result.data["total"]["ready"] == len(KEYS)
    wrong = run({**login, "ca_certs": redis_cluster["wrong_ca"]}, ORDERS).msg
    assert "see tls, ca_certs, validate_certs" in wrong


def test_options_that_exclude_each_other(redis_cluster: RedisClusterFacts) -> None:
    for options, words in (
        ({"db": 3}, "orders: a cluster has no database 3; leave db out"),
        ({"login_unix_socket": "/run/redis"}, "orders: cluster and login_unix_socket exclude each other"),
        ({"sentinels": ["a"], "sentinel_service": "b"}, "orders: cluster and sentinels exclude each other"),
    ):
        with pytest.raises(InputError, match=words):
            run(of_cluster(redis_cluster, **options), ORDERS)


def test_workers_that_are_seen_by_keys_on_all_nodes(redis_cluster: RedisClusterFacts, client: Any) -> None:
    for number in range(20):
        client.set(f"worker:{number}", time.time())
    login = of_cluster(redis_cluster)
    seen = attempt("worker", heartbeat_key="worker:*", max_age=60, min_workers=20, **login)
    assert seen.status == "pass", seen
    assert seen.values["heartbeat"]["workers"] == 20
    client.set("finished", 7)
    client.rpush("orders", 1)
    queue = {"queue": "orders", "queue_kind": "redis_list", "progress_key": "finished", "window": 0.3}
    stuck = attempt("worker", **queue, **login)
    assert stuck.values["progress"]["stuck"] == 1, stuck
