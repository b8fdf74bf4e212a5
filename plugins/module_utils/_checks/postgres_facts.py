# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""What can be asked of a PostgreSQL server, 12 and later: a table of questions, each with its thresholds.

The columns and who may see them are those of "The Cumulative Statistics System", "System Views" and "Preventing
Transaction ID Wraparound Failures" in PostgreSQL's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from .base import Condition, Options, Values
from .facts import Fact
from .limits import BYTES, COUNT, PERCENT, SECONDS, Limit
from .postgres_session import Session

# Of all clients and prepared transactions. A transaction that began after this statement has a negative age.
_TRANSACTIONS = """
WITH open AS (
    SELECT greatest(extract(epoch FROM now() - xact_start), 0) AS age,
           CASE WHEN state LIKE 'idle in transaction%%' THEN
                greatest(extract(epoch FROM now() - state_change), 0) END AS idle,
           format('pid %%s, user %%s, database %%s, application %%s, %%s',
                  pid, usename, datname, application_name, state) AS who
      FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
       AND application_name <> ALL (%(ignore_applications)s::text[])
     UNION ALL
    SELECT extract(epoch FROM now() - prepared), NULL,
           format('prepared transaction %%s, user %%s, database %%s', gid, owner, database)
      FROM pg_prepared_xacts
)
SELECT coalesce(max(age), 0)::float8 AS longest_transaction,
       (array_agg(who ORDER BY age DESC))[1] AS longest_transaction_of,
       coalesce(max(idle), 0)::float8 AS longest_idle_in_transaction,
       (array_agg(who ORDER BY idle DESC) FILTER (WHERE idle IS NOT NULL))[1] AS longest_idle_in_transaction_of,
       count(idle)::int AS idle_in_transaction
  FROM open
"""

# pg_locks shows everybody's locks to all. It says since when one waits from 14 on; before, the start of the statement
# that waits is the closest there is, and only those who may see others' sessions see it.
_LOCKS = """
SELECT count(DISTINCT waiting.pid)::int AS locks_waiting,
       coalesce(greatest(max(extract(epoch FROM now() - {since})), 0), 0)::float8 AS lock_wait,
       (SELECT 'blocked by pid ' || string_agg(blocker::text, ', ')
          FROM (SELECT DISTINCT blocker FROM pg_locks AS blocked, unnest(pg_blocking_pids(blocked.pid)) AS blocker
                 WHERE NOT blocked.granted ORDER BY blocker LIMIT 10) AS blockers) AS blocked_by
  FROM pg_locks AS waiting {more}
 WHERE NOT waiting.granted
"""
_LOCKS_TELL_WAITS_SINCE = 140000

_HERE = """
SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_lsn() END AS lsn
"""

# Not counted: base backups, pg_receivewal (it replays nothing) and subscribers of a logical slot.
# The lag that the server shows stays as it was when a replica falls silent, so while a replica is behind, a silence
# longer than its usual report (each 10 s, wal_receiver_status_interval) is a lag too.
_REPLICAS = f"""
WITH here AS ({_HERE}), linked AS (
    SELECT greatest(pg_wal_lsn_diff(here.lsn, replay_lsn), 0) AS behind,
           CASE WHEN replay_lsn >= here.lsn THEN 0
                WHEN now() - reply_time > interval '15 s' OR replay_lag IS NULL
                THEN extract(epoch FROM greatest(replay_lag, now() - reply_time))
                ELSE extract(epoch FROM replay_lag) END AS lag,
           concat_ws(' at ', application_name, client_addr) AS who
      FROM here, pg_stat_replication AS sender
     WHERE state IN ('streaming', 'catchup') AND replay_lsn IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_replication_slots AS slot
                        WHERE slot.active_pid = sender.pid AND slot.slot_type = 'logical')
)
SELECT count(*)::int AS replicas, max(lag)::float8 AS replica_lag, max(behind)::bigint AS replica_lag_bytes,
       (array_agg(who ORDER BY behind DESC))[1] AS replica_lag_of
  FROM linked
"""

