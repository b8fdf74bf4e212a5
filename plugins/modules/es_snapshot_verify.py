#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_snapshot_verify
short_description: Drill the restore of a snapshot of Elasticsearch or OpenSearch, against objectives of time and age
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Proves a snapshot level by level, in the cluster, and leaves nothing there.
  - V(L1) the snapshot is SUCCESS, every one of its shards is in the repository, and every node can use that.
  - V(L3) the indices are restored under scratch names, hidden, without aliases and without copies of shards, until all
    shards are assigned.
  - V(L4) their documents are compared with those that C(es_snapshot) recorded when the snapshot was made, and
    O(assertions) are held against them.
  - The indices are restored in portions that the disks and the number of shards have room for, each removed before the
    next.
  - Fails when a level does not hold, saying which, when an objective is missed, and when the proof cannot be tried.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.search
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: >-
      Proves V(L1) without having the nodes write to the repository, and tells what would be restored. What killed runs
      have left is told and not removed.
  diff_mode:
    support: full
    details: Shows the scratch indices of killed runs that were removed.
  idempotent:
    support: full
    details: Each call proves anew. Nothing is changed unless a killed run has left something.
options:
  repository:
    description: The repository of the snapshot, registered in the cluster.
    type: str
    required: true
  snapshot:
    description: The name of the snapshot; V(newest) for the one that was begun last of those that are whole.
    type: str
    default: newest
  name:
    description:
      - For O(snapshot=newest), which snapshots are meant, a pattern with C(*) or with dates as V(daily-{now/d}), which
        then stand for any date. Newer ones that are not whole are told in a warning.
    type: str
    default: "*"
  indices:
    description:
      - Indices and data streams in the snapshot, names or patterns with C(*); C(-) before one takes it out again.
      - A pattern does not mean what begins with a dot unless it begins with one. Give V(*) and V(.*) for all.
      - Of a data stream the indices behind it are restored, as indices of none.
    type: list
    elements: str
    default: ["*"]
  level:
    description: To which level.
    type: str
    choices: [L1, L3, L4]
    default: L4
  sample:
    description: How many of the indices are restored, others each time. By default all.
    type: int
  max_bytes:
    description:
      - How much is restored at a time, as V(50gb). By default half of what is free below the high watermark of the
        disks. An index that takes more than this, or than what is free, is refused before anything is restored.
    type: str
  assertions:
    description: For V(L4), what must hold of the data.
    type: list
    elements: dict
    default: []
    suboptions:
      index:
        description: Of which indices, a name or a pattern, as they are named in the snapshot.
        type: str
        required: true
      query:
        description: A query as C(_count) takes it, by default all documents.
        type: dict
      count:
        description: How many documents it finds.
        type: int
      min:
        description: How many documents it finds at least.
        type: int
      max:
        description: How many documents it finds at most.
        type: int
  tolerance:
    description: How many documents fewer than recorded are accepted, a number or a part, as V(0.1%).
    type: str
    default: "0"
  objectives:
    description: What a drill is held against. One that is missed is a failure.
    type: dict
    suboptions:
      rto:
        description: How long a restore may take, as seconds or as V(15m). Needs V(L3) or V(L4). See RV(rto_seconds).
        type: raw
      rpo:
        description: How old the snapshot may be when the drill begins, as V(26h). See RV(rpo_seconds).
        type: raw
  wait_timeout:
    description: How long the drill may take, as seconds or as V(2h). What it restored is removed when that has passed.
    type: raw
    default: 1h
notes:
  - The scratch indices are named C(day2-drill-ID-INDEX), where the ID tells who restores and until when. What a killed
    run has left is removed by the next, on the same host when the process is gone, from another host an hour after the
    run's own deadline. So drills at a time do not end each other. Nothing else is ever removed.
  - A scratch index is managed by no policy (ILM, ISM) and is not found by searches of V(*).
  - A snapshot that a policy of the server made (SLM, SM) has no recorded documents. Give O(assertions), or O(level=L3).
  - The login needs what M(day2.ops.es_snapshot_restore) needs, on C(day2-drill-*).
