# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshots are meant, and what one pass over them comes to."""

from __future__ import annotations

import random

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._search.information_overview import Overview, wanted
from ansible_collections.day2.ops.plugins.module_utils._search.snapshots import Snapshot

NOW = 1_800_000_000.0


def made(name: str, hours_ago: float, state: str = "SUCCESS", failed: int = 0) -> Snapshot:
    started = NOW - hours_ago * 3600
    ended = None if state == "IN_PROGRESS" else started + 60
    return Snapshot(name, name, state, started, ended, shards=3, good=3 - failed, failed=failed)


@pytest.mark.parametrize(
    ("pattern", "asked", "matching", "others"),
    [
        ("*", "*", [], []),
        ("daily-1", "daily-1", [], []),
        ("daily-*", "daily-*", [], []),
        ("daily-{now/d}", "daily-*", ["daily-20260301"], ["daily-x", "daily-2026030112", "xdaily-20260301"]),
        ("a-{now/d}-*", "a-*", ["a-20260301-nightly", "a-20260301-"], ["a-20260301", "a-2026-b"]),
        ("*-{now/M{yyyy.MM}}", "*-*", ["a-2026.03", "-2026.03"], ["a-202603", "2026.03"]),
    ],
)
def test_names_that_are_meant(pattern: str, asked: str, matching: list[str], others: list[str]) -> None:
    which = wanted(pattern)
    assert which.asked == asked
    if which.names is None:
        assert not matching
        return
    assert all(which.names.match(name) for name in matching)
    assert not any(which.names.match(name) for name in others)


@pytest.mark.parametrize("pattern", ["", "Daily", "a b", "a,b", "_all", "a/b", "{now/d", "{today}"])
def test_names_that_no_snapshot_has(pattern: str) -> None:
    with pytest.raises(InputError):
        wanted(pattern)


def test_what_counts() -> None:
    found = [
        made("old", 50),
        made("last", 20),
        made("partial", 10, "PARTIAL", failed=1),
        made("odd", 9, "SUCCESS", failed=1),  # whatever it is called, a shard is missing
        made("failed", 30, "FAILED", failed=3),
        made("alien", 8, "INCOMPATIBLE"),
        made("running", 1, "IN_PROGRESS"),
        made("ahead", -2),
    ]
    random.Random(7).shuffle(found)
    seen = Overview(found, 3, NOW)
    assert (seen.total, seen.counted, seen.age) == (8, 2, 72000.0)
    assert seen.last_success is not None
    assert seen.last_success.name == "last"
    assert [one.name for one in seen.shown.all()] == ["ahead", "running", "alien"]
    assert [one.name for one in seen.running] == ["running"]
    assert [one.name for one in seen.wrong] == ["alien", "odd", "partial", "failed"]
    assert [one.name for one in seen.wrong if seen.is_newer(one)] == ["alien", "odd", "partial"]
    assert [one.name for one in seen.ahead] == ["ahead"]


def test_a_little_ahead_of_our_clock_is_now() -> None:
    seen = Overview([made("it", -50 / 3600)], 1, NOW)
    assert (seen.age, seen.ahead) == (0.0, [])


def test_nothing_counts() -> None:
    seen = Overview([made("partial", 1, "PARTIAL", failed=1)], 1, NOW)
    assert (seen.last_success, seen.age, seen.is_newer(seen.wrong[0])) == (None, None, True)


def test_no_more_is_kept_than_what_is_told() -> None:
    seen = Overview((made(f"s-{number}", number % 997, "FAILED", 3) for number in range(5000)), 10, NOW)
    assert (seen.total, len(seen.shown), len(seen.wrong)) == (5000, 10, 20)
    assert {one.started_at for one in seen.shown.all()} == {NOW, NOW - 3600}
