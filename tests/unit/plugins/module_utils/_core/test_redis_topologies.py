# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told of ways to Redis without one: rules between options, names, slots, cursors, errors in one line."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import (
    AccessDenied,
    InputError,
    NotThere,
    OpsError,
    Unreachable,
)
from ansible_collections.day2.ops.plugins.module_utils._core.redis_cluster import (
    _Walk,
    connect_cluster,
    explain_cluster,
    first_key,
)
from ansible_collections.day2.ops.plugins.module_utils._core.redis_connection import SPEC, check, explain, place, where
from ansible_collections.day2.ops.plugins.module_utils._core.redis_sentinel import _Said, address, connect_primary
from ansible_collections.day2.ops.plugins.module_utils._core.redis_slots import slot_of
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described

redis = pytest.importorskip("redis")

SENTINELS = {"sentinels": ["a", "b:5000"], "sentinel_service": "orders"}


def options(**given: Any) -> dict[str, Any]:
    return SPEC.validate(given, "test")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sentinels": ["a"]}, "of: sentinels are asked for a service, and none is named; give sentinel_service"),
        ({"sentinel_service": "orders"}, "of: sentinel_service needs sentinels to ask: orders; give sentinels"),
        ({**SENTINELS, "login_unix_socket": "/s"}, "of: sentinels and login_unix_socket exclude each other"),
        ({**SENTINELS, "cluster": True}, "of: cluster and sentinels exclude each other; give one of them"),
        ({"cluster": True, "login_unix_socket": "/s"}, "of: cluster and login_unix_socket exclude each other"),
        ({"cluster": True, "db": 2}, "of: a cluster has no database 2; leave db out"),
    ],
)
def test_options_that_make_no_sense_together(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        check(options(**given), "of: ")
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    "given",
    [{}, {"db": 3}, {"login_unix_socket": "/s"}, {"cluster": True}, {"cluster": True, "db": 0}, {**SENTINELS, "db": 3}],
)
def test_options_that_do(given: dict[str, Any]) -> None:
    check(options(**given))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "redis 127.0.0.1:6379/0"),
        ({"login_unix_socket": "/s"}, "redis /s"),
        ({"cluster": True, "login_host": "h"}, "redis cluster h:6379"),
        ({**SENTINELS, "db": 2}, "redis orders/2 of sentinels a, b:5000"),
    ],
)
def test_the_name_in_messages(given: dict[str, Any], name: str) -> None:
    assert where(options(**given)) == name


def test_who_can_share_a_connection() -> None:
    assert place(options()) == place(options(login_port=6379))
    assert place(options()) != place(options(login_user="other"))
    assert place(options(**SENTINELS)) == place(options(**SENTINELS, login_host="not asked"))
    assert place(options(**SENTINELS)) != place(options(**{**SENTINELS, "sentinel_service": "other"}))
    assert place(options(cluster=True)) != place(options())
    assert len({place(options(**SENTINELS)), place(options(**SENTINELS))}) == 1


@pytest.mark.parametrize(
    ("defaults", "given", "inherited"),
    [
        (SENTINELS, {"login_host": "own"}, {"sentinels": None, "cluster": False}),
        (SENTINELS, {"login_unix_socket": "/s"}, {"sentinels": None}),
        (SENTINELS, {"cluster": True}, {"sentinels": None, "sentinel_service": None}),
        (SENTINELS, {"cluster": False}, {"sentinels": ["a", "b:5000"]}),
        (SENTINELS, {"sentinel_service": "mails"}, {"sentinels": ["a", "b:5000"], "sentinel_service": "mails"}),
        ({"cluster": True}, SENTINELS, {"cluster": False}),
        ({"cluster": True}, {"login_host": "own"}, {"cluster": True}),
        ({"login_unix_socket": "/s"}, {"cluster": True}, {"login_unix_socket": None}),
        ({"sentinel_password_env": "A"}, {"sentinel_password": "b"}, {"sentinel_password_env": None}),
    ],
)
def test_a_queue_with_a_way_of_its_own(
    defaults: dict[str, Any], given: dict[str, Any], inherited: dict[str, Any]
) -> None:
    if "sentinel_password" in given:
        defaults, given = {**SENTINELS, **defaults}, {**given}
    (queue,) = described([{"name": "q", "kind": "redis_list", **given}], options(**defaults))
    assert {name: queue.options.get(name) for name in inherited} == inherited


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("host", ("host", 26379)),
        ("host:5000", ("host", 5000)),
        (" 10.0.0.1:5000 ", ("10.0.0.1", 5000)),
        ("[::1]", ("::1", 26379)),
        ("[::1]:5000", ("::1", 5000)),
    ],
)
def test_addresses_of_sentinels(text: str, found: tuple[str, int]) -> None:
    assert address(text) == found


