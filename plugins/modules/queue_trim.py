#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_trim
short_description: Remove old items of work that is done from queues
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Removes what queues keep of work that is done once it is old - entries of a stream that all groups have read,
    completed tasks of asynq, finished jobs of rq with their results, completed jobs of BullMQ.
  - Works in batches that the server does as one step each, small enough not to keep others waiting. What changes
    meanwhile is left alone.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.redis
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Counts what would be removed.
  diff_mode:
    support: full
    details: Shows how many items of each state there are, before and after.
  idempotent:
    support: full
options:
  queue:
    description:
      - The queue, described as for M(day2.ops.queue_depth) - C(name), C(kind), the connection options (where they
        differ from the module's) and those of its kind. Kinds are C(redis_stream), C(asynq), C(rq) and C(bullmq).
    type: dict
    required: true
  older_than:
    description: How long ago the work was done at least, as seconds or as V(7d), V(12h), V(30m).
    type: raw
    required: true
  states:
    description:
      - Which items are meant. C(redis_stream) has V(read), entries that each of its groups has read and acknowledged.
        C(asynq) has V(completed) and V(archived), C(rq) has V(finished) and V(failed), C(bullmq) has V(completed) and
        V(failed).
      - Without it the first of these is meant. The others are dead letters, which are lost when they are removed; see
        M(day2.ops.dlq_archive).
    type: list
    elements: str
    default: []
  limit:
    description: How many items to remove at most. All that are old, when not given.
    type: int
  max_seconds:
    description: How long to work at most. The next call goes on.
    type: float
    default: 300.0
seealso:
  - module: day2.ops.queue_recover
  - module: day2.ops.dlq_archive
notes:
  - The module runs where the connection is to be made from. Delegate it to the controller when only that can reach the
    server.
"""

EXAMPLES = r"""
- name: Remove tasks that were completed a week ago
  day2.ops.queue_trim:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: critical
      kind: asynq
    older_than: 7d

- name: See how many entries all groups have read
  day2.ops.queue_trim:
    queue:
      name: events
      kind: redis_stream
    older_than: 1d
  check_mode: true
"""

RETURN = r"""
name:
  description: The name of the queue.
  returned: success
  type: str
  sample: critical
kind:
  description: The kind of the queue.
  returned: success
  type: str
  sample: asynq
removed:
  description: How many items were removed, or would be in check mode.
  returned: always, unless an option was wrong
  type: int
  sample: 1200
removed_by_state:
  description: The same by state.
  returned: always, unless an option was wrong
  type: dict
  sample: {"completed": 1200}
left:
  description: How many items of each state there are now, or would be in check mode.
  returned: always, unless an option was wrong
  type: dict
  sample: {"completed": 40}
stop_reason:
  description: V(end) when nothing old is left, V(limit), V(time) or V(error).
  returned: always, unless an option was wrong
  type: str
  sample: end
missing_libraries:
  description: Python packages without which the server cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.trim_operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
