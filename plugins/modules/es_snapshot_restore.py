#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_snapshot_restore
short_description: Restore indices of Elasticsearch or OpenSearch from a snapshot, awaited and counted
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Restores indices beside those that are there, in their place, or beside them with an alias that then leads to what
    was restored.
  - Waits until the shards are assigned, says why one is not, and compares the documents with those that
    C(es_snapshot) recorded in the snapshot when it was made. Fewer than recorded are a failure, more are told, as what
    was written while the snapshot was taken may be in it.
  - Before anything is touched it sees that the snapshot is whole and was made by no newer version, that what is asked
    for is in it, that the new names are valid and free, that the cluster is not red, and that there is room on the
    disks and in the number of shards.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.search
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Tells the new name of each index, what would be closed, and which alias would lead where.
  diff_mode:
    support: full
    details: Shows each index and each alias, before and after.
  idempotent:
    support: partial
    details: >-
      With V(new) and V(alias), indices that a run before has restored from the same snapshot are not restored again;
      they are counted, and aliases are changed where that was not done. The servers recall where an index came from
      until the node of its shards starts anew; after that its name is taken. With V(in_place) each run restores.
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
      - As with the servers, a pattern does not mean what begins with a dot unless it begins with one, so that V(*)
        leaves out system indices, as C(.kibana), C(.security) or C(.opendistro_security).
    type: list
    elements: str
    default: ["*"]
  mode:
    description:
      - V(new) restores under names that are free, those of the snapshot, or new ones by O(rename_pattern).
      - V(in_place) closes indices that are there, restores over them, and has them open again. It needs O(force).
        The servers do that shard by shard. What a shard held is gone then, so that a restore that fails leaves an index
        that is neither old nor new, and the message tells how each index is.
      - V(alias) restores as V(new), by default under C(NAME-restored-SNAPSHOT), and when all is there and counted lets
        an alias lead to it, in one step for all indices. The old indices stay as they are. RV(undo) swaps back.
    type: str
    choices: [new, in_place, alias]
    default: new
  force:
    description: For O(mode=in_place), says that what the indices hold is to be replaced.
    type: bool
    default: false
  rename_pattern:
    description:
      - A regular expression, as Java has them. Each match in the name of an index or a data stream is replaced.
    type: str
  rename_replacement:
    description: What replaces it, as V(restored-$1), where C($1) is the first group of O(rename_pattern).
    type: str
  aliases:
    description:
      - For O(mode=alias), the alias of each index, by the index's name in the snapshot. Without one it is the index's
        own name, which an alias has after an earlier restore of this kind.
      - An alias that leads to several indices, and not to the one of that name, is refused. One that is not there is
        made.
    type: dict
  undo:
    description:
      - RV(undo) of an earlier run with O(mode=alias). Nothing is restored; the aliases lead where they led before that
        run, in one step. What it has restored stays.
    type: dict
  include_aliases:
    description:
      - Whether aliases in the snapshot are restored with the indices. By default they are for O(mode=new) without
        O(rename_pattern) only, as an alias that leads to an index and to its copy finds all twice. With
        O(mode=in_place) the aliases of today stay; if this is true those in the snapshot replace them.
    type: bool
  include_global_state:
    description:
      - Whether settings of the cluster, templates, pipelines and the like are restored, over those of today. Nothing
        takes that back.
    type: bool
    default: false
  index_settings:
    description: Settings that each restored index gets, instead of its own.
    type: dict
  ignore_index_settings:
    description: Settings of the indices in the snapshot that are left out, names or patterns.
    type: list
    elements: str
  replicas:
    description: How many copies of each shard there are to be, beside the primary. By default as in the snapshot.
    type: int
  partial:
    description:
      - Whether a snapshot is taken that is PARTIAL. Shards that are not in it are restored empty, so that documents may
        be missing.
    type: bool
    default: false
  min_status:
    description:
      - How the indices must be at the end. V(green) wants all shards, V(yellow) the primaries, which hold all data.
      - On a single node an index with copies never gets green; set O(replicas) to 0, or this to V(yellow).
    type: str
    choices: [yellow, green]
    default: green
  unverified:
    description:
      - What becomes of documents of which nobody can say how many there should be, as of a snapshot that
        M(day2.ops.es_snapshot) has not made.
      - V(accept) warns of it. V(refuse) fails, with what was restored kept, and no alias changed.
      - Without it V(refuse) is meant for O(mode=alias), and V(accept) for the others.
    type: str
    choices: [accept, refuse]
  wait_timeout:
    description:
      - How long to wait for that, as seconds or as V(2h). When it has passed, the restore goes on in the cluster, the
        call fails, and the same call again waits for it. Nothing is removed.
    type: raw
    default: 1h
  tolerance:
    description: How many documents fewer than recorded are accepted, a number or a part, as V(0.1%).
    type: str
    default: "0"
  despite:
    description:
      - What does not keep from restoring. V(red) the cluster is red, for another reason than an index that is restored
        in place. V(disk) the snapshot does not fit below the high watermark of the disks. V(shards) there would be more
        shards than the cluster allows.
      - With both V(disk) and V(shards) the server is not asked how much the snapshot takes, for which it reads a file
        of each shard. That can take minutes with a large one.
    type: list
    elements: str
    choices: [red, disk, shards]
    default: []
