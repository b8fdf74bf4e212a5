# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits on a depth."""

from __future__ import annotations

import pytest
from ansible_collections.day2.ops.plugins.module_utils._queues.base import Depth
from ansible_collections.day2.ops.plugins.module_utils._queues.thresholds import THRESHOLDS, broken


def test_limits_that_hold_are_not_told() -> None:
    depth = Depth(exists=True, ready=10, in_flight=0, dead=0, consumers=2, oldest_age=0.0)
    limits = {"max_ready": 10, "max_in_flight": 0, "max_dead": 0, "min_consumers": 2, "max_oldest_age": 0}
    assert broken(limits, depth) == []


def test_limits_that_do_not_hold_are_told() -> None:
    depth = Depth(exists=True, ready=11, consumers=1, oldest_age=61.27)
    assert broken({"max_ready": 10, "min_consumers": 2, "max_oldest_age": 60.0, "max_dead": None}, depth) == [
        "ready is 11, at most 10 expected",
        "oldest age is 61.3 s, at most 60 s expected",
        "consumers is 1, at least 2 expected",
    ]


@pytest.mark.parametrize("name", THRESHOLDS)
def test_what_is_not_known_keeps_no_limit(name: str) -> None:
    (sentence,) = broken({name: 0 if name.startswith("min") else 10**9}, Depth())
    assert "is not known" in sentence


def test_big_numbers_are_told_in_full() -> None:
    assert broken({"max_ready": 1000000}, Depth(ready=1234567)) == ["ready is 1234567, at most 1000000 expected"]
