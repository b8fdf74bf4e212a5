#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_maintain
short_description: Vacuum, analyze and reindex what needs it in a PostgreSQL database
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Looks at the dead rows, ages, statistics and bloat of a database's tables and indexes, does what is due by the
    limits given, a statement at a time, and tells sizes and bloat.
  - Nobody has to wait long. A table that another session holds is skipped after O(lock_timeout), a statement is
    cancelled after O(statement_timeout), nothing new is begun after O(max_seconds), and the others go on. Indexes are
    built anew with C(REINDEX CONCURRENTLY); what a broken one left behind is found and dropped.
  - Bloat of B-trees and tables is measured by the extension C(pgstattuple) where the database has it and the role may
    use it, as a member of C(pg_stat_scan_tables) may. Else it is estimated from statistics; the result says which.
  - PostgreSQL 12 or newer, on a primary, by a direct connection or a pool in session mode.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.postgres
attributes:
  check_mode:
    support: full
    details:
      - Looks in a session that cannot write, and tells what would be done and why. More indexes may turn out to be
        bloated once a vacuum has emptied their pages.
  diff_mode:
    support: full
    details: Shows dead rows and sizes, before and after.
  idempotent:
    support: full
    details: What other transactions keep from being removed is due again.
options:
  actions:
    description:
      - What may be done. V(vacuum) removes dead rows, V(analyze) renews the planner's statistics, V(freeze) vacuums
        what comes near to the age at which the server does so by itself, and V(reindex) builds bloated B-trees anew.
    type: list
    elements: str
    choices: [vacuum, analyze, freeze, reindex]
    default: [vacuum, analyze, freeze]
  tables:
    description:
      - Which tables are looked at, as C(NAME) or C(SCHEMA.NAME), each may be a pattern as of a shell. All, when empty,
        the server's own catalogs among them where the role may vacuum these.
      - Partitions are tables of their own. Of the parent only statistics are made that were never made.
    type: list
    elements: str
    default: []
  exclude_tables:
    description: Which of them are not, in the same manner.
    type: list
    elements: str
    default: []
  dead_percent:
    description: A table is vacuumed when so many percent of its rows are dead, and O(dead_rows) are.
    type: float
    default: 10.0
  dead_rows:
    description: See O(dead_percent).
    type: int
    default: 1000
  freeze_age:
    description: A table is frozen when its oldest row is so many transactions, or multixacts, old.
    type: int
    default: 150000000
  analyze_changed_percent:
    description:
      - A table is analyzed when so many percent of its rows, and 50 at least, have changed since the last time, or when
        it never was.
    type: float
    default: 10.0
  index_bloat_percent:
    description: A B-tree is built anew when so many percent of it are bloat.
    type: float
    default: 30.0
  min_size:
    description: Bytes from which on an index is worth to be looked at.
    type: int
    default: 8388608
  measure:
    description: Use C(pgstattuple) where it is there. It reads each index it is asked about, and parts of tables.
    type: bool
    default: true
  lock_timeout:
    description: How long to wait for a table that another session holds, as seconds or V(2s).
    type: raw
    default: 2s
  statement_timeout:
    description: How long one statement may take, as seconds or V(30m). It is cancelled then, and the next one begun.
    type: raw
    default: 30m
  max_seconds:
    description:
      - For how long new statements are begun, as seconds or V(1h). All ends within this and O(statement_timeout). What
        is left is told.
    type: raw
    default: 1h
  long_transaction:
    description:
      - From which age on a transaction is told as one that holds back, as seconds or V(5m). While there is one, no
        index is built anew, as that would wait for its end.
    type: raw
    default: 5m
  parallel_workers:
    description: How many processes besides help with the indexes of a table. As the server has it, when not given.
    type: int
  vacuum_cost_delay:
    description:
      - Milliseconds that a vacuum sleeps when it has done a share of its work. As the server has it, when not given.
    type: float
  report_top:
    description: How many tables and indexes the result tells, the largest first.
    type: int
    default: 20
seealso:
  - module: day2.ops.sql_retention
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: Vacuum and analyze what needs it each week
  day2.ops.pg_maintain:
    login_host: db.example.com
    login_user: shop
    login_password_env: DB_PASSWORD
    login_db: shop

- name: Build bloated indexes anew each month, within two hours
  day2.ops.pg_maintain:
    login_unix_socket: /var/run/postgresql
    login_db: shop
    actions: [vacuum, analyze, freeze, reindex]
    index_bloat_percent: 40
    max_seconds: 90m
    statement_timeout: 30m
    parallel_workers: 2

- name: Only tell what is large and bloated
  day2.ops.pg_maintain:
    login_db: shop
    actions: [reindex]
  check_mode: true
