# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The queue whose dead letters are meant; which of them; what is shown of some."""

    DOCUMENTATION = r"""
options:
  queue:
    description:
      - The queue whose dead letters are meant, described as for M(day2.ops.queue_depth) - C(name), C(kind), the
        connection options (where they differ from the module's) and those of its kind. The kinds have a page each in
        C(docs/queues) of the collection.
      - Most kinds need C(dead), which says where the dead letters are.
      - C(item), a dictionary of paths into a letter's JSON, says where to find what the broker itself does not tell -
        C(id), C(error), C(type), C(failed_at), C(attempts) and C(payload).
    type: dict
    required: true
notes:
  - The module runs where the connection is to be made from. Delegate it to the controller when only that can reach the
    server.
"""

    FILTER = r"""
options:
  filter:
    description: Which letters are meant. All that is given must hold; what is not known of a letter does not hold.
    type: dict
    suboptions:
      error:
        description: A regular expression that is found in the error.
        type: str
      type:
        description: A regular expression that is found in the type, the name of a task or of a message.
        type: str
      min_age:
        description: How many seconds ago it died at least.
        type: float
      max_age:
        description: How many seconds ago it died at most.
        type: float
      min_attempts:
        description: How often it was tried at least, as the broker counts.
        type: int
      max_attempts:
        description: How often it was tried at most, as the broker counts.
        type: int
      where:
        description: Comparisons of values in the JSON of the letter.
        type: list
        elements: dict
        suboptions:
          path:
            description: The path to the value, as C(order.country) or C(lines[0].sku) or C(lines.*.sku).
            type: str
            required: true
          op:
            description: How to compare.
            type: str
            default: eq
            choices: [eq, ne, lt, le, gt, ge, in, not_in, contains, matches]
          value:
            description: What to compare with.
            type: raw
            required: true
"""

    SAMPLES = r"""
options:
  samples:
    description: How many letters to show as samples.
    type: int
    default: 5
  show_payload:
    description:
      - Whether samples show the payload, as far as it is JSON, at most 500 characters of it. What looks like a secret
        is masked.
    type: bool
    default: false
  mask:
    description: Paths in the payload whose values are masked, as C(customer.email) or C(lines.*.card).
    type: list
    elements: str
    default: []
"""
