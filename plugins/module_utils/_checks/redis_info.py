# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What INFO of a Redis-compatible server tells, as the values of the kind redis. No question of its own is asked.

The fields are those of the page "INFO" of the commands of Redis; a server that is run by others may leave some out, and
what is left out is null.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .base import PASS, Condition, Options, Values
from .limits import BYTES, COUNT, PERCENT, SECONDS, Limit

Info = Mapping[str, Any]

_NO_REPLICA = "not a master, or no replica is linked"
_NOT_TOLD = "the server does not tell"

LIMITS = (
    Limit("max_memory_percent", PERCENT, "memory_percent", unit="%", null_means="the server has no maxmemory"),
    Limit("max_clients_percent", PERCENT, "clients_percent", unit="%", null_means="the server tells no maxclients"),
    Limit(
        "max_replication_silence",
        SECONDS,
        "replication_silence",
        unit="s",
        null_means="not a replica, or its link is down",
    ),
    Limit("max_evicted_keys", COUNT, "evicted_keys", null_means=_NOT_TOLD),
    Limit("max_rejected_connections", COUNT, "rejected_connections", null_means=_NOT_TOLD),
    Limit("max_blocked_clients", COUNT, "blocked_clients", null_means=_NOT_TOLD),
    Limit("max_save_age", SECONDS, "save_age", unit="s", null_means=_NOT_TOLD),
    Limit("min_keys", COUNT, "keys", "ge"),
    Limit("min_replicas", COUNT, "replicas", "ge", null_means="not a master"),
    Limit("max_replica_lag", SECONDS, "replica_lag", unit="s", null_means=_NO_REPLICA),
    Limit("max_replica_lag_bytes", BYTES, "replica_lag_bytes", unit="bytes", null_means=_NO_REPLICA),
)

# What any server must say to be healthy: data loaded, the last save and the append-only file written.
_ALWAYS = (
    Condition("loading", "eq", 0),
    Condition("rdb_last_bgsave_status", "eq", "ok"),
    Condition("aof_last_write_status", "eq", "ok"),
    # Not told by servers that keep no such file.
    Condition("aof_last_bgrewrite_status", "in", ["ok"], null_is=PASS),
    Condition("link_up", "ne", False),
)
_ROLES = {"slave": "replica"}


def info_values(info: Info, options: Options) -> Values:
    """Return the values that INFO gives, and ``_fragmentation_ratio`` for conditions."""
    return {
        **_state(info),
        **_memory(info, options["fragmentation_from"]),
        **_saving(info),
        **_replication(info),
        "keys": _keys(info, options["db"]),
    }


def info_conditions(options: Options) -> list[Condition]:
    """Expect a server that is loaded, saves and, as a replica, is linked; the role and what else was asked for."""
    role = [Condition("role", "eq", options["role"])] if options.get("role") else []
    # Null would be no text to compare: a server that tells no policy is unknown.
    queue = [Condition("maxmemory_policy", "in", ["noeviction"], null_means=_NOT_TOLD)] if options["queue_safe"] else []
    most = options.get("max_fragmentation_ratio")
    fragmentation = [] if most is None else [Condition("_fragmentation_ratio", "le", most, null_is=PASS)]
    return [*_ALWAYS, *role, *queue, *fragmentation]


def _state(info: Info) -> Values:
    return {
        "version": str(info.get("valkey_version") or info.get("redis_version")),
        "uptime": info.get("uptime_in_seconds"),
        "connected_clients": info.get("connected_clients"),
        "clients_percent": _percent(info.get("connected_clients"), info.get("maxclients")),
        "blocked_clients": info.get("blocked_clients"),
        "rejected_connections": info.get("rejected_connections"),
        "evicted_keys": info.get("evicted_keys"),
        "loading": info.get("loading"),
    }


def _memory(info: Info, fragmentation_from: int) -> Values:
    """Return memory values; the hidden ratio is null while too little is used for it to mean anything.

    A server that tells no ratio has no hidden one either, so that a limit on it is unknown.
    """
    ratio, used = info.get("mem_fragmentation_ratio"), info.get("used_memory")
    meant = (
        {} if ratio is None or used is None else {"_fragmentation_ratio": ratio if used >= fragmentation_from else None}
    )
    return {
        "used_memory": used,
        "memory_percent": _percent(used, info.get("maxmemory")),
        "maxmemory_policy": info.get("maxmemory_policy"),
        "fragmentation_ratio": ratio,
        **meant,
    }


def _saving(info: Info) -> Values:
    return {
        "rdb_last_bgsave_status": info.get("rdb_last_bgsave_status"),
        "save_age": _save_age(info),
        "aof_enabled": bool(info.get("aof_enabled")),
        "aof_last_write_status": info.get("aof_last_write_status"),
        "aof_last_bgrewrite_status": info.get("aof_last_bgrewrite_status"),
    }


def _save_age(info: Info) -> float | None:
    """Return how many seconds of changes a snapshot put back now would lack at most; 0 without changes."""
    changes, saved = info.get("rdb_changes_since_last_save"), info.get("rdb_last_save_time")
    if changes is None or saved is None:
        return None
    return max(0.0, round(server_time(info) - float(saved), 1)) if changes else 0.0


def server_time(info: Info) -> float:
    """Return the server's clock in seconds; ours where it does not tell (before Redis 6.2)."""
    told = info.get("server_time_usec")
    return float(told) / 1e6 if told else time.time()


def _replication(info: Info) -> Values:
    """Return role, and what only a replica or only a master has, which is null for the other."""
    role = _ROLES.get(str(info.get("role")), str(info.get("role")))
    none = dict.fromkeys(("link_up", "replication_silence", "replicas", "replica_lag", "replica_lag_bytes"))
    own = _of_replica(info) if role == "replica" else {}
    # A replica may have replicas of its own.
    return {"role": role, **none, **own, **_of_master(info)}


def _of_replica(info: Info) -> Values:
    up = info.get("master_link_status") == "up"
    return {"link_up": up, "replication_silence": info.get("master_last_io_seconds_ago") if up else None}


def _of_master(info: Info) -> Values:
    """Return how many replicas are linked, and the most that one is behind: seconds of silence, and bytes."""
    if info.get("connected_slaves") is None:
        return {}
    told = [info[f"slave{number}"] for number in range(info["connected_slaves"]) if f"slave{number}" in info]
    linked = [one for one in told if isinstance(one, Mapping) and one.get("state") == "online"]
    here = info.get("master_repl_offset")
    lags = [one["lag"] for one in linked if one.get("lag") is not None]
    behind = [max(0, here - one["offset"]) for one in linked if here is not None and one.get("offset") is not None]
    return {
        "replicas": len(linked),
        "replica_lag": max(lags, default=None),
        "replica_lag_bytes": max(behind, default=None),
    }


def _keys(info: Info, database: int) -> int:
    """Return the number of keys in the database; INFO leaves out one that is empty."""
    told = info.get(f"db{database}")
    return int(told["keys"]) if isinstance(told, Mapping) else 0


def _percent(part: float | None, whole: float | None) -> float | None:
    return round(100 * part / whole, 2) if part is not None and whole else None
