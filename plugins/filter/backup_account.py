# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a host's backups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_account
short_description: What became of a host's backups
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes one result, in the shape that P(day2.ops.report#module) takes for a host, of those of modules that made,
    verified or rehearsed backups.
options:
  _input:
    description: The results of loops over names of backups.
    type: list
    elements: dict
    required: true
  way:
    description: What was done.
    type: str
    choices: [made, verified, drilled]
    required: true
positional: way
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ (made.results | day2.ops.backup_account('made')).failures }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(status), C(summary), C(failures), C(checks) and C(backups).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def backup_account(results: Sequence[Mapping[str, Any]], way: str) -> dict[str, Any]:
    """Return the account."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._backups.account import host_account

    return host_account(plain({"results": results})["results"], str(way))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_account": backup_account}
