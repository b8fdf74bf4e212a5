# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What maintenance of databases has done, for a report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_maintenance_told
short_description: What maintenance of databases has done, for a report
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Makes of what P(day2.ops.postgres_maintenance_account#filter) returned for each host a summary, and sections for
    P(day2.ops.report#module).
options:
  _input:
    description: For each host its account.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what was done
  ansible.builtin.debug:
    msg: "{{ (postgres_maintenance_accounts | day2.ops.postgres_maintenance_told).summary }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(summary) and C(sections).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def postgres_maintenance_told(accounts: Mapping[str, Any]) -> dict[str, Any]:
    """Return summary and sections."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._postgres.account import told

    return told(plain(accounts))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"postgres_maintenance_told": postgres_maintenance_told}
