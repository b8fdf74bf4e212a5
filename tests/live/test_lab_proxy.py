# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy breaks the network in front of a server, while it runs, and mends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from ansible_collections.day2.ops.tests.lab import process
from ansible_collections.day2.ops.tests.lab.network import Proxied
from ansible_collections.day2.ops.tests.lab.redis_server import connect
from ansible_collections.day2.ops.tests.lab.state import RedisFacts


@pytest.fixture
def network(redis_facts: RedisFacts, tmp_path: Path) -> Iterator[Proxied]:
    with Proxied(redis_facts["port"], tmp_path / "proxy.log") as proxied:
        yield proxied


@pytest.fixture
def client(redis_facts: RedisFacts, network: Proxied) -> Iterator[redis.Redis]:
    with connect({**redis_facts, "port": network.port, "db": 9}, socket_timeout=0.5) as client:
        yield client
        network.set()
        client.flushdb()


def test_it_lets_everything_through(client: redis.Redis) -> None:
    value = bytes(range(256)) * 10_000
    client.set("big", value)
    assert client.get("big") == value


def test_latency_is_added_both_ways(client: redis.Redis, network: Proxied) -> None:
    client.ping()
    network.set(latency=0.1)
    began = time.monotonic()
    client.ping()
    assert time.monotonic() - began >= 0.2


def test_bandwidth_is_bounded(client: redis.Redis, network: Proxied) -> None:
    client.set("some", b"x" * 20_000)
    network.set(bandwidth=100_000)
    began = time.monotonic()
    client.get("some")
    assert time.monotonic() - began >= 0.2


def test_cut_ends_open_connections_and_takes_no_new_ones(client: redis.Redis, network: Proxied) -> None:
    client.ping()
    network.set(cut=True)
    with pytest.raises(redis.ConnectionError):
        client.ping()
    network.set()
    assert client.ping()


def test_hang_keeps_connections_and_answers_nothing(client: redis.Redis, network: Proxied) -> None:
    client.ping()
    network.set(hang=True)
    with pytest.raises(redis.TimeoutError):
        client.ping()
    network.set()
    assert client.ping()


def test_a_wrong_command_gets_one_line(network: Proxied) -> None:
    answer = network.command(weather="rain")
    assert str(answer["error"]).startswith("expected an object with fields of ['latency', 'bandwidth', 'cut', 'hang']")


def test_it_ends_with_its_block(redis_facts: RedisFacts, tmp_path: Path) -> None:
    with Proxied(redis_facts["port"], tmp_path / "proxy.log") as proxied:
        facts = proxied.process
        assert process.is_alive(facts)
    assert not process.is_alive(facts)
