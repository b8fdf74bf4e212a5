#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_snapshot
short_description: Make or remove a snapshot of Elasticsearch or OpenSearch; only a whole one counts
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes a snapshot, waits for its end and reads what came of it. Only SUCCESS counts, with all indices in it. One that
    is PARTIAL or FAILED is a failure that lists the shards, and nothing older is removed then.
  - One of that name that is SUCCESS is left as it is. One that is being made is adopted, which is waited for. One that
    is FAILED or PARTIAL is replaced; a PARTIAL one only when each index has its primary shards, so that a better one
    can be made.
  - What is asked for is looked at before the cluster is asked to do something. A repository that is missing or
    read-only, an index that is missing, and a primary shard that is on no node are told in one line.
  - A lost connection is borne, and the next node asked, until the end of O(wait_timeout). A snapshot is asked for again
    only when it is seen not to be there.
  - Old snapshots go by O(retention), one after the other. The last that is SUCCESS is never removed.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.search
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Tells what would be made, adopted, replaced and removed, after the same looks.
  diff_mode:
    support: full
    details: Shows the states of the snapshots that change, before and after.
  idempotent:
    support: full
    details: For as long as the dates in O(name) mean the same name.
options:
  repository:
    description: The repository. See M(day2.ops.es_repository).
    type: str
    required: true
  name:
    description:
      - The name, with dates as both products write them, in UTC. V(daily-{now/d}) is C(daily-20260301),
        V(hourly-{now/h}) C(hourly-2026030102), V(weekly-{now/w{xxxx-ww}}) C(weekly-2026-09);
        V(daily-{now/d{yyyy.MM.dd|+02:00}}) has another form and another zone.
      - The names that it gives at other times are its family, which O(retention) is for.
    type: str
    required: true
  state:
    description:
      - V(present) has a snapshot that is SUCCESS.
      - V(absent) removes it. One that is being made is only aborted with O(force), and the last of its family that is
        SUCCESS is only removed with O(force). For a name without a date, the family are those that differ in digits;
        without digits, it is the last when no other in the repository is SUCCESS.
    type: str
    choices: [present, absent]
    default: present
  indices:
    description:
      - Names and patterns of indices, data streams and aliases; V(-name) takes some out again.
      - A pattern means indices that are open, a name closed ones, too.
      - To a pattern that would mean them, such as V(*), V(-day2-drill-*) is added, as the indices of a drill that runs
        are no part of a backup.
    type: list
    elements: str
    default: ["*"]
  ignore_unavailable:
    description: Whether an index that is named may be missing, and a snapshot be empty.
    type: bool
    default: false
  include_global_state:
    description: Whether settings of the cluster, templates, pipelines and the like are in it.
    type: bool
    default: false
  partial:
    description:
      - Whether to take what there is when a primary shard is on no node. Such a snapshot is PARTIAL, and so a failure,
        but what is in it can be restored.
    type: bool
    default: false
  metadata:
    description:
      - What to keep in the snapshot of one's own. Both products allow 1,024 bytes in all, of which O(counts) takes
        some.
    type: dict
  counts:
    description:
      - Whether to count the documents of each open index just before, and to record that in the snapshot's metadata,
        under C(day2), for whoever restores it. By index where it fits, else their sum and a checksum.
      - The login must be allowed to search.
    type: bool
    default: true
  wait:
    description: Whether to wait for its end. Without that nobody knows whether it becomes SUCCESS.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait in all, for others and for this one, as V(90s) or V(1h). When it passes, the task fails and the
        snapshot goes on; the same task run again adopts it.
    type: raw
    default: 1h
  when_busy:
    description:
      - What to do when another snapshot is being made in the cluster. V(wait) begins after its end, V(fail) tells which
        it is and since when.
    type: str
    choices: [fail, wait]
    default: wait
  retention:
    description:
      - Which snapshots of the family of O(name) are kept, once this one is SUCCESS. Without it none is removed. Each
        rule keeps the newest of each of its periods that has one that is SUCCESS, in UTC; it stays if any rule keeps
        it.
      - One that is FAILED or PARTIAL goes once a newer one is SUCCESS. One that is being made or being restored stays.
      - O(name) must have a date. Snapshots with other names are never looked at.
    type: dict
    suboptions:
      last:
        description: How many of the newest.
        type: int
        aliases: [keep_last]
      daily:
        description: How many days, the newest snapshot of each.
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
        description: How old one may become, whatever else keeps it, as V(30d). The newest three are left.
        type: raw
  force:
    description: For O(state=absent), whether to abort one that is being made and to remove the last that is SUCCESS.
    type: bool
    default: false
