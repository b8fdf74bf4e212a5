# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was looked at on all hosts as one page of findings."""

from __future__ import annotations

DOCUMENTATION = r"""
name: diagnosis
short_description: What was looked at on all hosts as one page of findings
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Turns what the role P(day2.ops.diagnose#role) gathered into findings, the worst first, and into sections for
    P(day2.ops.report#module). What could not be looked at is told as such.
positional: _input, abouts
options:
  _input:
    description: By the name of a host, what was gathered there.
    type: dict
    required: true
  abouts:
    description: By the name of a check that was made for this alone, what it is about.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ (gathered | day2.ops.diagnosis).summary }}"
"""

RETURN = r"""
_value:
  description: A dictionary of C(findings), C(unknown), C(status), C(summary) and C(sections).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def diagnosis(hosts: Mapping[str, Any], abouts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the diagnosis. See DOCUMENTATION."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._diagnose.page import diagnosis as make

    return make(plain(hosts), abouts or {})


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"diagnosis": diagnosis}
