# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a host's dead letters."""

from __future__ import annotations

DOCUMENTATION = r"""
name: redrive_account
short_description: What became of a host's dead letters
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes one result, in the shape that P(day2.ops.report#module) takes for a host, of those of
    P(day2.ops.dlq_info#module) and P(day2.ops.dlq_reprocess#module) and of the gates before and after.
options:
  _input:
    description: The results of P(day2.ops.dlq_info#module) of a loop over names of queues.
    type: list
    elements: dict
    required: true
  done:
    description: The results of P(day2.ops.dlq_reprocess#module) of such a loop.
    type: list
    elements: dict
    required: true
  before:
    description: The result of the gate before; empty when there was none.
    type: dict
    required: true
  after:
    description: The result of the gate after; empty when there was none.
    type: dict
    required: true
positional: done, before, after
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ (looked.results | day2.ops.redrive_account(redriven.results, {}, {})).failures }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(status), C(summary), C(failures), C(warnings_seen), C(checks) and C(queues).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error

Results = Sequence[Mapping[str, Any]]


@told_as_filter_error
def redrive_account(
    looked: Results, done: Results, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the account."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._queues.redrive_account import host_account

    given = plain({"looked": looked, "done": done, "before": before, "after": after})
    return host_account(given["looked"], given["done"], given["before"], given["after"])


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"redrive_account": redrive_account}
