# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What a server of the kin of Redis tells of itself by INFO: read from its text, as it comes with the data too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._core.durations import show_duration
from .._core.redis_connection import explained

if TYPE_CHECKING:
    import redis

# A fork of this length, in microseconds, is felt by clients.
_LONG_FORK = 500_000
_CHILDREN = ("rdb_bgsave_in_progress", "aof_rewrite_in_progress", "module_fork_in_progress")


def ask_info(client: redis.Redis, on: str) -> dict[str, str]:
    """Return all fields that INFO tells. :raises OpsError: or one of its kinds."""
    asked: Any = client
    asked.set_response_callback("INFO", lambda answer, **_options: answer)  # its text, not redis-py's reading of it
    with explained("ask the server about itself", on):
        answer: Any = asked.execute_command("INFO")
    return parse_info(answer)


def parse_info(text: bytes) -> dict[str, str]:
    """Return the fields of an answer to INFO."""
    lines = (line.partition(":") for line in text.decode("utf-8", "replace").splitlines() if line[:1] != "#")
    return {name: value for name, colon, value in lines if colon}


def number(fields: Mapping[str, str], name: str) -> int | None:
    """Return a field that is a whole number; None when the server does not tell it."""
    text = fields.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else None


def keyspace(fields: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return ``{"0": {"keys": 3, "expires": 1}}`` of the databases that hold any key."""
    databases = {}
    for name, value in fields.items():
        if name.startswith("db") and name[2:].isdigit() and "=" in value:
            pairs = dict(part.partition("=")[::2] for part in value.split(","))
            databases[name[2:]] = {"keys": int(pairs["keys"]), "expires": int(pairs.get("expires", 0))}
    return databases


def first_replica(fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return address and port of the first replica that is listed with both; None when there is none."""
    for name, value in fields.items():
        if name.startswith("slave") and name[5:].isdigit():
            pairs = dict(part.partition("=")[::2] for part in value.split(","))
            if pairs.get("ip") and pairs.get("port", "0") != "0":
                return pairs["ip"], pairs["port"]
    return None


def facts_between(before: Mapping[str, str], after: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the facts of a backup of a moment between two looks.

    ``changes`` is how many there were between the looks: the backup may hold as many keys more or less. None when that
    is not known.

    :param after: None when there was no such look. The same as ``before`` for a backup of just that moment.
    """
    databases = keyspace(before)
    return {
        "keys": sum(database["keys"] for database in databases.values()),
        "expires": sum(database["expires"] for database in databases.values()),
        "databases": databases,
        "changes": None if after is None else _changes(before, after),
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> int | None:
    changes = 0
    for name in ("rdb_changes_since_last_save", "expired_keys", "evicted_keys"):
        first, second = number(before, name), number(after, name)
        if first is None or second is None or second < first:
            return None
        changes += second - first
    return changes


def at_work(fields: Mapping[str, str]) -> str:
    """Return the name of the child process that saves or rewrites; empty when there is none."""
    return next((name for name in _CHILDREN if fields.get(name) == "1"), "")


def version(fields: Mapping[str, str]) -> str:
    """Return the version as ``redis 7.0.15`` or ``valkey 9.1.2``."""
    if fields.get("valkey_version"):
        return f"valkey {fields['valkey_version']}"
    return f"{fields.get('server_name', 'redis')} {fields.get('redis_version', 'of unknown version')}"


def major(fields: Mapping[str, str]) -> int | None:
    """Return the first number of the version of Redis whose commands it has; None when it does not tell."""
    first = fields.get("redis_version", "").partition(".")[0]
    return int(first) if first.isdigit() else None


def described(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what the manifest says of the server."""
    numbers = {
        name: number(fields, name)
        for name in ("used_memory", "maxmemory", "total_system_memory", "latest_fork_usec", "master_repl_offset")
    }
    known = {name: value for name, value in numbers.items() if value is not None}
    return {
        "version": version(fields),
        "role": fields.get("role"),
        "mode": fields.get("redis_mode", fields.get("server_mode")),
        "run_id": fields.get("run_id"),
        **known,
    }


def dangers(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return warnings of what a save may do to this server: it forks, and pages that change meanwhile are copied."""
    told = []
    fork = number(fields, "latest_fork_usec")
    if fork is not None and fork > _LONG_FORK:
        told.append(f"the last fork stopped the server for {show_duration(fork / 1e6)}")
    used, total = number(fields, "used_memory_rss"), number(fields, "total_system_memory")
    if used and total and used * 2 > total:
        told.append(
            f"the server uses {used / 1e9:.1f} of {total / 1e9:.1f} GB of its host: if much is written while it saves, "
            "memory may run out; and its fork needs vm.overcommit_memory=1"
        )
    return tuple(told)
