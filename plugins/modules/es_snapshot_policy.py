#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: es_snapshot_policy
short_description: Have Elasticsearch or OpenSearch make snapshots by itself, and judge it by the last that succeeded
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Manages a policy of Elasticsearch's snapshot lifecycle management (SLM) or of OpenSearch's snapshot management (SM),
    with the same options for both. What is there is compared, and changed only when it differs.
  - With O(rpo) the policy is judged by what is in the repository. The module fails when the last successful snapshot
    that the policy has made is older, or when there is none.
  - What the server keeps in a policy and this module has no option for, such as metadata and notifications, stays.
  - SLM is part of Elastic's own distribution of Elasticsearch since 7.4. SM is part of OpenSearch's plugin
    index-management since 2.1. A server that has neither is an error; M(day2.ops.es_snapshot) needs neither.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.search
  - day2.ops.tls
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: The name of the policy. OpenSearch takes lower case only.
    type: str
    required: true
  state:
    description: Whether the policy is to be there. Its snapshots stay when it is removed.
    type: str
    choices: [present, absent]
    default: present
  schedule:
    description:
      - When to make a snapshot, in UTC, as the five fields of cron or as V(@daily) and the like. Of the day of the
        month and the day of the week one must be V(*). Needed with O(state=present).
      - Elasticsearch refuses less than 15 minutes, unless its setting C(slm.minimum_interval) is another.
    type: str
  repository:
    description: The repository to put snapshots in. Needed with O(state=present).
    type: str
  snapshot_name:
    description:
      - What snapshots are called, with a date such as V(nightly-{now/d}). The server appends a random ending. When it
        is not given, a name that is there stays, and a new one is that of the policy with the day.
      - OpenSearch calls snapshots by the name of the policy and a date, so only the date's format can be chosen.
    type: str
  indices:
    description:
      - Names and patterns of the indices; V(-name) takes one out again.
      - To a pattern that would mean them, such as V(*), V(-day2-drill-*) is added, as the indices of a drill that runs
        are no part of a backup.
    type: list
    elements: str
    default: ["*"]
  ignore_unavailable:
    description: Whether an index that is not there is left out instead of being an error.
    type: bool
    default: false
  include_global_state:
    description: Whether the state of the cluster is put in too, such as templates and persistent settings.
    type: bool
    default: false
  partial:
    description:
      - Whether to go on without shards that are not available. Such a snapshot is V(PARTIAL), and does not count for
        O(rpo).
    type: bool
    default: false
  retention:
    description:
      - What the server keeps of the snapshots of this policy. When it is not given, what is there stays. Without any of
        its options nothing is removed any more.
      - Elasticsearch removes when its setting C(slm.retention_schedule) says, OpenSearch whenever a snapshot is made.
    type: dict
    suboptions:
      max_age:
        description: How old a snapshot may become, as V(30d).
        type: raw
      min_count:
        description: How many are kept in any case; 1 when not given, so that the last successful one is never removed.
        type: int
      max_count:
        description: How many are kept at most. OpenSearch wants it to be larger than C(min_count).
        type: int
  enabled:
    description: Whether it makes snapshots. Elasticsearch can stop all policies only, and refuses V(false).
    type: bool
    default: true
  rpo:
    description:
      - How old the last successful snapshot of this policy may be, as seconds or as V(26h). A policy that this call
        makes is not to blame for what it has not made yet.
    type: raw
seealso:
  - module: day2.ops.es_snapshot_info
"""

EXAMPLES = r"""
- name: Have snapshots made every night, and keep a month of them
  day2.ops.es_snapshot_policy:
    url: http://127.0.0.1:9200
    name: nightly
    schedule: "30 1 * * *"
    repository: backup
    indices: [items-*]
    retention: {max_age: 30d, min_count: 7}

- name: See that it still works
  day2.ops.es_snapshot_policy:
    url: https://search1.example.com:9200
    api_key_file: /etc/day2/search.key
    name: nightly
    schedule: "30 1 * * *"
    repository: backup
    rpo: 26h

- name: Have the server make none any more
  day2.ops.es_snapshot_policy:
    url: http://127.0.0.1:9200
    name: nightly
    state: absent
"""

RETURN = r"""
distribution:
  description: V(elasticsearch) or V(opensearch).
  returned: success
  type: str
  sample: elasticsearch
version:
  description: Its version.
  returned: success
  type: str
  sample: 8.17.0
cluster:
  description: The name of the cluster.
  returned: success
  type: str
  sample: items
name:
  description: The policy.
  returned: success
  type: str
  sample: nightly
state:
  description: V(present) or V(absent).
  returned: success
  type: str
  sample: present
policy:
  description:
    - What the server has now, or in check mode would have. The RV(ignore:schedule) and the RV(ignore:snapshot_name) are
      in the server's own words; for OpenSearch the latter is the format of the date. The RV(ignore:max_age) is in
      seconds. Null with O(state=absent).
  returned: success
  type: dict
  sample:
    schedule: 0 30 1 * * ?
    snapshot_name: <nightly-{now/d{yyyyMMdd}}>
    repository: backup
    indices: [items-*]
    ignore_unavailable: false
    include_global_state: false
    partial: false
    enabled: true
    retention: {max_age: 2592000.0, min_count: 7, max_count: null}
status:
  description:
    - What the server says of the runs of the policy, moments in seconds since the epoch, null where it says nothing.
      RV(ignore:running) is whether it makes snapshots at all, RV(ignore:next_run) when it does so next,
      RV(ignore:last_success) and RV(ignore:last_failure) when it did, RV(ignore:failed) why it did not, and
      RV(ignore:in_progress) whether it is at work. OpenSearch remembers the latest run alone.
    - Null when there is no policy, and, with a warning, when the server does not tell.
  returned: success
  type: dict
  sample:
    running: true
    next_run: 1772415000.0
    last_success: 1772328612.0
    last_failure: null
    failed: null
    in_progress: false
last_success:
  description: The last successful snapshot that the policy has made, as the repository has it; null when there is none.
  returned: when O(rpo) is given
  type: dict
  sample: {snapshot: nightly-20260301-tme_ivjqswgkpryvnao2lg, state: SUCCESS}
age_seconds:
  description: Seconds since that one was begun; null when there is none.
  returned: when O(rpo) is given
  type: float
  sample: 3600.0
rpo:
  description: The objective, in seconds.
  returned: when O(rpo) is given
  type: float
  sample: 93600.0
rpo_state:
  description: V(met) or V(missed); null when this call has made the policy, and there is no snapshot of it yet.
  returned: when O(rpo) is given
  type: str
  sample: met
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._search.policy import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
