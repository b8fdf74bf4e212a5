# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis primary and its replica under three sentinels, each side with users of its own; it keeps nothing.

Who is the primary now, the sentinels know: a failover changes it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from redis.sentinel import Sentinel

from . import redis_nodes
from .passwords import new_password
from .ports import HOST
from .redis_nodes import Account
from .server import Server
from .state import ProcessFacts, RedisNodeFacts, RedisSentinelFacts
from .waiting import wait_for

_SENTINELS = 3
_QUORUM = 2
_DATA = """\
save ""
appendonly no
enable-debug-command yes
repl-diskless-sync yes
repl-diskless-sync-delay 0
masteruser {user}
masterauth {password}
"""
_WATCH = """\
sentinel monitor {service} {host} {port} {quorum}
sentinel auth-user {service} {user}
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 1500
sentinel failover-timeout {service} 3000
sentinel sentinel-user {sentinel_user}
sentinel sentinel-pass {sentinel_password}
"""


class RedisSentinelServer(Server):
    """Two data nodes and three sentinels."""

    name = "redis_sentinel"
    on_request = True

    def missing(self) -> str:
        """See Server.missing."""
        return redis_nodes.missing()

    def process_names(self) -> tuple[str, ...]:
        """See Server.process_names."""
        return (*self._data_names(), *self._sentinel_names())

    def _data_names(self) -> tuple[str, ...]:
        return (f"{self.name}-data-1", f"{self.name}-data-2")

    def _sentinel_names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{number}" for number in range(1, _SENTINELS + 1))

    def start(self) -> None:
        """See Server.start."""
        if "redis_sentinel" in self.home.facts:
            self._launch(self.home.facts["redis_sentinel"])
        else:
            self.home.on_free_ports(2 * (2 + _SENTINELS), self._first_start)

    def _first_start(self, ports: list[int]) -> None:
        redis_nodes.forget(self.home, self.process_names())
        nodes = redis_nodes.new_nodes(ports)
        facts: RedisSentinelFacts = {
            "host": HOST,
            "service": "orders-set",
            "data": nodes[:2],
            "sentinels": nodes[2:],
            "user": "day2",
            "password": new_password(),
            "sentinel_user": "day2-sentinel",
            "sentinel_password": new_password(),
            "ca_certs": str(self.home.folder / "ca.pem"),
            "wrong_ca": str(self.home.folder / "wrong-ca.pem"),
        }
        self._launch(facts)
        self.home.facts["redis_sentinel"] = facts
        self.home.save()

    def _launch(self, facts: RedisSentinelFacts) -> None:
        self._launch_data(facts)
        account = Account(facts["sentinel_user"], facts["sentinel_password"])
        watch = _WATCH.format(quorum=_QUORUM, port=facts["data"][0]["port"], **facts)
        nodes = dict(zip(self._sentinel_names(), facts["sentinels"], strict=True))
        self._launch_all(nodes, account, account.lines() + watch, "--sentinel")
        for node in facts["sentinels"]:
            with redis_nodes.connect(node, account) as sentinel:
                # They look at data nodes every ten seconds, which would make a test of a failover take twenty.
                sentinel.execute_command("SENTINEL DEBUG", "INFO-PERIOD", 300, "PUBLISH-PERIOD", 300)
        await_quiet(facts)

    def _launch_data(self, facts: RedisSentinelFacts) -> None:
        account = account_of(facts)
        first, second = facts["data"]
        nodes = dict(zip(self._data_names(), facts["data"], strict=True))
        settings = {name: _DATA.format(**facts) + account.lines() for name in nodes}
        fresh = not (self.home.run_dir / self._data_names()[1] / "redis.conf").exists()
        settings[self._data_names()[1]] += f"replicaof {HOST} {first['port']}\n"
        for name, node in nodes.items():
            redis_nodes.launch(self.home, name, node, settings[name])
        for name, node in nodes.items():
            redis_nodes.await_answer(name, self.home.process(name), node, account)
        if fresh:
            # Sentinels learn of replicas from the primary, so it had better know this one when they begin.
            with redis_nodes.connect(second, account) as replica:
                wait_for("the first replica", lambda: replica.info("replication")["master_link_status"] == "up")

    def _launch_all(self, nodes: dict[str, RedisNodeFacts], account: Account, settings: str, option: str) -> None:
        servers: dict[str, ProcessFacts] = {}
        for name, node in nodes.items():
            servers[name] = redis_nodes.launch(self.home, name, node, settings, option)
        for name, node in nodes.items():
            redis_nodes.await_answer(name, servers[name], node, account)


def account_of(facts: RedisSentinelFacts) -> Account:
    """Return the user of the data nodes."""
    return Account(facts["user"], facts["password"])


def sentinel_of(facts: RedisSentinelFacts) -> Any:
    """Return redis-py's own client of the sentinels."""
    client: Any = Sentinel
    return client(
        [(facts["host"], node["port"]) for node in facts["sentinels"]],
        sentinel_kwargs={
            "username": facts["sentinel_user"],
            "password": facts["sentinel_password"],
            "socket_timeout": 5,
        },
        username=facts["user"],
        password=facts["password"],
        socket_timeout=5,
    )


def connect_primary(facts: RedisSentinelFacts) -> Any:
    """Return a client of whichever node is the primary."""
    return sentinel_of(facts).master_for(facts["service"])


def replica_of(facts: RedisSentinelFacts) -> RedisNodeFacts:
    """Return the node that is not the primary now."""
    _host, port = sentinel_of(facts).discover_master(facts["service"])
    (node,) = (node for node in facts["data"] if node["port"] != port)
    return node


def fail_over(facts: RedisSentinelFacts) -> None:
    """Have the replica made the primary; returns at once."""
    sentinel_of(facts).sentinels[0].execute_command("SENTINEL FAILOVER", facts["service"])


def await_quiet(facts: RedisSentinelFacts) -> None:
    """Return when all sentinels know each other and one replica that follows, and nothing is going on."""
    for number, sentinel in enumerate(sentinel_of(facts).sentinels, 1):
        wait_for(f"all to be well in the eyes of sentinel {number}", partial(_is_quiet, sentinel, facts), 30)


def _is_quiet(sentinel: Any, facts: RedisSentinelFacts) -> bool:
    state = sentinel.sentinel_masters()[facts["service"]]
    (replica,) = sentinel.sentinel_slaves(facts["service"])
    others = state["num-other-sentinels"] == len(facts["sentinels"]) - 1
    well = state["flags"] == "master" and replica["flags"] == "slave"
    return bool(others and well and _follows(replica, state))


def _follows(replica: dict[str, Any], state: dict[str, Any]) -> bool:
    return bool(replica["master-link-status"] == "ok" and replica["master-port"] == state["port"])
