# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Bloat: the part of a table's or an index's pages that its rows do not need.

Measured with the functions of the extension pgstattuple where a database has it and the role may use them. Else it is
estimated from the planner's statistics, by the well-known way that the queries of check_postgres and of
pgsql-bloat-estimation (github.com/ioguix/pgsql-bloat-estimation) made known: the pages that as many rows of the average
width would fill, by the layout of pages in the PostgreSQL documentation, chapter "Database Page Layout", held against
the pages there are. Here each column is aligned as the server aligns it. B-trees keep equal keys but once since
PostgreSQL 13: such an index may be more bloated than is estimated, never less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .relations import Index, Table
from .session import Session, StatementError

MEASURED, ESTIMATED = "measured", "estimated"

_PAGE_HEADER = 24
_BTREE_SPECIAL = 16
_ITEM = 4
_TUPLE_HEADER = 23
_INDEX_TUPLE_HEADER = 8
_INDEX_NULLS = 4
_ALIGN = 8
_ALIGNMENTS = {"c": 1, "s": 2, "i": 4, "d": 8}

_COLUMNS = """
SELECT r.oid::bigint,
       array_agg(st.avg_width ORDER BY a.attnum),
       array_agg(st.null_frac::float8 ORDER BY a.attnum),
       array_agg(a.attlen::int ORDER BY a.attnum),
       array_agg(a.attalign::text ORDER BY a.attnum)
FROM pg_class r
JOIN pg_namespace n ON n.oid = r.relnamespace
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index x ON x.indexrelid = r.oid
LEFT JOIN pg_class t ON t.oid = x.indrelid
LEFT JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attnum = x.indkey[a.attnum - 1] AND ta.attnum > 0
LEFT JOIN pg_stats st ON st.schemaname = n.nspname AND NOT st.inherited
     AND st.tablename = CASE WHEN ta.attnum IS NULL THEN r.relname ELSE t.relname END
     AND st.attname = CASE WHEN ta.attnum IS NULL THEN a.attname ELSE ta.attname END
WHERE r.oid = ANY(%(oids)s::bigint[])
GROUP BY r.oid
"""
_EXTENSION = """
SELECT format('%I', n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname IN ('pgstatindex', 'pgstattuple_approx')
WHERE e.extname = 'pgstattuple' AND has_function_privilege(p.oid, 'EXECUTE')
  AND has_schema_privilege(n.oid, 'USAGE')
GROUP BY n.nspname HAVING count(DISTINCT p.proname) = 2
"""


@dataclass(frozen=True)
class Bloat:
    """How many percent of the bytes are not needed, and by what that is known."""

    percent: float
    by: str

    def spare(self, size: int) -> int:
        """Return the bytes not needed of ``size``."""
        return int(size * self.percent / 100)


@dataclass(frozen=True)
class Column:
    """What statistics say of a column; ``width`` None: nothing. ``length`` and ``align`` are its type's."""

    width: int | None
    nulls: float
    length: int
    align: str


