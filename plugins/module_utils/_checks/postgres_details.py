# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Lists for people who review a PostgreSQL server: its largest tables and who is connected."""

from __future__ import annotations

from .base import Options, Values
from .facts import TOP, Fact
from .postgres_facts import TABLES
from .postgres_session import Session, shown

_TABLES = f"""
SELECT format('%s.%s', schemaname, relname) AS name, bytes AS total_bytes,
       n_live_tup AS live_rows, n_dead_tup AS dead_rows,
       (100.0 * n_dead_tup / nullif(n_live_tup + n_dead_tup, 0))::float8 AS dead_percent,
       extract(epoch FROM now() - greatest(last_vacuum, last_autovacuum))::float8 AS vacuum_age,
       extract(epoch FROM now() - greatest(last_analyze, last_autoanalyze))::float8 AS analyze_age
  FROM ({TABLES.format(size="pg_total_relation_size")}) AS known
 ORDER BY bytes DESC NULLS LAST LIMIT {TOP}
"""

# Whose sessions they are everybody may see; what they do is hidden from ordinary roles.
_SESSIONS = f"""
SELECT usename::text AS user, datname::text AS database, application_name AS application,
       coalesce(state, 'hidden') AS state, count(*)::int AS count
  FROM pg_stat_activity
 WHERE datname IS NOT NULL AND pid <> pg_backend_pid()
 GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT {TOP}
"""


def _tables(session: Session, _options: Options) -> Values:
    return {"tables": list(map(shown, session.rows(_TABLES)))}


def _sessions(session: Session, _options: Options) -> Values:
    return {"sessions": list(map(shown, session.rows(_SESSIONS)))}


FACTS: tuple[Fact[Session], ...] = (Fact(("tables",), _tables), Fact(("sessions",), _sessions))
