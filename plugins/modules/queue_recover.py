#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_recover
short_description: Put items back to work that a worker has taken and never finished, as it is gone
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Finds items in flight whose worker is gone - killed, or cut off - and puts them back where the next worker takes
    them, in batches that the server settles as one step, so an item is in exactly one place whatever is killed.
  - The item of a worker that shows a sign of life is never touched. The step that moves items looks once more whether
    their worker has come back, and leaves what has changed meanwhile.
  - What is put back may have been worked on before its worker died, wholly or in part. Workers must bear that, as
    with any queue that delivers at least once.
  - Kinds are V(redis_list), V(redis_stream) and V(asynq). Workers of other kinds take such items back by themselves.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.redis
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: Finds the same items in the same way, which takes as long, and changes nothing.
  diff_mode:
    support: full
    details: Shows how many items are in flight with workers that are gone, before and after.
  idempotent:
    support: full
    details: Items that were put back are no longer in flight with a worker that is gone.
options:
  queue:
    description:
      - The queue, described as for M(day2.ops.queue_depth) - C(name), C(kind), the connection options (where they
        differ from the module's) and those of its kind.
      - 'V(redis_list) needs C(in_flight), the lists of its workers. With C(heartbeat), both are patterns with one
        C(*): the worker whose list is C(orders:processing:w1) lives while the key C(orders:worker:w1) exists. As
        Redis does not tell since when that key is missing, the module watches for O(idle) seconds; who shows a
        heartbeat then, or whose list changes, is left alone. Without C(heartbeat), O(taken_at) is needed.'
      - 'V(redis_stream) needs C(group). A consumer counts as gone when neither it has asked for anything nor the
        entry was given out within O(idle) seconds. The entry is added to the stream anew, with a new id, and
        acknowledged in the same step. An entry that has been deleted from the stream is acknowledged.'
      - 'V(asynq): tasks whose lease ran out O(idle) seconds ago, V(30) at least. By asynq''s own rules they count as
        failed once more, and are to be retried at once or, with no retry left, archived. asynq does this by itself
        while one of its servers runs, so this is of use where none does. A task without a message, which asynq would
        keep in flight for ever, is taken out.'
    type: dict
    required: true
  idle:
    description:
      - For how many seconds a worker must have given no sign of life, and an item not have been touched. Give more
        than the longest job takes, where workers show no sign of life while they work.
    type: float
    required: true
  taken_at:
    description:
      - For V(redis_list), where an item of JSON tells when it was taken, as the path C(meta.taken_at). Then only
        items that were taken O(idle) seconds ago, or longer, are put back, and nothing is watched. Times are seconds
        or milliseconds since the epoch, or as in C(2026-03-01T02:00:00Z).
    type: str
  consumer:
    description:
      - For V(redis_stream), a living consumer of the group that the entries are claimed for, instead of being added
        anew. Only for consumers that look at what is pending for them; most only ask for new entries.
      - Needed when the stream has more groups than one, as the others would work on entries that are added anew.
    type: str
  limit:
    description: How many items to put back at most. All, when not given.
    type: int
notes:
  - The module runs where the connection is to be made from. Delegate it to the controller when only that can reach
    the server.
  - An item that kills its worker is put back each time that the module runs. Look at items that come back before
    running it from a schedule.
seealso:
  - module: day2.ops.queue_depth
  - module: day2.ops.dlq_reprocess
"""

EXAMPLES = r"""
- name: Put back what workers held that are gone
  day2.ops.queue_recover:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: orders
      kind: redis_list
      in_flight: ["orders:processing:*"]
      heartbeat: "orders:worker:*"
    idle: 30

- name: See which entries are pending for consumers that are gone
  day2.ops.queue_recover:
    queue:
      name: webhooks
      kind: redis_stream
      key: "stream:webhooks"
      group: webhook-processors
    idle: 600
  check_mode: true

- name: Retry tasks of asynq whose worker is gone, while none of its servers runs
  day2.ops.queue_recover:
    queue:
      name: critical
      kind: asynq
    idle: 60
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
recovered:
  description: How many items were put back to work. In check mode, how many would no longer be in flight.
  returned: always, unless an option was wrong
  type: int
  sample: 3
archived:
  description: How many tasks of asynq were archived, as they had no retry left.
  returned: always, unless an option was wrong
  type: int
  sample: 0
gone:
  description: How many had no payload any more, and were taken out of what is in flight.
  returned: always, unless an option was wrong
  type: int
  sample: 0
left:
  description: How many items are in flight and were left alone.
  returned: always, unless an option was wrong
  type: int
  sample: 2
left_for:
  description: The same by reason.
  returned: always, unless an option was wrong
  type: dict
  sample: {"its worker is alive": 2}
consumers:
  description: Who holds items, by worker. asynq does not tell whose lease ran out.
  returned: always, unless an option was wrong
  type: list
  elements: dict
  contains:
    name:
      description: The key of the worker's list, or the consumer's name.
      type: str
      sample: "orders:processing:w1"
    in_flight:
      description: How many items it held when they were found.
      type: int
      sample: 3
    stale:
      description: How many of them could be put back.
      type: int
      sample: 3
    settled:
      description: How many of them are no longer in flight. V(0) in check mode.
      type: int
      sample: 3
missing_libraries:
  description: Python packages without which the broker cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.recover_operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
