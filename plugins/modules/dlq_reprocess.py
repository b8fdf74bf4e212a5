#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dlq_reprocess
short_description: Put dead letters back to work, so that nothing is lost, nothing comes twice and nothing floods
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Moves letters from the dead-letter queue back to the queue that they came from (redrive), in batches that the broker
    settles as one step, so a letter is in exactly one place whatever is killed. Brokers that cannot do so are told in
    a warning; with them a letter may come twice, and is never lost.
  - Begins with a few letters as a canary and goes on only when they stay away. Stops by itself when letters come back,
    when nobody works, and when the queue stays full.
  - Only letters that were there when the run began belong to it, so it ends. A letter that cannot be moved is left
    where it is and told, and does not end the run.
  - In check mode the same rules are applied to the same letters, and the result is a plan.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.dead_letters
  - day2.ops.dead_letters.filter
  - day2.ops.dead_letters.samples
  - day2.ops.redis
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Looks at all letters that are meant and changes nothing. RV(plan) says what would be done.
  diff_mode:
    support: full
    details: Shows how many letters are dead, put back and parked, before and after.
  idempotent:
    support: full
    details: When no letter is left that is meant, nothing changes.
options:
  limit:
    description: How many letters to move at most. All, when not given.
    type: int
  order:
    description: Which letters go first.
    type: str
    default: oldest
    choices: [oldest, newest]
  rate:
    description: How many letters a second to move at most.
    type: float
  gentle:
    description: Whether to leave the broker more room for others, at the cost of speed.
    type: bool
    default: false
  pause_above:
    description: Put no more in while so many items, or more, are ready in the queue.
    type: int
  pause_timeout:
    description: How many seconds to pause for O(pause_above) before the run stops.
    type: float
    default: 300.0
  canary:
    description: How many letters go first and are watched. V(0) for none.
    type: int
    default: 10
  canary_wait:
    description:
      - How many seconds to watch them at most. It takes less when they come back, and when the queue is idle again.
    type: float
    default: 30.0
  canary_max_returns:
    description: How many of them may come back.
    type: int
    default: 0
  stop_when_returning:
    description:
      - Stop when more than this share of what was moved is dead again. Letters that die newly meanwhile count too.
    type: float
    default: 0.5
  max_attempts:
    description:
      - How often a letter may be put back by this module. Counts are kept beside the queue, by the letter's id or by a
        hash of its body, for 30 days after the last one. A letter that has been put back as often is left where it is,
        or is parked.
    type: int
  park:
    description:
      - Whether letters that can never succeed (their payload is gone), and those that were put back O(max_attempts)
        times, are parked in a place of their own instead of being left among the dead.
    type: bool
    default: false
  park_to:
    description:
      - Where to park, in the terms of the kind (a key, a queue, a folder). It implies O(park). Without it, the place is
        that of the queue's option C(parked), or the kind's default.
    type: str
  attempts:
    description:
      - What becomes of the broker's own count of attempts. V(keep) leaves it, so that one more failure may kill the
        letter at once; V(reset) sets it to 0; V(cap) makes sure that at least one more try is left.
    type: str
    default: keep
    choices: [keep, reset, cap]
  require_consumers:
    description: How many workers must be alive. Without them nothing is moved, and the run stops when they are gone.
    type: int
    default: 0
  journal:
    description:
      - A file, on the host where the module runs, to which each batch is written before and after it is settled, as
        lines of JSON with ids and hashes, never payloads. It only grows.
    type: path
  resume:
    description:
      - Whether to go on with the last run in O(journal) when that was interrupted, with its limit and its counts. When
        it was not, or there is no such file yet, a new run begins.
    type: bool
    default: false
  max_seconds:
    description:
      - Work at most for so long, then return with the C(stop_reason) V(time). The watch over a canary is not cut.
    type: float
  continue_from:
    description: The RV(progress) that an earlier call returned; the run goes on from there.
    type: dict
seealso:
  - module: day2.ops.dlq_info
  - module: day2.ops.dlq_archive
  - module: day2.ops.queue_depth
"""

EXAMPLES = r"""
- name: See what would be done
  day2.ops.dlq_reprocess:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
      item: {error: error, failed_at: failed_at}
    filter:
      error: "timeout"
  check_mode: true

- name: Put back what failed for a timeout, ten first, and stop when they fail again
  day2.ops.dlq_reprocess:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
      item: {error: error, failed_at: failed_at}
    filter:
      error: "timeout"
      max_age: 86400
    canary: 10
    rate: 200
    pause_above: 1000

