# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is known of a database's tables and indexes before anything is done to them: sizes, dead rows, ages, rights.

Nothing here waits for a table that another session holds exclusively: its size is then that of its last vacuum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from .._core.errors import NotThere
from .session import Session

# Names as SQL writes them.
_TABLES = """
WITH held AS (
  SELECT DISTINCT relation FROM pg_locks
  WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation' AND pid <> pg_backend_pid()
), sizes AS MATERIALIZED (
  SELECT c.oid,
         CASE WHEN c.oid IN (SELECT relation FROM held)
              THEN c.relpages::bigint * current_setting('block_size')::bigint
              ELSE pg_relation_size(c.oid) END AS size
  FROM pg_class c WHERE c.relkind IN ('r', 'm', 't', 'i') AND c.relpersistence <> 't'
), index_sizes AS (
  SELECT x.indrelid, sum(i.size) AS size FROM pg_index x JOIN sizes i ON i.oid = x.indexrelid GROUP BY x.indrelid
)
SELECT c.oid::bigint, n.nspname::text, c.relname::text, format('%%I.%%I', n.nspname, c.relname), c.relkind::text,
       n.nspname = 'pg_catalog', pg_get_userbyid(c.relowner)::text, {may},
       coalesce(own.size, 0)::bigint,
       coalesce(own_indexes.size, 0)::bigint, (coalesce(toast.size, 0) + coalesce(toast_indexes.size, 0))::bigint,
       c.reltuples::float8, s.n_live_tup, s.n_dead_tup, s.n_mod_since_analyze,
       CASE WHEN c.relkind <> 'p' THEN greatest(age(c.relfrozenxid), age(t.relfrozenxid)) END,
       CASE WHEN c.relkind <> 'p' THEN greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)) END,
       greatest(s.last_vacuum, s.last_autovacuum), greatest(s.last_analyze, s.last_autoanalyze), s.vacuum_count,
       (SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'),
       c.relispartition
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN sizes own ON own.oid = c.oid
LEFT JOIN sizes toast ON toast.oid = c.reltoastrelid
LEFT JOIN index_sizes own_indexes ON own_indexes.indrelid = c.oid
LEFT JOIN index_sizes toast_indexes ON toast_indexes.indrelid = c.reltoastrelid
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND NOT c.relisshared
  AND n.nspname NOT LIKE 'pg\\_toast%%' AND n.nspname NOT LIKE 'pg\\_temp%%' AND n.nspname <> 'information_schema'
  AND (c.relkind = 'p' OR own.size IS NOT NULL)
  AND (%(only)s::bigint[] IS NULL OR c.oid = ANY(%(only)s::bigint[]))
ORDER BY 4
"""
# Who may vacuum a table: its owner, that of the database, since PostgreSQL 17 who has MAINTAIN. Others get a warning
# from the server, and nothing is done.
_OWNER = (
    "pg_has_role(c.relowner, 'USAGE') OR "
    "(SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database())"
)
_MAINTAIN = f"has_table_privilege(c.oid, 'MAINTAIN') OR {_OWNER}"
_MAINTAIN_SINCE = 170000

_INDEXES = """
WITH held AS (
  SELECT DISTINCT relation FROM pg_locks
  WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation' AND pid <> pg_backend_pid()
)
SELECT c.oid::bigint, x.indrelid::bigint, n.nspname::text, c.relname::text, format('%%I.%%I', n.nspname, c.relname),
       am.amname::text,
       CASE WHEN c.oid IN (SELECT relation FROM held)
            THEN c.relpages::bigint * current_setting('block_size')::bigint ELSE pg_relation_size(c.oid) END,
       c.reltuples::float8, x.indisvalid AND x.indisready AND x.indislive, x.indisunique,
       x.indisprimary OR x.indisexclusion OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid),
       x.indisexclusion, coalesce(s.idx_scan, 0),
       (SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'),
       {may},
       EXISTS (SELECT FROM pg_index w WHERE w.indrelid = x.indrelid AND w.indexrelid <> x.indexrelid AND w.indisvalid
               AND w.indkey::text = x.indkey::text AND w.indclass::text = x.indclass::text
               AND w.indoption::text = x.indoption::text AND w.indcollation::text = x.indcollation::text
               AND pg_get_expr(w.indexprs, w.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indexprs, x.indrelid)
               AND pg_get_expr(w.indpred, w.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indpred, x.indrelid))
FROM pg_index x
JOIN pg_class c ON c.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = c.oid
WHERE c.relkind = 'i' AND x.indrelid = ANY(%(tables)s::bigint[])
ORDER BY 5
"""
_INDEX_OWNER = "pg_has_role(t.relowner, 'USAGE')"
_INDEX_MAINTAIN = f"has_table_privilege(t.oid, 'MAINTAIN') OR {_INDEX_OWNER}"


