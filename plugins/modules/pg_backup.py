#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_backup
short_description: Back up a database of PostgreSQL, proven before it counts
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Takes the database O(login_db) by C(pg_dump), roles and tablespaces beside it by C(pg_dumpall), with a manifest. A
    backup gets its name only when it has been written, brought to disk, read back, compared, and proven to the level
    O(verify). What fails leaves nothing, and the last good backup as it was.
  - The rows of each table are counted in the very snapshot that the dump shows, beside the dump. A rehearsal (V(L4))
    compares them with what it has restored.
  - V(L2) has C(pg_restore) turn the whole dump into SQL that nobody keeps, and compares the number of tables. V(L3) and
    V(L4) restore it into a scratch server or database, see O(rehearsal).
  - A standby can be backed up as well; unlogged tables have no rows there.
  - The password reaches C(pg_dump) by a file in memory that only its user can read, never by an argument or a variable
    of the environment.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.postgres
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.making
attributes:
  check_mode:
    support: full
    details: Reaches the server, finds the programs and the tables, and tells what would be backed up, and where.
  diff_mode:
    support: full
    details: Shows the newest backup before and after.
  idempotent:
    support: none
    details: Each run makes a backup.
options:
  format:
    description:
      - V(directory) is a file for each table, written by O(jobs) connections at a time. V(custom) is one file.
      - Without it V(directory), or V(custom) with O(encryption), as a directory would be plain on disk before it could
        be encrypted.
    type: str
    choices: [directory, custom]
  jobs:
    description: How many connections dump tables at a time, for O(format=directory). Without it 2.
    type: int
  compression:
    description:
      - V(none), V(gzip), V(lz4) or V(zstd), with a level if wanted, such as V(zstd:3).
      - Without it V(zstd:1), which is more than twice as fast as the default of C(pg_dump) and packs as well; or
        V(gzip:1), with a warning, when the programs have no zstd, which came with PostgreSQL 16.
    type: str
  schemas:
    description:
      - Dump these schemas only, as patterns of C(pg_dump). A pattern that matches none is an error.
    type: list
    elements: str
    default: []
  exclude_schemas:
    description: Leave out these schemas, as patterns of C(pg_dump).
    type: list
    elements: str
    default: []
  tables:
    description:
      - Dump these tables only, as patterns of C(pg_dump), such as V(public.order*). A pattern that matches none is an
        error. The server's own tables are never meant.
      - As with C(pg_dump), what the tables need besides, their schema and types among it, is not in the dump, and
        O(schemas) means nothing then.
    type: list
    elements: str
    default: []
  exclude_tables:
    description: Leave out these tables, as patterns of C(pg_dump).
    type: list
    elements: str
    default: []
  globals:
    description:
      - Whether the server's roles and tablespaces are kept in C(globals.sql) beside the dump. It holds the hashes of
        passwords, if O(login_user) may read them; it has mode 0600, and is encrypted with O(encryption).
    type: bool
    default: true
  counts:
    description:
      - Whether the rows of each table are counted while it is dumped. Without them a rehearsal cannot tell whether a
        table is whole. Tables of extensions, materialized views and foreign tables are not counted.
    type: bool
    default: true
  lock_wait_timeout:
    description: How long to wait for the lock of a table that another session changes, as seconds or as V(5m).
    type: raw
    default: 5m
  bin_dir:
    description:
      - The folder of C(pg_dump), C(pg_dumpall) and C(pg_restore). Without it the newest that are found on the host
        where the module runs. They may not be older than the server.
    type: path
notes:
  - The role needs to read each table, for example as a member of C(pg_read_all_data), and C(BYPASSRLS) if tables have
    policies. A dump waits for, and is waited for by, whoever changes the definition of a table.
  - Programs of a version with a known fault in dumping or restoring are told by a warning, with the name of each.
  - Options of O(rehearsal) are C(bin_dir) and C(user), the programs and the account of a scratch server, which listens
    on a socket in a folder of its own; C(folder), where its data are; or C(login_host) or C(login_unix_socket) with the
    other options of a login, for a scratch database on a server that is there. Besides C(jobs), C(amcheck) (true),
    C(assertions), a list of dictionaries with C(sql) and C(expected), what it must answer, and
    C(assertion_timeout) (5m).
