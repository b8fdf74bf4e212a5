# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The kind ``sql``: work that waits in rows of a table in PostgreSQL. Each number is what a query returns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from .._core.argspec import ArgSpec
from .._core.errors import InputError, OpsError, WrongType
from .._core.postgres_connection import SPEC as CONNECTION
from .base import AGE, DEAD, DELAYED, IN_FLIGHT, Depth, Measurer
from .dead_letters import ATOMIC, DROPS, IDS, ORDERS, PARKS, SWEEPS, DeadLetters, Terms
from .letters import FIELDS, ITEM
from .sql_session import SqlSession

_COUNTS = ("ready", "in_flight", "delayed", "dead")
_CAPABILITIES = {"in_flight": IN_FLIGHT, "delayed": DELAYED, "dead": DEAD, "oldest_age": AGE}
_TEXTS = ("ready", "in_flight", "delayed", "dead", "oldest_age", "select", "order_by", "move", "park", "drop")
# What each statement makes possible.
_TRAITS = {"park": PARKS, "drop": DROPS}


class SqlQueue:
    """Queries that count, one that selects the dead rows, and statements that put rows back to work."""

    SPEC: ClassVar[ArgSpec] = (
        CONNECTION
        + ArgSpec(
            options={name: {"type": "str"} for name in _TEXTS},
            required_one_of=[(*_COUNTS, "select")],
            required_by={name: ["select"] for name in ("order_by", "move", "park", "drop")},
        )
        + ITEM
    )
    TAKES_DEFAULTS: ClassVar[bool] = False
    TRAITS: ClassVar[frozenset[str]] = frozenset({ATOMIC, SWEEPS, IDS, ORDERS})
    told_by_item: ClassVar[frozenset[str]] = FIELDS

    def __init__(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """See :class:`.base.Queue`."""
        self.kind = kind
        self.name = name
        self.options = options
        for option in ("move", "park", "drop"):
            _refuse_unbound(option, options.get(option))
        more = {trait for option, trait in _TRAITS.items() if options.get(option)}
        self.TRAITS = self.TRAITS | more  # type: ignore[misc]  # what it is able to do depends on its options

    @property
    def capabilities(self) -> frozenset[str]:
        """See :class:`.base.Queue`."""
        return frozenset(name for option, name in _CAPABILITIES.items() if self.options.get(option))

    def place(self) -> Hashable:
        """See :class:`.base.Queue`."""
        return ("sql", *(self.options.get(name) for name in CONNECTION.options))

    def open(self) -> Measurer:
        """See :class:`.base.Queue`."""
        return SqlMeasurer(self.options)

    def measure(self, session: SqlSession) -> Depth:
        """Measure the queue over a connection that only reads.

        :raises OpsError: a query that the server refuses, that takes too long, that returns something else.
        """
        asked = [name for name in (*_COUNTS, "oldest_age") if self.options.get(name)]
        found = {name: _number(session, name, self.options[name]) for name in asked}
        unknown = [name for name, value in found.items() if value is None]
        counts: dict[str, Any] = {name: None if found.get(name) is None else int(found[name] or 0) for name in _COUNTS}
        return Depth(
            exists=True,
            type="sql",
            **counts,
            oldest_age=found.get("oldest_age"),
            note=f"the queries {', '.join(unknown)} return nothing or NULL; see coalesce" if unknown else "",
        )

    def dead_letters(self, terms: Terms) -> DeadLetters:
        """See :class:`.dead_letters.Redrivable`."""
        from .sql_letters import SqlLetters

        if not self.options.get("select"):
            advice = "give select: a query that returns them"
            raise InputError(f"the queue {self.name} does not say where its dead letters are", advice=advice)
        if not terms.dry and not self.options.get("move"):
            advice = "give move: a statement for the rows %(ids)s"
            raise InputError(f"the queue {self.name} does not say how dead letters are put back", advice=advice)
        if terms.park:
            raise InputError("rows are parked by a statement", on=self.name, advice="give the queue's option park")
        return SqlLetters(self, terms)


class SqlMeasurer:
    """One connection that only reads."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take the options of a queue of this place. Nothing is sent."""
        self._session = SqlSession(options, read_only=True)

    def measure(self, queues: Sequence[SqlQueue]) -> list[Depth | OpsError]:
        """See :class:`.base.Measurer`."""
        return [self._depth_or_error(queue) for queue in queues]

    def close(self) -> None:
        """See :class:`.base.Measurer`."""
        self._session.close()

    def _depth_or_error(self, queue: SqlQueue) -> Depth | OpsError:
        try:
            return queue.measure(self._session)
        except OpsError as error:
            return error


def _refuse_unbound(option: str, statement: str | None) -> None:
    if statement is not None and "%(ids)s" not in statement:
        raise InputError(
            f"{option}: the statement does not say for which rows",
            advice="expected %(ids)s in it, an array of ids: WHERE id = ANY(%(ids)s)",
        )


def _number(session: SqlSession, option: str, query: str) -> float | None:
    """Return the one number of a query's first row; None for no row and for NULL."""
    cursor = session.execute(option, query)
    if cursor.description is None:
        raise WrongType(
            f"{option}: the statement returns no rows", on=session.on, advice="expected SELECT count(*) ..."
        )
    row = cursor.fetchone()
    value = row[0] if row else None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, type(None))):
        raise WrongType(
            f"{option}: the query returns a {type(value).__name__}", on=session.on, advice="expected one number"
        )
    return None if value is None else float(value)
