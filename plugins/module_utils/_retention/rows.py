# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``sql_retention`` does: delete old rows in batches, or say how many that would be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from .._queues.sql_session import SqlSession

SPEC = postgres_connection.SPEC + ArgSpec(
    options={
        "table": {"type": "str", "required": True},
        "column": {"type": "str", "required": True},
        "older_than": {"type": "raw", "required": True},
        "where": {"type": "str"},
        "batch": {"type": "int", "default": 1000},
        "pause": {"type": "float", "default": 0.0},
        "limit": {"type": "int"},
        "max_seconds": {"type": "float", "default": 300.0},
    }
)
END, LIMIT, TIME, LOCKED = "end", "limit", "time", "locked"
_ENDS = {
    END: "",
    LIMIT: "; that is as many as limit allows",
    TIME: "; that is as long as max_seconds allows",
    LOCKED: "; what is left is locked by other sessions",
}


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option, before anything is asked of the server.
    :raises OpsError: with what had been done by then in ``details``.
    """
    params = {**params, "older_than": seconds_of("older_than", params["older_than"])}
    for name in ("batch", "limit", "max_seconds"):
        if params[name] is not None and not params[name] > 0:
            raise InputError(f"{name} must be more than 0", on=f"{params[name]:g}")
    with closing(SqlSession(params, read_only=check_mode)) as session:
        rows = _Rows(session, params)
        old = rows.begin()
        if check_mode:
            rows.deleted = old if params["limit"] is None else min(old, params["limit"])
        else:
            try:
                rows.delete(clock)
            except OpsError as error:
                error.details.update(rows.data(old), stop_reason="error", changed=rows.deleted > 0)
                raise
    return _result(params, rows, old, check_mode)


class _Rows:
    """The rows of a table that are old."""

    def __init__(self, session: SqlSession, params: Mapping[str, Any]) -> None:
        self.deleted = 0
        self.stop = END
        self._session = session
        self._params = params
        self._table = ".".join(map(_quoted, params["table"].split(".")))
        # The same condition stands inside and outside: a place in the table that is given by ctid may hold another row
        # in another partition, or another version of the row by then.
        where = f" AND ({params['where'].replace('%', '%%')}\n)" if params["where"] else ""
        self._old = f"{_quoted(params['column'])} < %(until)s{where}"
        self._until: Any = None

    def begin(self) -> int:
        """Fix what is old by the server's clock; return how many rows are.

        :raises OpsError: there is no such table or column; the condition is wrong.
        """
        now = "SELECT now() - make_interval(secs => %(seconds)s)"
        row = self._session.execute("older_than", now, {"seconds": self._params["older_than"]}).fetchone()
        self._until = row[0] if row else None
        return self._count()

    def _count(self) -> int:
        query = f"SELECT count(*) FROM {self._table} WHERE {self._old}"
        row = self._session.execute("table", query, {"until": self._until}).fetchone()
        return int(row[0]) if row else 0

    def delete(self, clock: Clock) -> None:
        """Delete batch after batch, each a transaction of its own."""
        until = clock.monotonic() + self._params["max_seconds"]
        while True:
            most = self._most()
            if most <= 0 or clock.monotonic() >= until:
                self.stop = LIMIT if most <= 0 else TIME
                return
            deleted = self._batch(most)
            self.deleted += deleted
            if not deleted:
                self.stop = LOCKED if self._count() else END
                return
            if self._params["pause"]:
                clock.sleep(self._params["pause"])

    def _most(self) -> int:
        batch, limit = self._params["batch"], self._params["limit"]
        return int(batch) if limit is None else min(int(batch), limit - self.deleted)

    def _batch(self, most: int) -> int:
        """Delete a batch and return how many rows it had. Rows that other sessions hold are not waited for."""
        places = f"SELECT ctid FROM {self._table} WHERE {self._old} LIMIT {most} FOR UPDATE SKIP LOCKED"
        statement = f"DELETE FROM {self._table} WHERE ctid = ANY(ARRAY({places})) AND {self._old}"
        return int(self._session.execute("table", statement, {"until": self._until}).rowcount)

    def data(self, old: int) -> dict[str, Any]:
        """Return the module's values."""
        return {
            "table": self._params["table"],
            "old": old,
            "deleted": self.deleted,
            "stop_reason": self.stop,
        }


def _quoted(name: str) -> str:
    """Return an identifier as SQL writes it, fit for a statement with parameters.

    :raises InputError: it is empty.
    """
    if not name:
        raise InputError("table and column must be names", advice="expected NAME, or SCHEMA.NAME for a table")
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _result(params: Mapping[str, Any], rows: _Rows, old: int, check_mode: bool) -> Result:
    verb = "would delete" if check_mode else "deleted"
    age = show_duration(params["older_than"])
    line = f"rows older than {age}: {{}}\n"
    return Result(
        changed=rows.deleted > 0,
        msg=f"{params['table']}: {verb} {rows.deleted} of {old} rows older than {age}{_ENDS[rows.stop]}",
        data=rows.data(old),
        diff={"before": line.format(old), "after": line.format(max(old - rows.deleted, 0))} if rows.deleted else None,
    )
