#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dlq_info
short_description: Look into dead letters, by error, type, age and attempts
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Counts dead letters by error, type, age and attempts, tells those that can never succeed, and shows a few samples.
    It only reads, and holds no more than one batch at a time.
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
    details: It only reads, so it does the same in check mode.
  diff_mode:
    support: none
    details: It changes nothing.
  idempotent:
    support: full
options:
  limit:
    description: How many letters to look at. V(0) for all.
    type: int
    default: 100000
  order:
    description: Which letters to look at first.
    type: str
    default: oldest
    choices: [oldest, newest]
seealso:
  - module: day2.ops.dlq_reprocess
"""

EXAMPLES = r"""
- name: See what died, and of what
  day2.ops.dlq_info:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
      item: {id: id, error: error, failed_at: failed_at}
  register: dead

- name: Look at three letters that failed for want of memory, without the customers' addresses
  day2.ops.dlq_info:
    queue:
      name: critical
      kind: asynq
    filter:
      error: "out of memory"
    samples: 3
    show_payload: true
    mask: [customer.address]
"""

RETURN = r"""
name:
  description: The name of the queue.
  returned: success
  type: str
  sample: orders
kind:
  description: The kind of the queue.
  returned: success
  type: str
  sample: redis_list
dead:
  description: How many letters are dead; V(null) where the broker cannot tell.
  returned: success
  type: int
  sample: 1243
looked:
  description: How many letters were looked at.
  returned: success
  type: int
  sample: 1243
complete:
  description: Whether all letters were looked at.
  returned: success
  type: bool
  sample: true
meant:
  description: How many of them the filter means. The counts that follow are of these.
  returned: success
  type: int
  sample: 1200
by_error:
  description: Letters by error, the most frequent first; beyond 50 different ones the rest is V(others).
  returned: success
  type: dict
  sample: {"timeout": 1200}
by_type:
  description: Letters by type.
  returned: success
  type: dict
  sample: {"charge": 1200}
by_age:
  description: Letters by how long ago they died.
  returned: success
  type: dict
  sample: {"under 1 hour": 1200}
by_attempts:
  description: Letters by attempts.
  returned: success
  type: dict
  sample: {"3": 1200}
gone:
  description: Letters that can never succeed, by reason.
  returned: success
  type: dict
  sample: {"its payload is gone": 3}
unreadable:
  description: Letters that could not be read, by reason. They can be put back to work all the same.
  returned: success
  type: dict
  sample: {"not JSON": 2}
samples:
  description:
    - A few letters; C(id), C(error), C(type), C(age), C(attempts), C(gone), C(unreadable), C(size) and, when wanted,
      C(payload).
  returned: success
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
from ansible_collections.day2.ops.plugins.module_utils._queues.information import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