# A slot that the server gave up (wal_status lost) has no restart_lsn and is inactive.
_SLOTS = f"""
SELECT count(*)::int AS slots,
       (count(*) FILTER (WHERE NOT active))::int AS inactive_slots,
       CASE WHEN count(*) = 0 THEN 0 ELSE greatest(max(pg_wal_lsn_diff(here.lsn, restart_lsn)), 0) END::bigint
           AS slot_lag_bytes,
       (array_agg(slot_name::text ORDER BY restart_lsn) FILTER (WHERE restart_lsn IS NOT NULL))[1] AS slot_lag_of
  FROM pg_replication_slots, ({_HERE}) AS here
"""

# At 2^31 a server hands out no more transaction numbers; at autovacuum_freeze_max_age it begins to make room by itself.
_WRAPAROUND = """
SELECT (100 * max(greatest(age(datfrozenxid), mxid_age(datminmxid))) / 2147483648.0)::float8 AS wraparound_percent,
       (100 * max(greatest(
           age(datfrozenxid) / current_setting('autovacuum_freeze_max_age')::float8,
           mxid_age(datminmxid) / current_setting('autovacuum_multixact_freeze_max_age')::float8
       ))) AS freeze_age_percent,
       (array_agg(datname::text ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC))[1]
           AS wraparound_percent_of
  FROM pg_database
"""

# The tables of users in login_db and their sizes, to be completed with the name of the function that tells a size. That
# needs a lock on the table: where a statement holds or wants it for itself, what the last vacuum counted has to do.
TABLES = """
       SELECT stat.*, CASE WHEN locked.relation IS NULL THEN {size}(stat.relid)
                           ELSE relpages::bigint * current_setting('block_size')::int END AS bytes
         FROM pg_stat_user_tables AS stat
         JOIN pg_class ON pg_class.oid = stat.relid
         LEFT JOIN (SELECT DISTINCT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock') AS locked
              ON locked.relation = stat.relid
"""

# A database of tables that are all small is not bloated; one without any table is most likely another.
_BLOAT = f"""
WITH sized AS (
    SELECT format('%%s.%%s', schemaname, relname) AS name, bytes,
           100.0 * n_dead_tup / nullif(n_live_tup + n_dead_tup, 0) AS dead
      FROM ({TABLES.format(size="pg_relation_size")}) AS known
), large AS (SELECT * FROM sized WHERE bytes >= %(min_table_bytes)s)
SELECT CASE WHEN NOT EXISTS (SELECT FROM sized) THEN NULL
            WHEN NOT EXISTS (SELECT FROM large) THEN 0
            ELSE (SELECT max(dead) FROM large) END::float8 AS bloat_percent,
       (SELECT name FROM large WHERE dead IS NOT NULL ORDER BY dead DESC LIMIT 1) AS bloat_percent_of
"""

_DATABASE_SIZE = "SELECT pg_database_size(current_database()) AS database_bytes"

_DATABASE = """
SELECT (100.0 * blks_hit / nullif(blks_hit + blks_read, 0))::float8 AS cache_hit_percent,
       deadlocks, temp_bytes, xact_rollback AS rollbacks
  FROM pg_stat_database WHERE datname = current_database()
"""

_ARCHIVER = """
SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 'off'
            WHEN pg_is_in_recovery() AND current_setting('archive_mode') <> 'always' THEN 'off'
            WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN 'failing'
            WHEN last_archived_time IS NOT NULL THEN 'ok' END AS archiver,
       extract(epoch FROM now() - last_archived_time)::float8 AS archive_age,
       failed_count AS archive_failures
  FROM pg_stat_archiver
"""

Read = Callable[[Session, Options], Values]


def _one_row(query: str, parameters: tuple[str, ...] = (), of_others: bool = False) -> Read:
    """Return what reads the one row of ``query``, whose columns are the values.

    :param parameters: options that the query takes as ``%(name)s``.
    :param of_others: whether the answer is right only for those who may see other users' sessions.
    """

    def read(session: Session, options: Options) -> Values:
        if of_others:
            session.require_sight_of_others()
        return session.row(query, {name: options[name] for name in parameters} or None)

    return read


def _locks(session: Session, _options: Options) -> Values:
    if session.version >= _LOCKS_TELL_WAITS_SINCE:
        return session.row(_LOCKS.format(since="waiting.waitstart", more=""))
    session.require_sight_of_others()
    return session.row(_LOCKS.format(since="query_start", more="LEFT JOIN pg_stat_activity USING (pid)"))