@pytest.mark.parametrize("text", ["", ":5000", "host:", "host:port", "::1", "::1:5000", "[]:5000", "host:٣"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError, match="not the address of a sentinel"):
        address(text)


def test_sentinels_are_not_asked_before_they_are_needed() -> None:
    given = options(**SENTINELS, sentinel_password="sesame", login_user="app", login_password="other")
    client: Any = connect_primary(given, {"db": 0, "username": "app", "password": "other", "socket_timeout": 5})
    sentinels = client.connection_pool.sentinel_manager.sentinels
    asked = [one.connection_pool.connection_kwargs for one in sentinels]
    assert [(one["host"], one["port"], one["username"], one["password"]) for one in asked] == [
        ("a", 26379, None, "sesame"),
        ("b", 5000, None, "sesame"),
    ]
    assert client.connection_pool.connection_kwargs["password"] == "other"


class Sentinel:
    """Answers what it was given, or raises it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.connection_pool = SimpleNamespace(connection_kwargs={"host": "h", "port": 1})

    def sentinel_masters(self) -> Any:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def said(*answers: Any) -> OpsError:
    """Return the error when sentinels say this."""
    saying = _Said()
    for answer in answers:
        state = saying.state(Sentinel(answer), "orders")
        if state:
            saying.down = f"{state['ip']}:{state['port']}"
    return saying.error("orders", "h:1")


REFUSED = redis.exceptions.ConnectionError("refused")
WRONG = redis.exceptions.AuthenticationError("invalid username-password pair")
OTHERS: dict[str, Any] = {"mails": {}, "bills": {}}
DOWN = {"orders": {"ip": "10.0.0.1", "port": 6379}}


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ([REFUSED, REFUSED], Unreachable, "no connection (refused): orders at the sentinels h:1; none of them answers"),
        ([REFUSED, WRONG], AccessDenied, "h:1; check sentinel_user and sentinel_password"),
        ([WRONG, OTHERS], NotThere, "check sentinel_service; known are mails, bills"),
        ([{}], NotThere, "check sentinel_service; they know none"),
        ([OTHERS, DOWN, REFUSED], Unreachable, "the sentinels see the primary 10.0.0.1:6379 down"),
    ],
)
def test_what_several_sentinels_say(answers: list[Any], kind: type[OpsError], words: str) -> None:
    error = said(*answers)
    assert error.__class__ is kind
    assert words in str(error)


@pytest.mark.parametrize(
    ("key", "slot"), [("", 0), ("123456789", 12739), ("{123456789}x", 12739), ("a{123456789}}", 12739)]
)
def test_slots(key: str, slot: int) -> None:
    assert slot_of(key) == slot


@pytest.mark.parametrize("key", ["orders", "{orders}:dead", "a{}b", "a{b", "a}b{c}", "{{a}}", "ö{ü}"])
def test_slots_are_those_of_redis_py(key: str) -> None:
    assert slot_of(key) == redis.crc.key_slot(key.encode())


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("LLEN", "a"), "a"),
        (("XINFO GROUPS", "a"), "a"),
        (("EVALSHA", "sha", 2, "a", "b", "c"), "a"),
        (("eval", "text", 1, b"a"), b"a"),
    ],
)
def test_the_first_key(command: tuple[Any, ...], key: Any) -> None:
    assert first_key(command) == key


def nodes(*names: str) -> list[Any]:
    return [SimpleNamespace(name=name) for name in names]


def test_a_walk_through_all_primaries() -> None:
    primaries = nodes("c:1", "a:1", "b:1")
    seen: list[tuple[str, int]] = []
    answers = iter([17, 0, 0, 5, 0])
    cursor: Any = b"0"
    while True:
        walk = _Walk(primaries, cursor)
        seen.append((walk.node.name, walk.cursor))
        cursor, keys = walk.went_on([str(next(answers)).encode(), [b"key"]])
        assert keys == [b"key"]
        if cursor == b"0":
            break
        primaries.reverse()  # the order in which they are told means nothing
    assert seen == [("a:1", 0), ("a:1", 17), ("b:1", 0), ("c:1", 0), ("c:1", 5)]
    assert next(answers, None) is None


def test_a_walk_through_other_primaries_than_at_its_beginning() -> None:
    cursor, _keys = _Walk(nodes("a:1", "b:1"), 0).went_on([b"17", []])
    with pytest.raises(Unreachable, match="the cluster has changed while keys were looked for"):
        _Walk(nodes("a:1", "c:1"), cursor)


EXCEPTIONS = redis.exceptions


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (EXCEPTIONS.ClusterDownError("The cluster is down"), Unreachable, "slots that nobody serves"),
        (EXCEPTIONS.ClusterCrossSlotError("Keys in request"), OpsError, "need the same {tag} in their names"),
        (EXCEPTIONS.TryAgainError("Multiple keys"), Unreachable, "just being moved"),
        (EXCEPTIONS.ResponseError("MOVED 5 10.0.0.1:1"), InputError, "say `cluster: true`"),
        (EXCEPTIONS.SlotNotCoveredError("Slot 5"), Unreachable, "served by nobody"),
        (EXCEPTIONS.RedisClusterException("what is this"), Unreachable, "the client says 'what is this'"),
        (NotThere("as it is"), NotThere, "as it is"),
    ],
)
def test_errors_of_clusters(error: Exception, kind: type[OpsError], words: str) -> None:
    ours = explain(error, "look", "orders")
    assert ours.__class__ is kind
    assert words in str(ours)


def test_what_redis_py_wraps_is_unwrapped() -> None:
    try:
        try:
            try:
                raise EXCEPTIONS.NoPermissionError("this user has no permissions")
            except EXCEPTIONS.ResponseError:
                raise EXCEPTIONS.RedisClusterException("Cluster mode is not enabled")  # noqa: B904  # as redis-py
        except EXCEPTIONS.RedisClusterException as inner:
            raise EXCEPTIONS.RedisClusterException("cannot be connected") from inner
    except EXCEPTIONS.RedisClusterException as error:
        assert isinstance(explain_cluster(error, "connect", "h"), AccessDenied)


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match="cannot connect to the cluster: no connection"):
        connect_cluster(options(cluster=True, login_port=1, timeout=1), {"socket_timeout": 1})


def test_one_server_costs_what_it_did() -> None:
    """What clusters and sentinels need is not imported for a single server."""
    program = (
        "import sys\n"
        "from ansible_collections.day2.ops.plugins.module_utils._core.redis_connection import SPEC, connect\n"
        "connect(SPEC.validate({}, 'test'))\n"
        "print([name for name in sys.modules if name.rpartition('.')[2]"
        " in ('redis_cluster', 'redis_sentinel', 'redis_tls', 'redis_slots')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "said",
    [
        "The user executing the script can't run this command or subcommand script: 0123abcd, on @user_script:1.",
        "The user executing the script can't access at least one of the keys mentioned in the command arguments",
        "Error running script (call to f_0123abcd): @user_script:1: ACL failure in script: no permissions",
    ],
)
def test_a_command_in_a_script_that_the_user_may_not_run(said: str) -> None:
    ours = explain(redis.exceptions.ResponseError(said), "move letters", "orders")
    assert isinstance(ours, AccessDenied)
    assert ours.advice == "the ACL user lacks a permission; those needed are on the kind's page in docs/queues"
