#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_verify
short_description: Prove backups now, up to a restore that is compared, against objectives of time and age
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Proves a backup level by level, and writes into its manifest how far it got and when. At V(L4) that is a drill of a
    restore, apart from everything, with its time (RTO) and the age of the data (RPO) held against objectives.
  - A backup that is in the storage only is fetched into O(path) for that, and taken away again.
  - A backup that is shown to be broken is marked in its manifest (other bytes, data that their reader refuses, numbers
    that differ from the source's). It is at the level below from then on, V(newest) means it no more, no retention
    counts on it or removes it, the kind C(backup) of M(day2.ops.health_gate) fails for it. A later proof of that level
    undoes it. A failure of V(L1) is that of one copy; what fails above it is wrong with both.
  - Fails when a backup is broken, saying at which level, when an objective is missed, and when a proof cannot be tried
    or fails for what may be another reason (a key, a program, space, a scratch server, an assertion); nothing is marked
    then.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.backups
  - day2.ops.backups.where
  - day2.ops.backups.reading
attributes:
  check_mode:
    support: full
    details: >-
      Proves what is on the host up to V(L2), restores nothing, and writes nothing. Of what is in the storage only sizes
      are compared.
  diff_mode:
    support: full
    details: Shows the levels of the one backup, before and after.
  idempotent:
    support: none
    details: Each call proves anew, and writes when that was.
notes:
  - The options of O(rehearsal) for C(postgres) are those of M(day2.ops.pg_backup), for C(redis) those of
    M(day2.ops.redis_backup), for C(config) those of M(day2.ops.config_backup).
options:
  level:
    description:
      - To which level. V(L0) the program ended well. V(L1) the files have the checksums of what was written. V(L2) all
        data were read. V(L3) it was restored apart. V(L4) what was restored was compared with the source as it was.
      - Without it V(L2), or V(L1) when the data are encrypted and the host has no key to read them.
    type: str
    choices: [L0, L1, L2, L3, L4]
  all:
    description:
      - Whether every backup is proven, of O(name) or of all that is in O(path) and O(storage). One that is broken does
        not end the work; O(backup) and O(objectives) are not looked at. It fails when there is none.
    type: bool
    default: false
  source:
    description:
      - Which copies are proven, those on the host (V(local)), those in O(storage) (V(storage)), or one of each backup,
        that on the host if there is one (V(any)).
    type: str
    default: any
    choices: [any, local, storage]
  rehearsal:
    description:
      - How a backup is restored apart for V(L3) and V(L4), the options of its kind; or a dictionary of those by kind.
    type: dict
  objectives:
    description: What a drill is held against. One that is missed is a failure.
    type: dict
    suboptions:
      rto:
        description: How long a restore may take, as seconds or as V(15m). Needs V(L3) or V(L4). See RV(rto_seconds).
        type: raw
      rpo:
        description: How old the data of the backup may be when the drill begins, as V(1h).
        type: raw
seealso:
  - module: day2.ops.backup_info
"""

EXAMPLES = r"""
- name: Drill the restore of the newest backup
  day2.ops.backup_verify:
    path: /var/backups/day2
    name: shop
    level: L4
    rehearsal:
      assertions:
        - {sql: "SELECT count(*) FROM orders WHERE total < 0", expected: 0}
    objectives: {rto: 15m, rpo: 1h}
  register: drill

- name: Drill it from the storage, as if the host were lost
  day2.ops.backup_verify:
    path: /var/backups/day2
    name: shop
    storage: {bucket: acme-backups, prefix: db1, region: eu-west-1}
    source: storage
    level: L4

- name: Read all backups once a week
  day2.ops.backup_verify:
    path: /var/backups/day2
    all: true
    level: L1
"""

RETURN = r"""
backup:
  description: The backup, by the name of its folder.
  returned: when one was proven
  type: str
  sample: 20260301T020000Z-7f3a91c2
name:
  description: The name of what it is a backup of.
  returned: when one was proven
  type: str
  sample: shop
kind:
  description: Its kind.
  returned: when one was proven
  type: str
  sample: postgres
where:
  description: Which copy was proven, V(local) or V(storage).
  returned: when one was proven
  type: str
  sample: local
level:
  description: How it is proven now. One that was proven further before stays there.
  returned: when one was proven
  type: str
  sample: L4
level_failed:
  description: The level at which it failed; null when none did.
  returned: when one was proven
  type: str
  sample: null
failed_why:
  description: Why; empty when none did.
  returned: when one was proven
  type: str
  sample: ""
size:
  description: Bytes of its files.
  returned: when one was proven
  type: int
  sample: 65000000
proofs:
  description: The levels that were tried now, with RV(ignore:level), RV(ignore:seconds) and RV(ignore:found).
  returned: when one was proven
  type: list
  elements: dict
  sample: [{level: L1, seconds: 0.2, found: {files: 2, bytes: 65000000}}]
fetch_seconds:
  description: How long it took to fetch it from the storage; null when it is on the host.
  returned: when one was proven
  type: float
  sample: null
rto_seconds:
  description:
    - Seconds from the beginning, fetching included, to the end of the highest level. So it holds the comparison of
      checksums (V(L1)), a full read (V(L2)), the restore (V(L3)) and the comparison of the data (V(L4)), if that was
      asked for; the restore alone is in RV(proofs). Null below V(L3), in check mode and when a level failed.
  returned: when one was proven
  type: float
  sample: 12.6
rto_seconds_per_gb:
  description: The same per 10^9 bytes of the backup as it is stored; null for less than 10^6.
  returned: when one was proven
  type: float
  sample: 193.8
rpo_seconds:
  description:
    - How old the data were when the drill began, since the snapshot, or since the backup was begun. Negative, and
      missed, for what is from the future by this host's clock.
  returned: when one was proven
  type: float
  sample: 1800.0
objectives:
  description:
    - Each objective with RV(ignore:objective) and RV(ignore:measured) in seconds, and whether it is RV(ignore:met).
  returned: when one was proven
  type: dict
  sample: {rto: {objective: 900.0, measured: 12.6, met: true}}
seconds:
  description: How long it took in all, cleaning up included.
  returned: when one was proven
  type: float
  sample: 13.1
verified:
  description: Each backup, with the values above.
  returned: when O(all) is true
  type: list
  elements: dict
  sample: [{name: shop, backup: 20260301T020000Z-7f3a91c2, level: L1, level_failed: null}]
broken:
  description: Those that failed, or could not be tried, in a line each.
  returned: when O(all) is true
  type: list
  elements: str
  sample: []
refused:
  description: What only looks like a backup, with RV(ignore:name), RV(ignore:backup) and RV(ignore:why).
  returned: when O(all) is true
  type: list
  elements: dict
  sample: []
missing_libraries:
  description: Python packages without which the storage cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["boto3"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.verification import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
