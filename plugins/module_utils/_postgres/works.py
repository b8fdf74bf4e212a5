# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Doing what is due, a statement at a time, so that nobody has to wait: each ends well, is skipped, or fails alone.

A vacuum and an analyze wait for their lock as long as ``lock_timeout``. An index is built anew beside the work of
others, with ``REINDEX CONCURRENTLY``: what that waits for in between makes nobody else wait, so its limit is the
statement's. It is not begun while an old transaction would have to be waited for; what a broken one leaves is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from .._core.durations import show_duration
from .._core.errors import OpsError
from .._core.waiting import Clock, wait_until
from . import holders
from .due import ANALYZE, DROP, FREEZE, REINDEX, VACUUM, IndexJob, Limits, TableJob, is_dead, is_left_behind
from .relations import Index, Table, read_indexes, read_tables
from .session import CANCELLED, LOCKED, Session, StatementError

Job = Union[TableJob, IndexJob]

_CONCURRENTLY_UNSAFE = range(140000, 140004)
# Counters of servers before PostgreSQL 15 come a moment later.
_COUNTED = 3.0


@dataclass(frozen=True)
class Way:
    """How the work is done: seconds, degree of parallelism, and from when a transaction is old, in seconds."""

    lock_timeout: float
    statement_timeout: float
    parallel_workers: int | None
    long_transaction: float


@dataclass
class Work:
    """What came of the jobs, each list JSON-safe."""

    done: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """Return the lists by their names."""
        return {"done": self.done, "skipped": self.skipped, "left": self.left, "failures": self.failed}


