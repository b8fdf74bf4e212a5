# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind redis: a Redis-compatible server answers, has saved, and keeps within limits. Needs redis-py."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.argspec import ArgSpec
from .._core.redis_connection import SPEC as CONNECTION
from .._core.redis_connection import connect, explained, where
from .base import Condition, Context, Options, Values
from .limits import MAX_LATENCY, PERCENT, SECONDS, Limit, limit_conditions, limits_spec

LIMITS = (
    MAX_LATENCY,
    Limit("max_memory_percent", PERCENT, "memory_percent", unit="%", null_means="the server has no maxmemory"),
    Limit("max_clients_percent", PERCENT, "clients_percent", unit="%", null_means="the server tells no maxclients"),
    Limit(
        "max_replication_silence",
        SECONDS,
        "replication_silence",
        unit="s",
        null_means="not a replica, or its link is down",
    ),
)

SPEC = CONNECTION + ArgSpec(options={"role": {"type": "str", "choices": ["master", "replica"]}}) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ("redis",)

_ROLES = {"slave": "replica"}
# What any server must say to be healthy: data loaded, the last save and the append-only file written.
_ALWAYS = (
    Condition("loading", "eq", 0),
    Condition("rdb_last_bgsave_status", "eq", "ok"),
    Condition("aof_last_write_status", "eq", "ok"),
    Condition("link_up", "ne", False),
)


def probe(options: Options, context: Context) -> Values:
    """Log in afresh, read INFO, time one PING; see docs/checks.md for the values.

    :raises MissingLibrary: redis-py. :raises OpsError: or one of its kinds, as the connection does.
    """
    on = where(options)
    with context.few_at_once(on), connect(options) as client, explained("check the server", on):
        info: Mapping[str, Any] = client.info()
        started = time.monotonic()
        client.ping()
        latency = time.monotonic() - started
    return {"latency": round(latency, 4), **_facts(info), **_replication(info)}


def _facts(info: Mapping[str, Any]) -> Values:
    return {
        "version": str(info.get("valkey_version") or info.get("redis_version")),
        "uptime": info.get("uptime_in_seconds"),
        "used_memory": info.get("used_memory"),
        "memory_percent": _percent(info.get("used_memory"), info.get("maxmemory")),
        "maxmemory_policy": info.get("maxmemory_policy"),
        "connected_clients": info.get("connected_clients"),
        "clients_percent": _percent(info.get("connected_clients"), info.get("maxclients")),
        "evicted_keys": info.get("evicted_keys"),
        "loading": info.get("loading"),
        "rdb_last_bgsave_status": info.get("rdb_last_bgsave_status"),
        "aof_enabled": bool(info.get("aof_enabled")),
        "aof_last_write_status": info.get("aof_last_write_status"),
    }


def _replication(info: Mapping[str, Any]) -> Values:
    """Return role, and what only a replica has: whether its link stands, seconds since its primary was last heard."""
    role = _ROLES.get(str(info.get("role")), str(info.get("role")))
    if role != "replica":
        return {"role": role, "link_up": None, "replication_silence": None}
    up = info.get("master_link_status") == "up"
    return {"role": role, "link_up": up, "replication_silence": info.get("master_last_io_seconds_ago") if up else None}


def _percent(part: float | None, whole: float | None) -> float | None:
    return round(100 * part / whole, 2) if part is not None and whole else None


def conditions(options: Options) -> list[Condition]:
    """Expect a server that is loaded, saves and, as a replica, is linked; the role and limits given."""
    role = [Condition("role", "eq", options["role"])] if options.get("role") else []
    return [*_ALWAYS, *role, *limit_conditions(LIMITS, options)]
