# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What is due for which table or index, and why: by counters, ages and bloat held against limits. Nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .bloat import Bloat
from .relations import Index, Table

FREEZE, VACUUM, ANALYZE, REINDEX, DROP = "freeze", "vacuum", "analyze", "reindex", "drop"
ACTIONS = (VACUUM, ANALYZE, FREEZE, REINDEX)
# A change of fewer rows moves no plan; autovacuum has the same for small tables.
_LEAST_CHANGED = 50
_LEFT_BEHIND = ("_ccnew", "_ccold")


@dataclass(frozen=True)
class Limits:
    """From when on something is due; see the options of ``pg_maintain``."""

    dead_percent: float
    dead_rows: int
    freeze_age: int
    analyze_changed_percent: float
    index_bloat_percent: float
    min_size: int


@dataclass(frozen=True)
class TableJob:
    """A table that is to be vacuumed, frozen, analyzed, each or all in one statement, and why."""

    table: Table
    actions: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table."""
        return self.table.quoted


@dataclass(frozen=True)
class IndexJob:
    """An index that is to be built anew (``reindex``) or taken away (``drop``), and why."""

    index: Index
    table: Table
    action: str
    why: tuple[str, ...]
    bloat: Bloat | None

    @property
    def name(self) -> str:
        """The index."""
        return self.index.quoted

    @property
    def actions(self) -> tuple[str, ...]:
        """What is to be done."""
        return (self.action,)


def tables_due(tables: Sequence[Table], actions: Sequence[str], limits: Limits) -> list[TableJob]:
    """Return what is due for tables, the oldest first, then those with the most dead rows."""
    jobs = [_table_job(table, actions, limits) for table in tables]
    return sorted((job for job in jobs if job.actions), key=_urgency)


def _urgency(job: TableJob) -> tuple[bool, int, int]:
    table = job.table
    return (FREEZE not in job.actions, -(table.age or 0) if FREEZE in job.actions else 0, -table.dead)


def _table_job(table: Table, actions: Sequence[str], limits: Limits) -> TableJob:
    reasons = {FREEZE: _freeze(table, limits), VACUUM: _vacuum(table, limits), ANALYZE: _analyze(table, limits)}
    due = {action: why for action, why in reasons.items() if why and action in actions}
    return TableJob(table, tuple(due), tuple(due.values()))


def _freeze(table: Table, limits: Limits) -> str:
    for age, of in ((table.age, "transactions"), (table.multixact_age, "multixacts")):
        if age is not None and age >= limits.freeze_age:
            return f"its oldest row is {age:,} {of} old"
    return ""


def _vacuum(table: Table, limits: Limits) -> str:
    if is_dead(table, limits):
        return f"{table.dead:,} dead rows ({table.dead_percent:.0f} %)"
    return ""


def is_dead(table: Table, limits: Limits) -> bool:
    """Tell whether so many rows are dead that a vacuum is due."""
    enough = table.dead >= max(1, limits.dead_rows) and table.dead_percent >= limits.dead_percent
    return table.kind != "p" and enough


def _analyze(table: Table, limits: Limits) -> str:
    if table.analyzed_at is None:
        # the server's own catalogs come with statistics
        return "never analyzed" if not table.system and (table.size or table.kind == "p") else ""
    percent = 100.0 * table.changed / max(1, table.live)
    if table.changed >= _LEAST_CHANGED and percent >= limits.analyze_changed_percent:
        return f"{table.changed:,} rows changed since it was analyzed ({percent:.0f} %)"
    return ""


def indexes_due(
    indexes: Sequence[Index], tables: Mapping[int, Table], bloat: Mapping[int, Bloat], limits: Limits
) -> list[IndexJob]:
    """Return what is due for indexes: first what is left of a broken reindex, then what wastes most."""
    drops = [
        IndexJob(index, tables[index.table], DROP, ("left by a reindex that broke off",), None)
        for index in indexes
        if is_left_behind(index)
    ]
    builds = [
        IndexJob(index, tables[index.table], REINDEX, (_wasted(index, bloat[index.oid]),), bloat[index.oid])
        for index in indexes
        if _is_bloated(index, tables[index.table], bloat.get(index.oid), limits)
    ]
    return drops + sorted(builds, key=_wasted_bytes, reverse=True)


def is_left_behind(index: Index) -> bool:
    """Tell whether it is what a broken ``REINDEX CONCURRENTLY`` left, by its name, and because the index is there."""
    stem = index.name.rstrip("0123456789")
    return not index.usable and index.twin and stem.endswith(_LEFT_BEHIND) and not index.constraint


def can_be_bloated(index: Index, table: Table, limits: Limits) -> bool:
    """Tell whether the index is one that may be built anew, and is large enough."""
    return index.usable and not index.exclusion and not table.system and index.size >= limits.min_size


def _is_bloated(index: Index, table: Table, bloat: Bloat | None, limits: Limits) -> bool:
    return can_be_bloated(index, table, limits) and bloat is not None and bloat.percent >= limits.index_bloat_percent


def _wasted(index: Index, bloat: Bloat) -> str:
    return f"{bloat.percent:.0f} % of its {show_size(index.size)} is bloat, {bloat.by}"


def _wasted_bytes(job: IndexJob) -> int:
    return job.bloat.spare(job.index.size) if job.bloat else 0


def show_size(size: float) -> str:
    """Return bytes as people read them: ``12 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size >= 100 else f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} TiB"
