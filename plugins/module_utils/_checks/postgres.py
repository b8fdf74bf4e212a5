# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind postgres: a PostgreSQL server takes a login and keeps within limits. Needs psycopg."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .._core.argspec import ArgSpec
from .._core.errors import OpsError
from .._core.postgres_connection import SPEC as CONNECTION
from .._core.postgres_connection import connect, where
from .base import Condition, Context, Options, Values
from .facts import details_spec, fact_conditions, limits_of, read_facts
from .limits import BYTES, MAX_LATENCY, PERCENT, SECONDS, Limit, limit_conditions, limits_spec
from .postgres_details import FACTS as DETAILS
from .postgres_facts import FACTS as SERVER
from .postgres_session import Session
from .postgres_statements import FACTS as STATEMENTS

FACTS = (*SERVER, *STATEMENTS, *DETAILS)
LIMITS = (
    MAX_LATENCY,
    Limit("max_connections_percent", PERCENT, "connections_percent", unit="%"),
    Limit(
        "max_replication_lag",
        SECONDS,
        "replication_lag",
        unit="s",
        null_means="not a replica, or it has replayed nothing yet",
    ),
)

SPEC = (
    CONNECTION
    + ArgSpec(
        options={
            "role": {"type": "str", "choices": ["primary", "replica"]},
            "writable": {"type": "bool"},
            "ignore_applications": {"type": "list", "elements": "str", "default": []},
            "min_table_bytes": {"type": BYTES, "default": 10 * 1024 * 1024},
            "min_statement_calls": {"type": "int", "default": 10},
        }
    )
    + details_spec("tables", "statements", "sessions")
    + limits_spec((*LIMITS, *limits_of(FACTS)))
)
LIBRARIES: Sequence[str] = ("psycopg",)

# pg_stat_activity hides other users' sessions from ordinary roles, pg_stat_database counts them for all.
# A replica that has replayed what it received is up to date only while it is receiving.
_QUERY = """
SELECT current_setting('server_version_num')::int,
       split_part(current_setting('server_version'), ' ', 1),
       pg_is_in_recovery(),
       current_setting('transaction_read_only') = 'on',
       (SELECT sum(numbackends)::int FROM pg_stat_database),
       current_setting('max_connections')::int,
       extract(epoch FROM now() - pg_postmaster_start_time())::float8,
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN EXISTS (SELECT FROM pg_stat_wal_receiver)
                 AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END::float8,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
"""


def probe(options: Options, context: Context) -> Values:
    """Log in afresh, time one statement, ask for the server's state and for what options want; see its page in docs.

    :raises MissingLibrary: psycopg. :raises OpsError: or one of its kinds, as the connection does.
    """
    on, deadline = where(options), time.monotonic() + options["timeout"]
    with context.few_at_once(on), connect(options) as connection:
        started = time.monotonic()
        connection.execute("SELECT 1")
        latency = time.monotonic() - started
        row = connection.execute(_QUERY).fetchone()
        if row is None:
            raise OpsError("the server returned no row", on=on)
        number, version, replica, read_only, used, most, uptime, lag, sees_others = row
        facts = read_facts(FACTS, Session(connection, number, sees_others, deadline, on), options)
    return {
        "latency": round(latency, 4),
        "version": version,
        "version_number": number,
        "uptime": round(uptime),
        "role": "replica" if replica else "primary",
        "read_only": read_only,
        "connections": used,
        "max_connections": most,
        "connections_percent": round(100 * used / most, 2),
        "replication_lag": None if lag is None else round(lag, 3),
        **facts,
    }


def conditions(options: Options) -> list[Condition]:
    """Hold role, writable and the limits given; without any, a login and an answer are the proof."""
    role = [Condition("role", "eq", options["role"])] if options.get("role") else []
    writable = options.get("writable")
    access = [] if writable is None else [Condition("read_only", "eq", not writable)]
    return [*role, *access, *limit_conditions(LIMITS, options), *fact_conditions(FACTS, options)]
