# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What the module ``pg_maintain`` does: look at a database, say what is due and why, do it, look again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .._core import postgres_connection
from .._core.argspec import ArgSpec
from .._core.durations import seconds_of, show_duration
from .._core.errors import InputError, OpsError
from .._core.result import Result
from .._core.waiting import SYSTEM_CLOCK, Clock
from . import holders
from .bloat import Meter
from .due import (
    ACTIONS,
    ANALYZE,
    DROP,
    FREEZE,
    REINDEX,
    VACUUM,
    IndexJob,
    Limits,
    can_be_bloated,
    indexes_due,
    is_left_behind,
    show_size,
    tables_due,
)
from .overview import overview
from .relations import Index, Table, chosen, read_indexes, read_tables
from .session import Session
from .works import Job, Way, Work, Worker, require_primary

SPEC = postgres_connection.SPEC + ArgSpec(
    options={
        "actions": {
            "type": "list",
            "elements": "str",
            "choices": list(ACTIONS),
            "default": [VACUUM, ANALYZE, FREEZE],
        },
        "tables": {"type": "list", "elements": "str", "default": []},
        "exclude_tables": {"type": "list", "elements": "str", "default": []},
        "dead_percent": {"type": "float", "default": 10.0},
        "dead_rows": {"type": "int", "default": 1000},
        "freeze_age": {"type": "int", "default": 150_000_000},
        "analyze_changed_percent": {"type": "float", "default": 10.0},
        "index_bloat_percent": {"type": "float", "default": 30.0},
        "min_size": {"type": "int", "default": 8 << 20},
        "measure": {"type": "bool", "default": True},
        "lock_timeout": {"type": "raw", "default": "2s"},
        "statement_timeout": {"type": "raw", "default": "30m"},
        "max_seconds": {"type": "raw", "default": "1h"},
        "long_transaction": {"type": "raw", "default": "5m"},
        "parallel_workers": {"type": "int"},
        "vacuum_cost_delay": {"type": "float"},
        "report_top": {"type": "int", "default": 20},
    }
)
_OLDEST = 120000
# Of our own, so that two runs do not meet: any two numbers that other programs are not likely to take.
_LOCK = (0x64617932, 0x6D61696E)
_DURATIONS = ("lock_timeout", "statement_timeout", "max_seconds", "long_transaction")


def operate(params: Mapping[str, Any], check_mode: bool, clock: Clock = SYSTEM_CLOCK) -> Result:
    """Do the work of the module.

    :param params: validated by ``SPEC``.
    :raises InputError: a wrong option. :raises NotThere: no such database or table.
    :raises OpsError: the server is a standby, or cannot be reached; with what was done by then in ``details``.
    """
    run = _Run(params, check_mode, clock)
    with postgres_connection.connect(params) as connection:
        return run.in_session(Session(connection, postgres_connection.where(params)))


class _Run:
    """One call, its options looked at before anything is asked."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool, clock: Clock) -> None:
        seconds = {name: seconds_of(name, params[name]) for name in _DURATIONS}
        _validate(params, seconds)
        self._params = params
        self._actions: Sequence[str] = params["actions"]
        self._check_mode = check_mode
        self._clock = clock
        self._seconds = seconds
        self._limits = Limits(
            dead_percent=params["dead_percent"],
            dead_rows=params["dead_rows"],
            freeze_age=params["freeze_age"],
            analyze_changed_percent=params["analyze_changed_percent"],
            index_bloat_percent=params["index_bloat_percent"],
            min_size=params["min_size"],
        )
        self._way = Way(
            seconds["lock_timeout"],
            seconds["statement_timeout"],
            params["parallel_workers"],
            seconds["long_transaction"],
        )

    def in_session(self, session: Session) -> Result:
        """Do all of it."""
        until = self._clock.monotonic() + self._seconds["max_seconds"]
        require_primary(session)
        if session.version < _OLDEST:
            raise OpsError("PostgreSQL 12 or newer is needed", on=session.on)
        session.prepare(self._seconds["lock_timeout"], self._seconds["statement_timeout"], self._check_mode)
        self._tune(session)
        worker = Worker(session, self._way, self._limits, self._clock, until)
        try:
            with self._alone(session):
                return self._maintain(session, worker)
        except OpsError as error:
            error.details.update(worker.work.data(), changed=bool(worker.work.done))
            raise

    @contextmanager
    def _alone(self, session: Session) -> Iterator[None]:
        """Keep another run away; looking on is nobody's harm."""
        if not self._check_mode and not session.rows(f"SELECT pg_try_advisory_lock{_LOCK}")[0][0]:
            raise OpsError(
                "another maintenance of this database is running", on=session.on, advice="wait for its end, or end it"
            )
        yield
        if not self._check_mode:  # before the server notices that we have gone; after an error it does so itself
            session.rows(f"SELECT pg_advisory_unlock{_LOCK}")

    def _tune(self, session: Session) -> None:
        params = self._params
        if params["vacuum_cost_delay"] is not None:
            session.set("vacuum_cost_delay", f"{params['vacuum_cost_delay']:g}ms")
        if params["parallel_workers"] is not None:
            session.set("max_parallel_maintenance_workers", str(params["parallel_workers"]))

    def _maintain(self, session: Session, worker: Worker) -> Result:
        meter = Meter(session, self._params["measure"])
        tables = self._tables(session)
        self._begin(worker, tables_due(tables, self._actions, self._limits))
        # Afterwards, as a vacuum empties pages of indexes.
        indexes = read_indexes(session, [table for table in tables if not table.system])
        self._begin(worker, self._indexes_due(tables, indexes, meter))
        work = worker.work
        warnings = [*work.warnings, *_invalid(indexes), *self._blind(session)]
        held = holders.old(holders.read_holders(session), self._seconds["long_transaction"])
        after = tables if self._check_mode else self._tables(session)
        return Result(
            changed=bool(work.done),
            failed=bool(work.failed),
            msg=self._msg(session, work),
            data={
                "database": self._params["login_db"],
                **work.data(),
                "holding_back": [holder.data() for holder in held],
                **overview(session, after, meter, self._params["report_top"], self._limits.min_size),
            },
            diff=_diff(work, self._check_mode),
            warnings=warnings,
        )

    def _tables(self, session: Session) -> list[Table]:
        wanted, not_wanted = self._params["tables"], self._params["exclude_tables"]
        found = chosen(read_tables(session), wanted, not_wanted, session.on)
        # the server's own are nobody's business who may not vacuum them
        return [table for table in found if table.may or not table.system]

    def _begin(self, worker: Worker, jobs: Sequence[Job]) -> None:
        if self._check_mode:
            worker.plan(jobs)
        else:
            worker.do(jobs)

    def _indexes_due(self, tables: Sequence[Table], indexes: Sequence[Index], meter: Meter) -> list[IndexJob]:
        if REINDEX not in self._actions:
            return []
        by_oid = {table.oid: table for table in tables}
        candidates = [index for index in indexes if can_be_bloated(index, by_oid[index.table], self._limits)]
        return indexes_due(indexes, by_oid, meter.indexes(candidates), self._limits)

    def _blind(self, session: Session) -> list[str]:
        if holders.sees_all(session):
            return []
        return ["this role cannot see what other sessions hold back; grant it pg_read_all_stats"]

    def _msg(self, session: Session, work: Work) -> str:
        counted = [
            f"{verb} {len([job for job in work.done if action in job['actions']])}"
            for action, verb in _VERBS[self._check_mode].items()
            if any(action in job["actions"] for job in work.done)
        ]
        told_done = ", ".join(counted) or "nothing was due"
        rest = [
            f"{word} {', '.join(_why_not(job) for job in jobs)}"
            for word, jobs in (("skipped", work.skipped), ("failed", work.failed))
            if jobs
        ]
        if work.left:
            limit = show_duration(self._seconds["max_seconds"])
            rest.append(
                f"left {', '.join(job['name'] for job in work.left)}, as that is as long as max_seconds ({limit})"
            )
        return "; ".join([f"{session.on}: {told_done}", *rest])


