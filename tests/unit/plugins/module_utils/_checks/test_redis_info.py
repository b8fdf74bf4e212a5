# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INFO and the slow log of servers that tell more or less."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._checks.base import FAIL, PASS, UNKNOWN
from ansible_collections.day2.ops.plugins.module_utils._checks.conditions import evaluate, worst
from ansible_collections.day2.ops.plugins.module_utils._checks.limits import limit_conditions
from ansible_collections.day2.ops.plugins.module_utils._checks.redis_facts import _Entry
from ansible_collections.day2.ops.plugins.module_utils._checks.redis_info import LIMITS, info_conditions, info_values

MIB = 1024 * 1024
OPTIONS: dict[str, Any] = {"db": 0, "queue_safe": False, "fragmentation_from": 100 * MIB}
# What redis-py makes of INFO.
WELL: dict[str, Any] = {
    "redis_version": "7.2.4",
    "server_time_usec": 1_000_000_000_000,
    "used_memory": 200 * MIB,
    "mem_fragmentation_ratio": 1.1,
    "maxmemory_policy": "noeviction",
    "loading": 0,
    "rdb_last_bgsave_status": "ok",
    "rdb_last_save_time": 999_000,
    "rdb_changes_since_last_save": 5,
    "aof_enabled": 0,
    "aof_last_write_status": "ok",
    "aof_last_bgrewrite_status": "ok",
    "role": "master",
    "connected_slaves": 0,
    "evicted_keys": 0,
}


def judge(info: dict[str, Any], **options: Any) -> tuple[str, str]:
    wanted = {**OPTIONS, **options}
    finding = worst(evaluate([*info_conditions(wanted), *limit_conditions(LIMITS, wanted)], info_values(info, wanted)))
    return finding.status, finding.reason


def test_fragmentation_counts_once_enough_memory_is_used() -> None:
    torn = {**WELL, "mem_fragmentation_ratio": 4.2}
    assert judge(WELL, max_fragmentation_ratio=1.5)[0] == PASS
    reason = "fragmentation_ratio is 4.2, expected at most 1.5"
    assert judge(torn, max_fragmentation_ratio=1.5) == (FAIL, reason)
    assert judge({**torn, "used_memory": MIB}, max_fragmentation_ratio=1.5)[0] == PASS
    assert judge({**torn, "used_memory": MIB}, max_fragmentation_ratio=1.5, fragmentation_from=0) == (FAIL, reason)
    untold = {name: value for name, value in WELL.items() if name != "mem_fragmentation_ratio"}
    assert judge(untold, max_fragmentation_ratio=1.5)[0] == UNKNOWN


@pytest.mark.parametrize(
    ("policy", "status"),
    [("noeviction", PASS), ("allkeys-lru", FAIL), ("volatile-ttl", FAIL), (None, UNKNOWN)],
)
def test_a_queue_wants_a_redis_that_does_not_evict(policy: str | None, status: str) -> None:
    assert judge({**WELL, "maxmemory_policy": policy}, queue_safe=True)[0] == status
    assert judge({**WELL, "maxmemory_policy": policy})[0] == PASS


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({}, FAIL, "save_age is 16 min 40 s, expected at most 10 min"),
        ({"rdb_changes_since_last_save": 0}, PASS, ""),
        ({"rdb_last_save_time": 999_900}, PASS, ""),
        ({"rdb_last_save_time": None}, UNKNOWN, "save_age is null (the server does not tell)"),
    ],
)
def test_changes_that_no_snapshot_has(change: dict[str, Any], status: str, reason: str) -> None:
    assert judge({**WELL, **change}, max_save_age=600) == (status, reason)


def test_a_rewrite_that_failed_and_a_server_that_tells_of_none() -> None:
    assert judge({**WELL, "aof_last_bgrewrite_status": "err"})[0] == FAIL
    assert judge({**WELL, "aof_last_bgrewrite_status": None})[0] == PASS


def test_only_replicas_that_are_online_count_and_the_worst_is_told() -> None:
    info = {
        **WELL,
        "connected_slaves": 3,
        "master_repl_offset": 1000,
        "slave0": {"state": "online", "offset": 990, "lag": 0},
        "slave1": {"state": "online", "offset": 400, "lag": 7},
        "slave2": {"state": "wait_bgsave", "offset": 0, "lag": 0},
    }
    values = info_values(info, OPTIONS)
    assert (values["replicas"], values["replica_lag"], values["replica_lag_bytes"]) == (2, 7, 600)
    assert judge(info, min_replicas=3) == (FAIL, "replicas is 2, expected at least 3")
    assert judge(WELL, max_replica_lag=5) == (UNKNOWN, "replica_lag is null (not a master, or no replica is linked)")


def test_a_database_that_info_leaves_out_is_empty() -> None:
    assert info_values({**WELL, "db1": {"keys": 5, "expires": 0}}, OPTIONS)["keys"] == 0
    assert info_values({**WELL, "db1": {"keys": 5, "expires": 0}}, {**OPTIONS, "db": 1})["keys"] == 5


def test_an_entry_of_the_slow_log() -> None:
    raw = [1, 0, 15_000, [b"set", b"session", b"hunter2\x1b[31m"], b"10.0.0.1:5", b"web"]
    entry = _Entry.of(raw)
    hidden, open_to_all = entry.shown(False), entry.shown(True)
    assert hidden == {
        "at": "1970-01-01T00:00:00+00:00",
        "duration": 0.015,
        "command": "SET",
        "arguments": 2,
        "client": "web",
    }
    assert open_to_all["command"] == "set session hunter2 [31m"


def test_an_entry_with_more_arguments_than_the_log_keeps_and_of_an_old_server() -> None:
    command = [b"MSET", *[b"x"] * 30, b"... (10 more arguments)"]
    entry = _Entry.of([1, 0, 1, command])
    assert (entry.arguments, entry.client) == (40, "")