@dataclass(frozen=True)
class _Archiving(Limit):
    """Whether the archiver is expected to be at work, or off."""

    def condition(self, value: object) -> Condition:
        """Return the condition for true or false."""
        return Condition(self.path, "in", ["ok" if value else "off"], null_means=self.null_means)


_NO_REPLICA = "no replica is connected"
_NOT_ARCHIVED = "nothing has been archived yet"

FACTS: tuple[Fact[Session], ...] = (
    Fact(
        (
            "longest_transaction",
            "longest_transaction_of",
            "longest_idle_in_transaction",
            "longest_idle_in_transaction_of",
            "idle_in_transaction",
        ),
        _one_row(_TRANSACTIONS, ("ignore_applications",), of_others=True),
        (
            Limit("max_transaction_age", SECONDS, "longest_transaction", unit="s", detail="longest_transaction_of"),
            Limit(
                "max_idle_in_transaction",
                SECONDS,
                "longest_idle_in_transaction",
                unit="s",
                detail="longest_idle_in_transaction_of",
            ),
        ),
    ),
    Fact(
        ("locks_waiting", "lock_wait", "blocked_by"),
        _locks,
        (
            Limit("max_locks_waiting", COUNT, "locks_waiting", detail="blocked_by"),
            Limit("max_lock_wait", SECONDS, "lock_wait", unit="s", detail="blocked_by"),
        ),
    ),
    Fact(
        ("replicas", "replica_lag", "replica_lag_bytes", "replica_lag_of"),
        _one_row(_REPLICAS, of_others=True),
        (
            Limit("min_replicas", COUNT, "replicas", "ge"),
            Limit("max_replica_lag", SECONDS, "replica_lag", unit="s", null_means=_NO_REPLICA, detail="replica_lag_of"),
            Limit(
                "max_replica_lag_bytes",
                BYTES,
                "replica_lag_bytes",
                unit="bytes",
                null_means=_NO_REPLICA,
                detail="replica_lag_of",
            ),
        ),
    ),
    Fact(
        ("slots", "inactive_slots", "slot_lag_bytes", "slot_lag_of"),
        _one_row(_SLOTS),
        (
            Limit("max_inactive_slots", COUNT, "inactive_slots"),
            Limit(
                "max_slot_lag",
                BYTES,
                "slot_lag_bytes",
                unit="bytes",
                null_means="no slot tells where it stands",
                detail="slot_lag_of",
            ),
        ),
    ),
    Fact(
        ("wraparound_percent", "freeze_age_percent", "wraparound_percent_of"),
        _one_row(_WRAPAROUND),
        (
            Limit("max_wraparound_percent", PERCENT, "wraparound_percent", unit="%", detail="wraparound_percent_of"),
            Limit("max_freeze_age_percent", PERCENT, "freeze_age_percent", unit="%", detail="wraparound_percent_of"),
        ),
    ),
    Fact(
        ("bloat_percent", "bloat_percent_of"),
        _one_row(_BLOAT, ("min_table_bytes",)),
        (
            Limit(
                "max_bloat_percent",
                PERCENT,
                "bloat_percent",
                unit="%",
                null_means="no table of users is in login_db, or none has been counted yet",
                detail="bloat_percent_of",
            ),
        ),
    ),
    Fact(
        ("database_bytes",),
        _one_row(_DATABASE_SIZE),
        (Limit("max_database_bytes", BYTES, "database_bytes", unit="bytes"),),
    ),
    Fact(
        ("cache_hit_percent", "deadlocks", "temp_bytes", "rollbacks"),
        _one_row(_DATABASE),
        (Limit("min_cache_hit_percent", PERCENT, "cache_hit_percent", "ge", "%", "nothing has been read yet"),),
    ),
    Fact(
        ("archiver", "archive_age", "archive_failures"),
        _one_row(_ARCHIVER),
        (
            _Archiving("archiving", "bool", "archiver", null_means=_NOT_ARCHIVED),
            Limit("max_archive_age", SECONDS, "archive_age", unit="s", null_means=_NOT_ARCHIVED),
        ),
    ),
)
