# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a maintenance window from beginning among backups, each in one line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_backup_problems
short_description: Tell which backups keep a maintenance window from beginning
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Holds what loops over M(day2.ops.backup_info) and M(day2.ops.es_snapshot_info) returned against what
    P(day2.ops.maintenance_window#role) wants. A fresh backup that is proven, and none that is being made.
positional: _input, level
options:
  _input:
    description: The RV(ignore:results) of the loops.
    type: list
    elements: dict
    required: true
  level:
    description: To which level the newest backup must have been proven.
    type: str
    choices: [L1, L2, L3, L4]
    default: L1
"""

EXAMPLES = r"""
- name: See whether a window may begin
  ansible.builtin.assert:
    that: wrong == []
    fail_msg: "{{ wrong | join('; ') }}"
  vars:
    wrong: "{{ backups.results | day2.ops.window_backup_problems('L2') }}"
"""

RETURN = r"""
_value:
  description: What is wrong, a line each. Empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._windows.backups import problems
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def window_backup_problems(results: Sequence[Mapping[str, Any]], level: str = "L1") -> list[str]:
    """Return what is wrong. See DOCUMENTATION."""
    return problems(results, level)


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"window_backup_problems": window_backup_problems}