seealso:
  - module: day2.ops.pg_restore
  - module: day2.ops.pg_maintain
"""

EXAMPLES = r"""
- name: Back up the shop's database
  day2.ops.pg_backup:
    login_host: db.example.com
    login_user: backup
    login_password_file: /etc/day2/db.password
    login_db: shop
    path: /var/backups/day2
    name: shop
    retention:
      daily: 7
      weekly: 4
      monthly: 12

- name: Back it up encrypted, without the tables that can be made again
  day2.ops.pg_backup:
    login_host: db.example.com
    login_user: backup
    login_password_file: /etc/day2/db.password
    login_db: shop
    path: /var/backups/day2
    name: shop-encrypted
    exclude_tables: ["cache.*", "public.search_*"]
    encryption:
      method: age
      recipients: ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]

- name: Restore it into a scratch server before it counts
  day2.ops.pg_backup:
    login_unix_socket: /run/postgresql
    login_db: shop
    path: /var/backups/day2
    name: shop
    verify: L4
    rehearsal:
      assertions:
        - sql: SELECT count(*) FROM orders WHERE total < 0
          expected: 0
"""

RETURN = r"""
backup:
  description: The name of the backup's folder.
  returned: success and not in check mode
  type: str
  sample: 20260301T020000Z-1f6a09c3
path:
  description: The backup's folder; in check mode that of the catalogue.
  returned: success
  type: str
  sample: /var/backups/day2/shop/20260301T020000Z-1f6a09c3
name:
  description: The name of the catalogue.
  returned: success
  type: str
  sample: shop
level:
  description: To which level it was proven.
  returned: success and not in check mode
  type: str
  sample: L2
size:
  description: Bytes of all files.
  returned: success and not in check mode
  type: int
  sample: 65481212
files:
  description: The files, the first thousand.
  returned: success and not in check mode
  type: list
  elements: str
  sample: [dump/3376.dat.zst, dump/toc.dat, globals.sql]
facts:
  description: What the database held in the moment of the backup.
  returned: success and not in check mode
  type: dict
  contains:
    database:
      description: Its name.
      type: str
      returned: always
      sample: shop
    server_version_num:
      description: The server's version as a number.
      type: int
      returned: always
      sample: 170010
    snapshot_at:
      description: The moment that the dump shows, by the server's clock.
      type: str
      returned: always
      sample: "2026-03-01T02:00:01.482113Z"
    lsn:
      description: Where the write-ahead log was then; on a standby, how far it had been replayed.
      type: str
      returned: always
      sample: 2/7A3C5A0
    tables:
      description: How many tables' rows are in the dump.
      type: int
      returned: always
      sample: 42
    rows:
      description: How many rows each table had, by its name as SQL writes it.
      type: dict
      returned: when O(counts)
      sample: {"public.orders": 120344}
proofs:
  description: How each level was proven, what was seen and how many seconds it took.
  returned: success and not in check mode
  type: list
  elements: dict
  sample: [{"level": "L2", "seconds": 0.31, "found": {"tables": 42, "pg_restore": "17.12", "globals_bytes": 4410}}]
seconds:
  description: How long all took.
  returned: success and not in check mode
  type: float
  sample: 6.2
removed:
  description: The backups that O(retention) let go, and why.
  returned: success and not in check mode
  type: list
  elements: dict
  sample: []
storage:
  description: Where it was sent, and how.
  returned: when O(storage) is given, and not in check mode
  type: dict
  sample: {"where": "s3://backups/day2/shop"}
plan:
  description: What would be backed up, and how.
  returned: in check mode
  type: dict
  sample: {"format": "directory", "compression": "zstd:1", "jobs": 2, "database_size": 851443712, "tables": 42}
estimate:
  description: Bytes that the backup may need, by the size of the database.
  returned: in check mode
  type: int
  sample: 425721856
level_failed:
  description: The level that found a fault in what was written.
  returned: when a level failed
  type: str
  sample: L1
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["psycopg"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.postgres_dump import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
