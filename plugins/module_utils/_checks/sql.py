# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind sql: what a query on PostgreSQL returns is as expected. It only reads. Needs psycopg."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._core.argspec import ArgSpec
from .._core.errors import AccessDenied, InputError, NotThere, OpsError
from .._core.libraries import load
from .._core.postgres_connection import SPEC as CONNECTION
from .._core.postgres_connection import connect, explain, said, where
from .base import FAIL, PASS, UNKNOWN, Condition, Context, Options, Values
from .limits import MAX_LATENCY, Limit, limit_conditions, limits_spec
from .sql_values import json_safe, unique

if TYPE_CHECKING:
    import psycopg

# Rows that are returned, and rows that are read at all: more of them are counted better by the query.
_SHOWN = 50
_READ = 10_000


def _row_count(value: object) -> int:
    """Return a number of rows that can be told. Fit to be the ``type`` of an option.

    :raises ValueError: it is none, or more rows than are read.
    """
    text = str(value)
    if not text.isdigit() or int(text) >= _READ:
        raise ValueError(f"expected a number from 0 to {_READ - 1}; let the query count more rows than that")
    return int(text)


_EXPECTED = ("min", "max", "equals", "min_rows", "max_rows")
# Rules of every check; one of them is an expectation as well.
_RULES = ("expect", "baseline", "progress")

LIMITS = (
    MAX_LATENCY,
    Limit("min_rows", _row_count, "row_count", "ge"),
    Limit("max_rows", _row_count, "row_count"),
)


class _OfQuery(ArgSpec):
    """The options of a check by a query, which says nothing unless something is expected of what it returns."""

    def for_options(self, given: Mapping[str, Any]) -> ArgSpec:
        """Return them, with a demand for an expectation where ``given`` has no rule of its own."""
        return self if any(given.get(rule) for rule in _RULES) else replace(self, required_one_of=[_EXPECTED])


_OPTIONS = (
    CONNECTION
    + ArgSpec(
        options={
            "query": {"type": "str", "required": True},
            "positional_args": {"type": "list", "elements": "raw"},
            "named_args": {"type": "dict"},
            "column": {"type": "str"},
            "min": {"type": "float"},
            "max": {"type": "float"},
            "equals": {"type": "raw"},
            "empty": {"type": "str", "default": UNKNOWN, "choices": [UNKNOWN, PASS, FAIL]},
        },
        mutually_exclusive=[("positional_args", "named_args")],
    )
    + limits_spec(LIMITS)
)
SPEC: ArgSpec = _OfQuery(**vars(_OPTIONS))
LIBRARIES: Sequence[str] = ("psycopg",)


