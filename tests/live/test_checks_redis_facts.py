# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of the kind redis: real faults in a real server, seen by the right limit with the right reason."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
import redis
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.checks import attempt


@pytest.fixture
def login(redis_facts: RedisFacts) -> dict[str, Any]:
    return {
        "login_host": redis_facts["host"],
        "login_port": redis_facts["port"],
        "login_user": redis_facts["user"],
        "login_password": redis_facts["password"],
    }


@pytest.fixture
def admin(redis_facts: RedisFacts) -> Iterator[redis.Redis]:
    with closing(connect(redis_facts)) as admin:
        yield admin


def told(admin: redis.Redis, name: str) -> int:
    """Return a number of INFO."""
    info: Any = admin.info()
    return int(info[name])


@contextmanager
def configured(admin: redis.Redis, **settings: str) -> Iterator[None]:
    """Change settings for a while; names have _ for -."""
    names = {name: name.replace("_", "-") for name in settings}
    asking: Any = admin
    before = {name: asking.config_get(names[name])[names[name]] for name in settings}
    try:
        for name, value in settings.items():
            admin.config_set(names[name], value)
        yield
    finally:
        for name, value in before.items():
            admin.config_set(names[name], value)


def test_all_limits_at_once_on_a_healthy_server(login: dict[str, Any], redis_server: redis.Redis) -> None:
    redis_server.set("check:one", "1")
    limits: dict[str, Any] = {
        "queue_safe": True,
        "max_fragmentation_ratio": 3,
        "max_evicted_keys": 10**9,
        "max_rejected_connections": 10**9,
        "max_blocked_clients": 1000,
        "max_save_age": "365d",
        "min_keys": 1,
        "db": 9,
        "min_replicas": 0,
        "max_slowlog_entries": 100,
        "slowlog_min_duration": "1h",
    }
    outcome = attempt("redis", **login, **limits, details=["slowlog", "clients", "keyspace"])
    assert outcome.status == "pass", outcome.reason
    values = outcome.values
    assert (values["unseen"], values["keys"], values["replicas"], values["slowlog"]) == ({}, 1, 0, [])
    assert {"db": 9, "keys": 1, "expires": 0, "mean_time_left": None} in values["keyspace"]
    assert sum(client["count"] for client in values["clients"]) >= 1
    assert json.loads(json.dumps(values)) == values


def test_nothing_is_asked_that_no_option_wants(login: dict[str, Any]) -> None:
    assert not {"slowlog_entries", "slowlog", "clients"} & set(attempt("redis", **login).values)


def test_a_redis_that_evicts_is_no_place_for_queues(
    login: dict[str, Any], admin: redis.Redis, redis_server: redis.Redis
) -> None:
    evicted = told(admin, "evicted_keys")
    room = str(told(admin, "used_memory") + 1024 * 1024)
    check = {**login, "queue_safe": True, "max_evicted_keys": evicted}
    assert attempt("redis", **check).status == "pass"
    redis_server.set("check:victim", "x" * 1000, ex=600)
    with configured(admin, maxmemory_policy="volatile-lru", maxmemory=room):
        for number in range(300):
            redis_server.set(f"check:{number}", "x" * 10_000, ex=600)
        outcome = attempt("redis", **check)
    assert outcome.status == "fail"
    assert "maxmemory_policy is 'volatile-lru', expected one of ['noeviction']" in outcome.reason
    assert f"expected at most {evicted}" in outcome.reason


def test_clients_that_were_turned_away(login: dict[str, Any], admin: redis.Redis, redis_facts: RedisFacts) -> None:
    before = told(admin, "rejected_connections")
    room = str(told(admin, "connected_clients"))
    with configured(admin, maxclients=room), ExitStack() as clients, pytest.raises(redis.RedisError):
        for _client in range(20):
            clients.enter_context(closing(connect(redis_facts))).ping()
    outcome = attempt("redis", **login, max_rejected_connections=before)
    assert outcome.status == "fail"
    assert f"rejected_connections is {told(admin, 'rejected_connections')}, expected at most" in outcome.reason


def test_a_client_that_waits(login: dict[str, Any], redis_facts: RedisFacts, admin: redis.Redis) -> None:
    before = told(admin, "blocked_clients")
    with closing(connect(redis_facts, db=9)) as waiting:
        thread = threading.Thread(target=waiting.blpop, args=(["check:nothing"], 10))
        thread.start()
        try:
            wait_for("a blocked client", lambda: told(admin, "blocked_clients") > before)
            outcome = attempt("redis", **login, max_blocked_clients=0)
        finally:
            with closing(connect(redis_facts, db=9)) as giver:
                giver.rpush("check:nothing", "something")
            thread.join()
    assert outcome.status == "fail"
    assert outcome.reason.startswith("blocked_clients is ")


