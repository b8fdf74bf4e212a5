# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The server that a backup of Redis is taken from: the one named, or the primary or a replica that sentinels know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, OpsError, Unreachable
from .._core.libraries import load
from .._core.redis_connection import connect, explained, where

if TYPE_CHECKING:
    import redis

PRIMARY, REPLICA = "primary", "replica"
_NO_CLUSTER = "name one primary after the other with login_host, and leave cluster out"


@contextmanager
def connected(options: Mapping[str, Any], role: str = PRIMARY) -> Iterator[tuple[redis.Redis, str]]:
    """Give a client and the server's name for messages.

    :param role: whether sentinels are asked for the primary or for a replica.
    :raises InputError: a cluster, which has no one server. :raises OpsError: or another of its kinds: no connection.
    """
    if options.get("cluster"):
        raise InputError("a cluster is backed up and restored node by node", on=where(options), advice=_NO_CLUSTER)
    if role == REPLICA and not options.get("sentinels"):
        raise InputError("from: replica needs sentinels", advice="or name the replica with login_host")
    # a user who may only copy need not be let into databases
    options = {**options, "db": 0}
    client: Any = connect(options)
    try:
        if role == REPLICA:
            options = {**options, **_replica(client, options)}
            client.close()
            client = connect(options)
        yield client, server_name(options)
    finally:
        client.close()


def server_name(options: Mapping[str, Any]) -> str:
    """Return ``redis HOST:PORT``, the socket, or the service's name: all databases are meant."""
    if options.get("sentinels"):
        return f"redis {options['sentinel_service']}"
    if options.get("login_unix_socket"):
        return f"redis {options['login_unix_socket']}"
    return f"redis {options['login_host']}:{options['login_port']}"


def default_name(options: Mapping[str, Any]) -> str:
    """Return the name of the catalogue of that server."""
    return server_name(options).replace("redis ", "redis-", 1).replace(":", "-")


def _replica(client: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that lead to the first replica that the sentinels see up."""
    manager: Any = client.connection_pool.sentinel_manager
    with explained("ask the sentinels for a replica", where(options)):
        try:
            found = manager.discover_slaves(options["sentinel_service"])
        except load("redis.sentinel").SlaveNotFoundError:
            found = []
    if not found:
        raise Unreachable("the sentinels know no replica that is up", on=where(options), advice="use from: primary")
    host, port = found[0]
    return {"sentinels": None, "sentinel_service": None, "login_host": host, "login_port": int(port)}


def require_primary(info: Mapping[str, str], on: str) -> None:
    """Refuse a server that has another as its primary. :raises OpsError: so."""
    if info.get("role") not in ("master", "primary"):
        primary = f"{info.get('master_host', '?')}:{info.get('master_port', '?')}"
        raise OpsError("the server is a replica", on=on, advice=f"restore at its primary, {primary}")
