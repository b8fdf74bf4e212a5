#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_restore
short_description: Restore a backup of a PostgreSQL database, and swap back
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Restores a backup that M(day2.ops.pg_backup) has made into a new database, while the old one serves. When all is
    there and the rows are as many as the source had, the new one takes the place of the old one in one transaction,
    with its owner, privileges and settings. Whatever fails before leaves the old database as it is, and what fails in
    the middle of the swap does too.
  - The old database is kept under another name, unless O(keep_old=false). O(state=swapped_back) puts it back.
  - The backup's checksums are compared before anything else is done.
  - Who connects during the swap waits for its end. Sessions that are in the old database then are ended.
  - A run that was killed leaves a database C(<target>_new_<id>); the next one drops it.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.reading
  - day2.ops.postgres
attributes:
  check_mode:
    support: full
    details: The backup's checksums are compared, the server and its database are looked at.
  diff_mode:
    support: full
    details: Shows the databases before and after.
  idempotent:
    support: partial
    details: A restore is done again each time. To swap back twice changes nothing the second time.
notes:
  - The database must not be the one that O(login_db) names.
  - Logical replication slots stay with the old database.
  - Free space for a second copy of the database is needed on the server. Where the server runs on the same host, and
    the role and the account may see the folder of its data, a restore that would not fit is refused before anything is
    written; else a warning says that nobody looked.
  - A backup is code that runs with the rights of O(login_user). Restore only what you trust.
options:
  login_db:
    description: The database to work from, another one than O(target).
    type: str
    default: postgres
  target:
    description:
      - The database to restore into. Without it the one that was backed up; O(name) is then needed.
      - Needed for O(state=swapped_back).
    type: str
  state:
    description:
      - V(restored) puts the backup in the place of the database.
      - V(swapped_back) puts the database that was kept from before back in its place; what had been restored is kept as
        C(<target>_undone_<time>).
    type: str
    default: restored
    choices: [restored, swapped_back]
  force:
    description: Needed to put the backup in the place of a database that is there and not empty.
    type: bool
    default: false
  partial:
    description:
      - Needed besides O(force=true) when the backup was made of some tables or schemas only. What the database holds
        besides these is not in it afterwards. A new or empty database takes such a backup without.
    type: bool
    default: false
  keep_old:
    description: Whether the old database is kept. If not, it is dropped once the new one is in its place.
    type: bool
    default: true
  keep_old_as:
    description:
      - The name that the old database is kept as. Without it C(<target>_before_<time>).
      - With O(state=swapped_back), the database that is put back; without it the newest that was kept so.
    type: str
  jobs:
    description:
      - How many connections restore at the same time, 4 or as many as the host has processors when not given. An
        encrypted backup is restored by one.
    type: int
  single_transaction:
    description: Whether pg_restore works in one transaction, and so by one connection.
    type: bool
    default: false
  owner:
    description: The role that the database is to belong to. Without it that of the old one, or O(login_user).
    type: str
  no_owner:
    description: Whether owners and privileges of what is in the database are left out.
    type: bool
    default: false
  globals:
    description:
      - Whether roles that are in the backup and not on the server are made, with their passwords and memberships. Roles
        that are there are never changed.
    type: str
    default: ignore
    choices: [ignore, create_missing]
  schemas:
    description:
      - The only schemas to restore, by name. Nothing that they need may be in others; extensions are not restored.
    type: list
    elements: str
    default: []
  exclude_schemas:
    description: Schemas that are not restored, by name.
    type: list
    elements: str
    default: []
  verify:
    description:
      - Whether the rows of all tables are counted and compared with the source's before the swap. A difference is an
        error.
    type: bool
    default: true
  analyze:
    description: Whether the planner's statistics are gathered before the swap, as a backup has none.
    type: bool
    default: true
  drain_timeout:
    description: How long to wait before the swap for sessions that are at work in the old database, as V(10s).
    type: raw
    default: 10s
  bin_dir:
    description: The folder of PostgreSQL's programs. Without it the newest on the host that fit are taken.
    type: path
seealso:
  - module: day2.ops.pg_backup
  - module: day2.ops.backup_verify
"""

EXAMPLES = r"""
- name: Put last night's backup in the place of the database
  day2.ops.pg_restore:
    login_host: db.example.com
    login_password_file: /etc/shop/postgres-password
    path: /var/backups/day2
    name: shop
    target: shop
    force: true

- name: Put the old one back
  day2.ops.pg_restore:
    login_host: db.example.com
    login_password_file: /etc/shop/postgres-password
    path: /var/backups/day2
    target: shop
    state: swapped_back

- name: Bring a backup to another server, straight from the storage, with its roles
  day2.ops.pg_restore:
    login_host: staging-db.example.com
    login_password_file: /etc/shop/postgres-password
    path: /var/backups/day2
    name: shop
    backup: 20260301T020000Z-7f3a1c22
    target: shop_copy
    globals: create_missing
    storage:
      kind: s3
      bucket: backups
    encryption:
      method: age
      identity_file: /etc/shop/backup-key.txt
"""

RETURN = r"""
target:
  description: The database.
  returned: success
  type: str
  sample: shop
backup:
  description: The backup.
  returned: success, for a restore
  type: str
  sample: 20260301T020000Z-7f3a1c22
path:
  description: The folder that it was read from.
  returned: success, for a restore
  type: str
  sample: /var/backups/day2/shop/20260301T020000Z-7f3a1c22
old:
  description:
    - The name of the database that was kept; null when there is none.
    - For O(state=swapped_back) the one that was put back; null when that had been done before.
  returned: success
  type: str
  sample: shop_before_20260302t081500z
undone:
  description: The name that the restored database is kept as.
  returned: success, for O(state=swapped_back)
  type: str
  sample: shop_undone_20260302t090000z
tables:
  description: How many tables were compared; null when none were.
  returned: success, for a restore outside of check mode
  type: int
  sample: 42
rows:
  description: How many rows they have; null when they were not compared.
  returned: success, for a restore outside of check mode
  type: int
  sample: 1200000
bytes:
  description: The size of the restored database.
  returned: success, for a restore outside of check mode
  type: int
  sample: 850000000
restore_seconds:
  description: How long pg_restore took.
  returned: success, for a restore outside of check mode
  type: float
  sample: 10.7
seconds:
  description: How long all took.
  returned: success, for a restore outside of check mode
  type: float
  sample: 14.2
sessions_ended:
  description: How many sessions in the old database were ended for the swap; null in check mode.
  returned: success, but for a restore in check mode
  type: int
  sample: 3
roles_created:
  description: The roles that were made.
  returned: success, for a restore outside of check mode
  type: list
  elements: str
  sample: ["shop_reader"]
leftovers_removed:
  description: Databases of runs that had been killed, which were dropped.
  returned: success, for a restore outside of check mode
  type: list
  elements: str
  sample: []
differences:
  description: The tables whose rows differ, each with C(table), C(expected) and C(found).
  returned: when rows differ
  type: list
  elements: dict
  sample: [{"table": "public.orders", "expected": 100, "found": 99}]
missing_libraries:
  description: Python packages without which the server or the storage cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["psycopg"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_restore_operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
