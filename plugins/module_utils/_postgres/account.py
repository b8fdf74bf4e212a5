# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What maintenance of databases has done: each host's result, and the sections of a report on all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .due import show_size

Result = Mapping[str, Any]
PASSED, FAILED = "passed", "failed"
_VERBS = {"freeze": "frozen", "vacuum": "vacuumed", "analyze": "analyzed", "reindex": "reindexed", "drop": "dropped"}


def host_account(results: Sequence[Result], before: Result, after: Result) -> dict[str, Any]:
    """Return one host's part in the shape of a result of ``health_gate``, with the ``databases`` beside it.

    :param results: those of ``pg_maintain`` in a loop over names of databases.
    :param before, after: results of the gates; empty when there was none.
    """
    databases = [_database(result) for result in results]
    failures = [database["told"] for database in databases if database["failed"]]
    for name, gate in (("the gate before", before), ("the gate after", after)):
        if gate and gate.get("status") != PASSED:
            failures.append(f"{name} is closed: {gate.get('msg') or 'no result'}")
    last = after or before
    return {
        "status": FAILED if failures else PASSED,
        "summary": _summary(databases, closed=bool(before) and before.get("status") != PASSED),
        "failures": failures,
        "warnings_seen": list(last.get("warnings_seen") or []),
        "checks": list(last.get("checks") or []),
        "databases": databases,
    }


def _database(result: Result) -> dict[str, Any]:
    standby = bool(result.get("standby"))
    return {
        "name": str(result.get(result.get("ansible_loop_var", "item"))),
        "told": str(result.get("msg") or "no result"),
        "failed": bool(result.get("failed")) and not standby,
        "standby": standby,
        "result": {name: value for name, value in result.items() if name not in ("invocation", "diff")},
    }


def _summary(databases: Sequence[Result], closed: bool) -> str:
    if closed:
        return "nothing was done, as the gate before is closed"
    if not databases:
        return "no database to maintain"
    done = [job for database in databases for job in database["result"].get("done") or ()]
    counted = {verb: sum(action in job["actions"] for job in done) for action, verb in _VERBS.items()}
    parts = [f"{verb} {number:,}" for verb, number in counted.items() if number]
    for name in ("skipped", "left"):
        number = sum(len(database["result"].get(name) or ()) for database in databases)
        parts += [f"{name} {number:,}"] if number else []
    bad = [database["name"] for database in databases if database["failed"]]
    return (", ".join(parts) or "nothing was due") + (f"; not well: {', '.join(bad)}" if bad else "")


def told(accounts: Mapping[str, Result]) -> dict[str, Any]:
    """Return the report's ``summary`` and ``sections`` for the parts of all hosts."""
    found = [(host, database) for host, account in accounts.items() for database in account.get("databases") or ()]
    closed = any("as the gate before is closed" in str(account.get("summary")) for account in accounts.values())
    sections = [_section(*part, _rows(found, *part)) for part in _PARTS]
    return {
        "summary": _summary([database for _host, database in found], closed=closed and not found),
        "sections": [_databases(found), *(section for section in sections if section["rows"])] if found else [],
    }


def _databases(found: Sequence[tuple[str, Result]]) -> dict[str, Any]:
    rows = [
        [host, database["name"], _size(database["result"].get("size")), database["result"].get("age"), database["told"]]
        for host, database in found
    ]
    return {"title": "Databases", "columns": ["host", "database", "size", "age in transactions", "told"], "rows": rows}


def _size(value: Any) -> str | None:
    return None if value is None else show_size(value)


def _percent(value: Any) -> str | None:
    return None if value is None else f"{value:g} %"


def _done_row(job: Result) -> list[Any]:
    before, after = (job.get("size"), job.get("size_after"))
    return [
        job["name"],
        " ".join(job["actions"]),
        "; ".join(job["why"]),
        _size(before),
        _size(after),
        job.get("seconds"),
    ]


def _not_done_row(job: Result) -> list[Any]:
    return [job["name"], " ".join(job["actions"]), job.get("reason") or "the time was up"]


def _table_row(table: Result) -> list[Any]:
    sizes = [_size(table[name]) for name in ("total", "size", "index_size", "toast_size")]
    bloat = [_percent(table.get("bloat_percent")), table.get("bloat_by")]
    return [table["name"], *sizes, _percent(table.get("dead_percent")), *bloat, table.get("age")]


def _index_row(index: Result) -> list[Any]:
    bloat = [_percent(index.get("bloat_percent")), index.get("bloat_by")]
    return [index["name"], index["table"], _size(index["size"]), *bloat, index.get("scans")]


def _unused_row(index: Result) -> list[Any]:
    return [index["name"], index["table"], _size(index["size"])]


def _holder_row(holder: Result) -> list[Any]:
    return [holder.get("kind"), *(holder.get(name) for name in ("pid", "name", "user", "application", "state", "age"))]


_NOT_DONE = ("name", "what", "reason")
# The heading, which lists of a result, the heads of its columns, a row of it.
_PARTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Any], ...] = (
    ("Done", ("done",), ("name", "what", "why", "size before", "size after", "s"), _done_row),
    ("Not done", ("failures", "skipped", "left"), _NOT_DONE, _not_done_row),
    (
        "What keeps dead rows",
        ("holding_back",),
        ("kind", "pid", "name", "user", "application", "state", "age in s"),
        _holder_row,
    ),
    (
        "Largest tables",
        ("tables",),
        ("table", "total", "rows", "indexes", "toast", "dead", "bloat", "by", "age"),
        _table_row,
    ),
    ("Largest indexes", ("indexes",), ("index", "table", "size", "bloat", "by", "scans"), _index_row),
    ("Indexes that nobody reads", ("unused_indexes",), ("index", "table", "size"), _unused_row),
)


def _rows(
    found: Sequence[tuple[str, Result]], _title: str, names: Sequence[str], _columns: Sequence[str], row: Any
) -> list[list[Any]]:
    return [
        [host, database["name"], *row(value)]
        for host, database in found
        for name in names
        for value in database["result"].get(name) or ()
    ]


def _section(
    title: str, _names: Sequence[str], columns: Sequence[str], _row: Any, rows: list[list[Any]]
) -> dict[str, Any]:
    return {"title": title, "columns": ["host", "database", *columns], "rows": rows}
