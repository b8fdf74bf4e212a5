# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the steps of a maintenance window, each in one line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: window_problems
short_description: Tell what is wrong with the steps of a maintenance window
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Looks at steps as P(day2.ops.maintenance_window#role) takes them, before anything is touched. Names, what each does,
    how it is verified and undone, whether its files are there and its groups are known.
positional: _input, groups, only
options:
  _input:
    description: The steps.
    type: list
    elements: dict
    required: true
  groups:
    description: The groups of the inventory.
    type: raw
    required: true
  only:
    description: The name of the step that is to be done alone.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See whether the steps can be done
  ansible.builtin.assert:
    that: wrong == []
    fail_msg: "{{ wrong | join('; ') }}"
  vars:
    wrong: "{{ day2_maintenance_steps | day2.ops.window_problems(groups.keys()) }}"
"""

RETURN = r"""
_value:
  description: What is wrong, a line each. Empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._windows.steps import problems
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def window_problems(steps: Sequence[Mapping[str, Any]], groups: Iterable[str], only: str = "") -> list[str]:
    """Return what is wrong. See DOCUMENTATION."""
    return problems(steps, set(groups), only)


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"window_problems": window_problems}