notes:
  - On Elasticsearch the login needs the cluster privileges C(create_snapshot) and C(monitor), for O(retention) and for
    replacing C(manage), and C(read) and C(maintenance) on the indices for O(counts). On OpenSearch the role
    C(manage_snapshots), C(cluster_monitor), and C(read) and C(indices_monitor) on the indices.
  - Where the task runs on the controller itself, lines tell how far the snapshot is.
seealso:
  - module: day2.ops.es_repository
  - module: day2.ops.es_snapshot_info
  - module: day2.ops.es_snapshot_restore
"""

EXAMPLES = r"""
- name: A snapshot a day, two weeks of them and a year of months
  day2.ops.es_snapshot:
    url: ["https://search1.example.com:9200", "https://search2.example.com:9200"]
    login_user: backup
    login_password_file: /etc/day2/search.password
    ca_certs: /etc/day2/search-ca.pem
    repository: backup
    name: daily-{now/d}
    retention:
      daily: 14
      monthly: 12

- name: What an upgrade may break
  day2.ops.es_snapshot:
    url: ["https://search1.example.com:9200"]
    api_key_file: /etc/day2/search.key
    repository: backup
    name: before-upgrade-{now/m}
    indices: ["orders-*", "customers", "-orders-test"]
    include_global_state: true
    metadata:
      ticket: OPS-311
    when_busy: fail
    wait_timeout: 20m

- name: Abort one that was begun by mistake
  day2.ops.es_snapshot:
    url: ["https://search1.example.com:9200"]
    repository: backup
    name: before-upgrade-202603011405
    state: absent
    force: true
"""

RETURN = r"""
snapshot:
  description: The name, with its dates.
  returned: always, once options are valid
  type: str
  sample: daily-20260301
repository:
  description: The repository.
  returned: always, once options are valid
  type: str
  sample: backup
state:
  description:
    - The state as the repository tells it, V(SUCCESS), V(PARTIAL), V(FAILED), V(IN_PROGRESS); null when it is not
      there.
  returned: when it was looked at, and not when it would be made in check mode
  type: str
  sample: SUCCESS
uuid:
  description: What the server calls it.
  returned: as state
  type: str
  sample: L4HzVZO8TL29ZqXjkaODCw
started_at:
  description: When it was begun, in seconds since the epoch, by the cluster's clock.
  returned: as state
  type: float
  sample: 1772330400.1
ended_at:
  description: When it ended; null while it is being made.
  returned: as state
  type: float
  sample: 1772330412.5
took_seconds:
  description: How long the cluster took for it.
  returned: as state
  type: float
  sample: 12.4
shards:
  description: How many shards there are, and how many are in it, with C(total), C(successful), C(failed).
  returned: as state
  type: dict
  sample: {"total": 12, "successful": 12, "failed": 0}
failures:
  description: Which shards failed and why, a line each, the first twenty.
  returned: as state
  type: list
  elements: str
  sample: ["orders-2026[0]: primary shard is not allocated"]
version:
  description: The version of the server that made it.
  returned: as state
  type: str
  sample: 2.19.1
documents:
  description: How many documents its indices held just before; null when they were not counted.
  returned: as state
  type: int
  sample: 120456
size:
  description: Bytes of all its files, of which it may share some with others; null when nobody can say.
  returned: as state
  type: int
  sample: 1288490188
seconds:
  description: How long the task took.
  returned: as state
  type: float
  sample: 13.1
removed:
  description: Snapshots that went, or would in check mode, each with C(snapshot), C(state) and C(why).
  returned: success
  type: list
  elements: dict
  sample: [{"snapshot": "daily-20260215", "state": "SUCCESS", "why": "no rule keeps it"}]
adopted:
  description: Whether somebody else, or an earlier run, had begun it.
  returned: for O(state=present)
  type: bool
  sample: false
replaced:
  description: The state of the one of that name that was replaced; null when none was.
  returned: as state
  type: str
  sample: FAILED
plan:
  description: How many C(indices) would be in it, and the state of one that it C(replaces).
  returned: when it would be made in check mode
  type: dict
  sample: {"indices": 12, "replaces": null}
missing_libraries:
  description: Python packages without which the cluster cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["requests"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.making import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