@dataclass(frozen=True)
class Table:
    """A table, a materialized view (``kind`` m) or the parent of partitions (p, which holds nothing itself).

    Sizes are bytes, ages are counted in transactions. ``rows`` is the server's estimate, None when it has none.
    ``dead`` and ``changed`` (since the last analyze) are its counters.
    """

    oid: int
    schema: str
    name: str
    quoted: str
    kind: str
    system: bool
    owner: str
    may: bool
    size: int
    index_size: int
    toast_size: int
    rows: float | None
    live: int
    dead: int
    changed: int
    age: int | None
    multixact_age: int | None
    vacuumed_at: datetime | None
    analyzed_at: datetime | None
    vacuums: int
    fillfactor: int
    partition: bool

    @property
    def total(self) -> int:
        """Bytes with indexes and TOAST."""
        return self.size + self.index_size + self.toast_size

    @property
    def dead_percent(self) -> float:
        """How many of its rows are dead, in percent."""
        seen = self.live + self.dead
        return 100.0 * self.dead / seen if seen else 0.0


@dataclass(frozen=True)
class Index:
    """An index. ``usable`` is false while it is built, or since that failed.

    ``twin``: another index that is valid has the same definition. ``constraint``: a constraint stands on it.
    """

    oid: int
    table: int
    schema: str
    name: str
    quoted: str
    method: str
    size: int
    rows: float | None
    usable: bool
    unique: bool
    constraint: bool
    exclusion: bool
    scans: int
    fillfactor: int
    may: bool
    twin: bool


def read_tables(session: Session, only: Sequence[int] | None = None) -> list[Table]:
    """Return the tables of the database, or those of them with these oids, by name."""
    may = _MAINTAIN if session.version >= _MAINTAIN_SINCE else _OWNER
    rows = session.rows(_TABLES.replace("{may}", may), {"only": None if only is None else list(only)})
    return [_table(row) for row in rows]


def _table(row: tuple[Any, ...]) -> Table:
    values = list(row)
    values[11] = None if values[11] < 0 else values[11]
    for counter in (12, 13, 14, 19):
        values[counter] = values[counter] or 0
    values[20] = values[20] or 100
    return Table(*values)


def read_indexes(session: Session, tables: Sequence[Table]) -> list[Index]:
    """Return the indexes of these tables, by name."""
    may = _INDEX_MAINTAIN if session.version >= _MAINTAIN_SINCE else _INDEX_OWNER
    rows = session.rows(_INDEXES.replace("{may}", may), {"tables": [table.oid for table in tables]})
    return [_index(row) for row in rows if row[6] is not None]


def _index(row: tuple[Any, ...]) -> Index:
    values = list(row)
    values[7] = None if values[7] < 0 else values[7]
    values[13] = values[13] or 90
    return Index(*values)


def chosen(tables: Sequence[Table], wanted: Sequence[str], not_wanted: Sequence[str], on: str) -> list[Table]:
    """Return the tables whose name, with or without its schema, matches a pattern of ``wanted``, or all without any.

    System tables are among them only when no pattern is given.

    :raises NotThere: a pattern of ``wanted`` matches no table.
    """
    for pattern in wanted:
        if not any(_matches(table, pattern) for table in tables):
            raise NotThere(f"no table matches {pattern}", on=on, advice="check tables; names are NAME or SCHEMA.NAME")
    return [
        table
        for table in tables
        if (not wanted or any(_matches(table, pattern) for pattern in wanted))
        and not any(_matches(table, pattern) for pattern in not_wanted)
    ]


def _matches(table: Table, pattern: str) -> bool:
    full = f"{table.schema}.{table.name}"
    return fnmatchcase(full, pattern) or (not table.system and fnmatchcase(table.name, pattern))
