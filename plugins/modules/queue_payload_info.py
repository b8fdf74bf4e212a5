#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_payload_info
short_description: Tell how long the payloads of waiting items still live
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Where a queue holds ids only and the payloads are keys of their own with a time to live, an item that waits longer
    than that can never succeed. Tells the shortest time to live before workers are stopped.
  - Looks at the first and at the last thousand items of lists and sorted sets in Redis. Queues without a C(payload_key)
    are left out.
  - Fails when a payload lives no longer than O(longer_than). It only reads.
notes:
  - On a host that is the controller itself (connection V(local), same user, same Python) the controller's own process
    does the work. Everywhere else the module runs on the host.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.attributes.reads
  - day2.ops.redis
  - day2.ops.tls
options:
  queues:
    description: The queues, as the option C(queues) of M(day2.ops.queue_depth) has them.
    type: list
    elements: dict
    required: true
  longer_than:
    description: How long each payload must live at least, as V(2h).
    type: raw
seealso:
  - module: day2.ops.queue_depth
"""

EXAMPLES = r"""
- name: See that no payload expires while workers stand still for two hours
  day2.ops.queue_payload_info:
    queues:
      - name: orders
        kind: redis_list
        payload_key: "order:{id}"
    longer_than: 2h
"""

RETURN = r"""
queues:
  description: Each queue that has a C(payload_key).
  returned: when the servers answered
  type: list
  elements: dict
  contains:
    name:
      description: The queue.
      type: str
      sample: orders
    looked:
      description: How many payloads were looked at; null for a kind that is not looked at.
      type: int
      sample: 12
    expiring:
      description: How many of them have a time to live.
      type: int
      sample: 12
    gone:
      description: How many are not there any more.
      type: int
      sample: 0
    shortest_ttl:
      description: The shortest time to live, in seconds; null when none expires, or nothing is known.
      type: float
      sample: 3540.2
failures:
  description: What does not live long enough, a line each.
  returned: when the servers answered
  type: list
  elements: str
  sample: ["orders: a payload lives for 59 min more, longer than 2 h is wanted"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.payload_ttls import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