seealso:
  - module: day2.ops.es_snapshot_restore
  - module: day2.ops.backup_verify
"""

EXAMPLES = r"""
- name: Drill the restore of last night's snapshot
  day2.ops.es_snapshot_verify:
    url: ["https://search1.example.com:9200", "https://search2.example.com:9200"]
    login_user: backup
    login_password_file: /etc/day2/search.password
    repository: backups
    name: daily-{now/d}
    assertions:
      - {index: "orders-*", query: {range: {total: {lt: 0}}}, count: 0}
      - {index: catalogue, min: 100000}
    objectives: {rto: 2h, rpo: 26h}
  register: drill

- name: Look at a large repository every day, with five indices of it
  day2.ops.es_snapshot_verify:
    url: ["https://search1.example.com:9200"]
    api_key_file: /etc/day2/search.key
    repository: backups
    sample: 5
    max_bytes: 50gb
"""

RETURN = r"""
backup:
  description: The snapshot.
  returned: when one was proven
  type: str
  sample: daily-20260301
name:
  description: Its repository.
  returned: when one was proven
  type: str
  sample: backups
kind:
  description: Always V(search).
  returned: when one was proven
  type: str
  sample: search
where:
  description: Always V(repository).
  returned: when one was proven
  type: str
  sample: repository
level:
  description: How far it is proven now, V(L0) when not even V(L1) holds.
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
  description: Bytes in the snapshot of the indices that were restored.
  returned: when one was proven
  type: int
  sample: 65000000
proofs:
  description: The levels that hold, with RV(ignore:level), RV(ignore:seconds) and RV(ignore:found).
  returned: when one was proven
  type: list
  elements: dict
  sample: [{level: L1, seconds: 0.2, found: {state: SUCCESS, shards: 12, indices: 4, bytes: 65000000, nodes: 3}}]
fetch_seconds:
  description: Always null; the cluster reads the repository itself.
  returned: when one was proven
  type: float
  sample: null
rto_seconds:
  description:
    - Seconds from the beginning until V(L1) holds, and from there until all shards were assigned, of all portions
      together. To count, and to remove a portion, is not in it. Null below V(L3) and in check mode.
  returned: when one was proven
  type: float
  sample: 12.6
rto_seconds_per_gb:
  description: The same per 10^9 bytes of RV(size); null for less than 10^6.
  returned: when one was proven
  type: float
  sample: 193.8
rpo_seconds:
  description:
    - How old the snapshot was when the drill began, since it was begun. Negative, and missed, for one that is from the
      future by this host's clock.
  returned: when one was proven
  type: float
  sample: 1800.0
objectives:
  description:
    - Each objective with RV(ignore:objective) and RV(ignore:measured) in seconds, and whether it is RV(ignore:met).
  returned: when one was proven
  type: dict
  sample: {rto: {objective: 900.0, measured: 12.6, met: true}}
documents:
  description: As RV(day2.ops.es_snapshot_restore#module:documents); null when nothing was compared.
  returned: when one was proven
  type: dict
  sample: {documents: 1200, recorded: 1200, missing: {}, more: {}, equal: true}
assertions:
  description: What each assertion found, with RV(ignore:index), RV(ignore:found) and whether it RV(ignore:holds).
  returned: when one was proven
  type: list
  elements: dict
  sample: [{index: catalogue, found: 123456, holds: true}]
indices:
  description: The first 200 of the indices that were restored, or would be.
  returned: when one was proven
  type: list
  elements: str
  sample: [catalogue, orders-1]
index_count:
  description: How many there are in all.
  returned: when one was proven
  type: int
  sample: 2
portions:
  description: In how many portions.
  returned: when one was proven
  type: int
  sample: 1
leftovers:
  description: Scratch indices of killed runs that were removed, or would be.
  returned: when one was proven
  type: list
  elements: str
  sample: []
seconds:
  description: How long it took in all, cleaning up included.
  returned: when one was proven
  type: float
  sample: 13.1
missing_libraries:
  description: Python packages without which the cluster cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["requests"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.drill import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