notes:
  - A restore with O(mode=new) or O(mode=alias) of which a shard cannot be read from the repository, or is taken by no
    node within 30 seconds, fails, and the indices it made are removed. When only copies of shards cannot be assigned,
    or documents are missing, the indices are kept, and no alias is changed.
  - The disks are looked at for the primaries, and for copies if O(replicas) says how many there are.
  - Data streams are restored as such with O(mode=new), with their indices. One that is there must be removed before.
    The pattern of a single index behind one, as V(.ds-logs-000001), restores that as an index of no data stream.
  - The login needs the cluster privileges C(manage) (Elasticsearch) or C(cluster:admin/snapshot/*) and
    C(cluster:monitor/*) (OpenSearch), and C(manage) on the indices.
seealso:
  - module: day2.ops.es_snapshot_verify
"""

EXAMPLES = r"""
- name: Restore the orders of last night beside those of today
  day2.ops.es_snapshot_restore:
    url: ["https://search1.example.com:9200", "https://search2.example.com:9200"]
    login_user: backup
    login_password_file: /etc/day2/search.password
    repository: backups
    name: daily-{now/d}
    indices: ["orders-*"]
    rename_pattern: ^(.+)$
    rename_replacement: restored-$1

- name: Bring the catalogue back as it was, without a moment in which it is not there
  day2.ops.es_snapshot_restore:
    url: ["https://search1.example.com:9200"]
    api_key_file: /etc/day2/search.key
    repository: backups
    snapshot: daily-20260301
    indices: [catalogue-7]
    mode: alias
    aliases: {catalogue-7: catalogue}
  register: restored

- name: Swap back
  day2.ops.es_snapshot_restore:
    url: ["https://search1.example.com:9200"]
    api_key_file: /etc/day2/search.key
    repository: backups
    undo: "{{ restored.undo }}"

- name: Replace a broken index, on a single node
  day2.ops.es_snapshot_restore:
    url: ["http://localhost:9200"]
    repository: backups
    indices: [logs]
    mode: in_place
    force: true
    replicas: 0
"""

RETURN = r"""
snapshot:
  description: The snapshot.
  returned: when one was found
  type: str
  sample: daily-20260301
repository:
  description: Its repository.
  returned: when one was found
  type: str
  sample: backups
mode:
  description: How it was restored.
  returned: when one was found
  type: str
  sample: new
indices:
  description:
    - The first 200 indices, each with its name in the snapshot (RV(ignore:index)), its new one (RV(ignore:target)),
      whether there was an index of that name before (RV(ignore:existed)), and its bytes in the snapshot.
  returned: when one was found
  type: list
  elements: dict
  sample: [{index: orders-1, target: restored-orders-1, existed: false, bytes: 1048576}]
index_count:
  description: How many indices there are in all.
  returned: when one was found
  type: int
  sample: 1
data_streams:
  description: The new name of each data stream, by its name in the snapshot.
  returned: when one was found
  type: dict
  sample: {}
bytes:
  description: What the indices take in the snapshot; null when that was not asked, see O(despite).
  returned: when one was found
  type: int
  sample: 1048576
closed:
  description: The indices that were closed, or would be; they are open again.
  returned: when O(mode) is V(in_place)
  type: list
  elements: str
  sample: [orders-1]
replaced:
  description: The indices that were there and were restored over, or would be, closed before or not.
  returned: when O(mode) is V(in_place)
  type: list
  elements: str
  sample: [orders-1, orders-2]
swapped:
  description: The aliases that lead elsewhere now, with RV(ignore:alias), RV(ignore:from) and RV(ignore:to).
  returned: when O(mode) is V(alias)
  type: list
  elements: dict
  sample: [{alias: catalogue, from: catalogue-7, to: catalogue-7-restored-daily-20260301}]
undo:
  description: What swaps back, for O(undo), in the form that C(_aliases) takes; null when nothing was swapped.
  returned: when O(mode) is V(alias), and not in check mode
  type: dict
  sample: {actions: [{remove: {index: catalogue-7-restored-daily-20260301, alias: catalogue}}]}
documents:
  description:
    - How many documents there are (RV(ignore:documents)) and were recorded (RV(ignore:recorded)), how many are
      RV(ignore:missing) and how many RV(ignore:more) than recorded by index, and whether they are RV(ignore:equal),
      which is null when nothing was recorded. Where a snapshot has so many indices that only sums are recorded, the
      index is C(*), and nothing is known when not all of them are restored.
  returned: when all was restored
  type: dict
  sample: {documents: 1200, recorded: 1200, missing: {}, more: {}, equal: true}
status:
  description: What the indices are at least.
  returned: when all was restored
  type: str
  sample: green
seconds:
  description: How long it took.
  returned: when all was restored
  type: float
  sample: 12.4
clashes:
  description: What is in the way, in a line each.
  returned: when something is
  type: list
  elements: str
  sample: ["orders-1 is an open index"]
missing_libraries:
  description: Python packages without which the cluster cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["requests"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.restore import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