@dataclass(frozen=True)
class _Result:
    """What a query returned: names of columns, the first rows, how many rows were read and whether there are more."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    count: int
    more: bool


def probe(options: Options, context: Context) -> Values:
    """Send the query in a transaction that cannot write, read a bounded number of rows; see the page for the values.

    :raises MissingLibrary: psycopg. :raises Unreachable: no connection. :raises AccessDenied: login, or a permission.
    :raises NotThere: no row, no such column or table. :raises WrongType: a value that is not for JSON.
    :raises InputError: the server refuses the query or it takes too long, more rows than can be held against a rule.
    """
    on, deadline = where(options), time.monotonic() + options["timeout"]
    with context.few_at_once(on), connect(options) as connection, _explained(on, options["timeout"]):
        connection.execute("BEGIN READ ONLY")
        connection.execute("SELECT set_config('statement_timeout', %s, true)", (_left(deadline),))
        started = time.monotonic()
        result = _send(connection, options)
        latency = time.monotonic() - started
    _refuse_untold_rows(result, options, on)
    shown = [{name: json_safe(name, value) for name, value in zip(result.columns, row)} for row in result.rows]
    return {
        "latency": round(latency, 4),
        "columns": result.columns,
        "row_count": result.count,
        "more_rows": result.more,
        "value": _value(shown, result.columns, options, on),
        "rows": shown,
    }


def _left(deadline: float) -> str:
    """Return the milliseconds until then, for statement_timeout, to which 0 would mean none."""
    return str(max(1, int((deadline - time.monotonic()) * 1000)))


def _send(connection: psycopg.Connection[tuple[Any, ...]], options: Options) -> _Result:
    """Stream the rows, so that a result of any size takes little memory, and stop after the last that is read."""
    parameters = options.get("positional_args") or options.get("named_args") or None
    with connection.cursor() as cursor, closing(_stream(cursor, options["query"], parameters)) as stream:
        rows: list[tuple[Any, ...]] = []
        count = 0
        for row in stream:
            if count == _READ:
                return _Result(_columns(cursor), rows, count, more=True)
            count += 1
            rows += [row] if len(rows) < _SHOWN else []
        return _Result(_columns(cursor), rows, count, more=False)


def _stream(
    cursor: psycopg.Cursor[tuple[Any, ...]], query: Any, parameters: Any
) -> Generator[tuple[Any, ...], None, None]:
    yield from cursor.stream(query, parameters)


def _columns(cursor: psycopg.Cursor[tuple[Any, ...]]) -> list[str]:
    return unique([column.name for column in cursor.description or ()])


@contextmanager
def _explained(on: str, timeout: float) -> Iterator[None]:
    """Tell what the server has against the query: with its SQLSTATE, and as a check that could not be made.

    :raises InputError: the query. :raises OpsError: or one of its kinds: anything else.
    """
    library: Any = load("psycopg")
    try:
        yield
    except library.Error as error:
        raise _refused(error, on, timeout, isinstance(error, library.OperationalError)) from error


def _refused(error: Any, on: str, timeout: float, operational: bool) -> OpsError:
    state = error.sqlstate or ""
    if state == "57014":
        return InputError(f"the query did not end within {timeout:g} s (SQLSTATE {state})", on=on)
    if operational:
        return explain(error, on)
    kind = type(explain(error, on)) if state else InputError
    code = f" (SQLSTATE {state})" if state else ""
    return (kind if issubclass(kind, (AccessDenied, NotThere)) else InputError)(
        f"postgres says '{said(error)}'{code}", on
    )


def _refuse_untold_rows(result: _Result, options: Options, on: str) -> None:
    """Refuse to hold a rule against some of the rows only, and to take no rows for good news unless told so.

    :raises InputError: rules on rows that are not shown. :raises NotThere: no row.
    """
    paths = [str(rule["path"]) for name in _RULES for rule in options.get(name) or []]
    if result.count > _SHOWN and any(path.startswith("rows") for path in paths):
        raise InputError(
            f"the query returned more than {_SHOWN} rows", on=on, advice="a rule on rows needs a query with fewer"
        )
    counted = options.get("min_rows") is not None or options.get("max_rows") is not None
    if not result.count and options["empty"] == UNKNOWN and not counted:
        raise NotThere("the query returned no row", on=on, advice="say empty: pass, or fail, if that is an answer")


def _value(rows: list[Values], columns: list[str], options: Options, on: str) -> Any:
    """Return the first row's first column, or the one named; null when there is no row, or it is NULL and not needed.

    :raises NotThere: no such column. :raises WrongType: the value is NULL, and something is expected of it.
    """
    if not rows:
        return None
    column = options.get("column") or columns[0]
    if column not in columns:
        raise NotThere(f"the query returns no column '{column}'", on=on, advice=f"it returns {', '.join(columns)}")
    value = rows[0][column]
    if value is None and any(options.get(name) is not None for name in ("min", "max", "equals")):
        raise NotThere(f"{column} is NULL in the first row", on=on, advice="expected a value; see coalesce")
    return value


def conditions(options: Options) -> list[Condition]:
    """Hold the value and the number of rows against what was given; ``empty`` says what no row comes to."""
    row = [Condition("row_count", "ge", 1)] if options["empty"] == FAIL else []
    return [*row, *_value_conditions(options), *limit_conditions(LIMITS, options)]


def _value_conditions(options: Options) -> list[Condition]:
    # A value is null here only when there was no row. "in" leaves null to null_is, "eq" would compare it.
    no_row = {"null_means": "no row", "null_is": options["empty"]}
    wanted = [(op, options[name]) for name, op in (("min", "ge"), ("max", "le")) if options.get(name) is not None]
    equals = [] if options.get("equals") is None else [("in", [options["equals"]])]
    return [Condition("value", op, value, **no_row) for op, value in [*wanted, *equals]]
