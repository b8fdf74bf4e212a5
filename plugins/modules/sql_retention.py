#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sql_retention
short_description: Delete old rows of a table in PostgreSQL, in batches
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Deletes rows that are older than they need be kept, batch after batch, each a short transaction of its own. Rows
    that other sessions have locked are not waited for.
  - What is old is fixed by the server's clock when the work begins.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.postgres
attributes:
  check_mode:
    support: full
    details: Counts the rows by the same condition, in a session that cannot write.
  diff_mode:
    support: full
    details: Shows how many old rows there are, before and after.
  idempotent:
    support: full
options:
  table:
    description: The table, as C(NAME) or C(SCHEMA.NAME).
    type: str
    required: true
  column:
    description:
      - The column that tells of when a row is, a C(timestamp), C(timestamptz) or C(date). An index on it spares the
        server from reading the whole table for each batch.
    type: str
    required: true
  older_than:
    description: How long rows are kept, as seconds or as V(90d), V(12h), V(30m).
    type: raw
    required: true
  where:
    description: A condition in SQL that rows must hold as well.
    type: str
  batch:
    description: How many rows are deleted in one transaction.
    type: int
    default: 1000
  pause:
    description: Seconds to wait between two batches.
    type: float
    default: 0.0
  limit:
    description: How many rows to delete at most. All that are old, when not given.
    type: int
  max_seconds:
    description: How long to work at most. The next call goes on.
    type: float
    default: 300.0
seealso:
  - module: day2.ops.queue_trim
"""

EXAMPLES = r"""
- name: Keep executions for 90 days
  day2.ops.sql_retention:
    login_host: db.example.com
    login_user: linkflow
    login_password_env: DB_PASSWORD
    login_db: linkflow
    table: executions
    column: created_at
    older_than: 90d
    where: "status <> 'running'"
"""

RETURN = r"""
table:
  description: The table.
  returned: success
  type: str
  sample: executions
old:
  description: How many rows were old when the work began.
  returned: success
  type: int
  sample: 12000
deleted:
  description: How many rows were deleted, or would be in check mode.
  returned: success
  type: int
  sample: 12000
stop_reason:
  description:
    - V(end) when nothing old is left, V(limit), V(time), V(locked) when other sessions hold what is left, or V(error).
  returned: success
  type: str
  sample: end
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["psycopg"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._retention.rows import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
