# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which maintenance windows of some services were left open, each in one line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: windows_left
short_description: Tell which maintenance windows were left open
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Takes what P(day2.ops.maintenance_window_info#module) returned, and tells of the windows of some services, and of
    their parts, that a run which died has left open. A window that somebody holds is left to them.
  - A journal that cannot be read is told as well, as what is not known is not well.
positional: _input, services
options:
  _input:
    description: The result of the module.
    type: dict
    required: true
  services:
    description: The services.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look for windows
  day2.ops.maintenance_window_info:
  run_once: true
  register: windows

- name: Refuse to say that all is well
  ansible.builtin.assert:
    that: left == []
    fail_msg: "{{ left | join('; ') }}"
  vars:
    left: "{{ windows | day2.ops.windows_left([day2_service]) }}"
"""

RETURN = r"""
_value:
  description: A line for each. Empty when there is none.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._windows.left import left_open
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def windows_left(look: Mapping[str, Any], services: Sequence[str]) -> list[str]:
    """Return a line for each. See DOCUMENTATION."""
    return left_open(look, list(services))


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"windows_left": windows_left}
