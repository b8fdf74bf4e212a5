# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where indices come from, and what is believed when the answer to a restore is lost; the answers are played."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import Unreachable
from ansible_collections.day2.ops.plugins.module_utils._core.waiting import Clock
from ansible_collections.day2.ops.plugins.module_utils._search.connection import Client
from ansible_collections.day2.ops.plugins.module_utils._search.restore_origin import restored_from
from ansible_collections.day2.ops.plugins.module_utils._search.restore_sending import Order, Unclear, send
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import Snapshot

DAILY = Snapshot("daily-1", "u", "SUCCESS", 100.0, 200.0, indices=("a", "b"))
TARGETS = {"a": "new-a", "b": "new-b"}


def recovered(index: str, snapshot: str = "daily-1", began: float = 300.0, primary: bool = True) -> dict[str, Any]:
    source = {"repository": "backup", "snapshot": snapshot, "index": index}
    shard = {"type": "SNAPSHOT", "primary": primary, "start_time_in_millis": began * 1000, "source": source}
    return {"shards": [shard]}


def waiting(index: str, snapshot: str = "daily-1") -> dict[str, Any]:
    source = {"type": "SNAPSHOT", "repository": "backup", "snapshot": snapshot, "index": index}
    return {"shards": {"0": [{"primary": True, "recovery_source": source}, {"primary": False}]}}


class Played:
    """A cluster that says where its indices ``new-a`` and ``new-b`` come from, and loses a restore's answer."""

    timeout = 30.0
    product = SimpleNamespace(master_timeout="master_timeout")

    def __init__(self, recovery: Mapping[str, Any], routing: Mapping[str, Any]) -> None:
        self.recovery = recovery
        self.routing = routing

    def ask(self, method: str, path: str, *_others: Any, **_more: Any) -> Any:
        if method == "POST":
            raise Unreachable("no answer (cut off)")
        if path.endswith("/_recovery"):
            return {name: self.recovery[name] for name in path.split("/")[0].split(",") if name in self.recovery}
        if "routing_table" in path:
            return {"routing_table": {"indices": self.routing}} if self.routing else {}
        return {"metadata": {"indices": {name: {"state": "open"} for name in TARGETS.values()}}}


class Waitless:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def played(recovery: Mapping[str, Any], routing: Mapping[str, Any]) -> Client:
    return cast("Client", Played(recovery, routing))


def waitless() -> Clock:
    return Waitless()


@pytest.mark.parametrize(
    ("recovery", "routing", "proven"),
    [
        ({"new-a": recovered("a"), "new-b": recovered("b")}, {}, True),
        ({"new-a": recovered("a")}, {"new-b": waiting("b")}, True),
        ({}, {"new-a": waiting("a"), "new-b": waiting("b")}, True),
        ({"new-a": recovered("a")}, {}, False),
        ({"new-a": recovered("b"), "new-b": recovered("b")}, {}, False),
        ({"new-a": recovered("a", began=150.0), "new-b": recovered("b")}, {}, False),
        ({"new-a": recovered("a")}, {"new-b": waiting("b", "daily-0")}, False),
        ({"new-a": recovered("a", primary=False), "new-b": recovered("b")}, {}, False),
        ({}, {}, False),
    ],
)
def test_indices_are_of_the_snapshot_only_when_the_servers_say_so(
    recovery: dict[str, Any], routing: dict[str, Any], proven: bool
) -> None:
    assert restored_from(played(recovery, routing), "backup", DAILY, TARGETS) is proven


def test_a_lost_answer_is_made_up_for_by_proof_alone() -> None:
    order = Order("backup", DAILY, {}, TARGETS)
    begun = played({"new-a": recovered("a")}, {"new-b": waiting("b")})
    assert send(begun, order, waitless()) is False
    # a writer has made indices of these names meanwhile
    others = played({}, {})
    with pytest.raises(Unclear, match="nobody knows whether the restore has begun"):
        send(others, order, waitless())
