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


def _shown(seconds: float | None) -> str | None:
    return None if seconds is None else show_duration(seconds)


def _objective(result: Result, name: str) -> str | None:
    return _shown(((result.get("objectives") or {}).get(name) or {}).get("objective"))


def _recovery(result: Result) -> float | None:
    """Return how long the recovery took, what was brought from another host included; None where none was."""
    took = result.get("rto_seconds")
    return None if took is None else float(took) + float(result.get("brought_seconds") or 0)


def _compared(result: Result) -> str:
    """Return what was compared with the source: ``rows 1,000``, ``keys 20``."""
    found: Mapping[str, Any] = next(
        (proof["found"] for proof in result.get("proofs") or () if proof["level"] == "L4"), {}
    )
    numbers = {name: _number(found, name) for name in ("tables", "rows", "keys", "members", "documents")}
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number is not None)


def _number(found: Mapping[str, Any], name: str) -> int | None:
    """Return what a comparison found of ``name``: a number, or what has the number in it under the same name."""
    value = found.get(name)
    value = value.get(name) if isinstance(value, Mapping) else value
    return value if isinstance(value, int) else None


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
    "verified": {
        "backup": lambda result: result.get("backup"),
        "level": lambda result: result.get("level_failed") or result.get("level"),
        "age of the data": _seconds("rpo_seconds"),
        "RPO": lambda result: _objective(result, "rpo"),
        "all proven": lambda result: result.get("all_proven"),
        "told": _told,
    },
    "drilled": {
        "backup": lambda result: result.get("backup"),
        "level": lambda result: result.get("level_failed") or result.get("level"),
        "recovery took": lambda result: _shown(_recovery(result)),
        "RTO": lambda result: _objective(result, "rto"),
        "age of the data": _seconds("rpo_seconds"),
        "RPO": lambda result: _objective(result, "rpo"),
        "compared": _compared,
        "told": _told,
    },
}
_DONE = {"made": "backed up", "verified": "proven", "drilled": "rehearsed"}


def host_account(results: Sequence[Result], way: str) -> dict[str, Any]:
    """Return one host's part in the shape of a result of ``health_gate``, with the ``backups`` beside it.

    :param results: those of modules in loops over names of backups; several of one name are told as one.
    :param way: what was done, one of ``made``, ``verified``, ``drilled``.
    """
    by_name: dict[str, list[Result]] = {}
    for result in results:
        by_name.setdefault(str(result.get(result.get("ansible_loop_var", "item"))), []).append(result)
    backups = [_backup(name, _as_one(those), way) for name, those in by_name.items()]
    failures = [f"{one['name']}: {one['told']}" for one in backups if one["failed"]]
    return {
        "status": "failed" if failures else "passed",
        "summary": _summary(backups, way),
        "failures": failures,
        "checks": [],
        "backups": backups,
    }


def _as_one(results: Sequence[Result]) -> Result:
    """Return results on one backup as one: it failed when one did, and what those say is told."""
    failed = [result for result in results if result.get("failed")]
    told = {_told(result): None for result in failed or results}
    every = next((result for result in results if "verified" in result), {})
    proven = len(every.get("verified") or ()) - len(every.get("broken") or ())
    return {
        **results[-1],
        **({"all_proven": f"{proven} of {len(every['verified'])}"} if every else {}),
        "changed": any(result.get("changed") for result in results),
        "failed": bool(failed),
        "msg": "; ".join(told),
    }


def _backup(name: str, result: Result, way: str) -> dict[str, Any]:
    late = _late(result)
    return {
        "name": name,
        "told": f"{_told(result)}; {late}" if late else _told(result),
        "failed": bool(result.get("failed") or late),
        "changed": bool(result.get("changed")),
        "cells": [cell(result) for cell in _TABLES[way].values()],
    }


def _late(result: Result) -> str:
    """Return what is wrong with the time of a recovery from what was brought from another host; empty when nothing."""
    took, wanted = _recovery(result), ((result.get("objectives") or {}).get("rto") or {}).get("objective")
    if not result.get("brought_seconds") or took is None or wanted is None or took <= wanted:
        return ""
    return f"with bringing it the recovery took {show_duration(took)}, at most {show_duration(wanted)} are allowed"


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