def _up(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def data_width(columns: Sequence[Column]) -> int | None:
    """Return the bytes of an average row's data, its columns aligned; None when a column has no statistics."""
    offset = 0.0
    for column in columns:
        if column.width is None:
            return None
        # values of variable length are mostly short ones, which are not aligned
        start = _up(math.ceil(offset), _ALIGNMENTS.get(column.align, 1)) if column.length > 0 else offset
        width = column.length if column.length > 0 else column.width
        offset = offset + (start - offset + width) * (1 - column.nulls)
    return math.ceil(offset)


def index_pages(rows: float, columns: Sequence[Column], fillfactor: int, block: int) -> int | None:
    """Return the pages of ``block`` bytes that a new B-tree would have; None when that cannot be said."""
    width = data_width(columns)
    if width is None:
        return None
    nulls = _INDEX_NULLS if any(column.nulls > 0 for column in columns) else 0
    entry = _ITEM + _up(_INDEX_TUPLE_HEADER + nulls, _ALIGN) + _up(width, _ALIGN)
    usable = (block - _PAGE_HEADER - _BTREE_SPECIAL) * fillfactor / 100
    leaves = math.ceil(rows / max(1, usable // entry))
    fan_out = max(2, usable // entry)
    inner, level = 0, leaves
    while level > 1:
        level = math.ceil(level / fan_out)
        inner += level
    return leaves + inner + 1


def table_pages(rows: float, columns: Sequence[Column], fillfactor: int, block: int) -> int | None:
    """Return the pages of ``block`` bytes that the rows fill; None when that cannot be said."""
    width = data_width(columns)
    if width is None:
        return None
    nulls = math.ceil(len(columns) / 8) if any(column.nulls > 0 for column in columns) else 0
    entry = _ITEM + _up(_TUPLE_HEADER + nulls, _ALIGN) + _up(width, _ALIGN)
    usable = (block - _PAGE_HEADER) * fillfactor / 100
    return math.ceil(rows / max(1, usable // entry))


def _percent(needed: float, size: int) -> float:
    return round(max(0.0, 100.0 * (1 - needed / size)), 1) if size else 0.0


class Meter:
    """Tells of bloat in one session."""

    def __init__(self, session: Session, measure: bool) -> None:
        """Look for the extension. :param measure: false has everything estimated."""
        self._session = session
        self._block = int(session.rows("SELECT current_setting('block_size')")[0][0])
        found = session.rows(_EXTENSION) if measure else []
        self._schema = str(found[0][0]) if found else None

    @property
    def by(self) -> str:
        """By what bloat is known mostly."""
        return MEASURED if self._schema else ESTIMATED

    def indexes(self, indexes: Sequence[Index], measure: bool = True) -> dict[int, Bloat]:
        """Return the bloat of B-trees by their oid; one of which nothing can be said is not in it.

        :param measure: false has them estimated, to spare time.
        """
        trees = [index for index in indexes if index.method == "btree" and index.usable]
        measured = {index.oid: self._measured_index(index) for index in trees} if measure and self._schema else {}
        known = {oid: bloat for oid, bloat in measured.items() if bloat is not None}
        return {**self._estimated_indexes([index for index in trees if index.oid not in known]), **known}

    def _measured_index(self, index: Index) -> Bloat | None:
        query = (
            "SELECT leaf_pages, internal_pages, avg_leaf_density, index_size"
            f" FROM {self._schema}.pgstatindex(%(oid)s::oid::regclass)"
        )
        try:
            ((leaves, inner, density, size),) = self._session.rows(query, {"oid": index.oid})
        except StatementError:  # it is locked, or that took too long
            return None
        if not leaves or math.isnan(density):
            return Bloat(0.0, MEASURED)
        needed = leaves * min(1.0, density / index.fillfactor) + inner + 1
        return Bloat(_percent(needed * self._block, size), MEASURED)

    def _estimated_indexes(self, indexes: Sequence[Index]) -> dict[int, Bloat]:
        columns = self._columns([index.oid for index in indexes])
        found = {}
        for index in indexes:
            if index.rows is not None and index.oid in columns:
                pages = index_pages(index.rows, columns[index.oid], index.fillfactor, self._block)
                if pages is not None:
                    found[index.oid] = Bloat(_percent(pages * self._block, index.size), ESTIMATED)
        return found

    def tables(self, tables: Sequence[Table], measure: bool = True) -> dict[int, Bloat]:
        """Return the bloat of tables without their TOAST, by their oid; see :meth:`indexes`."""
        real = [table for table in tables if table.kind != "p"]
        measured = {table.oid: self._measured_table(table) for table in real} if measure and self._schema else {}
        known = {oid: bloat for oid, bloat in measured.items() if bloat is not None}
        return {**self._estimated_tables([table for table in real if table.oid not in known]), **known}

    def _measured_table(self, table: Table) -> Bloat | None:
        query = (
            "SELECT table_len, dead_tuple_len, approx_free_space"
            f" FROM {self._schema}.pgstattuple_approx(%(oid)s::oid::regclass)"
        )
        try:
            ((size, dead, free),) = self._session.rows(query, {"oid": table.oid})
        except StatementError:
            return None
        spared = size * (100 - table.fillfactor) / 100  # is to be free
        return Bloat(_percent(size - max(0.0, dead + free - spared), size), MEASURED)

    def _estimated_tables(self, tables: Sequence[Table]) -> dict[int, Bloat]:
        columns = self._columns([table.oid for table in tables])
        found = {}
        for table in tables:
            if table.rows is not None and table.oid in columns:
                pages = table_pages(table.rows, columns[table.oid], table.fillfactor, self._block)
                if pages is not None:
                    found[table.oid] = Bloat(_percent(pages * self._block, table.size), ESTIMATED)
        return found

    def _columns(self, oids: Sequence[int]) -> Mapping[int, list[Column]]:
        if not oids:
            return {}
        rows = self._session.rows(_COLUMNS, {"oids": list(oids)})
        return {oid: [Column(*values) for values in _zipped(*lists)] for oid, *lists in rows}


def _zipped(widths: list[Any], nulls: list[Any], lengths: list[Any], aligns: list[Any]) -> list[tuple[Any, ...]]:
    return list(zip(widths, [part or 0.0 for part in nulls], lengths, aligns))
