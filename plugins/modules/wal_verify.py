#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wal_verify
short_description: Drill a restore from a repository of pgBackRest, with all that was archived since, against objectives
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Restores a backup of PostgreSQL that pgBackRest made into a folder of its own, starts a server there, has it
    replay the log that was archived since, looks at all databases, and takes everything away again. How long it took
    until the server let somebody in (RTO), and how old the last transaction is that came back (RPO), are held against
    objectives.
  - The cluster that was backed up and the repository are only read, and need not be there or run. The server listens
    to a socket in a folder that nobody else may enter, archives nothing, has no jobs and no subscriptions of the
    source.
  - What a call that was killed has left is removed by the next one.
  - pgBackRest's configuration says where the repository is, and holds its keys. So encrypted repositories and those
    in a bucket need nothing else, and another host that has that configuration and the same programs can drill too.
  - Fails when a level fails, saying which, when an objective is missed, and when the drill cannot be tried.
extends_documentation_fragment:
  - day2.ops.attributes
attributes:
  check_mode:
    support: full
    details: Says which backup would be restored. Nothing is.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: Changes nothing.
notes:
  - Run it as the account that pgBackRest runs as, or as root, which has pgBackRest and the server run as that account.
  - Needs psycopg, PostgreSQL of the version of the backup, 12 or newer, and space for the cluster in
    O(rehearsal.folder). To look for damage it needs amcheck, of PostgreSQL 14 or newer.
options:
  stanza:
    description: The name under which pgBackRest knows the cluster.
    type: str
    required: true
  program:
    description: pgBackRest. Found on PATH by its name.
    type: path
    default: pgbackrest
  config:
    description: Its configuration. Where the program looks by itself when not given.
    type: path
  backup:
    description: Which backup, by its label, or the V(newest) that ended well.
    type: str
    default: newest
  repository:
    description: The number of the repository. That of the newest backup when not given.
    type: int
  database:
    description: The database that is logged in to, and that assertions are asked of when they do not say another.
    type: str
    default: postgres
  command_timeout:
    description: How long the restore may take, and how long the replay, as seconds or as V(6h).
    type: raw
    default: 6h
  rehearsal:
    description: How it is restored.
    type: dict
    suboptions:
      user:
        description:
          - The account of pgBackRest and of the server, when Ansible is root; C(postgres) when not given. It must be a
            superuser of the cluster under its own name.
        type: str
      folder:
        description: Where, a folder that nobody else may write to. One in C(/var/tmp) when not given.
        type: path
      bin_dir:
        description: The folder of PostgreSQL's programs. Found where packages put them, and on PATH, when not given.
        type: path
      jobs:
        description: How much is done beside each other. As many as there are processors, 8 at most, when not given.
        type: int
      until:
        description:
          - Up to where the log is replayed, to its V(end), or until the V(backup) is consistent. At the end it is an
            error when the last file that is archived was not reached, as one before it is missing or damaged then.
        type: str
        choices: [end, backup]
        default: end
      settings:
        description: Settings of the server that it needs, such as C(shared_preload_libraries) of an extension.
        type: dict
        default: {}
      amcheck:
        description: Whether tables and indexes are looked at for damage.
        type: bool
        default: true
      assertions:
        description: Queries and what they must return, each asked in a transaction that cannot write.
        type: list
        elements: dict
        default: []
        suboptions:
          sql:
            description: The query.
            type: str
            required: true
          expected:
            description: A value, a list for one row or one column, or a list of lists.
            type: raw
          database:
            description: The database. O(database) when not given.
            type: str
      assertion_timeout:
        description: How long each may take.
        type: raw
        default: 5m
  objectives:
    description: What the drill is held against. One that is missed is a failure.
    type: dict
    suboptions:
      rto:
        description: How long it may take until the server lets somebody in, as seconds or as V(15m).
        type: raw
      rpo:
        description: How old what came back may be when the drill begins, as V(1h). See RV(rpo_seconds).
        type: raw
seealso:
  - module: day2.ops.backup_verify
"""

EXAMPLES = r"""
- name: Drill the restore of a cluster
  day2.ops.wal_verify:
    stanza: shop
    config: /etc/pgbackrest/pgbackrest.conf
    rehearsal:
      assertions:
        - database: shop
          sql: SELECT count(*) > 0 FROM orders WHERE placed > now() - interval '1 day'
          expected: true
    objectives: {rto: 30m, rpo: 10m}
  become: true
  register: drill

- name: Drill the second repository, in a folder with enough space
  day2.ops.wal_verify:
    stanza: shop
    repository: 2
    rehearsal: {folder: /srv/drill, user: postgres}
  become: true
"""

RETURN = r"""
name:
  description: The stanza.
  returned: always
  type: str
  sample: shop
backup:
  description: The label of the backup.
  returned: always
  type: str
  sample: 20260301-020000F
kind:
  description: V(wal).
  returned: always
  type: str
  sample: wal
where:
  description: Which repository it is in.
  returned: always
  type: str
  sample: repository 1
level:
  description: The highest level that holds; null in check mode.
  returned: always
  type: str
  sample: L4
level_failed:
  description:
    - The level at which it failed; null when none did. V(L1) a file of the backup cannot be read or has another
      checksum. V(L3) the server does not start, or cannot replay the log to its end. V(L4) a table cannot be read, is
      damaged, or an assertion fails.
  returned: always
  type: str
  sample: null
failed_why:
  description: Why; empty when none did.
  returned: always
  type: str
  sample: ""
size:
  description: Bytes of the cluster when it was backed up.
  returned: always
  type: int
  sample: 650000000
proofs:
  description:
    - The levels that hold, with RV(ignore:level), RV(ignore:seconds) and RV(ignore:found). V(L1) and V(L2) are proven
      together, by what restores.
  returned: always
  type: list
  elements: dict
  sample: [{level: L4, seconds: 3.1, found: {databases: 2, tables: 40, rows: 1200000, amcheck: true, assertions: 1}}]
recovered_to:
  description:
    - When the last transaction that came back was committed, or when the backup ended if that is later; null when
      nothing came back.
  returned: always
  type: str
  sample: "2026-03-01T11:59:58.120000+00:00"
rto_seconds:
  description: Seconds from the beginning until the server had replayed the log and let us in; null when it did not.
  returned: always
  type: float
  sample: 12.6
rto_seconds_per_gb:
  description: The same per 10^9 bytes of RV(size); null for less than 10^6.
  returned: always
  type: float
  sample: 19.4
rpo_seconds:
  description:
    - How old RV(recovered_to) was when the drill began; null when nothing came back. On a cluster that nobody writes to
      that grows though nothing is lost. Negative, and missed, for what is from the future by this host's clock.
  returned: always
  type: float
  sample: 61.5
objectives:
  description:
    - Each objective with RV(ignore:objective) and RV(ignore:measured) in seconds, and whether it is RV(ignore:met).
  returned: always
  type: dict
  sample: {rto: {objective: 900.0, measured: 12.6, met: true}}
seconds:
  description: How long it took in all, cleaning up included.
  returned: always
  type: float
  sample: 17.1
missing_libraries:
  description: Python packages without which it cannot be done.
  returned: when there are any
  type: list
  elements: str
  sample: ["psycopg[binary]"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.wal_verify import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
