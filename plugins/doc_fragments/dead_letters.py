# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The queue whose dead letters are meant."""

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