_VERBS = {
    False: {
        FREEZE: "frozen",
        VACUUM: "vacuumed",
        ANALYZE: "analyzed",
        REINDEX: "reindexed",
        DROP: "dropped leftovers",
    },
    True: {
        FREEZE: "would freeze",
        VACUUM: "would vacuum",
        ANALYZE: "would analyze",
        REINDEX: "would reindex",
        DROP: "would drop leftovers",
    },
}


def _validate(params: Mapping[str, Any], seconds: Mapping[str, float]) -> None:
    for name in ("dead_percent", "analyze_changed_percent", "index_bloat_percent"):
        if not 0 <= params[name] <= 100:
            raise InputError(f"{name}: expected a percentage", on=f"{params[name]:g}")
    for name in ("dead_rows", "min_size", "report_top", "freeze_age"):
        if params[name] < 0:
            raise InputError(f"{name}: expected 0 or more", on=str(params[name]))
    for name in ("lock_timeout", "statement_timeout", "max_seconds"):
        # the server takes 0 for no limit at all
        if seconds[name] < 0.001:
            raise InputError(f"{name}: expected more than 0", on=str(params[name]))
    if not params["actions"]:
        raise InputError("actions: expected one at least", advice=f"known are {', '.join(ACTIONS)}")


def _invalid(indexes: Sequence[Index]) -> list[str]:
    return [
        f"index {index.quoted} is not valid: built by somebody at this moment, or left of a build that failed;"
        " drop it or build it anew"
        for index in indexes
        if not index.usable and not is_left_behind(index)
    ]


def _why_not(job: Mapping[str, Any]) -> str:
    return f"{job['name']} ({job['reason']})"


def _diff(work: Work, check_mode: bool) -> dict[str, str] | None:
    if not work.done:
        return None
    lines = [_before_after(job, check_mode) for job in work.done]
    return {"before": "".join(before for before, _after in lines), "after": "".join(after for _before, after in lines)}


def _before_after(job: Mapping[str, Any], check_mode: bool) -> tuple[str, str]:
    name, actions = job["name"], " ".join(job["actions"])
    if "table" in job:
        wasted = (job["bloat_percent"] or 0) / 100
        size = round(job["size"] * (1 - wasted)) if check_mode else job.get("size_after")
        after = "gone" if DROP in job["actions"] else "unknown" if size is None else show_size(size)
        return f"{name}: {show_size(job['size'])} ({'; '.join(job['why'])})\n", f"{name}: {after} ({actions})\n"
    if ANALYZE in job["actions"] and len(job["actions"]) == 1:
        return f"{name}: {'; '.join(job['why'])}\n", f"{name}: {actions}\n"
    dead = 0 if check_mode else job.get("dead_after")
    return f"{name}: {job['dead']} dead rows ({'; '.join(job['why'])})\n", f"{name}: {dead} dead rows ({actions})\n"
