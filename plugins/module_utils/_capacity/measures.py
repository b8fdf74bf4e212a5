# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Measures of a service: which host makes which, what they come to together, and what they were before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .._core.errors import InputError, one_line
from .._core.jsonpath import Missing, look_up
from .._history.trend import Point, moment
from .spec import Capacity

_COMBINE: dict[str, Callable[[Sequence[float]], float]] = {
    "max": max,
    "min": min,
    "sum": sum,
    "mean": lambda values: sum(values) / len(values),
}

Results = Mapping[str, Mapping[str, Any]]
History = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Reading:
    """What one measure came to: a ``value``, or None and the ``reason`` why nothing is known.

    ``points`` are (seconds since the epoch, value) of earlier runs, oldest first.
    """

    name: str
    value: float | None
    reason: str = ""
    unit: str = ""
    points: tuple[Point, ...] = field(default=())


def hosts_of(measure: Mapping[str, Any], groups: Mapping[str, Sequence[str]], hosts: Sequence[str]) -> list[str]:
    """Return the hosts of the play that make a measure: those of its group or name, without one the play's first.

    :raises InputError: its group or host is not in the play.
    """
    wanted = measure["hosts"]
    if wanted is None:
        return list(hosts[:1])
    named = [wanted, *groups.get(wanted, [])]
    found = [host for host in hosts if host in named]
    if not found:
        raise InputError(
            f"capacity measure {measure['name']}: none of its hosts is in this play",
            on=wanted,
            advice="expected a group or a host of the inventory",
        )
    return found


def checks_for(
    capacity: Capacity, host: str, groups: Mapping[str, Sequence[str]], hosts: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the checks that measure on ``host``; they observe, so none of their own limits decides anything."""
    return [
        {**measure["check"], "name": measure["name"], "severity": "observe"}
        for measure in capacity["measures"]
        if measure["check"] is not None and host in hosts_of(measure, groups, hosts)
    ]


def readings(
    capacity: Capacity, groups: Mapping[str, Sequence[str]], results: Results, history: History
) -> dict[str, Reading]:
    """Return what each measure came to.

    :param results: for each host of the play, in its order, the result of ``health_gate``.
    :param history: for each host its earlier runs, oldest first.
    """
    hosts = list(results)
    return {
        measure["name"]: _given(measure)
        if measure["check"] is None
        else _measured(measure, hosts_of(measure, groups, hosts), results, history)
        for measure in capacity["measures"]
    }


def _given(measure: Mapping[str, Any]) -> Reading:
    return Reading(measure["name"], measure["value"], unit=measure["unit"])


def _measured(measure: Mapping[str, Any], hosts: Sequence[str], results: Results, history: History) -> Reading:
    values, reasons = [], []
    for host in hosts:
        value, reason = _on_host(measure, results.get(host) or {})
        if value is None:
            reasons.append(f"{host}: {reason}" if len(hosts) > 1 else reason)
        else:
            values.append(value)
    combine = _COMBINE[measure["combine"]]
    return Reading(
        measure["name"],
        None if reasons else combine(values),
        "; ".join(reasons),
        measure["unit"],
        tuple(_before(measure, hosts, history)),
    )


def _on_host(measure: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return the value on one host, or None and why there is none."""
    checks = [check for check in result.get("checks", []) if check["name"] == measure["name"]]
    if not checks:
        why = "the check was not made there" if result.get("checks") else result.get("msg")
        return None, one_line(why or "no result came from this host", 200)
    check = checks[0]
    if not check["seen"]:
        return None, check["reason"] or "the check saw nothing"
    found = look_up(check["seen"], measure["path"])
    return _number(found, measure["path"])


def _number(found: Sequence[Any], path: str) -> tuple[float | None, str]:
    if len(found) != 1:
        return None, f"{path} leads to {len(found)} values, expected one"
    value = found[0]
    if isinstance(value, Missing):
        return None, f"{path} is not there ({value})"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None, f"{path} is {one_line(value, 80) if value is not None else 'null'}, expected a number"
    return float(value), ""


def _before(measure: Mapping[str, Any], hosts: Sequence[str], history: History) -> list[Point]:
    """Return the earlier values of a measure, of the runs for which all of its hosts have one."""
    by_run: dict[str, list[float]] = {}
    for host in hosts:
        for run in history.get(host) or []:
            seen = ((run.get("checks") or {}).get(measure["name"]) or {}).get("seen") or {}
            if measure["path"] in seen and run.get("at"):
                by_run.setdefault(str(run["at"]), []).append(float(seen[measure["path"]]))
    combine = _COMBINE[measure["combine"]]
    return [(moment(at), combine(values)) for at, values in sorted(by_run.items()) if len(values) == len(hosts)]
