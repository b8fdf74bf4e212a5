# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the description of whom to tell, each in one line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: announce_problems
short_description: Tell what is wrong with the description of whom to tell
version_added: 1.0.0
author: day2.ops contributors (@day2)
description:
  - Looks at what P(day2.ops.announce#module) takes as its option C(to), before there is something to tell. What it says
    holds no secret.
options:
  _input:
    description: Whom to tell.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See whether people can be told
  ansible.builtin.assert:
    that: wrong == []
    fail_msg: "{{ wrong | join('; ') }}"
  vars:
    wrong: "{{ day2_announce | day2.ops.announce_problems }}"
"""

RETURN = r"""
_value:
  description: What is wrong, a line each. Empty when nothing is.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.day2.ops.plugins.module_utils._core.controller import plain, run_here
from ansible_collections.day2.ops.plugins.plugin_utils._filters import told_as_filter_error


@told_as_filter_error
def announce_problems(to: Mapping[str, Any]) -> list[str]:
    """Return what is wrong. See DOCUMENTATION."""
    # imported where used: Ansible loads all filters of a collection in each worker that uses one
    from ansible_collections.day2.ops.plugins.module_utils._announce.operation import SPEC, operate

    told = run_here(SPEC, {"text": "none", "to": plain(to)}, operate, True)
    wrong: list[str] = [told["msg"]] if told["failed"] else told["wrong"]
    return wrong


class FilterModule:
    """See DOCUMENTATION."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"announce_problems": announce_problems}
