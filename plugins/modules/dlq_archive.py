#!/usr/bin/python
# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dlq_archive
short_description: Take dead letters out of the broker into a file, and put them back
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Exports dead letters to a gzipped file of JSON lines, reads it back, writes its SHA-256 beside it, and only then
    removes exactly those letters from the broker.
  - A run that was interrupted before all were removed leaves the archive with the suffix C(.unremoved); the same call
    picks it up and goes on. Fails, and leaves it so too, when letters in it were no longer dead when they were to be
    removed.
  - Imports such a file again as dead letters. What is there is not added twice. A file whose name ends in
    C(.unremoved) is refused.
extends_documentation_fragment:
  - day2.ops.attributes
  - day2.ops.dead_letters
  - day2.ops.dead_letters.filter
  - day2.ops.redis
  - day2.ops.tls
attributes:
  check_mode:
    support: full
    details: >-
      An archive that is to be imported is read, and compared with the dead letters, in check mode too. Whether letters
      that are not there were put back from it before is not looked up.
  diff_mode:
    support: full
    details: Shows how many dead letters there are, and how many the archive holds, before and after.
  idempotent:
    support: full
notes:
  - The file holds the whole payloads. Only its owner may read it; keep it as safe as the broker.
options:
  action:
    description: Whether to export or to import.
    type: str
    default: export
    choices: [export, import]
  path:
    description:
      - The file, on the host where the module runs. Its folder must exist. A file that is there is never overwritten.
    type: path
    required: true
  remove:
    description: Whether exported letters are removed from the broker.
    type: bool
    default: true
  limit:
    description: How many letters to export at most, the oldest first.
    type: int
    default: 100000
seealso:
  - module: day2.ops.dlq_info
  - module: day2.ops.dlq_reprocess
"""

EXAMPLES = r"""
- name: Take out what failed longer than a month ago
  day2.ops.dlq_archive:
    login_host: redis.example.com
    login_password_env: REDIS_PASSWORD
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
      item: {failed_at: failed_at}
    filter:
      min_age: 2592000
    path: "/var/backups/orders-{{ now(fmt='%Y-%m-%d') }}.jsonl.gz"

- name: Put an archive back
  day2.ops.dlq_archive:
    action: import
    queue:
      name: orders
      kind: redis_list
      dead: "orders:dead"
    path: /var/backups/orders-2026-03-01.jsonl.gz
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
exported:
  description: How many letters are in the archive that was written, or would be.
  returned: success, or failure after the broker was asked
  type: int
  sample: 1200
removed:
  description: How many letters were removed from the broker.
  returned: success, or failure after the broker was asked
  type: int
  sample: 1200
restored:
  description: How many letters were put back as dead letters.
  returned: success, or failure after the broker was asked
  type: int
  sample: 0
left:
  description: >-
    How many letters that are meant are not in the archive and still dead, as O(limit) was reached; null when that is
    not known, and for an import.
  returned: success, or failure after the broker was asked
  type: int
  sample: 0
path:
  description: The archive; with the suffix C(.unremoved) when a run failed before all its letters were removed.
  returned: success, or failure after the broker was asked
  type: str
  sample: /var/backups/orders-2026-03-01.jsonl.gz
checksum:
  description: The SHA-256 of the archive, hexadecimal; empty when none was written.
  returned: success
  type: str
  sample: b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c
missing_libraries:
  description: Python packages without which the broker cannot be reached.
  returned: when there are any
  type: list
  elements: str
  sample: ["redis"]
"""

from ansible_collections.day2.ops.plugins.module_utils._core.runner import run
from ansible_collections.day2.ops.plugins.module_utils._queues.archive_operation import SPEC, operate


def main() -> None:
    """Wire the options to the operation."""
    run(SPEC, operate)


if __name__ == "__main__":
    main()
