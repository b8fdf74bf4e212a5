# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""A user's own questions to a restored database: SQL, and the answer that is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .._core.errors import OpsError, one_line
from .._core.libraries import load
from .._core.postgres_connection import connect, said

if TYPE_CHECKING:
    import psycopg

_MOST_ROWS = 1000
_SHOWN = 120


def answered(options: Mapping[str, Any], assertions: Sequence[Mapping[str, Any]], timeout: float) -> int:
    """Ask all questions and compare the answers; return how many there were.

    Each is asked in a transaction that cannot write.

    :param options: of a connection to the database. :param assertions: each with ``sql`` and ``expected``.
    :param timeout: seconds that each may take.
    :raises OpsError: one or more are not as expected, or could not be asked; each is told in the details.
    """
    if not assertions:
        return 0
    with connect({**options, "timeout": timeout}) as connection:
        connection.execute("SET default_transaction_read_only TO on")
        failures = [failure for failure in (_failure(connection, one) for one in assertions) if failure]
    if failures:
        told = "; ".join(map(_told, failures[:3])) + (f"; and {len(failures) - 3} more" if failures[3:] else "")
        count = "1 assertion fails" if len(failures) == 1 else f"{len(failures)} assertions fail"
        raise OpsError(f"{count}: {told}", failed_assertions=failures)
    return len(assertions)


def _told(failure: Mapping[str, Any]) -> str:
    question = one_line(failure["sql"], _SHOWN)
    if "error" in failure:
        return f"{question}: {failure['error']}"
    return f"{question}: expected {_short(failure['expected'])}, found {_short(failure['found'])}"


def _short(value: Any) -> str:
    return "null" if value is None else one_line(value, _SHOWN)


def _failure(connection: psycopg.Connection[Any], assertion: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is wrong with the answer to one question; None when nothing is."""
    library = load("psycopg")
    try:
        with connection.transaction():
            cursor = connection.execute(assertion["sql"])
            rows = cursor.fetchmany(_MOST_ROWS) if cursor.description else None
    except library.Error as error:
        if connection.closed:
            raise
        return {"sql": assertion["sql"], "error": said(error)}
    if rows is None:
        return {"sql": assertion["sql"], "error": "it gives no rows, a query was expected"}
    found = simplified(rows)
    if same(assertion["expected"], found):
        return None
    return {"sql": assertion["sql"], "expected": assertion["expected"], "found": found}


def simplified(rows: Sequence[Sequence[Any]]) -> Any:
    """Return an answer in its simplest shape: a value, a list for one row or one column, or a list of lists.

    No row at all is None, as that is what an aggregate would say. Values are JSON-safe.
    """
    plain = [[_plain(value) for value in row] for row in rows]
    if not plain:
        return None
    if all(len(row) == 1 for row in plain):
        column = [row[0] for row in plain]
        return column[0] if len(column) == 1 else column
    return plain[0] if len(plain) == 1 else plain


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (Decimal, float)):
        exact = Decimal(str(value))
        return int(exact) if exact.is_finite() and exact == exact.to_integral_value() else float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value)


def same(expected: Any, found: Any) -> bool:
    """Tell whether an answer is as expected. What is a number may be written as text, as templates do."""
    if isinstance(expected, (list, tuple)) or isinstance(found, list):
        return (
            isinstance(expected, (list, tuple))
            and isinstance(found, list)
            and len(expected) == len(found)
            and all(map(same, expected, found))
        )
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, bool) or isinstance(found, bool):
        return str(expected).lower() == str(found).lower()
    return str(expected) == str(found) or _as_number(expected, found)


def _as_number(one: Any, other: Any) -> bool:
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False
