# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Dead letters that are rows: each batch is checked, locked and changed in one transaction.

A pass walks by the column ``order_by``, then by id, up to what was the newest when it began. So a row that is kept is
passed once, and one that dies again while the pass goes on does not belong to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, OpsError
from .._core.moments import moment
from .call_size import CallSize
from .dead_letters import DROP, KEEP, MOVE, OLDEST, PARK, Settled, Terms
from .letters import Letter
from .sql_session import Row, SqlSession

if TYPE_CHECKING:
    from .sql_queue import SqlQueue

_BATCH_BYTES = 8 << 20
_STATEMENTS = {MOVE: "move", PARK: "park", DROP: "drop"}
_CANNOT_LOCK = "0A000"

LOCKED = "locked by another session"
_Key = list[str]


class SqlLetters:
    """A pass through the rows of a query. See :class:`.dead_letters.DeadLetters` for what the methods do."""

    def __init__(self, queue: SqlQueue, terms: Terms) -> None:
        """Take a pass's terms. Nothing is sent."""
        self._queue = queue
        self._terms = terms
        self._session = SqlSession(queue.options, read_only=terms.dry)
        # Our own statements have parameters, so that a percent sign of the user's must be doubled.
        self._selected = f"({str(queue.options['select']).strip().rstrip(';').replace('%', '%%')}\n) AS d"
        self._columns: list[str] = []
        self._keys: list[str] = []
        self._after: _Key | None = _position_key(terms, "after")
        self._top: _Key | None = _position_key(terms, "top")
        self._left = 0
        self._locks = True
        self._size = CallSize(seconds=float("inf"), size=_BATCH_BYTES)
        self._notes: list[str] = []

    # The pass

    def begin(self) -> int:
        """See the protocol."""
        self._read_columns()
        if not self._terms.dry:
            self._see_whether_rows_can_be_locked()
        self._top = self._top or self._newest()
        left = self._count(*self._range()) if self._top else 0
        self._left = min(left, int(self._terms.position["left"])) if self._terms.position else left
        self._note_rows_without_order()
        return self._left

    def count(self) -> int:
        """See the protocol."""
        return self._count("true", {})

    def take(self, most: int) -> Sequence[Letter]:
        """See the protocol."""
        rows = self._next("d.*", min(most, self._size.items))
        letters = [self._letter(row) for row in rows]
        self._size.learn(len(letters), 0.0, sum(len(letter.body or b"") for letter in letters))
        if self._terms.dry and letters:
            self._walk_past(letters[-1].handle[1], len(letters))
        return letters

    def settle(self, letters: Sequence[Letter], verdicts: Sequence[str]) -> Settled:
        """See the protocol: one transaction for all."""
        lots: dict[str, list[Any]] = {MOVE: [], PARK: [], DROP: [], KEEP: []}
        for letter, verdict in zip(letters, verdicts):
            lots[verdict].append(letter.handle[0])
        done = self._settle(lots)
        self._walk_past(letters[-1].handle[1], len(letters))
        return done

    def sweep(self, most: int) -> Settled:
        """See the protocol. Only ids are read."""
        rows = self._next(self._quoted(self._id), min(most, self._size.items))
        if not rows:
            return Settled()
        done = self._settle({MOVE: [row[0] for row in rows]})
        self._walk_past(self._key_of(rows[-1]), len(rows))
        self._size.learn(len(rows), 0.0)
        return done

    def still_dead(self, ids: Sequence[str]) -> int:
        """See the protocol."""
        return self._count(f"{self._quoted(self._id)} = ANY(%(ids)s)", {"ids": array_literal(ids)})

    def parking(self) -> str:
        """See the protocol."""
        return "rows as the option park leaves them" if self._queue.options.get("park") else ""

    def position(self) -> dict[str, Any]:
        """See the protocol."""
        return {"after": self._after, "top": self._top, "left": self._left}

    def account(self) -> Mapping[str, int]:
        """See the protocol: nothing is noted."""
        return {}

    def notes(self) -> Sequence[str]:
        """See the protocol."""
        return self._notes

    def close(self) -> None:
        """See the protocol."""
        self._session.close()

    # Which rows come next

    @property
    def _id(self) -> str:
        return str((self._queue.options.get("item") or {}).get("id") or self._columns[0])

    def _quoted(self, column: str) -> str:
        return 'd."' + column.replace('"', '""').replace("%", "%%") + '"'

    def _read_columns(self) -> None:
        cursor = self._ask(f"SELECT * FROM {self._selected} LIMIT 0", {})
        self._columns = [column.name for column in cursor.description or ()]
        named = {name: column for name, column in (self._queue.options.get("item") or {}).items() if column}
        named["order_by"] = self._queue.options.get("order_by") or self._id
        for name, column in named.items():
            if column not in self._columns:
                raise InputError(
                    f"{name}: the query select returns no column {column}",
                    on=self._session.on,
                    advice=f"it returns {', '.join(self._columns)}",
                )
        self._keys = list(dict.fromkeys([named["order_by"], self._id]))

    def _newest(self) -> _Key | None:
        row = self._ask(
            f"SELECT {self._keys_as_text()} FROM {self._selected} WHERE {self._has_order()} ORDER BY"
            f" {self._order(ascending=False)} LIMIT 1",
            {},
        ).fetchone()
        return list(row) if row else None

    def _keys_as_text(self) -> str:
        return ", ".join(f"{self._quoted(key)}::text" for key in self._keys)

    def _has_order(self) -> str:
        return " AND ".join(f"{self._quoted(key)} IS NOT NULL" for key in self._keys)

    def _order(self, ascending: bool) -> str:
        return ", ".join(f"{self._quoted(key)} {'ASC' if ascending else 'DESC'}" for key in self._keys)

    def _range(self) -> tuple[str, dict[str, Any]]:
        """Return the condition for rows that the pass has before it, with its parameters."""
        further = ">" if self._terms.order == OLDEST else "<"
        columns = f"({', '.join(self._quoted(key) for key in self._keys)})"
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        for name, operator, key in (("after", further, self._after), ("top", "<=", self._top)):
            if key is not None:
                marks = ", ".join(f"%({name}{number})s" for number in range(len(key)))
                conditions.append(f"{columns} {operator} ({marks})")
                parameters.update({f"{name}{number}": value for number, value in enumerate(key)})
        return " AND ".join(conditions) or "true", parameters

    def _next(self, what: str, most: int) -> list[Row]:
        """Return the next rows of the pass: the columns asked for, then the key as text."""
        wanted = min(most, self._left)
        if wanted <= 0 or self._top is None:
            return []
        condition, parameters = self._range()
        rows: list[Row] = self._ask(
            f"SELECT {what}, {self._keys_as_text()} FROM {self._selected} WHERE {condition}"
            f" ORDER BY {self._order(self._terms.order == OLDEST)} LIMIT {wanted}",
            parameters,
        ).fetchall()
        if not rows:
            self._left = 0
        return rows

    def _key_of(self, row: Row) -> _Key:
        return list(row[-len(self._keys) :])

    def _walk_past(self, key: _Key, number: int) -> None:
        self._after = key
        self._left -= number

    def _count(self, condition: str, parameters: Mapping[str, Any]) -> int:
        row = self._ask(f"SELECT count(*) FROM {self._selected} WHERE {condition}", parameters).fetchone()
        return int(row[0]) if row else 0

    def _ask(self, query: str, parameters: Mapping[str, Any]) -> Any:
        return self._session.execute("select", query, parameters)

    def _note_rows_without_order(self) -> None:
        without = self._count(f"NOT ({self._has_order()})", {})
        if without:
            self._notes.append(f"{without} rows have no value in {' or '.join(self._keys)} and are left out")

    # Reading

    def _letter(self, row: Row) -> Letter:
        values = dict(zip(self._columns, row))
        item = self._queue.options.get("item") or {}
        given = {name: values[column] for name, column in item.items() if column}
        letter = Letter(
            id=str(values[self._id]),
            error=_text(given.get("error")),
            type=_text(given.get("type")),
            failed_at=_moment(given.get("failed_at")),
            attempts=_whole(given.get("attempts")),
            handle=(values[self._id], self._key_of(row)),
        )
        _fill_in_payload(letter, given.get("payload", values))
        return letter

    # Settling

    def _settle(self, lots: Mapping[str, list[Any]]) -> Settled:
        done = dict.fromkeys(_STATEMENTS, 0)
        skipped: dict[str, int] = {}
        vanished = 0
        with self._session.transaction():
            for verdict, ids in lots.items():
                if verdict == KEEP or not ids:
                    continue
                there = self._locked(ids)
                locked_out = self._still_selected(ids) - len(there) if len(there) < len(ids) else 0
                vanished += len(ids) - len(there) - locked_out
                if locked_out:
                    skipped[LOCKED] = skipped.get(LOCKED, 0) + locked_out
                done[verdict] += self._execute(_STATEMENTS[verdict], there)
        return Settled(done[MOVE], done[PARK], done[DROP], len(lots.get(KEEP, ())), skipped, vanished)

    def _locked(self, ids: list[Any]) -> list[Any]:
        """Return those of the rows that are dead still, locked where that is possible."""
        lock = " FOR UPDATE SKIP LOCKED" if self._locks else ""
        column = self._quoted(self._id)
        query = f"SELECT {column} FROM {self._selected} WHERE {column} = ANY(%(ids)s){lock}"
        rows = self._ask(query, {"ids": ids})
        return [row[0] for row in rows]

    def _still_selected(self, ids: list[Any]) -> int:
        return self._count(f"{self._quoted(self._id)} = ANY(%(ids)s)", {"ids": ids})

    def _execute(self, option: str, ids: list[Any]) -> int:
        """Run the statement for these rows; an error undoes the batch.

        :raises InputError: there is no such statement, or it does something else than it should.
        """
        statement: str | None = self._queue.options.get(option)
        if statement is None:
            raise InputError(f"rows cannot be settled so: the queue {self._queue.name} has no statement {option}")
        if not ids:
            return 0
        changed = self._session.execute(option, statement, {"ids": ids}).rowcount
        if changed > len(ids):
            raise InputError(
                f"{option}: the statement changed {changed} rows for {len(ids)} ids, and was undone",
                on=self._session.on,
                advice="bind it to the rows: WHERE id = ANY(%(ids)s)",
            )
        left = self._still_selected(ids)
        if left:
            raise InputError(
                f"{option}: {left} of {len(ids)} rows are still dead by select after it, and it was undone",
                on=self._session.on,
                advice="select and the statement must agree on what a dead row is",
            )
        return len(ids)

    def _see_whether_rows_can_be_locked(self) -> None:
        """Rows of a query with aggregates or outer joins cannot be. The statement's own condition must do then."""
        try:
            self._ask(f"SELECT 1 FROM {self._selected} LIMIT 0 FOR UPDATE SKIP LOCKED", {})
        except OpsError as error:
            if getattr(error.__cause__, "sqlstate", None) != _CANNOT_LOCK:
                raise
            self._locks = False
            self._notes.append(
                "the rows of select cannot be locked: what another session changes at the same moment may be"
                " changed twice"
            )


def _position_key(terms: Terms, name: str) -> _Key | None:
    """Return a key out of the position of an earlier part of the run."""
    key = terms.position.get(name)
    return None if key is None else [str(part) for part in key]


def array_literal(texts: Sequence[str]) -> str:
    """Return texts as PostgreSQL writes an array. Its elements become of the type that they are compared with."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"


def _fill_in_payload(letter: Letter, payload: Any) -> None:
    """Make body and decoded value of a column's, or of the whole row where no column is named."""
    if payload is None:
        return
    if isinstance(payload, (bytes, bytearray, memoryview)):
        letter.body = bytes(payload)
    elif isinstance(payload, str):
        letter.body = payload.encode()
    else:
        letter.body = json.dumps(payload, default=_plain, ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    """Return as text what JSON has no form for; numbers stay numbers."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    with suppress(TypeError, ValueError):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: Any) -> float | None:
    return float(value.timestamp()) if hasattr(value, "timestamp") else moment(value)


def _whole(value: Any) -> int | None:
    with suppress(TypeError, ValueError):
        return int(value)
    return None
