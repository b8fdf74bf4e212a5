# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queues of a service that have dead letters, each with the options of its redrive."""

from __future__ import annotations

DOCUMENTATION = r"""
name: redrive_jobs
short_description: The queues of a service that have dead letters, each with the options of its redrive
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Validates descriptions of queues and options of redrives. Returns a job for each queue that has dead letters.
options:
  _input:
    description:
      - The queues, as P(day2.ops.queue_depth#module) takes them. Each may have C(redrive_options), options of
        P(day2.ops.dlq_reprocess#module) for this queue.
    type: list
    elements: dict
    required: true
  chosen:
    description: Names of the queues that are meant. All that have dead letters when empty.
    type: list
    elements: str
    required: true
  for_all:
    description: Options of P(day2.ops.dlq_reprocess#module) that hold unless the queue says otherwise.
    type: dict
    required: true
positional: chosen, for_all
"""

EXAMPLES = r"""
- name: Show which queues would be redriven
  ansible.builtin.debug:
    msg: "{{ day2_queues | day2.ops.redrive_jobs([], {'canary': 5}) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(name), C(queue) and C(options) for each queue.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def redrive_jobs(
    queues: Sequence[Mapping[str, Any]], chosen: Sequence[str], for_all: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the jobs."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_jobs import redrive_jobs as make

    given = plain({"queues": queues, "chosen": chosen, "for_all": for_all})
    return make(given["queues"], given["chosen"], given["for_all"])


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"redrive_jobs": redrive_jobs}
