#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_snapshot_info
short_description: Tell which snapshots of Elasticsearch or OpenSearch there are, which count, and how old the last is
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Reads the list of snapshots of a repository. Whether one is whole is read from the snapshot itself. The interface
    C(_status), which calls each snapshot that has ended a success, is asked for sizes and for progress alone.
  - Only a snapshot in the state V(SUCCESS), of which no shard failed, counts. What is V(PARTIAL) or V(FAILED) is told
    with the shards that failed, and with whether it is newer than the last one that counts.
  - Both products leave a snapshot whose files are damaged out of the list without a word. It is found by a list of
    names, and told.
  - Keeps no more in memory than it tells and the names, however many snapshots there are. Elasticsearch since 7.14
    gives the list in pages; the others give it in one answer, of which only what is told is asked for.
  - Tells with O(rpo) whether the last successful snapshot is younger, and does not fail when it is not; the check
    C(search_snapshot) of P(day2.ops.health_gate#module) does.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.search
  - day2.ops.tls
options:
  repository:
    description: The repository to look at.
    type: str
    required: true
  name:
    description:
      - Which snapshots to look at. V(*) stands for anything, and a date such as C({now/d}) for any date, so that the
        name that M(day2.ops.es_snapshot) was given can be given here.
    type: str
    default: "*"
  rpo:
    description: How old the last successful snapshot may be, as seconds or as V(26h).
    type: raw
  limit:
    description: How many snapshots to list at most, the newest. All are looked at and counted.
    type: int
    default: 100
  sizes:
    description:
      - Whether to ask for the sizes of the newest snapshot and of the last successful one. The server reads a file for
        each of their shards, which takes long in a large repository.
    type: bool
    default: true
seealso:
  - module: day2.ops.es_snapshot_policy
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: See which snapshots there are
  day2.ops.es_snapshot_info:
    url: http://127.0.0.1:9200
    repository: backup
  register: snapshots

- name: Stop when the last successful one is too old
  day2.ops.es_snapshot_info:
    url: [https://search1.example.com:9200, https://search2.example.com:9200]
    login_user: day2
    login_password_file: /etc/day2/search.password
    repository: backup
    name: daily-{now/d}
    rpo: 26h
  register: snapshots
  failed_when: snapshots.rpo_state | default('missed') == 'missed'

- name: Look at one snapshot
  day2.ops.es_snapshot_info:
    url: http://127.0.0.1:9200
    repository: backup
    name: daily-20260301
"""

RETURN = r"""
distribution:
  description: V(elasticsearch) or V(opensearch).
  returned: success
  type: str
  sample: opensearch
version:
  description: Its version.
  returned: success
  type: str
  sample: 2.19.1
cluster:
  description: The name of the cluster.
  returned: success
  type: str
  sample: items
repository:
  description: The repository.
  returned: success
  type: str
  sample: backup
count:
  description: How many snapshots there are whose names match.
  returned: success
  type: int
  sample: 31
states:
  description: How many of them there are in each state.
  returned: success
  type: dict
  sample: {PARTIAL: 1, SUCCESS: 30}
snapshots:
  description: The newest of them, at most O(limit), in the order in which they were begun, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    snapshot:
      description: The name.
      type: str
      sample: daily-20260301
    uuid:
      description: The server's own name for it.
      type: str
      sample: 2QmDqUyhSpKSBbwZ0d3xYA
    state:
      description: V(SUCCESS), V(PARTIAL), V(FAILED), V(IN_PROGRESS) or V(INCOMPATIBLE).
      type: str
      sample: SUCCESS
    started_at:
      description: When it was begun, in seconds since the epoch.
      type: float
      sample: 1772330400.0
    ended_at:
      description: When it ended; null while it runs.
      type: float
      sample: 1772330412.5
    took_seconds:
      description: How long it took; null while it runs.
      type: float
      sample: 12.5
    shards:
      description: How many shards it has, with RV(ignore:total), RV(ignore:successful) and RV(ignore:failed).
      type: dict
      sample: {total: 12, successful: 12, failed: 0}
    failures:
      description: The shards that failed, a line each, at most twenty. A list does not tell them; see RV(not_counted).
      type: list
      elements: str
      sample: []
    version:
      description: The version of the server that made it.
      type: str
      sample: 2.19.1
    documents:
      description: How many documents its indices held, as M(day2.ops.es_snapshot) has recorded; null when nobody has.
      type: int
      sample: 120000
  sample: []
newest:
  description:
    - The newest, whatever its state, as in RV(snapshots), with RV(ignore:indices) (the first thousand names),
      RV(ignore:indices_count), RV(ignore:size) (bytes of all its files) and RV(ignore:size_added) (of those that no
      snapshot before it had). Sizes are null while it runs, without O(sizes), and when the server is too slow.
    - Null when there is none.
  returned: success
  type: dict
  sample:
    snapshot: daily-20260301
    state: SUCCESS
    indices: [items]
    indices_count: 1
    size: 1073741824
    size_added: 52428800
last_success:
  description: The newest that counts, with the same; null when there is none. One from the future does not count.
  returned: success
  type: dict
  sample: {snapshot: daily-20260301, state: SUCCESS}
age_seconds:
  description: Seconds since that one was begun, as what was written later is not in it; null when there is none.
  returned: success
  type: float
  sample: 3600.0
rpo:
  description: The objective, in seconds; null without one.
  returned: success
  type: float
  sample: 93600.0
rpo_state:
  description: V(met) or V(missed); null without an objective. Without a successful snapshot it is missed.
  returned: success
  type: str
  sample: met
running:
  description:
    - Those that are being made, at most twenty, as in RV(snapshots), with RV(ignore:progress), which holds
      RV(ignore:shards), RV(ignore:shards_done), RV(ignore:shards_failed), RV(ignore:bytes) and RV(ignore:bytes_done).
      The bytes grow until all shards have begun. It is null when the server does not tell.
  returned: success
  type: list
  elements: dict
  sample: []
not_counted:
  description:
    - Those that have ended and do not count, the newest twenty, as in RV(snapshots), with RV(ignore:why) and
      RV(ignore:newer) (whether it was begun after the last successful one). The shards that failed are told of the
      newest five.
  returned: success
  type: list
  elements: dict
  sample:
    - snapshot: daily-20260228
      state: PARTIAL
      why: "PARTIAL: 1 of 12 shards failed (items[0]: primary shard is not allocated)"
      newer: false
unreadable:
  description:
    - Those that the repository names and cannot tell of any more, at most a thousand, with RV(ignore:snapshot) and
      RV(ignore:why). They are in neither RV(count) nor RV(states).
  returned: success
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.information import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
