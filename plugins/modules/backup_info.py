#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_info
short_description: Tell which backups there are, how old and how proven, and what is wrong with them
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads the manifests of all backups on the host and in a storage, of all kinds. Sizes of the files on the host are
    compared with them; contents are not read, see M(day2.ops.backup_verify).
  - What has the name of a backup and no manifest that can be trusted is never counted as one; it is told with the
    reason.
  - Fails when a folder or the storage cannot be looked at. It does not fail for what it finds; see RV(totals).
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.backups.where
options:
  name:
    description: The name of what is backed up. Without it all that is in O(path) and in O(storage).
    type: str
  backup:
    description: One backup to tell the whole manifest of, by the name of its folder, or V(newest). Needs O(name).
    type: str
  rpo:
    description:
      - How old the newest backup may be that counts, as seconds or as V(26h); or a dictionary of those by name.
    type: raw
  retention:
    description: Rules to tell what they would remove now, as a module that makes a backup takes them.
    type: dict
    suboptions:
      last:
        description: How many of the newest.
        type: int
      daily:
        description: How many days, the newest backup of each.
        type: int
      weekly:
        description: How many weeks.
        type: int
      monthly:
        description: How many months.
        type: int
      yearly:
        description: How many years.
        type: int
      max_age:
        description: How old a backup may become, whatever else keeps it, as V(30d).
        type: raw
seealso:
  - module: day2.ops.backup_verify
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: Look at all backups of this host
  day2.ops.backup_info:
    path: /var/backups/day2
    rpo: {shop: 1h, config: 26h}
  register: backups

- name: Stop when one is too old
  ansible.builtin.assert:
    that: backups.totals.rpo_missed == []
    fail_msg: "too old: {{ backups.totals.rpo_missed | join(', ') }}"

- name: See what a stricter retention would remove
  day2.ops.backup_info:
    path: /var/backups/day2
    name: shop
    storage: {bucket: acme-backups, prefix: db1, region: eu-west-1}
    retention: {last: 3, daily: 7, weekly: 4}

- name: See what the newest backup holds
  day2.ops.backup_info:
    path: /var/backups/day2
    name: shop
    backup: newest
"""

RETURN = r"""
catalogs:
  description: Each thing that is backed up.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of its folder.
      type: str
      sample: shop
    path:
      description: Its folder on the host.
      type: str
      sample: /var/backups/day2/shop
    storage:
      description: Its place in the storage; null without one.
      type: str
      sample: s3://acme-backups/db1/shop
    kinds:
      description: The kinds of its backups.
      type: list
      elements: str
      sample: [postgres]
    count:
      description: How many backups there are; one that is on the host and in the storage counts once.
      type: int
      sample: 12
    newest:
      description: The newest that is proven to V(L1) at least, is not damaged and not from the future; null for none.
      type: str
      sample: 20260301T020000Z-7f3a91c2
    newest_level:
      description: How that was proven.
      type: str
      sample: L2
    age:
      description: Seconds since that one was begun; null for none.
      type: float
      sample: 3600.0
    rpo:
      description: The objective, in seconds; null without one.
      type: float
      sample: 93600.0
    rpo_state:
      description: V(met) or V(missed); null without an objective. Without a backup it is missed.
      type: str
      sample: met
    size:
      description: Bytes of the backups on the host.
      type: int
      sample: 1073741824
    storage_size:
      description: Bytes of those in the storage; null without one.
      type: int
      sample: 1073741824
    backups:
      description:
        - The backups, the newest first, each with RV(ignore:backup), RV(ignore:kind), RV(ignore:where) (V(local),
          V(storage)), RV(ignore:started_at), RV(ignore:finished_at), RV(ignore:age) (seconds), RV(ignore:size) (bytes),
          RV(ignore:level), RV(ignore:verified_at), RV(ignore:encrypted), RV(ignore:damage) (what is wrong, or empty)
          and RV(ignore:usable) (whether nothing is wrong with one of its copies).
      type: list
      elements: dict
    refused:
      description: What only looks like a backup, with RV(ignore:backup), RV(ignore:where) and RV(ignore:why).
      type: list
      elements: dict
    running:
      description: Whether a run is making a backup of it now, on this host.
      type: bool
      sample: false
    next_removed:
      description: What O(retention) would remove now, with RV(ignore:backup), RV(ignore:where) and RV(ignore:why).
      type: list
      elements: dict
  sample:
    - name: shop
      path: /var/backups/day2/shop
      storage: null
      kinds: [postgres]
      count: 1
      newest: 20260301T020000Z-7f3a91c2
      newest_level: L2
      age: 3600.0
      rpo: null
      rpo_state: null
      size: 1073741824
      storage_size: null
      backups:
        - backup: 20260301T020000Z-7f3a91c2
          kind: postgres
          where: [local]
          started_at: "2026-03-01T02:00:00Z"
          finished_at: "2026-03-01T02:00:12Z"
          age: 3600.0
          size: 1073741824
          level: L2
          verified_at: "2026-03-01T02:00:12Z"
          encrypted: false
          damage: ""
          usable: true
      refused: []
      next_removed: []
      running: false
totals:
  description:
    - Over all of them, RV(ignore:catalogs), RV(ignore:backups), RV(ignore:size), RV(ignore:storage_size),
      RV(ignore:damaged), RV(ignore:refused), RV(ignore:rpo_missed) (the names) and RV(ignore:oldest_newest) (the
      largest age of a newest one, in seconds).
  returned: success
  type: dict
  sample:
    catalogs: 1
    backups: 1
    size: 1073741824
    storage_size: 0
    damaged: 0
    refused: 0
    rpo_missed: []
    oldest_newest: 3600.0
backup:
  description:
    - The one that was asked for, as in RV(catalogs), with its RV(ignore:manifest) (its first thousand files) and its
      RV(ignore:copies), each with RV(ignore:where) and RV(ignore:damage).
  returned: when O(backup) is given
  type: dict
  sample:
    backup: 20260301T020000Z-7f3a91c2
    copies: [{where: local, damage: ""}]
missing_libraries:
  description: Python packages without which the storage cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["boto3"]
"""

from ansible_collections.day2.ops.plugins.module_utils._backups.information import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._core.runner import run


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
