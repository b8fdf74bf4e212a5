# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many queues cost one round trip a server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues.description import described
from ansible_collections.day2.ops.plugins.module_utils._queues.look import Observer
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, Options, connection


class Relay:
    """Stands before a server, for one connection, and counts how often the client speaks after the server has."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._server = socket.create_connection((host, port))
        self.port: int = self._listener.getsockname()[1]
        self.round_trips = 0
        self._turn = "server"
        self._lock = threading.Lock()

    def run(self) -> None:
        """Pass on what is said until one side is gone."""
        with closing(self._listener), closing(self._server):
            client, _address = self._listener.accept()
            with closing(client):
                back = threading.Thread(target=self._pass_on, args=(self._server, client, "server"))
                back.start()
                self._pass_on(client, self._server, "client")
                back.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, speaker: str) -> None:
        while said := source.recv(1 << 16):
            with self._lock:
                self.round_trips += speaker == "client" and self._turn == "server"
                self._turn = speaker
            target.sendall(said)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay(redis_facts: RedisFacts) -> Iterator[Relay]:
    """A relay before the lab's Redis."""
    relay = Relay(redis_facts["host"], redis_facts["port"])
    thread = threading.Thread(target=relay.run)
    thread.start()
    yield relay
    thread.join()


def looks_cost(relay: Relay, facts: RedisFacts, descriptions: list[Options], looks: int) -> int:
    """Return the round trips of that many looks, without those of making the connection.

    What is asked must fit into one packet: of a longer question the server answers the beginning before the end.
    """
    with Observer(described(descriptions, connection(facts, login_port=relay.port))) as observer:
        assert {reading.status for reading in observer.look()} == {"ok"}
        before = relay.round_trips
        for _number in range(looks):
            observer.look()
        return relay.round_trips - before


def test_a_hundred_lists(relay: Relay, redis_facts: RedisFacts, redis_server: Client) -> None:
    for number in range(100):
        redis_server.rpush(f"list{number}", number)
    descriptions = [{"name": f"list{number}", "kind": "redis_list"} for number in range(100)]
    assert looks_cost(relay, redis_facts, descriptions, looks=10) == 10


def test_all_kinds_side_by_side(relay: Relay, redis_facts: RedisFacts, redis_server: Client) -> None:
    redis_server.rpush("list", 1)
    redis_server.zadd("set", {"a": 1})
    redis_server.xadd("stream", {"a": 1})
    redis_server.xgroup_create("stream", "workers", "$")
    redis_server.sadd("asynq:queues", "tasks")
    redis_server.zadd("arq:queue", {"a": 1e15})
    descriptions = [
        {"name": "list", "kind": "redis_list"},
        {"name": "set", "kind": "redis_sorted_set"},
        {"name": "stream", "kind": "redis_stream", "group": "workers"},
        {"name": "tasks", "kind": "asynq"},
        {"name": "jobs", "kind": "arq"},
    ]
    assert looks_cost(relay, redis_facts, descriptions, looks=10) == 10
