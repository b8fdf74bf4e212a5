# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Holding values against conditions. What is missing, null or not a number is unknown, never a pass."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .._core.comparison import OPERATORS, NotComparable, as_text, number
from .._core.durations import show_duration
from .._core.errors import InputError, one_line
from .._core.jsonpath import Missing, look_up_at, parse
from .base import FAIL, PASS, UNKNOWN, Condition, Finding, Values

# Reasons of one check that are told; a server with hundreds of queues could give as many.
_REASONS = 5


def evaluate(conditions: Iterable[Condition], values: Values) -> list[Finding]:
    """Return a finding for each value that each condition leads to."""
    return [finding for condition in conditions for finding in _findings(condition, values)]


def worst(findings: Iterable[Finding]) -> Finding:
    """Return what findings come to: all pass, else the first reasons of what did not, fail before unknown."""
    bad = [finding for finding in findings if finding.status != PASS]
    if not bad:
        return Finding(PASS)
    status = FAIL if any(finding.status == FAIL for finding in bad) else UNKNOWN
    bad.sort(key=lambda finding: finding.status != FAIL)
    more = [f"and {len(bad) - _REASONS} more"] if len(bad) > _REASONS else []
    return Finding(status, "; ".join([*(finding.reason for finding in bad[:_REASONS]), *more]))


def _findings(condition: Condition, values: Values) -> Iterator[Finding]:
    for at, seen in look_up_at(values, condition.path):
        yield _with_detail(_finding(condition, _label(at), seen), values.get(condition.detail))


def _with_detail(finding: Finding, words: Any) -> Finding:
    return Finding(finding.status, f"{finding.reason} ({words})") if finding.reason and words else finding


def _label(path: str) -> str:
    """Return a path as messages have it; names in it may be a server's."""
    shown = path.lstrip("_").replace("json.", "json ", 1) if path[:1] == "_" else path
    return one_line(shown, 200)


def _finding(condition: Condition, label: str, seen: Any) -> Finding:
    if isinstance(seen, Missing):
        return Finding(condition.missing_is, "" if condition.missing_is == PASS else f"{label} is not there ({seen})")
    if isinstance(seen, float) and math.isnan(seen):
        return Finding(UNKNOWN, f"{label} is NaN")
    if seen is None and condition.op not in ("eq", "ne"):
        return _null(condition, label)
    words, holds = OPERATORS[condition.op]
    try:
        good = holds(seen, condition.value)
    except NotComparable as problem:
        return Finding(UNKNOWN, f"{label} is {show(seen)}, {problem} was expected")
    if good:
        return Finding(PASS)
    expected = " ".join(filter(None, ("expected", words, _measured(condition.value, condition))))
    return Finding(condition.otherwise, f"{label} is {_measured(seen, condition)}, {expected}")


def _null(condition: Condition, label: str) -> Finding:
    if condition.null_is == PASS:
        return Finding(PASS)
    because = f" ({condition.null_means})" if condition.null_means else ""
    return Finding(condition.null_is, f"{label} is null{because}")


def _measured(value: Any, condition: Condition) -> str:
    """Return a value with its unit; times in the units that people read."""
    if condition.unit == "s" and isinstance(value, (int, float)):
        return show_duration(value) if value >= 0 else f"{value:.3g} s"
    return f"{show(value)} {condition.unit}".rstrip()


def show(value: Any) -> str:
    """Return a value as people read it, short, on one line."""
    if isinstance(value, bool) or value is None:
        return as_text(value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:.0f}"
    if isinstance(value, str):
        return f"'{one_line(value, 80)}'"
    return one_line(value, 80)


def check_path(path: str, where: str) -> None:
    """Refuse what is no path into JSON, and say where it stands.

    :raises InputError: it is none.
    """
    try:
        parse(path)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def check_condition(condition: Condition, where: str) -> None:
    """Refuse what could never be compared, before anything is probed.

    :raises InputError: a bad path, a bad pattern, or a limit that is not a number.
    """
    check_path(condition.path, where)
    if condition.op == "matches":
        try:
            re.compile(str(condition.value))
        except re.error as error:
            raise InputError(f"{where}: not a regular expression ({error})", on=str(condition.value)) from error
    if condition.op in ("lt", "le", "gt", "ge"):
        try:
            number(condition.value)
        except NotComparable as error:
            raise InputError(
                f"{where}: {condition.path} is compared with {show(condition.value)}, {error} was expected"
            ) from error
