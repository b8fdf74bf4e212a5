# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis Cluster of three primaries, each with a third of the slots; it keeps nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import redis

from . import redis_nodes
from .passwords import new_password
from .ports import HOST
from .redis_nodes import Account
from .server import Server
from .state import RedisClusterFacts, RedisNodeFacts
from .waiting import wait_for

_PRIMARIES = 3
_SLOTS = 16384
_CONFIG = """\
cluster-enabled yes
cluster-config-file nodes.conf
cluster-node-timeout 1500
cluster-port {bus}
save ""
appendonly no
enable-debug-command yes
"""


class RedisClusterServer(Server):
    """Three nodes, made one cluster."""

    name = "redis_cluster"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return redis_nodes.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return tuple(f"{self.name}-{number}" for number in range(1, _PRIMARIES + 1))

    def start(self) -> None:
        """See Server.start."""
        if "redis_cluster" in self.home.facts:
            self._launch(self.home.facts["redis_cluster"])
            self._await_ok(self.home.facts["redis_cluster"])
        else:
            self.home.on_free_ports(3 * _PRIMARIES, self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        redis_nodes.forget(self.home, self.process_names())
        facts: RedisClusterFacts = {
            "host": HOST,
            "nodes": redis_nodes.new_nodes(ports[_PRIMARIES:]),
            "buses": ports[:_PRIMARIES],
            "user": "day2",
            "password": new_password(),
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
        }
        self._launch(facts)
        self._make_one(facts)
        self._await_ok(facts)
        self.home.facts["redis_cluster"] = facts
        self.home.save()

    def _launch(self, facts: RedisClusterFacts) -> None:
        account = account_of(facts)
        servers = {}
        for name, node, bus in zip(self.process_names(), facts["nodes"], facts["buses"], strict=True):
            tls = "tls-cluster yes\n" if node["tls_port"] else ""  # else TLS clients are told plain ports
            settings = _CONFIG.format(bus=bus) + tls + account.lines()
            servers[name] = (redis_nodes.launch(self.home, name, node, settings), node)
        for name, (server, node) in servers.items():
            redis_nodes.await_answer(name, server, node, account)

    def _make_one(self, facts: RedisClusterFacts) -> None:
        """Give each node its slots and make them known to each other."""
        share = _SLOTS // _PRIMARIES + 1
        for number, node in enumerate(facts["nodes"]):
            with connect_node(facts, node) as client:
                last = min((number + 1) * share, _SLOTS) - 1
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", number * share, last)
                # Without it, two of them might take the same number for what they say of their slots.
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                client.execute_command("CLUSTER", "MEET", HOST, port_among_nodes(facts["nodes"][0]), facts["buses"][0])

    def _await_ok(self, facts: RedisClusterFacts) -> None:
        for name, node in zip(self.process_names(), facts["nodes"], strict=True):
            with connect_node(facts, node) as client:
                wait_for(f"a cluster that is complete to {name}", partial(_complete, client))


def _complete(client: Any) -> bool:
    info = client.execute_command("CLUSTER", "INFO")
    lines = (info.decode() if isinstance(info, bytes) else str(info)).split()
    return "cluster_state:ok" in lines and f"cluster_size:{_PRIMARIES}" in lines


def port_among_nodes(node: RedisNodeFacts) -> int:
    """Return the port by which the other nodes know the node."""
    return node["tls_port"] or node["port"]


def account_of(facts: RedisClusterFacts) -> Account:
    """Return the user of the cluster."""
    return Account(facts["user"], facts["password"])


def connect_node(facts: RedisClusterFacts, node: RedisNodeFacts) -> Any:
    """Return a client of one node, which knows nothing of the others."""
    return redis_nodes.connect(node, account_of(facts))


def connect_cluster(facts: RedisClusterFacts) -> Any:
    """Return redis-py's own client of the cluster."""
    client: Any = redis.RedisCluster  # its annotations leave it abstract
    return client(
        host=facts["host"],
        port=facts["nodes"][0]["port"],
        username=facts["user"],
        password=facts["password"],
        socket_timeout=5,
    )


def empty_cluster(facts: RedisClusterFacts) -> None:
    """Remove all that is in the cluster."""
    for node in facts["nodes"]:
        with connect_node(facts, node) as client:
            client.flushall()
