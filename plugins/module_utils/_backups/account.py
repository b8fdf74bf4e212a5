# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What became of a service's backups: each host's result, and the section of a report on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._core.durations import show_duration

Result = Mapping[str, Any]
# a column of a report's table, and how its cell is made of a module's result
_Columns = Mapping[str, Callable[[Result], Any]]


def _size(result: Result) -> str | None:
    size = result.get("size")
    return None if size is None else f"{size / 1e6:,.1f} MB"


def _seconds(name: str) -> Callable[[Result], str | None]:
    """Return how the result's ``name`` is shown: seconds as people read them, None where it is not known."""
    return lambda result: None if result.get(name) is None else show_duration(float(result[name]))


def _stored(result: Result) -> str:
    return str((result.get("storage") or {}).get("where", ""))


def _removed(result: Result) -> int:
    return len(result.get("removed") or ())


def _told(result: Result) -> str:
    return str(result.get("msg") or "no result")


_TABLES: Mapping[str, _Columns] = {
    "made": {
        "backup": lambda result: result.get("backup"),
        "level": lambda result: result.get("level"),
        "size": _size,
        "took": _seconds("seconds"),
        "stored": _stored,
        "old ones removed": _removed,
        "told": _told,
    },
}
_DONE = {"made": "backed up"}


def host_account(results: Sequence[Result], way: str) -> dict[str, Any]:
    """Return one host's part in the shape of a result of ``health_gate``, with the ``backups`` beside it.

    :param results: those of modules in loops over names of backups. :param way: what was done, one of ``made``,
        ``verified``, ``drilled``.
    """
    backups = [_backup(result, way) for result in results]
    failures = [f"{one['name']}: {one['told']}" for one in backups if one["failed"]]
    return {
        "status": "failed" if failures else "passed",
        "summary": _summary(backups, way),
        "failures": failures,
        "checks": [],
        "backups": backups,
    }


def _backup(result: Result, way: str) -> dict[str, Any]:
    return {
        "name": str(result.get(result.get("ansible_loop_var", "item"))),
        "told": _told(result),
        "failed": bool(result.get("failed")),
        "changed": bool(result.get("changed")),
        "cells": [cell(result) for cell in _TABLES[way].values()],
    }


def _summary(backups: Sequence[Result], way: str) -> str:
    if not backups:
        return "no backup is described"
    good = [one["name"] for one in backups if not one["failed"]]
    bad = [one["name"] for one in backups if one["failed"]]
    told = f"{_DONE[way]}: {', '.join(good)}" if good else f"nothing was {_DONE[way]}"
    return told + (f"; not well: {', '.join(bad)}" if bad else "")


def told(accounts: Mapping[str, Result], way: str) -> dict[str, Any]:
    """Return the report's ``summary`` and ``sections`` for the parts of all hosts."""
    backups = [(host, one) for host, account in accounts.items() for one in account.get("backups") or ()]
    columns = ["host", "name", *_TABLES[way]]
    rows = [[host, one["name"], *one["cells"]] for host, one in backups]
    return {
        "summary": _summary([one for _host, one in backups], way),
        "sections": [{"title": "Backups", "columns": columns, "rows": rows}] if rows else [],
    }
