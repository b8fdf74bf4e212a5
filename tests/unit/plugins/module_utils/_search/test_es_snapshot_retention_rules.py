# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots the rules keep: by example, and what must hold for any snapshots and any rules."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.periods import Rules
from ansible_collections.day2.ops.plugins.module_utils._search.retention import Verdict, judge
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import Snapshot

NOW = datetime(2026, 3, 31, 12, tzinfo=timezone.utc).timestamp()
DAY = 86400.0
STATES = ("SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "PARTIAL", "IN_PROGRESS", "INCOMPATIBLE")


def snapshot(age: float, state: str = "SUCCESS", failed: int = 0) -> Snapshot:
    """A snapshot that was begun so many days ago."""
    begun = NOW - age * DAY
    name = f"daily-{datetime.fromtimestamp(begun, timezone.utc):%Y%m%d%H%M%S}"
    return Snapshot(name, "", state, begun, begun + 1, shards=2, good=2 - failed, failed=failed)


def judged(rules: dict[str, Any], snapshots: list[Snapshot]) -> list[Verdict]:
    parsed = Rules.of(rules)
    assert parsed is not None
    verdicts = judge(parsed, snapshots, NOW)
    assert {one.snapshot.name for one in verdicts} == {one.name for one in snapshots}
    assert all(one.why for one in verdicts)
    return verdicts


def gone(rules: dict[str, Any], snapshots: list[Snapshot]) -> dict[float, str]:
    """Return by age in days why each goes that does."""
    verdicts = judged(rules, snapshots)
    return {round((NOW - one.snapshot.started_at) / DAY, 2): one.why for one in verdicts if not one.keep}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"last": 2}, [1, 2, 9]),
        ({"daily": 2}, [0.3, 2, 9]),
        ({"daily": 1, "weekly": 2}, [0.3, 1, 9]),  # Tuesday now
        ({"max_age": "36h"}, [2, 9]),
        ({"max_age": "1h"}, [2, 9]),
        ({"daily": 9, "max_age": "36h"}, [0.3, 9]),
    ],
)
def test_which_of_those_that_are_whole_go(rules: dict[str, Any], expected: list[float]) -> None:
    assert sorted(gone(rules, [snapshot(age) for age in (0.1, 0.3, 1, 2, 9)])) == expected


def test_those_that_are_not_whole_go_once_a_newer_one_is() -> None:
    rules = {"last": 5}
    known = [snapshot(0.1, "PARTIAL"), snapshot(1), snapshot(2, "FAILED"), snapshot(3, "PARTIAL"), snapshot(4)]
    name = known[1].name
    assert gone(rules, known) == {
        2: f"FAILED, and {name} is newer and SUCCESS",
        3: f"PARTIAL, and {name} is newer and SUCCESS",
    }
    assert gone(rules, [one for one in known if not one.whole]) == {}
    told = {one.snapshot.name: one.why for one in judged(rules, known)}
    assert told[known[0].name] == "none that is newer is SUCCESS"


def test_one_of_success_with_a_failed_shard_counts_for_nothing() -> None:
    whole, cut = snapshot(2), snapshot(1, failed=1)
    (first, second) = judged({"last": 1}, [whole, cut])
    assert (first.snapshot, first.keep) == (cut, True)
    assert (second.keep, second.why) == (True, "last")


def test_what_runs_what_is_unreadable_and_what_is_from_the_future_stays() -> None:
    known = [snapshot(-1), snapshot(0.1), snapshot(1, "IN_PROGRESS"), snapshot(2, "INCOMPATIBLE"), snapshot(3)]
    assert sorted(gone({"last": 1}, known)) == [3]
    whys = {one.snapshot.name: one.why for one in judged({"last": 1}, known)}
    assert whys[known[0].name] == "the last SUCCESS"
    assert whys[known[2].name] == "it is being made"
    assert "another version" in whys[known[3].name]


def test_the_last_success_is_never_removed_whatever_the_rules() -> None:
    generator = random.Random(1)
    for _round in range(300):
        ages = generator.sample(range(2000), generator.randint(0, 12))
        known = [snapshot(age / 7 - 5, generator.choice(STATES), generator.choice((0, 0, 0, 1))) for age in ages]
        names = ("last", "daily", "weekly", "monthly", "yearly")
        rules = {generator.choice(names): generator.randint(1, 3), "max_age": generator.choice((None, "1h", "10d"))}
        verdicts = judged(rules, known)
        whole = [one for one in verdicts if one.snapshot.whole]
        assert all(one.keep for one in whole[:1])
        assert all(one.keep for one in verdicts if one.snapshot.running)
        assert whole or all(one.keep for one in verdicts)
        kept = [one.snapshot for one in verdicts if one.keep]
        assert [one.snapshot for one in judged(rules, kept) if one.keep] == kept
