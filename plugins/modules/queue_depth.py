#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_depth
short_description: Measure queues, hold them against limits, wait until they are drained
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Tells for each queue what is ready, in flight, delayed and dead, how long the oldest item has waited and how many
    workers are there. All queues of one server are measured together, in one round trip.
  - What is not known is V(null), never V(0), and keeps no limit. A queue that does not exist, a key of another type, a
    server that does not answer and one that refuses access are different answers.
  - Fails when a queue could not be measured or breaks a limit; the other queues are told all the same.
  - Can find queues, and can wait for them to be drained. It only reads.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.redis
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details:
      - Looks once and does not wait, as what should end the wait has not been done. A O(wait) that does not hold is
        then a warning; a limit that does not hold is a failure all the same.
  diff_mode:
    support: none
    details: It changes nothing.
  idempotent:
    support: full
notes:
  - While it waits in the controller's own process (a local connection, no other user), lines tell
    what is seen; every few seconds in a terminal, every 30 seconds elsewhere.
  - The connection options are defaults for all queues; a queue may have its own.
  - The module runs where the connection is to be made from. Delegate it to the controller when only that can reach the
    server.
options:
  queues:
    description:
      - The queues to measure. Each is a dictionary with the following options, the connection options (where they
        differ) and those of its kind.
      - C(name) (required) is what the queue is called in results, and its key when the kind has none of its own.
      - C(kind) (required) is V(arq), V(asynq), V(bullmq), V(celery), V(directory), V(http), V(rabbitmq), V(redis_list),
        V(redis_sorted_set), V(redis_stream), V(rq), V(sidekiq), V(sql) or V(sqs). The options of each kind, and what is
        measured from where, are in C(docs/queues) of the collection, a page for each.
      - Kinds that are not in Redis do not inherit the module's connection options.
      - C(max_ready), C(max_in_flight), C(max_delayed), C(max_dead), C(max_lag) (items), C(max_oldest_age) (seconds) and
        C(min_consumers) are limits. What is not known keeps none.
      - C(missing) (most kinds in Redis) says what a key means that does not exist. Redis removes empty lists and
        sorted sets, so with V(unknown), the default, such a queue fails as missing unless it was there earlier during
        the same wait; V(empty) takes it for empty. A stream, its group and an asynq queue must exist always.
    type: list
    elements: dict
    default: []
  discover:
    description: Whether to look for queues on the server of the connection options. They are listed, not measured.
    type: bool
    default: false
  discover_match:
    description: A pattern, as of Redis' C(SCAN), that keys must match to be found.
    type: str
    default: "*"
  discover_limit:
    description: How many keys to look at, more or less.
    type: int
    default: 10000
  wait:
    description:
      - What to wait for, in all of O(queues). Without it one look is taken.
      - V(drained) means that nothing is ready and nothing in flight, and that the numbers have not changed for
        O(wait_settle). Delayed items do not count. A queue whose kind or options cannot tell what is in flight is
        named in a warning.
      - V(empty) means that nothing is ready.
      - V(below) means that the limits of each queue hold.
      - While waiting, a lost connection counts as "not yet". A queue that is missing, or another error, ends the wait.
    type: str
    choices: [drained, empty, below]
  wait_timeout:
    description: How many seconds to wait at most.
    type: float
    default: 300.0
  wait_settle:
    description: For how many seconds queues must stay drained.
    type: float
    default: 1.0
  wait_interval:
    description: How many seconds to pause between two looks.
    type: float
    default: 0.2
seealso:
  - module: day2.ops.health_gate
"""

EXAMPLES = r"""
- name: See what is in the queues
  day2.ops.queue_depth:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queues:
      - name: orders
        kind: redis_list
        in_flight: ["orders:processing:*"]
        dead: "orders:dead"
        missing: empty
      - name: webhooks
        kind: redis_stream
        key: "stream:webhooks"
        group: webhook-processors

- name: Fail when work piles up, letters die or nobody works
  day2.ops.queue_depth:
    queues:
      - name: critical
        kind: asynq
        max_ready: 100
        max_oldest_age: 60
        max_dead: 0
        min_consumers: 1
      - name: notifications
        kind: arq
        login_port: 6380
        max_ready: 50
        missing: empty

