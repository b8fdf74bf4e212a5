# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Where the numbers of the daily checks are heading, as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.jsonpath import look_up
from .._history.trend import points_of, trend
from .tables import Results, Section, cut, of_kinds

_COLUMNS = ["host", "check", "number", "now", "a day", "over days", "limit", "days left"]


def trend_table(
    title: str,
    results: Results,
    history: Mapping[str, Sequence[Mapping[str, Any]]],
    watched: Sequence[Mapping[str, Any]],
    now: float,
) -> Section:
    """Return a table with a row for each watched number of each check.

    :param results: for each host the result of ``health_gate`` just now.
    :param history: for each host its earlier runs, oldest first.
    :param watched: ``kind`` and ``path`` of numbers, with ``limit`` where there is one.
    :param now: seconds since the epoch.
    """
    rows = [
        _row(host, check, number, history.get(host) or [], now)
        for number in watched
        for host, check in of_kinds(results, [number["kind"]])
        if check["seen"].get(number["path"], "") is not None  # null: such a server has no such number
    ]
    if not rows:
        return {"title": title, "text": "no check looks at a number that is watched"}
    return cut({"title": title, "columns": _COLUMNS, "rows": rows})


def _row(
    host: str, check: Mapping[str, Any], number: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], now: float
) -> list[Any]:
    path, limit = number["path"], number.get("limit")
    points = points_of(runs, check["name"], path)
    seen = look_up(check["seen"], path)[0]
    is_number = isinstance(seen, (int, float)) and not isinstance(seen, bool)
    if is_number:
        points.append((now, float(seen)))
    value = seen if is_number else None
    begun = [host, check["name"], path, value]
    line = trend(points)
    if line is None:
        return [*begun, "", "", limit if limit is not None else "", f"no trend yet ({len(points)} runs)"]
    left = line.days_until(float(limit)) if limit is not None else None
    told = "" if limit is None else "not heading there" if left is None else f"{left:.0f}"
    return [*begun, f"{line.per_day:+.3g}", f"{line.days:.3g}", limit if limit is not None else "", told]
