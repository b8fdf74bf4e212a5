# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups the rules keep: by example, and what must hold for any backups and any rules."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import Backup
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import Manifest, Proof, failure, with_failure
from ansible_collections.day2.ops.plugins.module_utils._backups.retention import judge
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.periods import Rules

NOW = datetime(2026, 3, 31, 12, tzinfo=timezone.utc).timestamp()
DAY = 86400.0


def backup(age: float, level: str = "L1", failed: str = "", number: int = 0) -> Backup:
    """A backup that was begun so many seconds ago."""
    begun = NOW - age
    name = f"{datetime.fromtimestamp(begun, timezone.utc):%Y%m%dT%H%M%SZ}-{number:04}"
    proofs = (Proof(level, begun, 0.1),)
    made = Manifest("x", "config", str(number), begun, begun, level, begun, 1, (), {}, proofs=proofs)
    return Backup(Path(name), with_failure(made, failed, "why", NOW, 1.0) if failed else made)


def kept(rules: dict[str, Any], backups: list[Backup], damaged: tuple[str, ...] = ()) -> list[Backup]:
    parsed = Rules.of(rules)
    assert parsed is not None
    verdicts = judge(parsed, backups, NOW, lambda one: one.folder.name not in damaged)
    assert {one.backup.folder.name for one in verdicts} == {one.folder.name for one in backups}
    assert all(one.why for one in verdicts)
    return [one.backup for one in verdicts if one.keep]


def ages(backups: list[Backup]) -> list[float]:
    return [round((NOW - one.manifest.started_at) / DAY, 2) for one in backups]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"last": 3}, [0.1, 0.3, 0.6]),
        ({"daily": 2}, [0.1, 0.6]),
        ({"daily": 0, "last": 1}, [0.1]),
        ({"weekly": 3}, [0.1, 2, 9]),  # Tuesday now: weeks 14, 13, 12
        ({"monthly": 3}, [0.1, 31, 59]),
        ({"yearly": 5}, [0.1, 100, 500]),
        ({"last": 1, "monthly": 2}, [0.1, 31]),
        ({"max_age": "9d"}, [0.1, 0.3, 0.6, 1, 1.4, 2, 9]),
        ({"yearly": 5, "max_age": "101d"}, [0.1, 100, 500]),  # it leaves the newest three
        ({"yearly": 5, "last": 2, "max_age": "99d"}, [0.1, 0.3, 100]),
        ({"max_age": "1h"}, [0.1, 0.3, 0.6]),
    ],
)
def test_rules(rules: dict[str, Any], expected: list[float]) -> None:
    made = [backup(days * DAY) for days in (0.1, 0.3, 0.6, 1, 1.4, 2, 9, 31, 59, 100, 500)]
    random.Random(1).shuffle(made)
    assert ages(kept(rules, made)) == expected


@pytest.mark.parametrize(
    "rules", [{}, {"last": 0}, {"last": 0, "max_age": 0}, {"last": -1}, {"max_age": "soon"}, {"x": 1}]
)
def test_rules_that_keep_nothing_or_are_none_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Rules.of(rules)


def test_the_last_proven_one_stays_however_old() -> None:
    made = [backup(days * DAY, "L0") for days in (1, 2)] + [backup(50 * DAY), backup(60 * DAY)]
    assert ages(kept({"last": 1, "max_age": "10d"}, made)) == [1, 50]


def test_the_last_one_restored_stays_until_it_is_too_old() -> None:
    made = [backup(1 * DAY), backup(2 * DAY), backup(6 * DAY, "L4"), backup(7 * DAY, "L4")]
    assert ages(kept({"last": 1}, made)) == [1, 6]
    assert ages(kept({"last": 1, "max_age": "5d"}, made)) == [1]


def test_damaged_ones_are_not_the_last_proven_one() -> None:
    made = [backup(1 * DAY), backup(2 * DAY), backup(3 * DAY)]
    damaged = (made[0].folder.name, made[1].folder.name)
    assert ages(kept({"last": 1}, made, damaged)) == [1, 2, 3]
    assert ages(kept({"last": 1}, made, tuple(one.folder.name for one in made))) == [1, 2, 3]


def test_damaged_ones_count_for_no_rule() -> None:
    made = [backup(days * DAY) for days in (1, 2, 3, 4, 5)]
    damaged = (made[0].folder.name, made[2].folder.name)
    assert ages(kept({"last": 2}, made, damaged)) == [1, 2, 3, 4]
    assert ages(kept({"last": 2}, made[1:], damaged)) == [2, 3, 4]
    assert ages(kept({"last": 1}, made[1:], damaged)) == [2]  # one that no rule would count is not looked at
    assert ages(kept({"max_age": "12h"}, made, damaged)) == [2, 4, 5]


def test_a_clock_that_has_jumped_does_not_take_all() -> None:
    made = [backup(days * DAY) for days in (0, 1000, 1001, 1002, 1003)]  # the first was just made
    assert ages(kept({"daily": 7, "max_age": "800d"}, made)) == [0, 1000, 1001]


def test_failed_ones_count_for_no_rule_and_are_never_removed() -> None:
    made = [backup(1 * DAY, "L2", failed="L2"), backup(2 * DAY), backup(3 * DAY), backup(4 * DAY, failed="L1")]
    assert ages(kept({"last": 1}, made)) == [1, 2, 4]
    assert ages(kept({"last": 1, "max_age": "1h"}, made)) == [1, 2, 4]
    assert failure(made[0].manifest) == "L2 failed on 2026-03-31T12:00:00Z: why"
    assert (made[0].manifest.level, made[3].manifest.level, made[3].manifest.verified_at) == ("L1", "L0", None)


def test_what_is_from_the_future_stays_and_counts_for_no_rule() -> None:
    made = [backup(-2 * DAY), backup(1 * DAY), backup(2 * DAY)]
    assert ages(kept({"last": 1}, made)) == [-2, 1]


def test_any_rules_over_any_backups() -> None:
    chance = random.Random(20260331)
    for _turn in range(400):
        made = [
            backup(
                chance.choice([chance.uniform(-1, 3), chance.uniform(0, 40), chance.uniform(0, 900)]) * DAY,
                chance.choice(["L0", "L1", "L2", "L4"]),
                chance.choice(["", "", "", "L1"]),
                number,
            )
            for number in range(chance.randrange(1, 40))
        ]
        names = ("last", "daily", "weekly", "monthly", "yearly")
        rules: dict[str, Any] = {name: chance.randrange(4) for name in names if chance.random() < 0.5}
        if chance.random() < 0.3 or not any(rules.values()):
            rules["max_age"] = f"{chance.randrange(1, 100)}d"
        damaged = tuple(one.folder.name for one in made if chance.random() < 0.2)
        stays = kept(rules, made, damaged)
        assert stays  # never is all removed
        sound = [
            one
            for one in made
            if one.manifest.level != "L0"
            and not failure(one.manifest)
            and one.folder.name not in damaged
            and one.manifest.started_at <= NOW + 60
        ]
        if sound:
            assert max(sound, key=lambda one: (one.manifest.started_at, one.folder.name)) in stays
        assert all(one in stays for one in made if one.manifest.started_at > NOW + 60 or failure(one.manifest))
        # once more over what stayed: nothing else goes
        assert kept(rules, stays, damaged) == stays
        if "max_age" not in rules:
            good = [one for one in made if not failure(one.manifest) and one.manifest.started_at <= NOW + 60]
            assert sum(one in stays for one in good) >= min(len(good), max(1, rules.get("last", 0)))
