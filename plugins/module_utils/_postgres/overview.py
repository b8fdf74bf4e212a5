# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The report of a database: its largest tables and indexes, their bloat, indexes that nobody reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .bloat import Bloat, Meter
from .relations import Index, Table, read_indexes
from .session import Session

_DATABASE = """
SELECT pg_database_size(current_database()), age(d.datfrozenxid), s.stats_reset
FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = current_database()
"""


def overview(session: Session, tables: Sequence[Table], meter: Meter, top: int, min_size: int) -> dict[str, Any]:
    """Return sizes and bloat, the largest ``top`` of each kind.

    :param min_size: bytes; a smaller index that nobody reads is not told.
    """
    ((size, age, since),) = session.rows(_DATABASE)
    own = [table for table in tables if not table.system]
    indexes = read_indexes(session, own)
    names = {table.oid: table.quoted for table in own}
    largest = sorted(own, key=lambda table: -table.total)[:top]
    largest_indexes = sorted(indexes, key=lambda index: -index.size)[:top]
    table_bloat = meter.tables(largest)
    index_bloat = meter.indexes(largest_indexes)
    unused = [index for index in indexes if _is_unused(index) and index.size >= min_size]
    return {
        "size": size,
        "age": age,
        "bloat_by": meter.by,
        "tables": [_table(table, table_bloat.get(table.oid)) for table in largest],
        "indexes": [_index(index, names, index_bloat.get(index.oid)) for index in largest_indexes],
        "unused_indexes": [
            {"name": index.quoted, "table": names[index.table], "size": index.size}
            for index in sorted(unused, key=lambda index: -index.size)[:top]
        ],
        "scans_since": _iso(since),
    }


def _is_unused(index: Index) -> bool:
    return not (index.scans or index.unique or index.constraint) and index.usable


def _table(table: Table, bloat: Bloat | None) -> dict[str, Any]:
    return {
        "name": table.quoted,
        "size": table.size,
        "index_size": table.index_size,
        "toast_size": table.toast_size,
        "total": table.total,
        "rows": None if table.rows is None else round(table.rows),
        "dead": table.dead,
        "dead_percent": round(table.dead_percent, 1),
        "age": table.age,
        "vacuumed_at": _iso(table.vacuumed_at),
        "analyzed_at": _iso(table.analyzed_at),
        **_bloat(bloat, table.size),
    }


def _index(index: Index, names: Mapping[int, str], bloat: Bloat | None) -> dict[str, Any]:
    return {
        "name": index.quoted,
        "table": names[index.table],
        "size": index.size,
        "scans": index.scans,
        "valid": index.usable,
        **_bloat(bloat, index.size),
    }


def _bloat(bloat: Bloat | None, size: int) -> dict[str, Any]:
    if bloat is None:
        return {"bloat_percent": None, "bloat_size": None, "bloat_by": None}
    return {"bloat_percent": bloat.percent, "bloat_size": bloat.spare(size), "bloat_by": bloat.by}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
