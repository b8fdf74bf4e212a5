# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of all backups, for a report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_told
short_description: What became of all backups, for a report
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes of what P(day2.ops.backup_account#filter) returned for each host a summary, and sections for
    P(day2.ops.report#module).
options:
  _input:
    description: For each host its account.
    type: dict
    required: true
  way:
    description: What was done.
    type: str
    choices: [made, verified, drilled]
    required: true
positional: way
"""

EXAMPLES = r"""
- name: Show what was backed up
  ansible.builtin.debug:
    msg: "{{ (backup_accounts | day2.ops.backup_told('made')).summary }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(summary) and C(sections).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._backups.account import told
from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def backup_told(accounts: Mapping[str, Any], way: str) -> dict[str, Any]:
    """Return summary and sections."""
    return told(plain(accounts), str(way))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_told": backup_told}