def test_slow_commands_and_no_secret_in_them(
    login: dict[str, Any], admin: redis.Redis, redis_server: redis.Redis
) -> None:
    with configured(admin, slowlog_log_slower_than="0"):
        admin.slowlog_reset()
        redis_server.mset({f"check:{number}": "hunter2" for number in range(40)})
        outcome = attempt("redis", **login, max_slowlog_entries=0, details=["slowlog"])
        open_log = attempt("redis", **login, details=["slowlog"], slowlog_arguments=True)
        long = attempt("redis", **login, max_slowlog_entries=0, slowlog_min_duration="1h")
    assert outcome.status == "fail"
    assert outcome.reason.startswith("slowlog_entries is ")
    (slow,) = [entry for entry in outcome.values["slowlog"] if entry["command"] == "MSET"]
    assert slow["arguments"] == 80
    assert slow["duration"] < 1
    assert "hunter2" not in str(outcome.values)
    assert "hunter2" in str(open_log.values)
    assert long.status == "pass", long.reason


def test_a_slow_log_that_cannot_tell(login: dict[str, Any], admin: redis.Redis) -> None:
    with configured(admin, slowlog_log_slower_than="-1"):
        off = attempt("redis", **login, max_slowlog_entries=5)
    assert off.status == "unknown"
    assert "slowlog_entries is not there (the slow log is off" in off.reason
    with configured(admin, slowlog_log_slower_than="0", slowlog_max_len="2"):
        for _command in range(3):
            admin.ping()
        full = attempt("redis", **login, max_slowlog_entries=5)
        over = attempt("redis", **login, max_slowlog_entries=1)
    assert full.status == "unknown"
    assert "the slow log holds 2 entries, all of the window" in full.reason
    assert (over.status, over.reason) == ("fail", "slowlog_entries is 2, expected at most 1")


def test_a_user_who_may_ask_info_alone(login: dict[str, Any], admin: redis.Redis) -> None:
    admin.acl_setuser("modest", enabled=True, passwords=["+modest"], commands=["+ping", "+info"])
    modest = {**login, "login_user": "modest", "login_password": "modest"}
    try:
        outcome = attempt("redis", **modest, max_slowlog_entries=5, details=["clients"], min_replicas=0)
        failing = attempt("redis", **modest, max_slowlog_entries=5, min_replicas=1)
        of_info = attempt("redis", **modest, queue_safe=True, min_replicas=0, details=["keyspace"])
    finally:
        admin.acl_deluser("modest")
    assert outcome.status == "unknown"
    assert "cannot read the slow log: the server says '" in outcome.reason
    assert "slowlog" in outcome.reason
    assert "the ACL user lacks this permission" in outcome.reason
    assert set(outcome.values["unseen"]) == {"slowlog", "slowlog_entries", "clients"}
    assert failing.status == "fail"
    assert failing.reason.startswith("replicas is 0, expected at least 1; slowlog_entries is not there")
    assert of_info.status == "pass", of_info.reason


def test_a_log_that_may_be_read_without_its_settings(login: dict[str, Any], admin: redis.Redis) -> None:
    admin.acl_setuser("reader", enabled=True, passwords=["+reader"], commands=["+ping", "+info", "+slowlog"])
    reader = {**login, "login_user": "reader", "login_password": "reader"}
    try:
        outcome = attempt("redis", **reader, max_slowlog_entries=500, slowlog_min_duration="1h")
    finally:
        admin.acl_deluser("reader")
    assert outcome.status == "pass", outcome.reason


def test_changes_that_no_snapshot_has(login: dict[str, Any], admin: redis.Redis, redis_server: redis.Redis) -> None:
    redis_server.set("check:changed", "1")
    outcome = attempt("redis", **login, max_save_age=0)
    assert outcome.status == "fail"
    assert outcome.reason.startswith("save_age is ")
    admin.save()
    # Workers of the service may write in between.
    wait_for(
        "nothing to save", lambda: bool(admin.save()) and attempt("redis", **login, max_save_age=0).status == "pass"
    )


def test_too_few_keys(login: dict[str, Any], redis_server: redis.Redis) -> None:
    outcome = attempt("redis", **login, db=9, min_keys=1)
    assert (outcome.status, outcome.reason) == ("fail", "keys is 0, expected at least 1")
