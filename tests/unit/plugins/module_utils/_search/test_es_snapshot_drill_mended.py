# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills in a cluster that does not answer, or does not remove what it was asked to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError
from ansible_collections.day2.ops.plugins.module_utils._search import drill_levels
from ansible_collections.day2.ops.plugins.module_utils._search.drill_levels import (
    Outcome,
    Plan,
    cleaned,
    restored_and_compared,
)
from ansible_collections.day2.ops.plugins.module_utils._search.product import Product
from ansible_collections.day2.ops.plugins.module_utils._search.restore_present import Index, Present
from ansible_collections.day2.ops.plugins.module_utils._search.restore_sending import Unclear

BUSY = OpsError("HTTP 400 snapshot_in_progress_exception: Cannot delete indices that are being snapshotted")


class Clock:
    """Moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Cluster:
    """Has one scratch index, which it removes after so many refusals."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refusals: int, error: OpsError) -> None:
        self.refusals, self.error = refusals, error
        self.names = ["day2-drill-x-a", "a"]
        monkeypatch.setattr(drill_levels, "present", lambda _client: self.there())
        monkeypatch.setattr(drill_levels, "removed", lambda _client, names: self.remove(names))

    def there(self) -> Present:
        return Present(dict.fromkeys(self.names, Index(True, (), 1)), frozenset())

    def remove(self, names: list[str]) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise self.error
        self.names = [name for name in self.names if name not in names]


PLAN = cast(Plan, SimpleNamespace(client=None, maker=SimpleNamespace(prefix="day2-drill-x-")))


def test_a_snapshot_of_scratch_indices_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, clock = Cluster(monkeypatch, 20, BUSY), Clock()
    assert cleaned(PLAN, ["day2-drill-x-a"], 200.0, clock) == []
    assert (cluster.names, clock.now) == (["a"], 120.0)


def test_a_snapshot_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    Cluster(monkeypatch, 1000, BUSY)
    (line,) = cleaned(PLAN, ["day2-drill-x-a"], 130.0, clock)
    assert "may be left" in line
    assert "snapshot_in_progress" in line
    assert clock.now == 130.0


def test_other_refusals_are_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    Cluster(monkeypatch, 1000, OpsError("no"))
    assert len(cleaned(PLAN, ["day2-drill-x-a"], 1000.0, clock)) == 1
    assert clock.now < 105.0


def test_a_lost_answer_is_no_failed_level_and_is_cleaned_up_late(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, cluster = Clock(), Cluster(monkeypatch, 0, BUSY)
    cluster.names = ["a"]

    def lost(*_asked: object) -> bool:
        raise Unclear("nobody knows whether the restore has begun")

    def there(_client: object) -> Present:
        if clock.now > 103.0 and "late" not in cluster.names[0]:
            cluster.names = ["a-late", "day2-drill-x-a"]  # the server has begun after all
        return cluster.there()

    monkeypatch.setattr(drill_levels, "send", lost)
    monkeypatch.setattr(drill_levels, "present", there)
    maker = SimpleNamespace(prefix="day2-drill-x-", scratch=lambda name: f"day2-drill-x-{name}")
    client = SimpleNamespace(product=Product("opensearch", "2.19.1", (2, 19), "c", "u"))
    snapshot = SimpleNamespace(name="daily")
    found = SimpleNamespace(
        client=client, maker=maker, portions=[["a"]], until=500.0, repository="backups", snapshot=snapshot
    )
    outcome = Outcome()
    with pytest.raises(Unclear, match="nobody knows"):
        restored_and_compared(cast(Plan, found), outcome, False, clock)
    assert outcome.failed_level is None
    assert cluster.names == ["a-late"]
