# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Quantiles of a histogram with buckets, estimated as Prometheus does.

The rules are those of https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile for classic
histograms: within a bucket observations are taken to be spread evenly, the lowest bucket begins at 0 when its upper
bound is above 0, and a quantile in the highest bucket, which has no upper bound, is that of the one below it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantile:
    """An estimate; NaN when there is nothing to estimate it from. ``beyond``: the real one is that or more."""

    value: float
    beyond: bool = False


def estimate(share: float, buckets: Mapping[float, float]) -> Quantile:
    """Return the quantile for ``share`` (0 to 1) of what was observed.

    :param buckets: upper bound -> observations up to it. Small dips, as there are when buckets were not read at the
        very same moment, are levelled.
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or bounds[-1] != math.inf:
        return Quantile(math.nan)
    counts = _levelled([buckets[bound] for bound in bounds])
    if not counts[-1] > 0:
        return Quantile(math.nan)
    rank = share * counts[-1]
    index = next((at for at, count in enumerate(counts[:-1]) if count >= rank), len(bounds) - 1)
    if index == len(bounds) - 1:
        return Quantile(bounds[-2], beyond=True)
    return Quantile(_within(index, rank, bounds, counts))


def _levelled(counts: list[float]) -> list[float]:
    level: list[float] = []
    for count in counts:
        level.append(max(count, level[-1]) if level else count)
    return level


def _within(index: int, rank: float, bounds: list[float], counts: list[float]) -> float:
    """Interpolate between the bounds of one bucket."""
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    below, before = (bounds[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    inside = counts[index] - before
    return below + (bounds[index] - below) * ((rank - before) / inside) if inside else bounds[index]