- name: Wait until the workers have finished everything
  day2.ops.queue_depth:
    queues:
      - name: orders
        kind: redis_list
        in_flight: ["orders:processing:*"]
        missing: empty
    wait: drained
    wait_timeout: 120

- name: Find out what queues there are
  day2.ops.queue_depth:
    discover: true
  register: there

- name: Measure what was found
  day2.ops.queue_depth:
    queues: "{{ there.found.queues }}"
"""

RETURN = r"""
queues:
  description: What was seen last, one entry for each of O(queues), in their order.
  returned: always, unless an option was wrong
  type: list
  elements: dict
  contains:
    name:
      description: The name of the queue.
      type: str
      sample: orders
    kind:
      description: The kind of the queue.
      type: str
      sample: redis_list
    status:
      description: Whether it could be measured; V(ok), V(missing) or V(error).
      type: str
      sample: ok
    message:
      description: What is wrong when the status is not V(ok), in one line.
      type: str
      sample: ""
    exists:
      description: Whether it is there. V(null) when it could not be measured.
      type: bool
      sample: true
    type:
      description: What holds the queue.
      type: str
      sample: list
    ready:
      description: Items that a worker could take now; V(null) when not known, as with all numbers.
      type: int
      sample: 12
    in_flight:
      description: Items that workers have taken and not finished.
      type: int
      sample: 3
    delayed:
      description: Items that wait for their time.
      type: int
      sample: 0
    dead:
      description: Items that were given up.
      type: int
      sample: 0
    lag:
      description: Entries of a stream that the group has not been given yet.
      type: int
      sample: 4
    consumers:
      description: Workers that are seen to be alive.
      type: int
      sample: 2
    oldest_age:
      description: Seconds that the oldest item has waited; V(0.0) when it is known that none waits.
      type: float
      sample: 1.5
    members:
      description:
        - Of a group that reads a stream, each consumer - C(name), C(pending) entries that it was given and has not
          acknowledged, C(idle) seconds since it asked for anything. Those with the most pending entries come first, 200
          at most. V(null) for other kinds.
      type: list
      elements: dict
      sample: [{"name": "worker-1", "pending": 4, "idle": 0.2}]
    paused:
      description: Whether workers are told not to take items.
      type: bool
      sample: false
    note:
      description: What a reader of the numbers must know.
      type: str
      sample: ""
    drained:
      description: Whether nothing was ready and nothing in flight.
      type: bool
      sample: false
total:
  description:
    - Sums of C(ready), C(in_flight), C(delayed) and C(dead) over those queues that are able to tell them.
    - V(null) where one that should have told did not, and where none is able to.
  returned: always, unless an option was wrong
  type: dict
  sample: {ready: 12, in_flight: 3, delayed: 0, dead: 0}
drained:
  description: Whether all queues were drained at the last look.
  returned: always, unless an option was wrong
  type: bool
  sample: false
waited:
  description: Seconds that were waited.
  returned: always, unless an option was wrong
  type: float
  sample: 4.2
looks:
  description: How often was looked.
  returned: always, unless an option was wrong
  type: int
  sample: 21
first:
  description: What was seen at the first look, when a wait began.
  returned: always, unless an option was wrong
  type: list
  elements: dict
  contains:
    name:
      description: The name of the queue.
      type: str
      sample: orders
    ready:
      description: Items that a worker could take then; V(null) when not known.
      type: int
      sample: 37
    in_flight:
      description: Items that workers had taken then; V(null) when not known.
      type: int
      sample: 2
failures:
  description: A line for each thing that is not as expected. The module fails when there is any.
  returned: always, unless an option was wrong
  type: list
  elements: str
  sample: ["orders: ready is 12, at most 10 expected"]
missing_libraries:
  description: Python packages without which queues could not be measured.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
found:
  description: What O(discover) brought.
  returned: when O(discover) is true
  type: dict
  contains:
    queues:
      description: Descriptions that can be given as O(queues).
      type: list
      elements: dict
      sample: [{"name": "orders", "kind": "redis_list", "key": "orders", "dead": "orders:dead"}]
    sizes:
      description: By name, how many items the key of a queue holds.
      type: dict
      sample: {"orders": 12}
    looked_at:
      description: How many keys were looked at, more or less.
      type: int
      sample: 1000
    complete:
      description: Whether all keys were looked at.
      type: bool
      sample: true
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