- name: Retry archived tasks, but none more than three times
  day2.ops.dlq_reprocess:
    queue:
      name: critical
      kind: asynq
    max_attempts: 3
    park: true
    attempts: reset
    require_consumers: 1

- name: A run that can be resumed
  day2.ops.dlq_reprocess:
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
    journal: /var/lib/day2/orders.redrive.jsonl
"""

RETURN = r"""
name:
  description: The name of the queue.
  returned: always, unless an option was wrong
  type: str
  sample: orders
kind:
  description: The kind of the queue.
  returned: always, unless an option was wrong
  type: str
  sample: redis_list
run:
  description: The name of the run; it is part of the keys and of the journal that tell of it.
  returned: when not in check mode
  type: str
  sample: 6f9619ff8b86d011b42d00c04fc964ff
resumed:
  description: Whether an earlier run was gone on with.
  returned: when not in check mode
  type: bool
  sample: false
moved:
  description: How many letters were put back to work, in all parts of the run. So with all numbers that follow.
  returned: when not in check mode
  type: int
  sample: 1200
parked:
  description: How many letters were parked.
  returned: when not in check mode
  type: int
  sample: 3
parked_for:
  description: The same by reason.
  returned: when not in check mode
  type: dict
  sample: {"its payload is gone": 3}
skipped_for:
  description: How many letters were left where they are, by reason.
  returned: when not in check mode
  type: dict
  sample: {"filtered out": 40}
looked:
  description: How many letters were looked at.
  returned: when not in check mode
  type: int
  sample: 1243
returned:
  description:
    - How many letters are dead again, or newly, when the run ends. V(null) where the broker cannot tell.
  returned: when not in check mode
  type: int
  sample: 0
left:
  description: How many letters are dead now. V(null) when not known.
  returned: when not in check mode
  type: int
  sample: 40
duration:
  description: Seconds of work.
  returned: when not in check mode
  type: float
  sample: 6.2
rate:
  description: Letters a second.
  returned: when not in check mode
  type: float
  sample: 193.5
stop_reason:
  description:
    - Why the run stopped. V(end) (all letters that were there were looked at), V(limit) and V(time) are good ends. The
      module fails with V(canary) (too many of the first letters came back), V(unproven) (nobody took them),
      V(returning), V(consumers) (too few), V(full) (the queue stayed above O(pause_above)), V(contended) (somebody else
      keeps changing the dead letters) and V(error).
  returned: when not in check mode
  type: str
  sample: end
stop_message:
  description: A sentence on it.
  returned: when not in check mode
  type: str
  sample: all dead letters that were there were looked at
progress:
  description: Where the run stands, for O(continue_from).
  returned: when not in check mode
  type: dict
  sample: {"version": 1, "run": "6f9619ff8b86d011b42d00c04fc964ff", "moved": 1200}
plan:
  description: What would be done.
  returned: in check mode
  type: dict
  contains:
    looked:
      description: How many letters were looked at.
      type: int
      sample: 1243
    move:
      description: How many would be put back to work.
      type: int
      sample: 1200
    park:
      description: How many would be parked.
      type: int
      sample: 3
    parked_for:
      description: The same by reason.
      type: dict
      sample: {"its payload is gone": 3}
    skipped:
      description: How many would be left, by reason.
      type: dict
      sample: {"filtered out": 40}
    by_error:
      description: Letters that would be put back, by error, the most frequent first.
      type: dict
      sample: {"timeout": 1200}
    by_type:
      description: The same by type.
      type: dict
      sample: {"charge": 1200}
    by_age:
      description: The same by how long ago they died.
      type: dict
      sample: {"under 1 hour": 1200}
    by_attempts:
      description: The same by attempts.
      type: dict
      sample: {"3": 1200}
    gone:
      description: Letters that can never succeed, by reason.
      type: dict
      sample: {}
    unreadable:
      description: Letters that could not be read, by reason.
      type: dict
      sample: {"not JSON": 2}
    samples:
      description: A few letters; C(id), C(error), C(type), C(age), C(attempts), C(gone), C(unreadable), C(size).
      type: list
      elements: dict
      sample: [{"id": "o-17", "error": "timeout", "age": 62.1, "size": 312}]
missing_libraries:
  description: Python packages without which the broker cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
