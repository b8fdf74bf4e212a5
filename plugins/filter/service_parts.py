# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: service_parts
short_description: Tell of each part of a service how it ran before and how it runs now
version_added: 1.0.0
author: day2.ops contributors (@day2)
description: The way in which the role P(day2.ops.service#role) tells what it did.
positional: _input, after
options:
  _input:
    description: The RV(day2.ops.service_info#module:parts) from before.
    type: list
    elements: dict
    required: true
  after:
    description: Those from afterwards. A part that is not among them was left alone.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Tell what came of it
  ansible.builtin.debug:
    msg: "{{ before.parts | day2.ops.service_parts(after.parts) }}"
"""

RETURN = r"""
_value:
  description: Of each part C(name), C(unit), C(before), C(after) and C(changed).
  type: list
  elements: dict
"""

from typing import Any, Callable


def service_parts(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return of each part how it ran before and how it runs now. See DOCUMENTATION."""
    now = {one["name"]: one["now"] for one in after}
    return [
        {
            "name": one["name"],
            "unit": one["unit"],
            "before": one["now"],
            "after": now.get(one["name"], one["now"]),
            "changed": one["change"],
        }
        for one in before
    ]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"service_parts": service_parts}
