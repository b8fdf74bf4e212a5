# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the payloads of waiting items still live, on a real server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError, WrongType
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._queues.payload_ttls import SPEC, operate
from ansible_collections.day2.ops.tests.lab.state import RedisFacts

from .queue_help import Client, Options, connection

LIST: Options = {"name": "orders", "kind": "redis_list", "payload_key": "order:{id}"}
SCORED: Options = {"name": "later", "kind": "redis_sorted_set", "payload_key": "order:{id}:body", "item": {"id": "id"}}


def look(facts: RedisFacts, *queues: Options, **options: Any) -> Result:
    """Return what the module would."""
    return operate(SPEC.validate({**connection(facts), "queues": list(queues), **options}, "queue_payload_info"))


def test_the_shortest_payload_is_told_and_held_against_the_window(
    redis_facts: RedisFacts, redis_server: Client
) -> None:
    redis_server.rpush("orders", "a", "b", "c")
    redis_server.set("order:a", "x", ex=7200)
    redis_server.set("order:b", "x")
    redis_server.zadd("later", {json.dumps({"id": "d"}): 1})
    redis_server.set("order:d:body", "x", ex=600)
    told = look(redis_facts, LIST, SCORED, {"name": "other", "kind": "redis_list"})
    first, second = told.data["queues"]
    assert 7100 < first.pop("shortest_ttl") <= 7200
    assert first == {"name": "orders", "looked": 3, "expiring": 1, "gone": 1}
    assert 500 < second["shortest_ttl"] <= 600
    assert not told.failed
    held = look(redis_facts, LIST, SCORED, longer_than="1h")
    assert held.failed
    (line,) = held.data["failures"]
    assert line.startswith("later: a payload lives for 9 min ")
    assert line.endswith(" more, longer than 1 h is wanted")


def test_what_is_not_there_and_what_does_not_expire(redis_facts: RedisFacts, redis_server: Client) -> None:
    assert look(redis_facts, LIST, longer_than="1h").msg == "orders: 0 payloads looked at, none expires"
    assert look(redis_facts, {"name": "x", "kind": "redis_list"}).msg == "no queue has a payload_key"
    stream = {"name": "events", "kind": "redis_stream", "group": "g", "payload_key": "e:{id}"}
    (told,) = look(redis_facts, stream, longer_than="1h").data["queues"]
    assert (told["looked"], told["shortest_ttl"]) == (None, None)
    redis_server.set("orders", "text")
    with pytest.raises(WrongType, match="orders"):
        look(redis_facts, LIST)


def test_what_is_wrong(redis_facts: RedisFacts) -> None:
    with pytest.raises(InputError, match="longer_than: expected seconds"):
        look(redis_facts, LIST, longer_than="soon")
    with pytest.raises(InputError, match="payload_key names no letter"):
        look(redis_facts, {**LIST, "payload_key": "order"})
    with pytest.raises(OpsError):
        look(redis_facts, {**LIST, "login_port": 1})
