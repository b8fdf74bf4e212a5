# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Expectations on how a number goes from run to run: a counter that must move, a depth that must not grow for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from .._core.errors import InputError, OpsError, one_line
from .._core.jsonpath import look_up
from .._history.run import DAMAGED, needed_by
from .base import FAIL, PASS, UNKNOWN, Finding, Options, Values
from .conditions import check_path, show

Trend = Callable[[Sequence[float]], bool]

# Each says whether a row of numbers, oldest first, is as it should be, and what was expected of it.
_TRENDS: dict[str, tuple[str, Trend]] = {
    "moves": ("to move", lambda row: any(later != earlier for earlier, later in _steps(row))),
    "not_growing": ("not to grow each time", lambda row: any(later <= earlier for earlier, later in _steps(row))),
    "not_falling": ("not to fall each time", lambda row: any(later >= earlier for earlier, later in _steps(row))),
}


def _steps(row: Sequence[float]) -> Iterator[tuple[float, float]]:
    return zip(row, row[1:])


def check_progress(options: Options, place: str) -> None:
    """Refuse rules that could never say anything, before anything is probed.

    :raises InputError: no path, nothing expected, or a number of runs below 1.
    """
    for rule in options["progress"]:
        check_path(rule["path"], place)
        if rule["runs"] < 1:
            raise InputError(f"{place}: progress of {rule['path']}: runs must be 1 or more", on=str(rule["runs"]))
        if all(rule.get(name) is None for name in ("trend", "max_increase", "max_decrease")):
            raise InputError(
                f"{place}: progress of {rule['path']} expects nothing",
                advice="expected trend, max_increase or max_decrease",
            )


def needed_history(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the option ``history`` less what no rule of these checks looks at, so that little is sent to a host.

    :param arguments: the options of ``health_gate`` as the user wrote them, not validated yet.
    """
    history, checks = arguments.get("history"), arguments.get("checks")
    if not isinstance(history, list) or not isinstance(checks, list):
        return {}
    wanted = {str(check.get("name")): _runs_wanted(check) for check in checks if isinstance(check, Mapping)}
    return {"history": needed_by(history, {name: runs for name, runs in wanted.items() if runs})}


def _runs_wanted(check: Mapping[str, Any]) -> int:
    rules = check.get("progress")
    given = [rule.get("runs", 1) for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    return max((int(runs) for runs in given if str(runs).isdigit()), default=0)


def progress_findings(options: Options, values: Values, runs: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what each rule comes to for the values of now and the runs before, oldest first.

    A rule whose runs are not all there yet holds: the first mornings of a new inventory have nothing to compare with.
    A history that is damaged is unknown.
    """
    for rule in options["progress"]:
        try:
            yield _finding(rule, values, options["name"], runs)
        except OpsError as error:
            yield Finding(UNKNOWN, str(error))


def _finding(rule: Mapping[str, Any], values: Values, name: str, runs: Sequence[Mapping[str, Any]]) -> Finding:
    path = rule["path"]
    (now, *others) = look_up(values, path)
    if others or isinstance(now, bool) or not isinstance(now, (int, float)):
        raise OpsError(f"progress of {path}: it is {show(now)}, one number was expected")
    row = [*_earlier(runs, name, path)[-rule["runs"] :], float(now)]
    if rule["counter"] and any(later < earlier for earlier, later in _steps(row)):
        raise OpsError(f"progress of {path}: the counter went back, {_told(row)}", advice="was it reset by a restart?")
    return _held(rule, row) if len(row) > 1 else Finding(PASS)


def _held(rule: Mapping[str, Any], row: Sequence[float]) -> Finding:
    problems = [*_step_problems(rule, row[-1] - row[-2])]
    if rule.get("trend") is not None and len(row) > rule["runs"]:
        words, holds = _TRENDS[rule["trend"]]
        problems += [] if holds(row) else [f"expected {words}"]
    if not problems:
        return Finding(PASS)
    return Finding(FAIL, f"progress of {rule['path']}: {_told(row)}, {', '.join(problems)}")


def _step_problems(rule: Mapping[str, Any], step: float) -> Iterator[str]:
    if rule.get("max_increase") is not None and step > rule["max_increase"]:
        yield f"it grew by {_shown(step)}, at most {_shown(rule['max_increase'])} was expected"
    if rule.get("max_decrease") is not None and -step > rule["max_decrease"]:
        yield f"it fell by {_shown(-step)}, at most {_shown(rule['max_decrease'])} was expected"


def _earlier(runs: Sequence[Mapping[str, Any]], name: str, path: str) -> list[float]:
    """Return the numbers of the runs that have one; a run in which the check saw nothing is left out.

    :raises OpsError: the history could not be read, or is of another shape.
    """
    try:
        damage = next((run[DAMAGED] for run in runs if DAMAGED in run), "")
        if damage:
            raise OpsError(f"progress of {path}: {one_line(damage, 200)}")
        seen = [run["checks"].get(name, {}).get("seen", {}).get(path) for run in runs]
        return [float(number) for number in seen if number is not None]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OpsError(f"progress of {path}: the history is of another shape than expected") from error


def _told(row: Sequence[float]) -> str:
    return "it went " + " -> ".join(map(_shown, row[-5:]))


def _shown(number: float) -> str:
    """Return a number in full where it is whole: counters are compared by their last digits."""
    return str(int(number)) if number.is_integer() else show(number)