"""

RETURN = r"""
database:
  description: The database.
  returned: success
  type: str
  sample: shop
done:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: "The table or index, as SQL writes it.", type: str, sample: public.orders}
    table: {description: "Of an index, its table.", type: str, sample: public.orders}
    actions: {description: "What was done; V(drop) is for what a broken reindex left.", type: list, elements: str}
    why: {description: "For each action the reason.", type: list, elements: str, sample: ["12,000 dead rows (31 %)"]}
    size: {description: "Bytes before, without indexes and TOAST.", type: int, sample: 26214400}
    size_after: {description: "Bytes after.", type: int, sample: 16384000}
    dead: {description: "Of a table, dead rows before.", type: int, sample: 12000}
    dead_after: {description: "Dead rows after.", type: int, sample: 0}
    age: {description: "Of a table, transactions since its oldest row, before.", type: int, sample: 160000000}
    age_after: {description: "The same, after.", type: int, sample: 50000000}
    bloat_percent: {description: "Of an index, before.", type: float, sample: 61.5}
    held_back: {description: "Whether other transactions kept it from doing its work.", type: bool}
    seconds: {description: "How long it took.", type: float, sample: 1.25}
skipped:
  description: What was due and not done, with the C(reason). The other values are those of RV(done).
  returned: success
  type: list
  elements: dict
left:
  description: What was due when the time was up.
  returned: success
  type: list
  elements: dict
failures:
  description: What the server could not do, with its C(reason). The module fails then, after the others were done.
  returned: success
  type: list
  elements: dict
holding_back:
  description: Who keeps dead rows from being removed, by an old transaction, a prepared one, a slot or as a standby.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: "V(session), V(prepared), V(slot) or V(standby).", type: str, sample: session}
    pid: {description: "The process.", type: int, sample: 4711}
    name: {description: "The prepared transaction or slot.", type: str}
    user: {description: "The role.", type: str, sample: report}
    application: {description: "What the client calls itself.", type: str, sample: nightly report}
    state: {description: "What the session does.", type: str, sample: idle in transaction}
    age: {description: "Seconds since its transaction began.", type: float, sample: 7200.5}
    transactions: {description: "How many others began since.", type: int, sample: 120000}
size:
  description: Bytes of the database.
  returned: success
  type: int
  sample: 891289600
age:
  description: Transactions since its oldest row.
  returned: success
  type: int
  sample: 52000000
bloat_by:
  description: V(measured) with C(pgstattuple), or V(estimated).
  returned: success
  type: str
  sample: measured
tables:
  description: The largest tables, after the work.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: "The table.", type: str, sample: public.orders}
    size: {description: "Bytes of its rows.", type: int}
    index_size: {description: "Bytes of its indexes.", type: int}
    toast_size: {description: "Bytes of its large values, with their index.", type: int}
    total: {description: "All of these.", type: int}
    rows: {description: "Rows, as the planner believes. None when it never looked.", type: int}
    dead: {description: "Dead rows.", type: int}
    dead_percent: {description: "Percent of its rows that are dead.", type: float}
    age: {description: "Transactions since its oldest row.", type: int}
    vacuumed_at: {description: "The last vacuum, by whomever.", type: str}
    analyzed_at: {description: "The last analyze, by whomever.", type: str}
    bloat_percent: {description: "Percent of C(size) that its rows do not need, None when unknown.", type: float}
    bloat_size: {description: "The same in bytes.", type: int}
    bloat_by: {description: "By what it is known.", type: str}
indexes:
  description: The largest indexes, after the work. Only of B-trees bloat is told.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: "The index.", type: str, sample: public.orders_pkey}
    table: {description: "Its table.", type: str, sample: public.orders}
    size: {description: "Its bytes.", type: int}
    scans: {description: "How often it was read since RV(scans_since), on this server.", type: int}
    valid: {description: "Whether it can be used.", type: bool}
    bloat_percent: {description: "Percent of it that is not needed.", type: float}
    bloat_size: {description: "The same in bytes.", type: int}
    bloat_by: {description: "By what it is known.", type: str}
unused_indexes:
  description:
    - Indexes of O(min_size) or more that nothing read since RV(scans_since), that no constraint stands on and that are
      not unique. Standbys may read them. Nothing is done about them.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: "The index.", type: str}
    table: {description: "Its table.", type: str}
    size: {description: "Its bytes.", type: int}
scans_since:
  description: Since when the server counts how often indexes are read. None when it never was told to begin anew.
  returned: success
  type: str
  sample: "2026-03-01T02:00:00+00:00"
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["psycopg[binary]"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._postgres.maintenance import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
