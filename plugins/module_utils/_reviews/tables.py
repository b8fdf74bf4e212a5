# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Results of checks as sections of a report: a table of the checks, and one for each list that a check returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._core.errors import one_line

Section = dict[str, Any]
Results = Mapping[str, Mapping[str, Any]]

_CELL = 200  # characters of one cell; names and statements come from servers
_ROWS = 50  # of one table; what is left out is counted
_COLUMNS = 8
_VALUES = 6  # numbers of a check that are shown beside it


def no_result(result: Mapping[str, Any]) -> str:
    """Return why a host has no checks to show."""
    return one_line(result.get("msg") or "no result came from this host", _CELL)


def of_kinds(results: Results, kinds: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (host, check) for each check of one of the ``kinds``."""
    for host, result in results.items():
        for check in (result or {}).get("checks", []):
            if check["kind"] in kinds:
                yield host, check


def named(results: Results, names: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (host, check) for each check that has one of the ``names``."""
    for host, result in results.items():
        for check in (result or {}).get("checks", []):
            if check["name"] in names:
                yield host, check


def check_table(title: str, checks: Sequence[tuple[str, Mapping[str, Any]]], empty: str = "") -> Section:
    """Return a table of checks: how each ended, what it saw, and why it is no pass.

    :param empty: what to say when there is none.
    """
    if not checks:
        return {"title": title, "text": empty or "no check looks at this"}
    rows = [[host, check["name"], check["status"], seen_line(check["seen"]), check["reason"]] for host, check in checks]
    return cut({"title": title, "columns": ["host", "check", "status", "seen", "why"], "rows": rows})


def seen_line(seen: Mapping[str, Any]) -> str:
    """Return the first plain values of a check in one line."""
    plain = [
        f"{name} {cell(value)}"
        for name, value in seen.items()
        if isinstance(value, (int, float, str)) and not isinstance(value, bool) and value != ""
    ]
    return one_line(", ".join(plain[:_VALUES]), _CELL)


def detail_tables(host: str, check: Mapping[str, Any]) -> Iterator[Section]:
    """Yield a section for each list of objects that the check returned, and one for what it could not see."""
    where = f"{check['name']} on {host}"
    for name, value in check["seen"].items():
        if isinstance(value, list) and value and all(isinstance(entry, Mapping) for entry in value):
            yield objects_table(f"{name} of {where}", value)
    unseen = check["seen"].get("unseen")
    if isinstance(unseen, Mapping) and unseen:
        rows = [[name, str(why)] for name, why in unseen.items()]
        yield cut({"title": f"not seen of {where}", "columns": ["value", "why"], "rows": rows})


def objects_table(title: str, entries: Sequence[Mapping[str, Any]]) -> Section:
    """Return a table of objects: a column for each key, those of objects inside as ``labels.job``."""
    flat = [dict(_flat(entry, "")) for entry in entries]
    columns: list[str] = []
    for entry in flat:
        columns += [name for name in entry if name not in columns]
    columns = columns[:_COLUMNS]
    return cut(
        {"title": title, "columns": columns, "rows": [[entry.get(name, "") for name in columns] for entry in flat]}
    )


def _flat(entry: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in entry.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def cut(section: Section) -> Section:
    """Return a section whose cells are short text, with no more rows than people read."""
    rows = section["rows"]
    told = {**section, "rows": [[cell(value) for value in row] for row in rows[:_ROWS]]}
    if len(rows) > _ROWS:
        told["text"] = " ".join(filter(None, (section.get("text"), f"{len(rows) - _ROWS} more rows are left out")))
    return told


def cell(value: Any) -> str:
    """Return a value as people read it in a table, on one line; null is said, never shown as 0."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return one_line(value, _CELL)


def worst(statuses: Sequence[str | None]) -> str:
    """Return fail before unknown before warning before pass; what is none of them counts as unknown."""
    order = ("fail", "unknown", "warning", "pass")
    known = [status if status in order else "unknown" for status in statuses]
    return next((status for status in order if status in known), "pass")
