# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Who keeps dead rows from being removed: old transactions, prepared ones, replication slots, standbys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .._core.durations import show_duration
from .._core.errors import one_line
from .session import Session

# What a standby or a slot keeps is told once it is so many transactions old.
_OLD = 1_000_000
_HOLDERS = """
SELECT CASE backend_type WHEN 'walsender' THEN 'standby' ELSE 'session' END, pid, NULL::text, usename::text,
       application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::float8,
       coalesce(age(backend_xmin), age(backend_xid))
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
  AND (datname = current_database() OR backend_type = 'walsender') AND backend_type <> 'autovacuum worker'
UNION ALL
SELECT 'prepared', NULL, gid, owner::text, NULL, NULL, extract(epoch FROM clock_timestamp() - prepared)::float8,
       age(transaction)
FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT 'slot', active_pid, slot_name::text, NULL, NULL, NULL, NULL, greatest(age(xmin), age(catalog_xmin))
FROM pg_replication_slots WHERE coalesce(xmin, catalog_xmin) IS NOT NULL
"""
_SEES_ALL = "SELECT pg_has_role('pg_read_all_stats', 'USAGE') OR current_setting('is_superuser') = 'on'"


@dataclass(frozen=True)
class Holder:
    """One that holds back. ``age`` is seconds since its transaction began, ``transactions`` how many began since."""

    kind: str
    pid: int | None
    name: str | None
    user: str | None
    application: str | None
    state: str | None
    age: float | None
    transactions: int | None

    def told(self) -> str:
        """Return it for a message."""
        text = f"{self.kind} {self.name}" if self.name else f"{self.kind} with pid {self.pid}"
        who = ", ".join(part for part in (self.user, self.application, self.state) if part)
        age = f" since {show_duration(self.age)}" if self.age is not None else ""
        behind = f", {self.transactions:,} transactions" if self.age is None and self.transactions else ""
        return one_line(f"{text}{f' ({who})' if who else ''}{age}{behind}", 200)

    def data(self) -> dict[str, Any]:
        """Return it for a result."""
        return {**asdict(self), "age": None if self.age is None else round(self.age, 1)}


def read_holders(session: Session) -> list[Holder]:
    """Return who holds back at this moment, the one that holds back most first."""
    holders = [Holder(*row) for row in session.rows(_HOLDERS)]
    return sorted(holders, key=lambda holder: -(holder.transactions or 0))


def old(holders: Sequence[Holder], seconds: float) -> list[Holder]:
    """Return those that have held back for as long, or for a million transactions."""
    return [
        holder
        for holder in holders
        if (holder.age is not None and holder.age >= seconds)
        or (holder.kind in ("slot", "standby") and (holder.transactions or 0) >= _OLD)
    ]


def waited_for(holders: Sequence[Holder], seconds: float) -> list[Holder]:
    """Return the transactions that building an index beside the work of others would have to wait for."""
    return [holder for holder in old(holders, seconds) if holder.kind in ("session", "prepared")]


def sees_all(session: Session) -> bool:
    """Tell whether the role may see what other sessions do."""
    return bool(session.rows(_SEES_ALL)[0][0])
