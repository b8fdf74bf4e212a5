# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantiles of histograms; that they are those of Prometheus is seen in tests/live."""

from __future__ import annotations

import math

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.histogram import Quantile, estimate

INF = math.inf
EVEN = {1.0: 10.0, 2.0: 20.0, 4.0: 40.0, INF: 40.0}


@pytest.mark.parametrize(
    ("share", "buckets", "expected"),
    [
        (0.125, EVEN, 0.5),
        (0.25, EVEN, 1.0),
        (0.5, EVEN, 2.0),
        (0.75, EVEN, 3.0),
        (1.0, EVEN, 4.0),
        (0.0, EVEN, 0.0),
        (0.5, {-1.0: 4.0, 1.0: 4.0, INF: 4.0}, -1.0),
        (0.5, {1.0: 10.0, 2.0: 9.0, INF: 20.0}, 1.0),
    ],
)
def test_between_the_bounds_of_a_bucket(share: float, buckets: dict[float, float], expected: float) -> None:
    found = estimate(share, buckets)
    assert found.value == pytest.approx(expected)
    assert not found.beyond


def test_above_the_highest_bound_only_that_is_known() -> None:
    assert estimate(0.9, {1.0: 1.0, 2.0: 2.0, INF: 10.0}) == Quantile(2.0, beyond=True)


@pytest.mark.parametrize(
    "buckets", [{}, {INF: 3.0}, {1.0: 3.0, 2.0: 4.0}, {1.0: 0.0, INF: 0.0}, {1.0: math.nan, INF: math.nan}]
)
def test_nothing_to_estimate_from(buckets: dict[float, float]) -> None:
    found = estimate(0.5, buckets)
    assert math.isnan(found.value)
    assert not found.beyond