class Worker:
    """Does jobs in a session, until the time is up."""

    def __init__(self, session: Session, way: Way, limits: Limits, clock: Clock, until: float) -> None:
        """Take what is given. :param until: by the monotonic clock, when nothing new is begun."""
        self.work = Work()
        self._session = session
        self._way = way
        self._limits = limits
        self._clock = clock
        self._until = until

    def do(self, jobs: Sequence[Job]) -> None:
        """Do one after the other. :raises OpsError: the connection is lost."""
        for job in jobs:
            if self._clock.monotonic() >= self._until:
                self.work.left.append(told(job))
                continue
            reason = self._refused(job)
            if reason:
                self.work.skipped.append({**told(job), "reason": reason})
            else:
                self._try(job)

    def plan(self, jobs: Sequence[Job]) -> None:
        """Say of each what :meth:`do` would make of it now, as if it were done."""
        for job in jobs:
            reason = self._refused(job)
            if reason:
                self.work.skipped.append({**told(job), "reason": reason})
            else:
                self.work.done.append(told(job))

    def _refused(self, job: Job) -> str:
        """Return why a job is not begun; empty when it is."""
        if isinstance(job, TableJob):
            if not job.table.may:
                return f"only its owner {job.table.owner} may, or who owns the database"
            return ""
        if not job.index.may:
            return f"only the owner of its table, {job.table.owner}, may"
        return self._reindex_refused() if job.action == REINDEX else ""

    def _reindex_refused(self) -> str:
        if self._session.version in _CONCURRENTLY_UNSAFE:
            return "PostgreSQL 14.0 to 14.3 may corrupt an index that is built so; update it to 14.4 at least"
        waited = holders.waited_for(holders.read_holders(self._session), self._way.long_transaction)
        return f"it would have to wait for {waited[0].told()}" if waited else ""

    def _try(self, job: Job) -> None:
        started = self._clock.monotonic()
        try:
            after = self._table(job) if isinstance(job, TableJob) else self._index(job)
        except StatementError as error:
            self._broken(job, error)
        else:
            seconds = round(self._clock.monotonic() - started, 3)
            self.work.done.append({**told(job), "seconds": seconds, **after})

    def _broken(self, job: Job, error: StatementError) -> None:
        if error.state == LOCKED:
            waited = show_duration(self._way.lock_timeout)
            self.work.skipped.append({**told(job), "reason": f"another session held a lock on it for {waited}"})
        elif error.state == CANCELLED:
            limit = show_duration(self._way.statement_timeout)
            self.work.skipped.append({**told(job), "reason": f"cancelled; a statement may take {limit}"})
        else:
            self.work.failed.append({**told(job), "reason": error.failed})
        if isinstance(job, IndexJob) and job.action == REINDEX:
            self._sweep(job.table)

    def _table(self, job: TableJob) -> dict[str, Any]:
        self._session.run(table_statement(job, self._way.parallel_workers))
        if not {VACUUM, FREEZE} & set(job.actions):
            return {}
        table = self._counted(job.table)
        if table is None:
            return {}
        data = {"dead_after": table.dead, "age_after": table.age, "size_after": table.size}
        if is_dead(table, self._limits) or (FREEZE in job.actions and (table.age or 0) >= self._limits.freeze_age):
            self._held_back(table)
            return {**data, "held_back": True}
        return data

    def _counted(self, before: Table) -> Table | None:
        """Return the table with the counters of after its vacuum; None when it is gone."""

        def look() -> Table | None:
            return next(iter(read_tables(self._session, [before.oid])), None)

        return wait_until(
            look, lambda table: table is None or table.vacuums > before.vacuums, _COUNTED, clock=self._clock
        ).last

    def _held_back(self, table: Table) -> None:
        """Say that vacuum could not do its work, and for whom."""
        held = holders.read_holders(self._session)
        by = f"; held back by {held[0].told()}" if held else ""
        what = f"{table.dead:,} dead rows could not be removed" if table.dead else "its rows could not be frozen"
        self.work.warnings.append(f"{table.quoted}: {what}{by}")

    def _index(self, job: IndexJob) -> dict[str, Any]:
        if job.action == DROP:
            self._session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {job.index.quoted}")
            return {"size_after": 0}
        # Taken for a moment, as the server would wait for it without an end below.
        with self._session.transaction():
            self._session.run(f"LOCK TABLE {job.table.quoted} IN SHARE UPDATE EXCLUSIVE MODE")
        self._lock_timeout(0)
        try:
            self._session.run(f"REINDEX INDEX CONCURRENTLY {job.index.quoted}")
        finally:
            self._lock_timeout(self._way.lock_timeout)
        after = self._find(job.table, job.index.name)
        return {"size_after": after.size if after else None}

    def _lock_timeout(self, seconds: float) -> None:
        self._session.set("lock_timeout", f"{round(seconds * 1000)}ms")

    def _find(self, table: Table, name: str) -> Index | None:
        return next((index for index in read_indexes(self._session, [table]) if index.name == name), None)

    def _sweep(self, table: Table) -> None:
        """Drop what the broken build left; when that cannot be, the next run does."""
        for index in read_indexes(self._session, [table]):
            if is_left_behind(index):
                try:
                    self._session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {index.quoted}")
                except StatementError as error:
                    self.work.warnings.append(f"{index.quoted} is left of the build that broke off: {error.failed}")


def table_statement(job: TableJob, parallel: int | None) -> str:
    """Return the one statement that does all that is due for a table."""
    if not {VACUUM, FREEZE} & set(job.actions):
        return f"ANALYZE {job.name}"
    options = [word for action, word in ((FREEZE, "FREEZE"), (ANALYZE, "ANALYZE")) if action in job.actions]
    if parallel is not None:
        options.append(f"PARALLEL {int(parallel)}")
    return f"VACUUM ({', '.join(options)}) {job.name}" if options else f"VACUUM {job.name}"


def told(job: Job) -> dict[str, Any]:
    """Return a job for a result."""
    data: dict[str, Any] = {"name": job.name, "actions": list(job.actions), "why": list(job.why)}
    if isinstance(job, IndexJob):
        bloat = job.bloat.percent if job.bloat else None
        return {**data, "table": job.table.quoted, "size": job.index.size, "bloat_percent": bloat}
    return {**data, "dead": job.table.dead, "age": job.table.age, "size": job.table.size}


def require_primary(session: Session) -> None:
    """Refuse a standby. :raises OpsError: it is one."""
    if session.rows("SELECT pg_is_in_recovery()")[0][0]:
        raise OpsError(
            "the server is a standby, on which nothing can be maintained",
            on=session.on,
            advice="name the primary; what is done there comes here",
            standby=True,
        )
